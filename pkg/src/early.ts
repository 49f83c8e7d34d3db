// Calls of a page that was left, or died, before the module ran: they wait in localStorage for the next page, where the shopper agreed before.
import { json } from "./json.js";
import type { Consent, StartOptions } from "./types.js";

/**
 * A call as text: the method; the moment. Of Segment's calls two ids or names, data and options; of the shopper's own
 * wishes (`consent`, `forget`, `reset`) the argument first.
 */
export interface Call { what: string; words: [first: string, second: string, data: string, options: string]; at: number }

/** A call as it is written down: by which page; when, if that page means to make it itself. */
interface Kept extends Call { page?: string; live?: number }

const METHODS = ["track", "page", "identify", "group", "alias"];
/** Wishes are kept whatever was agreed to: without them the next page would go on with whom it knew. */
const WISHES = ["consent", "forget", "reset"];
export const isWish = ({ what }: Call): boolean => WISHES.includes(what);
/** More calls than this, or longer ones, no page makes before it is left: the oldest go, counted. */
const MOST = 500;
const LONGEST = 200_000;
/** So long after it wrote its calls down a page that has not made them is taken for dead, in milliseconds. */
const LIFE = 20_000;
const place = (prefix: string) => `${prefix}.early`;

/** What the page around us may hold of consent: tools that may object, and the browser itself. */
interface Around { dataLayer?: unknown; navigator: { globalPrivacyControl?: boolean } }

const analytics = (said?: Consent | string): string | undefined => typeof said === "string" ? said : said?.analytics;

let lastRules: string | undefined;
let granted: string | undefined;
/** What rules take for granted; they are long, so they are read once. */
function byRules(rules = "{}"): string | undefined {
  if (rules !== lastRules) granted = analytics(JSON.parse(rules).settings?.consent);
  lastRules = rules;
  return granted;
}

/**
 * Whether events may be kept: what the shopper says on this page or said before; else what page or rules take for
 * granted, unless the browser objects or a consent tool, whose answer only the module understands, is in the page.
 */
function agreed(options: StartOptions, told?: Consent, rules?: string): boolean {
  const said: Consent = JSON.parse(localStorage.getItem(`${options.storagePrefix || "tailorbird"}.consent`) ?? "{}");
  const { dataLayer, navigator } = globalThis as unknown as Around;
  const tool = ["__tcfapi", "Shopify"].some((name) => name in globalThis)
    || Array.isArray(dataLayer) && dataLayer.some((entry) => entry?.[0] === "consent");
  const assumed = () => analytics(options.consent) ?? byRules(rules);
  return (told?.analytics ?? said.analytics ?? (tool || navigator.globalPrivacyControl ? "" : assumed())) === "granted";
}

/** Has an id from now on: should two pages take the call, or one twice, it is still one event. */
function named(call: Call): Call {
  const { words: [, , , given], at } = call;
  const id = globalThis.crypto?.randomUUID?.() ?? `${at}-${Math.random()}`;
  call.words[3] = JSON.stringify({ messageId: id, ...JSON.parse(given || "{}") });
  return call;
}

/**
 * Writes a page's calls down in place of those it wrote down before; whether they may be. `left`: any page may make them
 * from now on. `told`: what was said on this page; `rules`: their text, once it came.
 */
export function stash(options: StartOptions, page: string, calls: Call[], left: boolean, told?: Consent, rules?: string): boolean {
  try {
    const prefix = options.storagePrefix || "tailorbird";
    const all = kept(prefix).filter((call) => call.page !== page || !call.live);
    const may = agreed(options, told, rules);
    const mine = (call: Call): Kept => {
      const made = isWish(call) ? call : named(call);
      return left ? made : { ...made, page, live: Date.now() };
    };
    all.push(...calls.filter((call) => may || isWish(call)).map(mine));
    if (may) {
      let room = LONGEST;
      let first = all.length;
      while (first > 0 && all.length - first < MOST && (room -= JSON.stringify(all[first - 1]).length) >= 0) first -= 1;
      if (all.splice(0, first).length) all.push(mine({ what: "track", words: ["Events Dropped", "", JSON.stringify({ dropped: first, reason: "overflow" }), ""], at: Date.now() }));
    }
    write(prefix, all);
    return may;
  } catch {
    return false; // Blocked or full storage: they are lost with the page.
  }
}

/** The calls that pages before this one left; from now on they are this page's. What it wrote down itself it makes itself. */
export function unstash(prefix: string, page: string): Call[] {
  try {
    const calls = kept(prefix);
    const lives = ({ live }: Kept) => Math.abs(Date.now() - (live ?? NaN)) < LIFE;
    write(prefix, calls.filter((call) => call.page !== page && lives(call)));
    const fine = (words: unknown) => Array.isArray(words) && words.length === 4 && words.every((word) => typeof word === "string");
    return calls.filter((call) => !(call.live && (call.page === page || lives(call))) && (METHODS.includes(call.what) || isWish(call)) && fine(call.words) && Number.isFinite(call.at));
  } catch {
    return [];
  }
}

/** Erases what is stored without waiting for the module: nothing is to be left, not even the wish. `refuses`: consent, too. */
export function erase(options: StartOptions, refuses: boolean, rules?: string): void {
  try {
    const prefix = options.storagePrefix || "tailorbird";
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(`${prefix}.`) && (refuses || key !== `${prefix}.consent`)) localStorage.removeItem(key);
    }
    // Only where the next page would take it for granted a refusal has to be remembered.
    if (refuses && (analytics(options.consent) ?? byRules(rules)) === "granted") {
      localStorage.setItem(`${prefix}.consent`, '{"personalization":"denied","analytics":"denied"}');
    }
    indexedDB.deleteDatabase(prefix);
  } catch { /* blocked storage holds nothing */ }
}

function write(prefix: string, calls: Kept[]): void {
  if (calls.length) localStorage.setItem(place(prefix), json(calls)!);
  else localStorage.removeItem(place(prefix));
}

function kept(prefix: string): Kept[] {
  const text = localStorage.getItem(place(prefix)) ?? "[]";
  try {
    const calls: unknown = JSON.parse(text);
    return Array.isArray(calls) ? calls.filter((call) => typeof call === "object" && call) : [];
  } catch {
    return [];
  }
}
