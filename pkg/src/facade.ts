// The object users hold: there from the first moment, harmless until the module runs, never throwing.
import type { Agent as Core } from "../generated/tailorbird.js";
import { stash, unstash, type Call } from "./early.js";
import type { Agent, Consent, Decision, Events, StartOptions, Warning } from "./types.js";

declare const __VERSION__: string;

type Handler = (detail: never) => void;

export interface Facade {
  agent: Agent;
  /** What the module calls back: events of `on`. */
  emit(name: keyof Events, detail: unknown): void;
  /** Whether anybody listens. */
  wants(name: keyof Events): boolean;
  warn(code: string, message: string): void;
  /** From here on calls go to the module. @internal */
  attach(core: Core): void;
  /** How `debug` opens the overlay. */
  opensDebug(open: () => Promise<unknown>): void;
  /** The rules came: what they take for agreed counts for a page that is left before the module runs. */
  learn(rules: string): void;
  /** Slots came or changed. */
  look(): void;
  /** Makes the calls that waited, in order. */
  drain(): void;
  /** From here on nothing goes to the module any more. */
  detach(): void;
}

const offDecision = (placement: string): Decision => ({
  placement, experience: null, variant: null, block: null, html: null, fields: {}, products: [], reason: "off",
});
const text = (value: unknown): string => {
  if (value === undefined || value === null) return "";
  // Dates, functions, undefined and the like become what every event pipeline makes of them.
  return JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? Number(inner) : inner)) ?? "";
};
const isText = (value: unknown): value is string => typeof value === "string";
const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

