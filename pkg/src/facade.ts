// The object users hold: there from the first moment, harmless until the module runs, never throwing.
import type { Agent as Core } from "../generated/tailorbird.js";
import { erase, isWish, stash, unstash, type Call } from "./early.js";
import { json } from "./json.js";
import { read } from "./kept.js";
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
  /** The time, by the test's clock if there is one. */
  clock(): number;
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
  /** Whether it has not been stopped. */
  runs(): boolean;
  /** From here on nothing goes to the module any more. `lacks`: it could not be had; what the page reports is kept for the next one. */
  detach(lacks?: boolean): void;
}

const offDecision = (placement: string): Decision => ({
  placement, experience: null, variant: null, block: null, html: null, fields: {}, products: [], reason: "off",
});
const text = (value: unknown): string => {
  if (value === undefined || value === null) return "";
  // Dates, functions, undefined and the like become what every event pipeline makes of them.
  return json(value) ?? "";
};
const isText = (value: unknown): value is string => typeof value === "string";
const isPlain = (value: unknown): value is Record<string, unknown> => {
  try {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    // A proxy that was revoked.
    return false;
  }
};
/** An id as Segment takes it: text or a number. */
const id = (value: unknown): string | undefined => (isText(value) || Number.isFinite(value) ? String(value) : undefined);
/** Any value in a warning: short, and whatever it does when it is looked at. */
const quoted = (value: unknown): string => {
  try {
    return `\`${String(value).slice(0, 100)}\``;
  } catch {
    return `a strange ${typeof value}`;
  }
};
const STATES = ["granted", "denied", "pending"];
/** The states that somebody names, for both purposes or for each. */
const statesIn = (said: unknown): unknown[] =>
  isPlain(said) ? [said["personalization"], said["analytics"]].filter((word) => word !== undefined) : [said];
const areStates = (words: unknown[]) => words.every((word) => STATES.includes(word as string));
const EVENTS = ["ready", "event", "decision", "render", "exposure", "sync", "stage", "warning"];

