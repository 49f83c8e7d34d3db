// Calls of a page that was left before the module ran: they wait in localStorage for the next page, where the shopper agreed before.
import type { Consent, StartOptions } from "./types.js";

/** One of Segment's calls as text: the method; two ids or names, data and options; the moment. */
export interface Call { what: string; words: [first: string, second: string, data: string, options: string]; at: number }

const METHODS = ["track", "page", "identify", "group", "alias"];
/** More calls than this, or longer ones, no page makes before it is left: the oldest go, counted. */
const MOST = 500;
const LONGEST = 200_000;
const place = (prefix: string) => `${prefix}.early`;

/** What the page around us may hold of consent: tools that may object, and the browser itself. */
interface Around { dataLayer?: unknown; navigator: { globalPrivacyControl?: boolean } }

const analytics = (said?: Consent | string): string | undefined => typeof said === "string" ? said : said?.analytics;

/**
 * Whether events may be kept: what the shopper says on this page or said before; else what page or rules take for
 * granted, unless the browser objects or a consent tool, whose answer only the module understands, is in the page.
 */
function agreed(options: StartOptions, told?: Consent, rules?: string): boolean {
  const said: Consent = JSON.parse(localStorage.getItem(`${options.storagePrefix || "tailorbird"}.consent`) ?? "{}");
  const { dataLayer, navigator } = globalThis as unknown as Around;
  const tool = ["__tcfapi", "Shopify"].some((name) => name in globalThis)
    || Array.isArray(dataLayer) && dataLayer.some((entry) => entry?.[0] === "consent");
  const assumed = () => analytics(options.consent) ?? analytics(JSON.parse(rules ?? "{}").settings?.consent);
  return (told?.analytics ?? said.analytics ?? (tool || navigator.globalPrivacyControl ? "" : assumed())) === "granted";
}

/** An id from now on: should two pages take the call, or one twice, it is still one event. */
function named({ what, words: [first, second, data, given], at }: Call): Call {
  const id = globalThis.crypto?.randomUUID?.() ?? `${at}-${Math.random()}`;
  return { what, words: [first, second, data, JSON.stringify({ messageId: id, ...JSON.parse(given || "{}") })], at };
}

/** Writes calls down; whether they are. `told`: what was said on this page; `rules`: their text, once it came. */
export function stash(options: StartOptions, calls: Call[], told?: Consent, rules?: string): boolean {
  try {
    if (!agreed(options, told, rules)) return false;
    const prefix = options.storagePrefix || "tailorbird";
    const all = [...kept(prefix), ...calls.map(named)];
    let room = LONGEST;
    let first = all.length;
    while (first > 0 && all.length - first < MOST && (room -= JSON.stringify(all[first - 1]).length) >= 0) first -= 1;
    if (all.splice(0, first).length) all.push(named({ what: "track", words: ["Events Dropped", "", JSON.stringify({ dropped: first, reason: "overflow" }), ""], at: Date.now() }));
    localStorage.setItem(place(prefix), JSON.stringify(all));
    return true;
  } catch {
    return false; // Blocked or full storage: they are lost with the page.
  }
}

/** The calls that a page before this one left; from now on they are this page's. */
export function unstash(prefix = "tailorbird"): Call[] {
  try {
    const calls = kept(prefix);
    localStorage.removeItem(place(prefix));
    const fine = (words: unknown) => Array.isArray(words) && words.length === 4 && words.every((word) => typeof word === "string");
    return calls.filter(({ what, words, at }) => METHODS.includes(what) && fine(words) && Number.isFinite(at));
  } catch {
    return [];
  }
}

function kept(prefix: string): Call[] {
  const text = localStorage.getItem(place(prefix)) ?? "[]";
  try {
    const calls: unknown = JSON.parse(text);
    return Array.isArray(calls) ? calls.filter((call) => typeof call === "object" && call) : [];
  } catch {
    return [];
  }
}
