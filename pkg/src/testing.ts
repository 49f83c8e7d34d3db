// The testing kit: a shop under test with a fixed clock, seed and ids, shoppers with a history, and waiting without sleeping.
// It depends on no driver: whatever can run an expression in a page will do.
import type { Entry, Explained, Setup } from "./testing/page.js";
import { line } from "./testing/readable.js";
import type { Consent, ConsentState, Properties, StartOptions } from "./types.js";

export type { Entry, Explained } from "./testing/page.js";
export { expectDecision, expectEvent, expectNoEvent, expectShown } from "./testing/expect.js";

declare const __IN_PAGE__: string;

/** What the kit needs of a page: Playwright's and Puppeteer's have it; `{ evaluate }` around any other driver does, too. */
export interface Page {
  /** Runs a JavaScript expression in the page, waits for its promise, answers what JSON can say of it. */
  evaluate(expression: string): Promise<unknown>;
  reload?(): Promise<unknown>;
}

/** Where scripts can be put in front of the page's own: a Playwright page or context, a Puppeteer page. */
export interface Preparable {
  addInitScript?(script: { content: string }): Promise<unknown>;
  evaluateOnNewDocument?(script: string): Promise<unknown>;
}

export interface KitOptions {
  /** When it is: milliseconds, ISO text or a date; the clock stands still there. `"real"`: the real time. Default 15 January 2026, noon. */
  now?: number | string | Date | "real";
  /** Other numbers give other ids and other draws. Default 1. */
  seed?: number;
  /** Sends events to the real collector. Default: a stand-in takes them, and `log` tells what it got. */
  deliver?: boolean;
  /** Options of `start`, above what page and tag say; what JSON can say. Rules that are not published yet, for example. */
  options?: Omit<StartOptions, "clock" | "seed" | "transport" | "test" | "wasm">;
  /** How long `settled` and the like wait at most, in milliseconds. Default 10,000. */
  patience?: number;
}

const NOON = Date.UTC(2026, 0, 15, 12);
const DAY = 86_400_000;

/** The script that has to run before the page's own ones, for drivers that `prepare` does not know. */
export function initScript({ now = NOON, seed = 1, deliver = false, options = {} }: KitOptions = {}): string {
  const at = now === "real" ? null : Number(new Date(now));
  if (at !== null && !Number.isFinite(at)) throw new Error(`\`${String(now)}\` is no moment: give milliseconds, an ISO date or "real"`);
  const setup: Setup = { now: at, seed, deliver, options: options as Record<string, unknown> };
  return `(function(__TAILORBIRD_SETUP__){${__IN_PAGE__}})(${JSON.stringify(setup).replace(/</g, "\\u003c")})`;
}

/** Puts the kit into every page that is opened from here on. Call it before the first `goto`. */
export async function prepare(target: Preparable, options?: KitOptions): Promise<void> {
  const script = initScript(options);
  if (target.addInitScript) await target.addInitScript({ content: script });
  else if (target.evaluateOnNewDocument) await target.evaluateOnNewDocument(script);
  else throw new Error("this driver has neither `addInitScript` nor `evaluateOnNewDocument`: make it run `initScript()` before the page's own scripts");
}

/** A product as events name it: its id, or its properties in Segment's words. */
export type ProductLike = string | (Properties & { product_id: string });

/** What a shopper does. Each returns at once; await the last one. */
export interface Acts {
  /** Agrees, or answers per purpose. */
  consents(answer?: Consent | ConsentState): Persona;
  /** Has looked at `times` products of a category, `daysAgo` days ago. */
  likes(category: string, times?: number, more?: { brand?: string; price?: number; daysAgo?: number }): Persona;
  /** Has looked at these products. */
  views(...products: ProductLike[]): Persona;
  /** Put these into the cart. */
  adds(...products: ProductLike[]): Persona;
  /** Has bought these, in one order. */
  bought(...products: ProductLike[]): Persona;
  /** Anything else, as the shop's own call. */
  does(event: string, properties?: Properties): Persona;
  /** Is known by this id, with these traits. */
  is(userId: string, traits?: Properties): Persona;
  /** Comes back after so many days: the clock moves on and the page is loaded anew. */
  returning(days: number): Persona;
}

/** A chain of acts; awaiting it does them in order. */
export interface Persona extends Acts, PromiseLike<Shopper> {}

/** One shopper in one page. */
export interface Shopper extends Acts {
  /** Waits until the agent runs and has done all that it would do within the next moments. Never sleeps. */
  settled(): Promise<void>;
  /** The decision for a placement, and why each of its experiences won or lost. */
  decision(placement: string): Promise<Explained>;
  decisions(): Promise<Record<string, Explained>>;
  /** What stands in a slot; null where the page has no such slot. */
  shown(placement: string): Promise<{ text: string; html: string } | null>;
  /** Scrolls to a slot and waits until it was seen and counted: a second of real time. */
  sees(placement: string): Promise<void>;
  /** Shows an experience, or `experience:variant`, whatever the rules say; null ends it. */
  preview(choice: string | null): Promise<void>;
  /** Sends what waits. */
  flush(): Promise<void>;
  /** Everything that happened in this tab, on all pages. */
  log(): Promise<Entry[]>;
  /** The same as lines for people. */
  story(): Promise<string>;
  clear(): Promise<void>;
  /** The agent's time in milliseconds. */
  now(): Promise<number>;
  /** Moves the clock on without leaving the page. */
  waits(span: { ms?: number; minutes?: number; days?: number }): Promise<void>;
}

