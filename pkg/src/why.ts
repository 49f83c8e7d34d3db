// Why an experience won or lost, in one sentence for people; for the overlay and the testing kit.
import type { Explanation, FailedCondition, Json } from "./types.js";

const WORDS: Record<string, string> = {
  $eq: "to be", $ne: "not to be", $gt: "above", $gte: "at least", $lt: "below", $lte: "at most",
  $in: "one of", $nin: "none of", $ini: "one of", $nini: "none of", $regex: "to match", $regexi: "to match", $exists: "to exist:", $size: "the size",
};

const shown = (value: Json | undefined): string => {
  if (value === undefined || value === null) return "missing";
  if (typeof value === "number") return String(Math.round(value * 1000) / 1000);
  if (Array.isArray(value)) return value.length ? value.map(shown).join(", ") : "empty";
  const text = typeof value === "string" ? `“${value}”` : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
};
const moment = (at: number | undefined): string => (at === undefined ? "" : new Date(at).toISOString().slice(0, 16).replace("T", " ") + " UTC");

/** `Product Viewed, category Dogs/Food, within 7 days` */
function deed(wanted: Json): string {
  const { event, sequence, without, where, ...more } = (wanted ?? {}) as { [name: string]: Json };
  const parts = [Array.isArray(sequence) ? sequence.join(", then ") : String(event ?? "")];
  if (where) parts.push(`with ${pairs(where)}`);
  if (without) parts.push(`without ${String(without)}`);
  for (const [name, value] of Object.entries(more)) {
    const span = /^within(.+)$/.exec(name);
    parts.push(span ? `within ${String(value)} ${span[1]!.toLowerCase()}` : `${name} ${typeof value === "object" ? pairs(value) : String(value)}`);
  }
  return parts.join(", ");
}
const pairs = (value: Json): string => Object.entries(value as { [name: string]: Json }).map(([name, inner]) => `${WORDS[name] ?? name} ${typeof inner === "object" && inner ? pairs(inner) : shown(inner)}`).join(", ");

/** `affinity.category.Dogs is 1.2, wanted at least 2` */
export function failure({ path, operator, expected, actual, inner }: FailedCondition): string {
  if (inner?.length) return `${operator === "$or" ? "none of these holds: " : operator === "$nor" || operator === "$not" ? "this holds: " : ""}${inner.map(failure).join("; ")}`;
  if (operator === "$did") return `not so: ${deed(expected)}`;
  if (path === "") return `${operator} ${shown(expected)} does not hold`;
  return `${path} is ${side(actual, expected)}${shown(actual)}, wanted ${WORDS[operator] ?? operator} ${shown(expected)}`;
}

// What fades from its first moment on is rounded to the very number that it misses.
const side = (actual: Json | undefined, expected: Json): string =>
  typeof actual === "number" && typeof expected === "number" && actual !== expected && shown(actual) === shown(expected) ? `just ${actual < expected ? "under" : "over"} ` : "";

/** One sentence, without the experience's name. */
export function why(one: Explanation): string {
  switch (one.outcome) {
    case "won": return one.variant ? `its conditions hold; variant ${one.variant} was drawn` : "its conditions hold";
    case "lost": return `its conditions hold, but ${one.to} comes first`;
    case "condition": return one.failed ? failure(one.failed) : "its conditions do not hold";
    case "schedule": return one.starts ? `it starts ${moment(one.starts)}` : `it ended ${moment(one.ended)}`;
    case "limit": return `it was shown as often as it may be, ${one.times} ${one.times === 1 ? "time" : "times"} per ${one.per}${one.freeAt ? `, free again ${moment(one.freeAt)}` : ""}`;
    case "traffic": return "this visitor is not in the experiment’s traffic";
    case "products": return "its conditions hold, but there is no product it could show";
    case "consent": return "its conditions hold, but the shopper allows no personalization";
    default: return `it is off: ${one.warning ?? "the rules have an error here"}`;
  }
}
