// Assertions for any test framework: they throw plain errors that say what was expected, what was there, and why.
import type { Shopper } from "../testing.js";
import type { Entry, Explained } from "./page.js";
import { line, reasons, said } from "./readable.js";

/** What a decision should be; what is not given does not matter. */
export interface ExpectedDecision {
  experience?: string | null;
  variant?: string | null;
  block?: string | null;
  reason?: Explained["reason"];
  /** Exactly these products, in this order. */
  products?: string[];
  fields?: Record<string, unknown>;
}

/** Fails unless `expected` is a part of `actual`; lists have to be the same length. */
function within(expected: unknown, actual: unknown): boolean {
  if (expected instanceof RegExp) return typeof actual === "string" && expected.test(actual);
  if (typeof expected !== "object" || expected === null) return Object.is(expected, actual);
  if (Array.isArray(expected)) return Array.isArray(actual) && actual.length === expected.length && expected.every((one, nth) => within(one, actual[nth]));
  if (typeof actual !== "object" || actual === null) return false;
  return Object.entries(expected).every(([name, value]) => within(value, (actual as Record<string, unknown>)[name]));
}

const written = (value: unknown): string => JSON.stringify(value, (_, inner) => (inner instanceof RegExp ? String(inner) : inner));

/** The decision for a placement is as expected; a text names the experience. Answers the decision. */
export async function expectDecision(who: Shopper, placement: string, expected: ExpectedDecision | string): Promise<Explained> {
  const decision = await who.decision(placement);
  const wanted = typeof expected === "string" ? { experience: expected } : expected;
  if (!within(wanted, decision)) {
    throw new Error(`\`${placement}\` was expected to show ${written(wanted)},\nbut shows ${said(decision)}:\n${reasons(decision)}`);
  }
  return decision;
}

/** What stands in a slot contains a text, or matches an expression. */
export async function expectShown(who: Shopper, placement: string, expected: string | RegExp): Promise<void> {
  const shown = await who.shown(placement);
  if (!shown) throw new Error(`there is no slot \`${placement}\` in this page`);
  const found = typeof expected === "string" ? shown.text.includes(expected) : expected.test(shown.text);
  if (!found) {
    const decision = await who.decision(placement).catch(() => undefined);
    throw new Error(`\`${placement}\` was expected to say ${String(expected)},\nbut says “${shown.text}”${decision ? `\nand was decided ${said(decision)}:\n${reasons(decision)}` : ""}`);
  }
}

const matching = (log: Entry[], name: string, properties: Record<string, unknown>) =>
  log.filter(({ kind, detail }) => kind === "event" && (detail["event"] === name || (detail["type"] === name && name !== "track")) && within(properties, { ...(detail["traits"] as object), ...(detail["properties"] as object) }));
const story = (log: Entry[]) => log.filter(({ kind }) => kind === "event").map((entry) => `  ${line(entry)}`).join("\n") || "  nothing";

/** An event was recorded, with at least these properties; `times`: so often. `name` may be `page` or `identify`, too. Answers the events. */
export async function expectEvent(who: Shopper, name: string, properties: Record<string, unknown> = {}, { times }: { times?: number } = {}): Promise<Entry["detail"][]> {
  await who.settled();
  const log = await who.log();
  const found = matching(log, name, properties);
  if (times === undefined ? found.length === 0 : found.length !== times) {
    throw new Error(`“${name}” ${written(properties)} was expected ${times ?? "at least 1"} times and happened ${found.length} times. What happened:\n${story(log)}`);
  }
  return found.map(({ detail }) => detail);
}

/** No such event was recorded. */
export async function expectNoEvent(who: Shopper, name: string, properties: Record<string, unknown> = {}): Promise<void> {
  await expectEvent(who, name, properties, { times: 0 });
}
