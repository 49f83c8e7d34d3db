// Decisions alone, for servers, tests and tools: attributes are handed over, rules decide, nothing is tracked or stored.
import { Engine as Core, make_room, module_memory, startOn } from "../generated/engine.js";
import { ID, idOf, isGone, listed, read, textOf, type Attributes } from "./given.js";
import { instantiate, instantiateNow, moduleOf, type Sources } from "./load.js";
import type { Json } from "./types.js";
import { warmUp } from "./warm.js";

export type { Attributes };

declare const __ENGINE_INTEGRITY__: string;

const MODULE = /* @__PURE__ */ moduleOf(startOn, __ENGINE_INTEGRITY__);

// INVARIANT: what is exported here names no type of the browser's: servers compile without them.
/** A `WebAssembly.Module`, which not every platform has a type for. */
export type CompiledModule = object;

export interface EngineOptions {
  /** The rules document: JSON text, its bytes (as files and responses have them, and sooner read), or the object. */
  rules: string | Uint8Array | object;
  /** `tailorbird/engine.wasm`, if not the one beside this file: its URL, or, as servers have it, its bytes or the compiled module. */
  wasm?: string | { readonly href: string } | ArrayBuffer | ArrayBufferView | CompiledModule;
}

export interface Problem {
  severity: "error" | "warning";
  code: string;
  message: string;
  line: number;
  column: number;
}

/** Which experience won in each placement, by id; null: the default. The object is frozen in time, a change makes a new one. */
export type Winners = { readonly [placement: string]: string | null };

export interface Visitor {
  /** Hands over changed attributes, by dotted path or nested. `undefined` and `null` remove one and what is nested in it. */
  set(attributes: Attributes): void;
  /** The winners now. Answered from memory while nothing changed. `now`: milliseconds, default the clock. */
  decide(now?: number): Winners;
  /** The variant of the experience that wins a placement; null if it is no experiment, or nothing wins. */
  variant(placement: string, now?: number): string | null;
  /** Ends the visitor and gives its memory back. From then on `set` does nothing, `decide` answers as it last did, `variant` null. */
  free(): void;
}

export interface Engine {
  readonly placements: readonly string[];
  /** What is wrong with the rules. Asking compiles them, if that was not done yet. */
  readonly problems: readonly Problem[];
  visitor(attributes?: Attributes): Visitor;
  /** Bytes of the module's memory, shared by all engines. */
  readonly memory: number;
  free(): void;
}

/** Bytes that reading 1,000 rules takes: the system gives them while the rules are on their way. */
const ROOM_FOR_RULES = 1 << 20;
const NUMBER = 1;
const SYMBOL = 2;
const TRUE = 3;
const FALSE = 4;
const GONE = 5;
const died = (reason: unknown) => console.error("[tailorbird] the engine stopped after an internal error", reason);
let running: Promise<void> | undefined;

/** The bytes of a file: servers do not fetch what lies on their disk. */
function onDisk(url: string): Uint8Array | undefined {
  if (!url.startsWith("file:")) return;
  try {
    // Not imported: bundlers for browsers would stumble over it.
    const { process } = globalThis as { process?: { getBuiltinModule?(name: string): { readFileSync(url: URL): Uint8Array } } };
    return process?.getBuiltinModule?.("node:fs").readFileSync(new URL(url));
  } catch { /* then it is fetched */ }
}

/** Loads the module once; later calls share it. */
export function load(wasm?: EngineOptions["wasm"]): Promise<void> {
  if (running) return running;
  const url = new URL("./engine.wasm", import.meta.url).href;
  return (running = instantiate(
    MODULE,
    {
      given: (wasm ?? onDisk(url)) as Sources["given"],
      url,
      fallback: async (refused) => {
        if (wasm !== undefined) {
          console.warn(`[tailorbird] the engine runs as JavaScript, which is slower: \`wasm\` has to be tailorbird/engine.wasm (${String(refused)})`);
        }
        // @ts-ignore: made by the build, beside this file.
        return (await import("./engine.fallback.js")).instantiate;
      },
    },
    died,
  ).then(() => {
    make_room(ROOM_FOR_RULES);
    warmUp(engineNow);
  }).catch((reason) => {
    running = undefined;
    throw reason;
  }));
}