/** The shopper in this page. Where `prepare` was not called, the kit comes with a reload of the page. */
export function shopper(page: Page & Preparable, options: KitOptions = {}): Shopper {
  const patience = options.patience ?? 10_000;
  let nth = 0;
  let checked = false;

  const run = async <T>(method: string, ...args: unknown[]): Promise<T> => {
    if (!checked) await check();
    return (await page.evaluate(`window.__tailorbird_kit.${method}(${args.map((arg) => JSON.stringify(arg) ?? "undefined").join(",")})`)) as T;
  };
  const call = <T>(method: string, ...args: unknown[]) => run<T>("call", method, ...args);
  const settled = () => run<void>("settled", patience);

  async function check(): Promise<void> {
    if (!(await page.evaluate("'__tailorbird_kit' in window"))) {
      await prepare(page, options);
      await reload();
      if (!(await page.evaluate("'__tailorbird_kit' in window"))) throw new Error("the kit did not reach the page: call `prepare(page)` before the first `goto`");
    }
    checked = true;
  }
  async function reload(): Promise<void> {
    if (!page.reload) throw new Error("this driver's page has no `reload`: give one, as in `{ evaluate, reload }`");
    await page.reload();
  }
  const track = async (name: string, list: Properties[], before?: number) => {
    await settled();
    await run("track", list.map((properties) => ({ name, properties, before })));
    await settled();
  };
  const product = (given: ProductLike): Properties => (typeof given === "string" ? { product_id: given } : given);

  const acts: { [Name in keyof Acts]: (...args: Parameters<Acts[Name]>) => Promise<void> } = {
    async consents(answer = "granted") {
      await settled();
      await call("consent", answer);
      await settled();
    },
    async likes(category, times = 5, { brand, price, daysAgo } = {}) {
      const list = Array.from({ length: times }, () => ({ product_id: `kit-${category}-${(nth += 1)}`, name: `${category} ${nth}`, category, brand, price }));
      await track("Product Viewed", list, daysAgo && daysAgo * DAY);
    },
    views: (...products) => track("Product Viewed", products.map(product)),
    adds: (...products) => track("Product Added", products.map((one) => ({ quantity: 1, ...product(one) }))),
    async bought(...products) {
      const lines = products.map((one) => ({ quantity: 1, ...product(one) })) as (Properties & { quantity: number; price?: number })[];
      const revenue = lines.reduce((sum, { quantity, price }) => sum + quantity * (price ?? 0), 0);
      await track("Order Completed", [{ order_id: `kit-order-${(nth += 1)}`, revenue: revenue || undefined, products: lines }]);
    },
    does: (event, properties = {}) => track(event, [properties]),
    async is(userId, traits) {
      await settled();
      await call("identify", userId, traits);
      await settled();
    },
    async returning(days) {
      await settled();
      const { personalization } = await call<Required<Consent>>("consent");
      if (personalization !== "granted") throw new Error(`nobody comes back as long as nothing may be remembered (personalization is ${personalization}): \`.consents()\` first`);
      await call("flush");
      await settled();
      await run("stored");
      await run("travel", days * DAY, "with the next page");
      await reload();
      await settled();
    },
  };

  const chain = (before: Promise<void>): Persona => {
    const links = {} as Record<string, unknown>;
    for (const [name, act] of Object.entries(acts)) {
      links[name] = (...args: unknown[]) => chain(before.then(() => (act as (...args: unknown[]) => Promise<void>)(...args)));
    }
    const then: Persona["then"] = (good, bad) => before.then(() => self).then(good, bad);
    return Object.assign(links, { then }) as unknown as Persona;
  };
  const begun = {} as Record<string, unknown>;
  for (const [name, act] of Object.entries(acts)) {
    begun[name] = (...args: unknown[]) => chain(Promise.resolve().then(() => (act as (...args: unknown[]) => Promise<void>)(...args)));
  }

  const decisions = async () => {
    await settled();
    return run<Record<string, Explained>>("decisions");
  };
  const rest: Omit<Shopper, keyof Acts> = {
    settled,
    decisions,
    async decision(placement) {
      const all = await decisions();
      const found = all[placement];
      if (!found) throw new Error(`the rules have no placement \`${placement}\`; they have ${Object.keys(all).join(", ") || "none"}`);
      return found;
    },
    async shown(placement) {
      await settled();
      return run("shown", placement);
    },
    async sees(placement) {
      await settled();
      await run("seen", placement, patience);
    },
    async preview(choice) {
      const [experience, variant] = choice?.split(":") ?? [];
      await settled();
      await call("preview", experience ? { experience, variant } : null);
      await settled();
    },
    async flush() {
      await settled();
      await call("flush");
    },
    log: () => run("log"),
    story: async () => (await run<Entry[]>("log")).map(line).join("\n"),
    clear: () => run("clear"),
    now: () => run("now"),
    async waits({ ms = 0, minutes = 0, days = 0 }) {
      await run("travel", ms + minutes * 60_000 + days * DAY);
      await settled();
    },
  };
  const self = Object.assign(begun, rest) as unknown as Shopper;
  return self;
}