export function facade(options: StartOptions): Facade {
  let core: Core | undefined;
  let ended = false;
  /** The module could not be had: what the page says is kept for the next one. */
  let lacking = false;
  let stopped = false;
  let told: Consent | undefined;
  let rules: string | undefined;
  let openDebug: (() => Promise<unknown>) | undefined;
  /** What is done once the module runs; `call` where it is an event, which another page could do as well. */
  let waiting: { run: () => void; call?: Call | undefined }[] = [];
  /** What tells this page's calls from others' while they are written down. */
  const page = String(Math.random());
  let noting: ReturnType<typeof setTimeout> | undefined;
  let isReady = false;
  let drained = false;
  /** Promises that were given out. */
  const promised = new Set<() => void>();
  const handlers = new Map<string, Set<Handler>>();
  const warned = new Set<string>();
  const warnings: Record<string, number> = {};

  function emit(name: keyof Events, detail: unknown): void {
    if (options.debug) console.debug("[tailorbird]", name, detail);
    if (name === "ready") isReady = true;
    for (const handler of [...(handlers.get(name) ?? [])]) hand(handler as (detail: unknown) => void, detail);
  }

  function hand(handler: (detail: unknown) => void, detail: unknown): void {
    try {
      handler(detail);
    } catch (reason) {
      // The shop's own mistake: shown as one, but not on our stack.
      setTimeout(() => { throw reason; });
    }
  }

  /** Says it once per kind: a page in a loop must not flood the console. */
  function warn(code: string, message: string): void {
    // Each kind for itself: a loop of bad arguments must not hide that the agent stopped.
    if (warned.has(code + message) || (warnings[code] ??= 0) > 50) return;
    warnings[code]! += 1;
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
        warn("call", `${what} could not be done: ${quoted(reason)}`);
      }
    };
    if (core) run();
    else if (!ended && (event || !lacking)) waiting.push({ run, call: event });
  }

  /** Writes down what waits for the module, where that is agreed: now and then while the page lives, and when it may be left. */
  function putAway(left: boolean): void {
    const calls = core || ended ? [] : waiting.flatMap(({ call }) => call ?? []);
    if (calls.length && stash(options, page, calls, left || lacking, told, rules) && left) waiting = waiting.filter(({ call }) => !call);
    if (lacking) waiting = [];
  }

  /** Asks now; `otherwise` stands in while the module is not there. */
  function now<T>(what: string, otherwise: T, ask: (core: Core) => unknown): T {
    if (!core) return otherwise;
    try {
      return (ask(core) as T | undefined) ?? otherwise;
    } catch (reason) {
      warn("call", `${what} could not be answered: ${quoted(reason)}`);
      return otherwise;
    }
  }

  /** Writes arguments as text at the time of the call: what the page changes later must not change the event. */
  function written(what: string, values: unknown[]): string[] | undefined {
    try {
      return values.map(text);
    } catch (reason) {
      warn("argument", `${what} was given something that cannot be written as JSON (${quoted(reason)}); the call is dropped`);
      return undefined;
    }
  }

  /** One of Segment's calls: ids and names, then whatever else was given: data, options and a callback, as far as they are there. */
  function send(what: "track" | "page" | "identify" | "group" | "alias", first: string | undefined, second: string | undefined, rest: unknown[]): void {
    const done = rest.find((value) => typeof value === "function") as (() => unknown) | undefined;
    const given = rest.filter((value) => value !== done || !done);
    // Segment calls it once the event is on its way.
    if (done) setTimeout(done);
    const bad = given.find((value) => value !== undefined && value !== null && !isPlain(value));
    if (bad !== undefined) warn("argument", `${what} expects an object for properties, got ${quoted(bad)}; it goes without`);
    const texts = written(what, [given[0], given[1]].map((value) => (isPlain(value) ? value : undefined)));
    if (!texts) return;
    tell({ what, words: [first ?? "", second ?? "", texts[0]!, texts[1]!], at: clock() });
  }

  function tell(call: Call): void {
    soon(call.what, (to) => to.tell(call.what, ...call.words, call.at), call);
    // Not for each of many at once.
    if (!core) noting ??= setTimeout(() => {
      noting = undefined;
      putAway(false);
    });
  }

  /**
   * The shopper's own wish. Should the page be left before the module runs, the next one sees to it; what is to be erased
   * is erased now.
   */
  function wish(what: "consent" | "forget" | "reset", argument: string, call: (core: Core) => void, erases = false): void {
    soon(what, call, erases ? undefined : { what, words: [argument, "", "", ""], at: clock() });
    if (core || ended) return;
    if (erases) erase(options, what === "consent", rules);
    putAway(false);
  }

  /** What another page did not come to. */
  function retell(call: Call): void {
    if (!isWish(call)) return tell(call);
    const argument: unknown = call.words[0] && JSON.parse(call.words[0]);
    if (call.what === "consent") agent.consent(argument as Consent);
    else if (call.what === "reset") agent.reset();
    else void agent.forget(argument as { everywhere?: boolean });
  }

  // A page that is left before the module runs leaves its events to the next one. A phone may end a hidden page
  // without a word; one that is shown again takes its events back in `drain`.
  for (const leaving of ["pagehide", "visibilitychange"]) {
    globalThis.addEventListener?.(leaving, () => {
      if (leaving === "pagehide" || document.visibilityState !== "visible") putAway(true);
    });
  }

  const clock = (): number => {
    try {
      const at = options.clock?.();
      if (Number.isFinite(at)) return at!;
    } catch { /* a clock that does not go is passed over */ }
    return Date.now();
  };

  /** A placement's name. */
  function named(what: string, placement: unknown): string {
    const name = id(placement);
    if (name === undefined) warn("argument", `${what} expects a placement's name; got ${quoted(placement)}`);
    return name ?? "";
  }

  /** The context among the options of a decision, as text. */
  function context(what: string, more: unknown): string {
    const said = more === undefined || more === null || isPlain(more) ? more?.context : warn("argument", `${what} expects options like {context: {…}}; got ${quoted(more)}`);
    return text(said);
  }

  /** A promise that is kept even where the module never comes or ends meanwhile. */
  function promise(ask: (done: () => void) => void): Promise<void> {
    return new Promise((keep) => {
      const done = () => {
        promised.delete(done);
        keep();
      };
      if (ended) return done();
      promised.add(done);
      ask(done);
      if (lacking) done();
    });
  }

  const agent: Agent = {
    version: __VERSION__,
    track(event, ...rest) {
      if (!isText(event) || !event) return warn("argument", `track expects the event's name first, as in track("Product Added", {…}); got ${quoted(event)}`);
      send("track", event, undefined, rest);
    },
    page(...rest) {
      const more = rest.findIndex((one, nth) => nth === 2 || isPlain(one) || typeof one === "function");
      const given: unknown[] = rest.slice(0, more < 0 ? 2 : more).filter((one) => one !== undefined && one !== null);
      const words = given.flatMap((one) => id(one) ?? []);
      if (words.length < given.length) warn("argument", `page expects category, name and properties, as in page("Shop", "Home", {…}); got ${quoted(given)}`);
      // As in Segment: one word is the name, two are category and name.
      send("page", words.length > 1 ? words[0] : undefined, words[words.length - 1], more < 0 ? [] : rest.slice(more));
    },
    identify(...args: unknown[]) {
      const [userId, ...rest] = args;
      send("identify", id(userId), undefined, isPlain(userId) || typeof userId === "function" ? args : rest);
    },
    group(groupId, ...rest) {
      if (!id(groupId)) return warn("argument", `group expects the group's id first; got ${quoted(groupId)}`);
      send("group", id(groupId), undefined, rest);
    },
    alias(userId, previousId, ...rest) {
      if (!id(userId)) return warn("argument", `alias expects the new id first; got ${quoted(userId)}`);
      // Options may stand in the place of the previous id.
      const early = isPlain(previousId) || typeof previousId === "function";
      send("alias", id(userId), id(previousId), [undefined, ...(early ? [previousId] : []), ...rest]);
    },
    decide(placement, more) {
      const name = named("decide", placement);
      return now("decide", offDecision(name), (to) => to.decide(name, context("decide", more)));
    },
    decideAll(more) {
      return now<Record<string, Decision>>("decideAll", {}, (to) => to.decide_all(context("decideAll", more)));
    },
    render(placement) {
      const name = placement === undefined ? undefined : named("render", placement);
      soon("render", (to) => to.render(name));
    },
    explain(placement) {
      const name = named("explain", placement);
      return now("explain", [], (to) => to.explain(name));
    },
    profile: () => now("profile", {}, (to) => to.profile()),
    attributes: () => now("attributes", {}, (to) => to.attributes()),
    consent(update) {
      if (update !== undefined) {
        const [given = ""] = written("consent", [isText(update) ? { personalization: update, analytics: update } : update]) ?? [];
        const said: unknown = given && JSON.parse(given);
        const words = isPlain(said) ? statesIn(said) : [];
        if (!words.length || !areStates(words)) {
          warn("argument", `consent expects "granted", "denied" or "pending", for both or as {personalization, analytics}; got ${quoted(given)}`);
        }
        if (words.length) {
          told = { ...told, ...(said as Consent) };
          wish("consent", given, (to) => to.set_consent(given), told.personalization === "denied" && told.analytics === "denied");
        }
      }
      return now<Required<Consent>>("consent", { personalization: "pending", analytics: "pending" }, (to) => to.consent());
    },
    export: () => now("export", {}, (to) => ({ ...(to.export() as object), kept: read(options.storagePrefix || "tailorbird") })),
    forget(more) {
      let everywhere = false;
      try {
        everywhere = more?.everywhere === true;
      } catch (reason) {
        warn("argument", `forget could not read its options: ${quoted(reason)}`);
      }
      return promise((done) => wish("forget", JSON.stringify({ everywhere }), (to) => to.forget(everywhere, done), !everywhere));
    },
    flush: () => promise((done) => soon("flush", (to) => to.flush(done))),
    reset: () => wish("reset", "", (to) => to.reset()),
    on(name, handler) {
      if (typeof handler !== "function") {
        warn("argument", `on expects an event's name and a function; got ${quoted(name)} and ${quoted(handler)}`);
        return () => {};
      }
      if (!EVENTS.includes(name)) warn("argument", `on was asked for ${quoted(name)}, which never happens: there are ${EVENTS.join(", ")}`);
      const list = handlers.get(name) ?? new Set<Handler>();
      handlers.set(name, list.add(handler as Handler));
      // Who comes late is told all the same.
      if (name === "ready" && isReady && core) {
        void Promise.resolve().then(() => { if (list.has(handler as Handler)) hand(handler as (detail: unknown) => void, { version: agent.version }); });
      }
      return () => { list.delete(handler as Handler); };
    },
    preview(choice) {
      soon("preview", (to) => {
        const experience = id(choice?.experience);
        if (!experience && choice) return warn("argument", `preview expects {experience, variant} or null; got ${quoted(choice)}`);
        to.preview(experience ?? "", id(choice?.variant) ?? "");
      });
    },
    push(...calls) {
      for (const call of calls) {
        try {
          replay(call);
        } catch (reason) {
          warn("call", `push could not be done: ${quoted(reason)}`);
        }
      }
    },
    debug() {
      openDebug?.().catch((reason) => warn("debug", `the overlay could not be loaded: ${String(reason?.message ?? reason)}`));
    },
    stop() {
      stopped = true;
      ended ||= lacking;
      soon("stop", (to) => to.stop());
    },
    places: () => now("slots", [], (to) => to.places()),
    settle: () => now("settle", false, (to) => to.settle()),
  };
  if (typeof options.test === "function") options.test(agent);
  if (options.consent && !areStates(statesIn(options.consent))) {
    warn("argument", `the option consent expects "granted", "denied" or "pending", for both or as {personalization, analytics}; got ${quoted(JSON.stringify(options.consent))}`);
  }

  function replay(call: unknown): void {
    if (typeof call === "function") {
      try {
        call(agent);
      } catch (reason) {
        setTimeout(() => { throw reason; });
      }
      return;
    }
    // What a function's `arguments` hold is as good as a list.
    const [name, ...args] = Array.isArray(call) || Object.prototype.toString.call(call) === "[object Arguments]" ? Array.from(call as unknown[]) : [];
    const method = isText(name) && Object.prototype.hasOwnProperty.call(agent, name) ? (agent as unknown as Record<string, unknown>)[name] : undefined;
    if (typeof method !== "function" || name === "push") {
      return warn("argument", `push expects a list like ["track", "Product Added", {…}]; ${quoted(name ?? call)} is no method`);
    }
    (method as (...args: unknown[]) => unknown)(...args);
  }

  return {
    agent,
    emit,
    wants: (name) => options.debug === true || (handlers.get(name)?.size ?? 0) > 0,
    warn,
    clock,
    attach(running) {
      core = running;
    },
    learn(text) {
      rules = text;
      putAway(false);
    },
    opensDebug(open) {
      openDebug = open;
    },
    look() {
      if (!stopped) now("render", undefined, (to) => to.render());
    },
    drain() {
      if (!drained) {
        drained = true;
        unstash(options.storagePrefix || "tailorbird", page).forEach(retell);
      }
      for (const { run } of waiting.splice(0)) run();
    },
    runs: () => !stopped && !ended && !lacking,
    detach(lacks = false) {
      lacking = lacks && !core && !stopped;
      if (lacking) putAway(true);
      else {
        core = undefined;
        ended = true;
        waiting.length = 0;
      }
      for (const done of [...promised]) done();
    },
  };
}
