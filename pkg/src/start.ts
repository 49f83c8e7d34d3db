// From options to a running agent: everything is fetched side by side, and whatever fails leaves the page as it was.
import { Agent as Core, startOn } from "../generated/tailorbird.js";
import { facade, type Facade } from "./facade.js";
import { hold } from "./hold.js";
import { define } from "./element.js";
import { json } from "./json.js";
import { applyKept, edition, forgetKept, keep } from "./kept.js";
import { fill, giveBack, holds, slots, untouch, watchTouches } from "./slots.js";
import { tap } from "./tap.js";
import { instantiate, moduleOf, type Sources } from "./load.js";
import { isLost, patient } from "./patient.js";
import type { Agent, Events, StartOptions } from "./types.js";

declare const __WASM_INTEGRITY__: string;

const MODULE = /* @__PURE__ */ moduleOf(startOn, __WASM_INTEGRITY__);

const RUNNING = Symbol.for("tailorbird");

type Overlay = (agent: Agent, heard: Events["event"][]) => void;

/** Where an agent of a page finds what else it may need. */
interface PageSources extends Sources {
  /** Loads the overlay. */
  overlay(): Promise<Overlay>;
  /** What stood in the slots at the last visit is shown again at once. */
  kept?: boolean;
}

/** Starts an agent; settles once it is ready, or once it is clear that it will stay harmless. */
export async function start(given: StartOptions, sources: PageSources, tag?: Facade): Promise<Agent> {
  // Tests say what they need before the page's own scripts run.
  const options = tag ? given : { ...given, ...(globalThis as { tailorbirdOptions?: StartOptions }).tailorbirdOptions };
  const made = tag ?? facade(options);
  if (typeof document === "undefined") {
    // A server: nothing to decide on and nobody to track. Getters answer, calls do nothing.
    made.detach();
    return made.agent;
  }
  // The tag and the package are two scripts: what they know of each other lies in the page.
  const page = globalThis as { [RUNNING]?: [prefix: string, runs: () => boolean][] };
  const others = (page[RUNNING] ?? []).filter(([, runs]) => runs());
  const prefix = options.storagePrefix || "tailorbird";
  if (others.some(([other]) => other === prefix)) {
    made.warn("twice", "another agent runs in this page, by the tag or an earlier start(): all is counted twice; stop() one of them, or give it a storagePrefix of its own");
  }
  page[RUNNING] = [...others, [prefix, made.runs]];
  const release = hold(options.holdMs ?? 300);
  let over = false;
  let kept: ReturnType<typeof applyKept> | undefined;
  const end = (lacks = false) => {
    over = true;
    made.detach(lacks);
    kept?.stop();
    // Kept content was never checked, and nobody is left who would.
    giveBack();
    release();
  };
  const died = (reason: unknown) => {
    end();
    made.warn("trap", `the agent stopped after an internal error and left the page alone (${String(reason)})`);
  };
  try {
    watchTouches();
    define(made.look);
    let rules = edition(options.rules);
    if (sources.kept) kept = applyKept(rules, prefix, made.clock());
    const running = instantiate(MODULE, { ...sources, given: options.wasm }, died);
    // Its first look at the time zone takes a browser tens of milliseconds on a slow phone: here nobody waits for it.
    setTimeout(() => {
      try {
        new Intl.DateTimeFormat().resolvedOptions();
      } catch { /* then there is none */ }
    });
    const documents = Promise.allSettled([
      document_text(options.rules).then((text) => {
        rules = edition(options.rules, text);
        kept?.check(rules);
        if (text) made.learn(text);
        return text;
      }),
      options.catalog === undefined ? undefined : document_text(options.catalog),
    ]);
    await running;
    // On a slow phone each of the next steps is most of a long task; the page gets its turn between them.
    await turn();
    const core = new Core(settings(options), {
      clock: options.clock, transport: options.transport, emit: made.emit, drain: made.drain, wants: made.wants, warn: made.warn, keep: (...shown: [string, string, string, number, number, string?]) => keep(rules, ...shown), forgetKept, tap, slots, fill, holds, giveBack, untouch,
    });
    const [rulesText, catalogText] = (await documents).map((text) => {
      if (text.status === "fulfilled") return text.value;
      made.warn("document", `${String(text.reason?.message ?? text.reason)}; default content stays`);
      return undefined;
    });
    await turn();
    const wanted = core.load(rulesText);
    // The rules name their catalogue and model by URLs that are relative to their own.
    const base = addressOf(options.rules) ?? document.baseURI;
    if (catalogText !== undefined) {
      core.catalog(catalogText, addressOf(options.catalog) ?? document.baseURI);
    } else if (wanted && options.catalog === undefined) {
      const address = absolute(wanted, base);
      const text = document_text(address).catch((reason) => {
        made.warn("document", `${String(reason?.message ?? reason)}; products cannot be picked`);
        return undefined;
      });
      const found = await text;
      if (found !== undefined) core.catalog(found, address);
    }
    await turn();
    await new Promise<void>((done) => core.open(done));
    await turn();
    // It may have died meanwhile. What is left of it answers nonsense.
    if (over) return made.agent;
    made.attach(core);
    const asked = new URLSearchParams(location.search);
    const [experience, variant] = (asked.get("tailorbird_preview") ?? "").split(":");
    const debug = experience || options.debug || asked.get("tailorbird") === "debug";
    const heard: Events["event"][] = [];
    if (debug) made.agent.on("event", (event) => heard.push(event));
    made.opensDebug(async () => (await sources.overlay())(made.agent, heard));
    if (experience) core.preview(experience, variant ?? "");
    // The page view comes before what the page reported meanwhile, and that before what is noticed on the page.
    core.begin();
    // From here on the module decides, for slots that the parser still brings, too.
    kept?.stop();
    // A page that is prerendered is not seen yet.
    made.drain();
    const model = options.model === undefined ? core.model_named() : options.model;
    if (model) core.load_model(absolute(model, options.model === undefined ? base : document.baseURI));
    if (options.rules === undefined && made.agent.places().length) {
      made.warn("document", "the page has slots but no rules are given (data-rules); default content stays");
    }
    made.emit("ready", { version: made.agent.version });
    if (debug) made.agent.debug();
  } catch (reason) {
    end(true);
    made.warn("start", `the agent could not start and leaves the page alone (${String((reason as Error)?.message ?? reason)})`);
  } finally {
    release();
  }
  return made.agent;
}