/** For callers that hold a compiled module and want no promise. */
export function loadSync(module: CompiledModule): void {
  instantiateNow(MODULE, module as WebAssembly.Module, died);
  running = Promise.resolve();
}

/** The bytes of a rules document. */
function bytesOf(rules: EngineOptions["rules"]): Uint8Array {
  if (rules instanceof Uint8Array) return rules;
  return new TextEncoder().encode(typeof rules === "string" ? rules : JSON.stringify(rules));
}

/** Reads rules. Rules with errors leave the experiences concerned off; `problems` tells. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  await load(options.wasm);
  return engineNow(options.rules);
}

/** Has something done in the next moment in which nothing else is to do. Where nothing may be put off, it is not done. */
function whenIdle(work: () => void): void {
  const quietly = () => {
    try {
      work();
    } catch { /* nobody asked for it: whoever does is told */ }
  };
  try {
    if (typeof requestIdleCallback === "function") requestIdleCallback(quietly);
    // In Node, no process has to stay for it.
    else (setTimeout(quietly) as { unref?(): void }).unref?.();
  } catch { /* whoever needs it does it then */ }
}

/**
 * As `createEngine`, once {@link load} has settled.
 *
 * The first decision comes straight from the text, which looks only at what stands before the winners. The rules are compiled in the
 * next idle moment, or as soon as somebody needs more: a change, another decision, `problems`.
 */
