// JSON as the page's data has it: old libraries (Prototype.js) give lists and texts a `toJSON` of their own, which writes them twice.

/** As `JSON.stringify`; big integers become numbers. */
export const json = (value: unknown): string | undefined =>
  JSON.stringify(value, function (this: Record<string, unknown>, key, written: unknown) {
    const raw = this[key];
    if (typeof raw === "bigint") return Number(raw);
    return typeof raw === "object" && !Array.isArray(raw) ? written : raw;
  });
