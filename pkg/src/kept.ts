// What stood in this page's slots at the last visit stands there again before the first paint, until the module decides.
import { fill, isWhole, slots } from "./slots.js";
import type { StartOptions } from "./types.js";

/** `selector`: where the rules say that the placement is. */
interface Kept { html: string; until: number; at: number; rules?: string; selector?: string | undefined }
/** What takes kept content back where the rules turn out to be others than those that decided it, and what ends it all. */
interface Shown { check(rules: string): void; stop(): void }
type Book = Record<string, Kept>;

/** Entries beyond this many go, oldest first. */
const MOST = 24;
const DAY = 86_400_000;
const place = (prefix: string) => `${prefix}.kept`;
/** A number for a text: addresses may hold what nobody is to read in the store. */
function mark(text: string): string {
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) sum = (sum * 31 + text.charCodeAt(at)) | 0;
  return String(sum);
}
const route = () => (/^#!?\//.test(location.hash) ? location.hash : "");
const name = (placement: string) => `${mark(location.pathname + route())} ${placement}`;

/** All of it. */
export function read(prefix: string): Book {
  try {
    const book: unknown = JSON.parse(localStorage.getItem(place(prefix)) ?? "{}");
    return typeof book === "object" && book ? (book as Book) : {};
  } catch {
    return {};
  }
}

/** Which rules decide: their address and, once it is known, what is in them. Others say nothing of what was kept. */
export function edition(rules: StartOptions["rules"], text?: string): string {
  const given = typeof rules === "object" && !(rules instanceof URL);
  return `${given ? "" : String(rules)} ${text === undefined ? "" : mark(text)}`;
}

/** Remembers what a slot of this page shows; without markup it forgets it. Called only while storing is allowed. */
export function keep(rules: string, prefix: string, placement: string, html: string, until: number, now: number, selector?: string): void {
  try {
    const book = read(prefix);
    delete book[name(placement)];
    if (html) book[name(placement)] = { html, until, at: now, rules, selector };
    const names = Object.keys(book);
    for (const old of names.slice(0, Math.max(0, names.length - MOST))) delete book[old];
    if (names.length) localStorage.setItem(place(prefix), JSON.stringify(book));
    else localStorage.removeItem(place(prefix));
  } catch {
    // No room or no storage: the next visit begins with the page's own markup.
  }
}

/** Forgets all of it. */
export function forgetKept(prefix: string): void {
  try {
    localStorage.removeItem(place(prefix));
    localStorage.removeItem(`${prefix}.early`);
  } catch { /* blocked storage holds nothing either */ }
}

/**
 * Fills slots that were filled at the last visit: those that are there, and those that the parser still brings.
 */
export function applyKept(rules: string, prefix: string, now: number): Shown {
  let book = read(prefix);
  const filled: [slot: Element, by: string | undefined][] = [];
  let known = false;
  const valid = (kept: Kept | undefined): kept is Kept =>
    typeof kept?.html === "string" && now - kept.at < DAY && now >= kept.at && (known ? kept.rules === rules : kept.rules?.startsWith(rules) === true) && (!kept.until || now < kept.until);
  const check = (edition: string) => {
    rules = edition;
    known = true;
    for (const [slot, by] of filled.splice(0)) {
      if (by === edition) continue;
      fill(slot);
      slot.removeAttribute("data-tailorbird-kept");
    }
  };
  let observer: MutationObserver | undefined;
  const stop = () => {
    observer?.disconnect();
    book = {};
  };
  const here = Object.keys(book).filter((key) => key.startsWith(name("")) && valid(book[key]));
  if (!here.length) return { check, stop };
  const show = (slot: Element, kept: Kept | undefined) => {
    if (!valid(kept) || slot.hasAttribute("data-tailorbird-kept")) return;
    slot.setAttribute("data-tailorbird-kept", "");
    fill(slot, kept.html);
    filled.push([slot, kept.rules]);
  };
  const look = () => {
    const marked = slots();
    const named = marked.map((slot) => name(slot.getAttribute("data-tailorbird-slot") ?? slot.getAttribute("name") ?? ""));
    marked.forEach((slot, nth) => show(slot, book[named[nth]!]));
    for (const key of here) {
      const selector = named.includes(key) ? undefined : book[key]?.selector;
      const slot = selector && document.querySelector(selector);
      if (slot && !marked.includes(slot) && isWhole(slot)) show(slot, book[key]);
    }
  };
  look();
  if (document.readyState !== "loading") return { check, stop };
  observer = new MutationObserver(look);
  observer.observe(document.documentElement, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", () => { look(); observer!.disconnect(); }, { once: true });
  return { check, stop };
}
