// Gets a module running: compiled while the page parses where the browser can, as JavaScript where it must not.
import { guarded, type Health } from "./guard.js";
import { patient } from "./patient.js";

type Instantiate = (imports: WebAssembly.Imports) => WebAssembly.Exports;

export interface Sources {
  /** What the caller asked for, if anything. */
  given?: string | URL | BufferSource | WebAssembly.Module;
  /** Where our own wasm file lies; only it is checked against the hash of the build. */
  url: string;
  /** Loads the JavaScript build of the same module; `refused`: why the wasm does not run. */
  fallback(refused: unknown): Promise<Instantiate>;
}

/** One of our modules. */
export interface Module {
  /** Starts the module's glue. */
  startOn(instantiate: Instantiate): void;
  /** The hash of our own wasm file. */
  integrity: string;
  // INVARIANT: one instance a page and file. Callbacks that the page holds go into the last instance that was started: with a
  // second one, those of the first would run into it with addresses that mean nothing there.
  running?: Promise<void>;
  told: Set<Health["died"]>;
  health: Health;
}

/** A module that nobody has asked for yet. */
export function moduleOf(startOn: Module["startOn"], integrity: string): Module {
  const told: Module["told"] = new Set();
  return { startOn, integrity, told, health: { dead: false, died: (reason) => told.forEach((tell) => tell(reason)) } };
}

/** Settles once calls into the module work, which all who ask share. Rejects only where neither build could be had. */
export async function instantiate(module: Module, sources: Sources, died: Health["died"]): Promise<void> {
  await (module.running ??= instance(module, sources).catch((reason) => {
    module.running = undefined;
    throw reason;
  }));
  if (module.health.dead) throw new Error("an internal error ended the module earlier");
  module.told.add(died);
}

/** As `instantiate`, with compiled wasm and at once. */
export function instantiateNow(module: Module, wasm: WebAssembly.Module, died: Health["died"]): void {
  if (!module.running) wall(module, (imports) => new WebAssembly.Instance(wasm, imports).exports);
  module.running = Promise.resolve();
  module.told.add(died);
}

const wall = ({ startOn, health }: Module, make: Instantiate) => startOn((imports) => guarded(make(imports), health));

async function instance(module: Module, sources: Sources): Promise<void> {
  let refused: unknown;
  if (typeof WebAssembly === "object" && WebAssembly) {
    try {
      const wasm = await patient(() => compiled(sources, module.integrity));
      wall(module, (imports) => new WebAssembly.Instance(wasm, imports).exports);
      return;
    } catch (reason) {
      refused = reason;
    }
  }
  try {
    wall(module, await sources.fallback(refused));
  } catch (reason) {
    throw refused ?? reason;
  }
}

async function compiled({ given, url }: Sources, integrity: string): Promise<WebAssembly.Module> {
  if (given instanceof WebAssembly.Module) return given;
  if (given && typeof given === "object" && !(given instanceof URL)) return WebAssembly.compile(given);
  const response = await fetch(given ?? url, given ? {} : { integrity, credentials: "same-origin" });
  if (!response.ok) throw new Error(`the wasm answered ${response.status}`);
  // Streaming wants the right content type; hosts that send another one are served by the slower way.
  if (WebAssembly.compileStreaming && /^application\/wasm\b/.test(response.headers.get("content-type") ?? "")) {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}