export function facade(options: StartOptions): Facade {
  let core: Core | undefined;
  let ended = false;
  let stopped = false;
  let told: Consent | undefined;
  let rules: string | undefined;
  let openDebug: (() => Promise<unknown>) | undefined;
  /** What is done once the module runs; `call` where it is an event, which another page could do as well. */
  let waiting: { run: () => void; call?: Call | undefined }[] = [];
  const handlers = new Map<string, Set<Handler>>();
  const warned = new Set<string>();

  function emit(name: keyof Events, detail: unknown): void {
    if (options.debug) console.debug("[tailorbird]", name, detail);
    for (const handler of [...(handlers.get(name) ?? [])]) {
      try {
        (handler as (detail: unknown) => void)(detail);
      } catch (reason) {
        // The shop's own mistake: shown as one, but not on our stack.
        setTimeout(() => { throw reason; });
      }
    }
  }

  /** Says it once per kind: a page in a loop must not flood the console. */
  function warn(code: string, message: string): void {
    if (warned.has(code + message) || warned.size > 50) return;
    warned.add(code + message);
    console.warn(`[tailorbird] ${message}`);
    emit("warning", { code, message } satisfies Warning);
  }

  /** Runs a call now, or once the module is there. Nothing it does can throw into the page. */
  function soon(what: string, call: (core: Core) => void, event?: Call): void {
    const run = () => {
      try {
        if (core) call(core);
      } catch (reason) {
        warn("call", `${what} could not be done: ${String(reason)}`);
      }
    };
    if (core) run();
    else if (!ended) waiting.push({ run, call: event });
  }

  /** Asks now; `otherwise` stands in while the module is not there. */
  function now<T>(what: string, otherwise: T, ask: (core: Core) => unknown): T {
    if (!core) return otherwise;
    try {
      return (ask(core) as T | undefined) ?? otherwise;
    } catch (reason) {
      warn("call", `${what} could not be answered: ${String(reason)}`);
      return otherwise;
    }
  }

  /** Writes arguments as text at the time of the call: what the page changes later must not change the event. */
  function written(what: string, values: unknown[]): string[] | undefined {
    try {
      return values.map(text);
    } catch (reason) {
      warn("argument", `${what} was given something that cannot be written as JSON (${String(reason)}); the call is dropped`);
      return undefined;
    }
  }

  function send(what: "track" | "page" | "identify" | "group" | "alias", words: (string | undefined)[], values: unknown[]): void {
    const bad = values.find((value) => value !== undefined && value !== null && !isPlain(value));
    if (bad !== undefined) return warn("argument", `${what} expects an object for properties, got \`${String(bad)}\`; the call is dropped`);
    const texts = written(what, values);
    if (!texts) return;
    tell({ what, words: [...words.map((word) => word ?? ""), ...texts], at: clock() });
  }

  function tell(call: Call): void {
    soon(call.what, (to) => (to as unknown as Record<string, (...args: unknown[]) => void>)[call.what]!(...call.words, call.at), call);
  }

  // A page that is left before the module runs leaves its events to the next one. A phone may end a hidden page
  // without a word; one that is shown again takes its events back in `drain`.
  for (const leaving of ["pagehide", "visibilitychange"]) {
    globalThis.addEventListener?.(leaving, () => {
      const calls = core || ended || document.visibilityState === "visible" && leaving !== "pagehide" ? [] : waiting.flatMap(({ call }) => call ?? []);
      if (calls.length && stash(options, calls, told, rules)) waiting = waiting.filter(({ call }) => !call);
    });
  }

  const clock = (): number => {
    const at = options.clock ? Number(options.clock()) : NaN;
    return Number.isFinite(at) ? at : Date.now();
  };

  const agent: Agent = {
    version: __VERSION__,
    track(event, properties, more) {
      if (!isText(event) || !event) return warn("argument", `track expects the event's name first, as in track("Product Added", {…}); got \`${String(event)}\``);
      send("track", [event], [properties, more]);
    },
    page(category, name, properties) {
      const words = [category, name].filter(isText);
      const given = [category, name, properties].find(isPlain);
      // As in Segment: one word is the name, two are category and name.
      send("page", words.length > 1 ? words : [undefined, words[0]], [given]);
    },
    identify(userId, traits) {
      const id = isText(userId) || typeof userId === "number" ? String(userId) : undefined;
      send("identify", [id], [isPlain(userId) ? userId : traits]);
    },
    group(groupId, traits) {
      if (!isText(groupId) || !groupId) return warn("argument", `group expects the group's id first; got \`${String(groupId)}\``);
      send("group", [groupId], [traits]);
    },
    alias(userId, previousId) {
      if (!isText(userId) || !userId) return warn("argument", `alias expects the new id first; got \`${String(userId)}\``);
      send("alias", [userId, previousId], []);
    },
    decide(placement, more) {
      return now("decide", offDecision(String(placement)), (to) => to.decide(String(placement), text(more?.context)));
    },
    decideAll(more) {
      return now<Record<string, Decision>>("decideAll", {}, (to) => to.decide_all(text(more?.context)));
    },
    render(placement) {
      soon("render", (to) => to.render(placement === undefined ? undefined : String(placement)));
    },
    explain(placement) {
      return now("explain", [], (to) => to.explain(String(placement)));
    },
    profile: () => now("profile", {}, (to) => to.profile()),
    attributes: () => now("attributes", {}, (to) => to.attributes()),
    consent(update) {
      const given: Consent | undefined = isText(update) ? { personalization: update, analytics: update } : update;
      if (given !== undefined) {
        told = { ...told, ...given };
        soon("consent", (to) => to.set_consent(text(given)));
      }
      return now<Required<Consent>>("consent", { personalization: "pending", analytics: "pending" }, (to) => to.consent());
    },
    export: () => now("export", {}, (to) => to.export()),
    forget(more) {
      return new Promise((done) => {
        soon("forget", (to) => to.forget(more?.everywhere === true, done));
        if (ended) done();
      });
    },
    flush() {
      return new Promise((done) => {
        soon("flush", (to) => to.flush(done));
        if (ended) done();
      });
    },
    reset: () => soon("reset", (to) => to.reset()),
    on(name, handler) {
      if (typeof handler !== "function") {
        warn("argument", `on("${String(name)}") expects a function`);
        return () => {};
      }
      const list = handlers.get(name) ?? new Set<Handler>();
      handlers.set(name, list.add(handler as Handler));
      // Who comes late is told all the same.
      if (name === "ready" && core) {
        void Promise.resolve().then(() => { if (list.has(handler as Handler)) (handler as (detail: unknown) => void)({ version: agent.version }); });
      }
      return () => { list.delete(handler as Handler); };
    },
    preview(choice) {
      soon("preview", (to) => to.preview(choice?.experience ?? "", choice?.variant ?? ""));
    },
    push(...calls) {
      for (const call of calls) replay(call);
    },
    debug() {
      openDebug?.().catch((reason) => warn("debug", `the overlay could not be loaded: ${String(reason?.message ?? reason)}`));
    },
    stop() {
      stopped = true;
      soon("stop", (to) => to.stop());
    },
    places: () => now("slots", [], (to) => to.places()),
    settle: () => now("settle", false, (to) => to.settle()),
  };
  options.test?.(agent);

  function replay(call: unknown): void {
    if (typeof call === "function") {
      try {
        call(agent);
      } catch (reason) {
        setTimeout(() => { throw reason; });
      }
      return;
    }
    const [name, ...args] = Array.isArray(call) ? call : [];
    const method = isText(name) && Object.prototype.hasOwnProperty.call(agent, name) ? (agent as unknown as Record<string, unknown>)[name] : undefined;
    if (typeof method !== "function" || name === "push") {
      return warn("argument", `push expects a list like ["track", "Product Added", {…}]; \`${String(name)}\` is no method`);
    }
    try {
      (method as (...args: unknown[]) => unknown)(...args);
    } catch (reason) {
      warn("call", `${name} could not be done: ${String(reason)}`);
    }
  }

  return {
    agent,
    emit,
    wants: (name) => options.debug === true || (handlers.get(name)?.size ?? 0) > 0,
    warn,
    attach(running) {
      core = running;
    },
    learn(text) {
      rules = text;
    },
    opensDebug(open) {
      openDebug = open;
    },
    look() {
      if (!stopped) now("render", undefined, (to) => to.render());
    },
    drain() {
      unstash(options.storagePrefix || undefined).forEach(tell);
      for (const { run } of waiting.splice(0)) run();
    },
    detach() {
      core = undefined;
      ended = true;
      waiting.length = 0;
    },
  };
}
