// Calls of a page that was left before the module ran: they wait in localStorage for the next page, where the shopper agreed before.
import type { StartOptions } from "./types.js";

/** A call as text: the method, its arguments, the moment. */
export interface Call { what: string; words: string[]; at: number }

const METHODS = ["track", "page", "identify", "group", "alias"];
/** More calls than this, or longer ones, no page makes before it is left. */
const MOST = 100;
const LONGEST = 200_000;
const place = (prefix: string) => `${prefix}.early`;

/** Whether events may be kept: what the shopper said before, else what the page says, unless the browser objects. */
function agreed({ consent, storagePrefix }: StartOptions): boolean {
  const said: { analytics?: string } = JSON.parse(localStorage.getItem(`${storagePrefix || "tailorbird"}.consent`) ?? "{}");
  const objects = (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;
  const option = objects ? undefined : typeof consent === "string" ? consent : consent?.analytics;
  return (said.analytics ?? option) === "granted";
}

/** Writes calls down; whether they are. */
export function stash(options: StartOptions, calls: Call[]): boolean {
  try {
    const prefix = options.storagePrefix || "tailorbird";
    const text = JSON.stringify([...kept(prefix), ...calls].slice(-MOST));
    if (!agreed(options) || text.length > LONGEST) return false;
    localStorage.setItem(place(prefix), text);
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
    return calls.filter(({ what, words, at }) => METHODS.includes(what) && Array.isArray(words) && Number.isFinite(at));
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