export function engineNow(rules: EngineOptions["rules"]): Engine {
  const core = new Core(bytesOf(rules));
  // Empty once a trap has ended the module.
  const names = () => JSON.parse(core.names() || "[]") as [placements?: string[], paths?: string[]];
  const [placements] = names();
  if (!placements) throw new Error("an internal error ended the module earlier");
  const memory = module_memory() as WebAssembly.Memory;
  const [wordsAt, numbersAt, winnersAt, room] = core.words_at() as unknown as [number, number, number, number];
  let words!: Uint32Array;
  let numbers!: Float64Array;
  let chosen!: Uint32Array;
  // Views of the module's memory fall away when it grows, which any call may cause. INVARIANT: whoever writes or reads through them
  // has made them fresh since the last call.
  const fresh = () => {
    if (words?.buffer === memory.buffer) return;
    words = new Uint32Array(memory.buffer, wordsAt, 2 * room);
    numbers = new Float64Array(memory.buffer, numbersAt, room);
    chosen = new Uint32Array(memory.buffer, winnersAt, placements.length);
  };
  // The slot of each attribute that rules look at, and the paths that lead to one; known once the rules are compiled.
  let slots: Map<string, number> | undefined;
  const nested = new Set([ID.split(".")[0]!]);
  let problems: Problem[] = [];
  let freed = false;
  const compile = () => {
    if (slots || freed) return;
    core.compile();
    problems = JSON.parse(core.problems() || "[]") as Problem[];
    const numbersOfSlots = core.slots() as Uint32Array;
    slots = new Map(names()[1]?.map((path, nth) => [path, numbersOfSlots[nth]!]));
    for (const path of slots.keys()) {
      for (let dot = path.indexOf("."); dot > 0; dot = path.indexOf(".", dot + 1)) nested.add(path.slice(0, dot));
    }
  };
  whenIdle(compile);
  // Each text crosses the boundary once; the module bounds how many.
  const texts = new Map<string, number>();
  // Few of many experiences ever win: an id crosses the boundary when it does.
  const ids = new Map<number, string | null>();
  const experienceOf = (number: number) => {
    let id = ids.get(number);
    if (id === undefined) {
      id = core.id(number) ?? null;
      fresh();
      ids.set(number, id);
    }
    return id;
  };
  /** What was decided last, as an object; the one from before if it says the same. */
  const decided = (before: Winners): Winners => {
    fresh();
    const next: Record<string, string | null> = {};
    let same = true;
    for (let nth = 0; nth < placements.length; nth += 1) {
      const name = placements[nth]!;
      next[name] = experienceOf(chosen[nth]!);
      same &&= next[name] === before[name];
    }
    return same ? before : next;
  };
  let visitors = 0;
  // All visitors write into the same lists. INVARIANT: what lies there belongs to this one, and is applied before another writes.
  let writer: (() => void) | undefined;

  return {
    placements,
    get problems() {
      compile();
      return problems;
    },
    get memory() {
      return memory.buffer.byteLength;
    },
    visitor(attributes = {}) {
      if (freed) throw new Error("the engine was freed");
      let handle: number | undefined;
      let pending = 0;
      let version = -1;
      let winners: Winners = {};
      // INVARIANT: a handle that was given back is not used again: somebody else may have it by then.
      let ended = false;

      const put = (slot: number, kind: number, number: number) => {
        if (writer !== flush) {
          writer?.();
          writer = flush;
        } else if (pending === room) flush();
        words[2 * pending] = slot;
        words[2 * pending + 1] = kind;
        numbers[pending] = number;
        pending += 1;
      };
      const flush = () => {
        core.apply(handle!, pending);
        pending = 0;
        fresh();
      };
      const give = (slot: number, value: Json | undefined) => {
        switch (typeof value) {
          case "number": return put(slot, NUMBER, value);
          case "boolean": return put(slot, value ? TRUE : FALSE, 0);
          case "string": {
            let number = texts.get(value);
            if (number === undefined) {
              number = core.number_of(value);
              fresh();
              if (number === undefined) {
                flush();
                core.set_text(handle!, slot, value);
                return fresh();
              }
              texts.set(value, number);
            }
            return put(slot, SYMBOL, number);
          }
          default: {
            // What JSON cannot say counts as missing.
            const text = textOf(value ?? undefined);
            if (text === undefined) return put(slot, GONE, 0);
            flush();
            core.set_json(handle!, slot, text);
            fresh();
          }
        }
      };
      let id = "";
      const identify = (value: unknown) => {
        const next = idOf(value);
        if (next === id) return;
        id = next;
        core.identify(handle!, id);
        fresh();
      };
      const walk = (prefix: string, attributes: Attributes) => {
        for (const name in attributes) {
          const path = prefix + name;
          const value = read(attributes, name) as Json | undefined;
          const slot = slots!.get(path);
          if (slot !== undefined) give(slot, value);
          if (path === ID) identify(value);
          if (typeof value === "number" || typeof value === "string" || !nested.has(path)) continue;
          if (isGone(value)) {
            for (const [below, slot] of slots!) if (below.startsWith(`${path}.`)) put(slot, GONE, 0);
            if (ID.startsWith(`${path}.`)) identify(undefined);
          } else if (typeof value === "object" && !Array.isArray(value)) walk(`${path}.`, value as Attributes);
        }
      };
      // Until the rules are compiled nobody knows which attributes they look at. The first visitor does not have to wait for that.
      visitors += 1;
      let kept = slots || visitors > 1 ? undefined : listed(attributes);
      let asked = false;
      const enter = () => {
        compile();
        handle = core.visitor();
        fresh();
        if (kept === undefined) return walk("", attributes);
        identify(kept.id);
        const pairs = JSON.parse(kept.text) as Json[];
        for (let nth = 0; nth < pairs.length; nth += 2) {
          const slot = slots!.get(pairs[nth] as string);
          if (slot !== undefined) give(slot, pairs[nth + 1]);
        }
        kept = undefined;
      };
      if (kept === undefined) enter();

      return {
        set(changed) {
          if (freed || ended) return;
          if (handle === undefined) enter();
          fresh();
          walk("", changed);
        },
        decide(now = Date.now()) {
          if (freed || ended) return winners;
          // What is no number would end the module.
          now = Number(now);
          if (handle === undefined) {
            if (!asked && !slots && kept !== undefined && core.first(kept.text, kept.id, now)) {
              asked = true;
              return (winners = decided(winners));
            }
            enter();
          }
          const count = pending;
          pending = 0;
          const latest = core.decide(handle!, count, now);
          if (latest !== version) {
            version = latest;
            winners = decided(winners);
          }
          return winners;
        },
        variant(placement, now = Date.now()) {
          const nth = placements.indexOf(placement);
          if (freed || ended || nth < 0) return null;
          if (handle === undefined) enter();
          if (pending > 0) flush();
          const variant = core.variant(handle!, nth, Number(now)) ?? null;
          fresh();
          return variant;
        },
        free() {
          if (ended) return;
          ended = true;
          if (writer === flush) writer = undefined;
          if (handle !== undefined && !freed) core.release(handle);
        },
      };
    },
    free() {
      if (freed) return;
      freed = true;
      core.free();
    },
  };
}
