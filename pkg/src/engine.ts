// Decisions alone, for servers, tests and tools: attributes are handed over, rules decide, nothing is tracked or stored.
import { Engine as Core, module_memory } from "../generated/tailorbird.js";
import { instantiate, instantiateNow } from "./load.js";
import type { Json } from "./types.js";
import { warmUp } from "./warm.js";

/** Attributes as nested objects or by dotted path; what conditions see. */
export type Attributes = { [name: string]: Json | undefined };

export interface EngineOptions {
  /** The rules document: JSON text, its bytes (as files and responses have them, and sooner read), or the object. */
  rules: string | Uint8Array | object;
  /** The WebAssembly module, if not the one beside this file. Servers hand over bytes or a compiled module. */
  wasm?: string | URL | BufferSource | WebAssembly.Module;
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
  /** Hands over changed attributes, by dotted path or nested. `undefined` and `null` remove one. */
  set(attributes: Attributes): void;
  /** The winners now. Answered from memory while nothing changed. `now`: milliseconds, default the clock. */
  decide(now?: number): Winners;
  /** Ends the visitor and gives its memory back. */
  free(): void;
}

export interface Engine {
  readonly placements: readonly string[];
  readonly problems: readonly Problem[];
  visitor(attributes?: Attributes): Visitor;
  /** Bytes of the module's memory, shared by all engines. */
  readonly memory: number;
  free(): void;
}

const NUMBER = 1;
const SYMBOL = 2;
const TRUE = 3;
const FALSE = 4;
const GONE = 5;
const died = (reason: unknown) => console.error("[tailorbird] the engine stopped after an internal error", reason);
let running: Promise<void> | undefined;

/** Loads the module once; later calls share it. */
export function load(wasm?: EngineOptions["wasm"]): Promise<void> {
  return (running ??= instantiate(
    {
      given: wasm,
      url: new URL("./tailorbird.wasm", import.meta.url).href,
      // @ts-ignore: made by the build, beside this file.
      fallback: async () => (await import("./fallback.js")).instantiate,
    },
    died,
  ).then(() => warmUp(engineNow)).catch((reason) => {
    running = undefined;
    throw reason;
  }));
}

/** For callers that hold a compiled module and want no promise. */
export function loadSync(module: WebAssembly.Module): void {
  instantiateNow(module, died);
  running = Promise.resolve();
}

/** The bytes of a rules document. */
function bytesOf(rules: EngineOptions["rules"]): Uint8Array {
  if (rules instanceof Uint8Array) return rules;
  return new TextEncoder().encode(typeof rules === "string" ? rules : JSON.stringify(rules));
}

/** Compiles rules. Rules with errors leave the experiences concerned off; `problems` tells. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  await load(options.wasm);
  return engineNow(options.rules);
}

/** As `createEngine`, once {@link load} has settled. */
export function engineNow(rules: EngineOptions["rules"]): Engine {
  const core = new Core(bytesOf(rules));
  const [placements, paths] = JSON.parse(core.names()) as [string[], string[]];
  const numbersOfSlots = core.slots() as Uint32Array;
  const slots = new Map<string, number>(paths.map((path, nth) => [path, numbersOfSlots[nth]!]));
  // Each text crosses the boundary once; the module bounds how many.
  const texts = new Map<string, number>();
  const nested = new Set<string>();
  for (const path of slots.keys()) {
    for (let dot = path.indexOf("."); dot > 0; dot = path.indexOf(".", dot + 1)) nested.add(path.slice(0, dot));
  }
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
  fresh();
  // Few of many experiences ever win: an id crosses the boundary when it does.
  const ids = new Map<number, string | null>();
  const idOf = (number: number) => {
    let id = ids.get(number);
    if (id === undefined) {
      id = core.id(number) ?? null;
      fresh();
      ids.set(number, id);
    }
    return id;
  };
  // All visitors write into the same lists. INVARIANT: what lies there belongs to this one, and is applied before another writes.
  let writer: (() => void) | undefined;

  return {
    placements,
    problems: core.problems() as Problem[],
    get memory() {
      return core.memory();
    },
    visitor(attributes = {}) {
      const handle = core.visitor();
      fresh();
      let pending = 0;
      let version = -1;
      let winners: Winners = {};

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
        core.apply(handle, pending);
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
                core.set_text(handle, slot, value);
                return fresh();
              }
              texts.set(value, number);
            }
            return put(slot, SYMBOL, number);
          }
          default:
            if (value === null || value === undefined) return put(slot, GONE, 0);
            flush();
            core.set_json(handle, slot, JSON.stringify(value));
            fresh();
        }
      };
      const walk = (prefix: string, attributes: Attributes) => {
        for (const name in attributes) {
          const path = prefix + name;
          const value = attributes[name];
          const slot = slots.get(path);
          if (slot !== undefined) give(slot, value);
          if (typeof value === "object" && value !== null && !Array.isArray(value) && nested.has(path)) walk(`${path}.`, value as Attributes);
        }
      };
      walk("", attributes);

      return {
        set(changed) {
          fresh();
          walk("", changed);
        },
        decide(now = Date.now()) {
          const count = pending;
          pending = 0;
          const latest = core.decide(handle, count, now);
          if (latest !== version) {
            fresh();
            version = latest;
            const next: Record<string, string | null> = {};
            for (let nth = 0; nth < placements.length; nth += 1) next[placements[nth]!] = idOf(chosen[nth]!);
            winners = next;
          }
          return winners;
        },
        free() {
          if (writer === flush) writer = undefined;
          core.release(handle);
        },
      };
    },
    free: () => core.free(),
  };
}
