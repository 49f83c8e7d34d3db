// Elements without markup: nothing here is parsed, so no policy of the page has anything to say about it.

type Attributes = Record<string, unknown>;

/** An element with attributes, listeners (`onclick`) and content. */
export function h<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, attributes: Attributes = {}, ...content: (Node | string | null | undefined)[]): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value as EventListener);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== undefined && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...content.filter((one): one is Node | string => one !== null && one !== undefined));
  return element;
}

/** A value as people read it: numbers rounded, texts plain. */
export function readable(value: unknown): string {
  if (typeof value === "number") return String(Math.round(value * 1000) / 1000);
  if (typeof value === "string") return value;
  return JSON.stringify(value) ?? "";
}

/** Nested values as lines of dotted path and value. */
export function flat(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([name, inner]) => flat(inner, path ? `${path}.${name}` : name));
}
