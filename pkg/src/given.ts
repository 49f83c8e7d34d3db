// Attributes as callers of `tailorbird/engine` hand them over: read without a throw, and kept as text.
// INVARIANT: it imports no types that need the browser's.
import { json } from "./json.js";

/**
 * Attributes as nested objects or by dotted path; what conditions see. What JSON cannot say (a function, an object within itself)
 * counts as missing, a bigint as a number. `any` lets interfaces be given as well.
 *
 * `visitor.id`, text or a number, is what experiments hash: with the anonymous id of the page it draws the same variants there and
 * here. Without it nobody takes part in an experiment, and what comes next in the placement wins.
 */
export type Attributes = Record<string, any>;

/** What experiments hash. */
export const ID = "visitor.id";
/** An id as the page takes it: text, or a number. Who has none has an empty one. */
export const idOf = (value: unknown) => (typeof value === "string" || Number.isFinite(value) ? String(value) : "");

/** One of the attributes. A bigint counts as a number, and what throws when it is looked at as missing. */
export function read(attributes: Attributes, name: string): unknown {
  try {
    const value: unknown = attributes[name];
    return typeof value === "bigint" ? Number(value) : value;
  } catch {
    return undefined;
  }
}

/** Whether a value takes an attribute away, and with it what is nested in it. */
export const isGone = (value: unknown) => value === null || value === undefined;

/** JSON text; `undefined` for what JSON cannot say: a function, or what leads back to itself. */
export function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch { /* most often a bigint; looking for one takes longer */ }
  try {
    return json(value);
  } catch {
    return undefined;
  }
}

/** So many attributes, nested so deeply, can be kept for the first decision. */
const MOST_KEPT = 1000;
const DEEPEST_KEPT = 8;

export interface Kept {
  /** A JSON list, by turns path and value, each object besides what is in it. */
  text: string;
  /** Who the visitor is. */
  id: string;
}

/** Attributes as text; `undefined` if they do not fit into one. */
export function listed(attributes: Attributes): Kept | undefined {
  const found = new Map<string, unknown>();
  let dotted = false;
  const fits = (prefix: string, attributes: Attributes, depth: number): boolean => {
    for (const name in attributes) {
      // No path has an empty part.
      if (name === "") return false;
      const path = prefix + name;
      const value = read(attributes, name);
      dotted ||= name.includes(".");
      // Only what came by dotted path can lie in it already.
      if (dotted && isGone(value)) for (const other of found.keys()) if (other.startsWith(`${path}.`)) found.delete(other);
      found.set(path, value);
      switch (typeof value) {
        case "string": case "boolean": case "undefined": break;
        // JSON has no infinity. What is no number counts as missing, which is what becomes of it.
        case "number": if (Math.abs(value) === Infinity) return false; break;
        case "object":
          if (value === null || Array.isArray(value)) break;
          if (depth === DEEPEST_KEPT || !fits(`${path}.`, value as Attributes, depth + 1)) return false;
          break;
        default: return false;
      }
      if (found.size > MOST_KEPT) return false;
    }
    return true;
  };
  const text = fits("", attributes, 1) ? textOf([...found].flat(1)) : undefined;
  // Half a letter, which JSON writes so, is none once it has crossed the boundary.
  return text === undefined || text.includes("\\ud") ? undefined : { text, id: idOf(found.get(ID)) };
}
