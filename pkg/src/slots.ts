// The places of the page that have room for content: which there are, what stood there before, whether they are in use.
import { element as slotElement } from "./element.js";

/** Elements that name a placement. */
export const MARKED = "[data-tailorbird-slot],tailorbird-slot[name]";
const OWN = "__tailorbird";
type Room = Element & { [OWN]?: Node[] };

const touched = new Set<EventTarget>();

/** From now on it is noticed which slots the shopper has begun to use. */
export function watchTouches(): void {
  for (const kind of ["pointerdown", "focusin"]) {
    addEventListener(kind, (event) => event.composedPath().forEach((target) => touched.add(target)), { capture: true, passive: true });
  }
}

/** Another page view begins: every slot may change again. */
export function untouch(): void {
  touched.clear();
}

/** All slots that the page has now, in its order; then those in open shadow roots. */
export function slots(): Element[] {
  const found: Element[] = [...document.querySelectorAll(MARKED)];
  for (const element of slotElement()?.all ?? []) {
    if (element.hasAttribute("name") && element.isConnected && element.getRootNode() !== document) found.push(element);
  }
  // What the parser is inside of would go on growing behind our back. The element holds its own content apart.
  return document.readyState === "loading" ? found.filter((slot) => "room" in slot || whole(slot)) : found;
}

function whole(slot: Node): boolean {
  for (let node: Node | null = slot; node; node = node.parentNode) if (node.nextSibling) return true;
  return false;
}

/**
 * Puts nodes into a slot; without nodes, the page's own come back. Answers whether anything changed; undefined where the
 * shopper is using the slot, unless `anyway`.
 */
export function fill(slot: Element, nodes?: DocumentFragment, anyway?: boolean): boolean | undefined {
  const room: Room = (slot as { room?: Element }).room ?? slot;
  const own = room[OWN];
  // A copy of the slot, as page caches make them, brings what it showed then.
  if (room !== slot) for (const stray of slot.querySelectorAll(":scope>[slot=tailorbird]")) if (stray !== room) stray.remove();
  if (!nodes && !own) return false;
  // What the last visit left here may be just what is wanted: then not even a picture loads again.
  const now = [...room.childNodes];
  const next = nodes ? [...nodes.childNodes] : own!;
  const same = own && now.length === next.length && now.every((node, nth) => node.isEqualNode(next[nth]!));
  if (!(same && nodes)) {
    if (touched.has(slot) && !anyway) return undefined;
    room[OWN] ??= now;
    room.replaceChildren(...next);
  }
  if (!nodes) delete room[OWN];
  if (room !== slot) nodes ? slot.append(room) : room.remove();
  return !same;
}