/** Where a document lies. What is no URL stays as it is, so that the failure to fetch it names it. */
function absolute(address: string | URL, base: string): string {
  try {
    return new URL(address, base).href;
  } catch {
    return String(address);
  }
}

const turn = (): Promise<void> => new Promise((done) => setTimeout(done));

/** What the module reads of the options: everything that JSON can say. */
function settings(options: StartOptions): string {
  const { rules: _r, catalog: _c, model: _m, wasm: _w, clock: _k, transport: _t, test: _e, ...plain } = options;
  const { autocapture, consent } = plain;
  return json({
    ...plain,
    autocapture: typeof autocapture === "boolean"
      ? { clicks: autocapture, pages: autocapture, dataLayer: autocapture, jsonLd: autocapture, visibility: autocapture }
      : autocapture,
    consent: typeof consent === "string" ? { personalization: consent, analytics: consent } : consent,
  })!;
}

/** Where a document lies, absolute; undefined where it was given itself. */
const addressOf = (given: StartOptions["rules"]): string | undefined =>
  typeof given === "string" || given instanceof URL ? new URL(given, document.baseURI).href : undefined;

async function document_text(given: StartOptions["rules"]): Promise<string | undefined> {
  if (given === undefined) return undefined;
  if (typeof given === "object" && !(given instanceof URL)) return json(given);
  try {
    return await patient(async () => {
      const response = await fetch(given, { credentials: "same-origin" });
      if (!response.ok) throw new Error(`\`${given}\` answered ${response.status}`);
      return response.text();
    });
  } catch (reason) {
    throw isLost(reason) ? new Error(`\`${given}\` could not be fetched`) : reason;
  }
}
