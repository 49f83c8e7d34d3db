// Explanations as sentences: what failed, what was there instead.

const OPERATORS = {
  $eq: "to be", $ne: "anything but", $gt: "more than", $gte: "at least", $lt: "less than", $lte: "at most", $in: "one of", $nin: "none of", $ini: "one of", $nini: "none of",
  $regex: "to match", $regexi: "to match", $exists: "to be known:", $all: "all of", $size: "so many:", $elemMatch: "an item with", $veq: "version", $vgt: "a version above", $vgte: "at least version", $vlt: "a version below", $vlte: "at most version", $type: "to be of type",
};

/** A value as people write it. */
export function plain(value) {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "number") return String(Math.round(value * 100) / 100);
  if (Array.isArray(value)) return value.length ? value.map(plain).join(", ") : "nothing";
  if (typeof value === "object") return Object.entries(value).map(([name, inner]) => (name.startsWith("$") ? `${OPERATORS[name] ?? name} ${plain(inner)}` : `${name} ${plain(inner)}`)).join(" and ");
  return String(value);
}

function asDid(expected) {
  const names = expected?.event ?? (Array.isArray(expected?.sequence) ? expected.sequence.map((step) => step?.event ?? step).join(", then ") : "it");
  const parts = [`“${names}”`];
  if (expected?.where) parts.push(`with ${plain(expected.where)}`);
  if (expected?.times) parts.push(plain(expected.times), "times");
  if (expected?.withinDays) parts.push(`within ${expected.withinDays} days`);
  if (expected?.withinMinutes) parts.push(`within ${expected.withinMinutes} minutes`);
  return parts.join(" ");
}

/** One failed part of a condition, as a sentence. */
export function failure(failed) {
  if (!failed) return "its condition does not hold";
  const { path, operator, expected, actual, inner } = failed;
  if (operator === "$audience") return `not in ${plain(expected)}${inner?.length ? `: ${failure(inner[0])}` : ""}`;
  if (operator === "$or") return inner?.length ? inner.map(failure).join("; and ") : "no alternative holds";
  if (operator === "$did") return `wanted ${asDid(expected)}; happened ${plain(actual ?? 0)} times`;
  if (operator === "$not" && !path) return `excluded, because this holds: ${expected?.$audience ? `in ${plain(expected.$audience)}` : plain(expected)}`;
  if (!path) return `${operator ?? "the condition"} does not hold`;
  return `${path} is ${plain(actual)}, wanted ${OPERATORS[operator] ?? operator ?? ""} ${plain(expected)}`.replace(/\s+/g, " ");
}

const day = (time) => new Date(time).toLocaleDateString("en", { day: "numeric", month: "long", year: "numeric" });

/** How one experience fared, as a sentence. */
export function fared(one) {
  switch (one.outcome) {
    case "won": return one.variant ? `Won, with the variant “${one.variant}”.` : "Won: everything it asks for holds.";
    case "lost": return `Would fit too, but “${one.to ?? one.lostTo ?? "another"}” comes first.`;
    case "condition": return `No: ${failure(one.failed ?? (one.path ? one : undefined))}.`;
    case "schedule": return one.starts ? `Not yet: it starts on ${day(one.starts)}.` : one.ended ? `Over since ${day(one.ended)}.` : "Outside its time.";
    case "limit": return `Shown often enough: ${one.times ?? "as often as allowed"} times per ${one.per ?? "visitor"}${one.freeAt ? `, again from ${day(one.freeAt)}` : ""}.`;
    case "traffic": return "This visitor is not part of the experiment.";
    case "products": return "Would win, but there is no product it could show.";
    case "consent": return "Would win, but personalization is not allowed.";
    case "off": return "Switched off: something in the rules is wrong.";
    default: return one.message ?? String(one.outcome ?? "unknown");
  }
}

/** How long ago, roughly. */
export function ago(milliseconds) {
  const minutes = milliseconds / 60_000;
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${Math.round(minutes)} min ago`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h ago`;
  return `${Math.round(minutes / 1440)} days ago`;
}

/** A shift of the clock. */
export function shift(milliseconds) {
  const hours = Math.round(milliseconds / 3_600_000);
  if (!hours) return "now";
  if (hours < 48) return `${hours} ${hours === 1 ? "hour" : "hours"} later`;
  const days = Math.round(hours / 24);
  return `${days} days later`;
}
