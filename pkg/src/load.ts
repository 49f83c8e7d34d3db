// Gets the module running: compiled while the page parses where the browser can, as JavaScript where it must not.
import { startOn } from "../generated/tailorbird.js";
import { guarded, type Health } from "./guard.js";

declare const __WASM_INTEGRITY__: string;

type Instantiate = (imports: WebAssembly.Imports) => WebAssembly.Exports;

export interface Sources {
  /** What the caller asked for, if anything. */
  given?: string | URL | BufferSource | WebAssembly.Module;
  /** Where our own wasm file lies; only it is checked against the hash of the build. */
  url: string;
  /** Loads the JavaScript build of the same module. */
  fallback(): Promise<Instantiate>;
}

// INVARIANT: one instance a page and file. Callbacks that the page holds go into the last instance that was started: with a
// second one, those of the first would run into it with addresses that mean nothing there.
let running: Promise<void> | undefined;
const told = new Set<Health["died"]>();
const health: Health = { dead: false, died: (reason) => told.forEach((tell) => tell(reason)) };

/** Settles once calls into the module work, which all who ask share. Rejects only where neither build could be had. */
export async function instantiate(sources: Sources, died: Health["died"]): Promise<void> {
  await (running ??= instance(sources).catch((reason) => {
    running = undefined;
    throw reason;
  }));
  if (health.dead) throw new Error("an internal error ended the module earlier");
  told.add(died);
}

/** As `instantiate`, with a compiled module and at once. */
export function instantiateNow(module: WebAssembly.Module, died: Health["died"]): void {
  if (!running) wall((imports) => new WebAssembly.Instance(module, imports).exports);
  running = Promise.resolve();
  told.add(died);
}

const wall = (make: Instantiate) => startOn((imports) => guarded(make(imports), health));

async function instance(sources: Sources): Promise<void> {
  let refused: unknown;
  if (typeof WebAssembly === "object" && WebAssembly) {
    try {
      const module = await compiled(sources);
      wall((imports) => new WebAssembly.Instance(module, imports).exports);
      return;
    } catch (reason) {
      refused = reason;
    }
  }
  try {
    wall(await sources.fallback());
  } catch (reason) {
    throw refused ?? reason;
  }
}

async function compiled({ given, url }: Sources): Promise<WebAssembly.Module> {
  if (given instanceof WebAssembly.Module) return given;
  if (given && typeof given === "object" && !(given instanceof URL)) return WebAssembly.compile(given);
  const response = await fetch(given ?? url, given ? {} : { integrity: __WASM_INTEGRITY__, credentials: "same-origin" });
  if (!response.ok) throw new Error(`the wasm answered ${response.status}`);
  // Streaming wants the right content type; hosts that send another one are served by the slower way.
  if (WebAssembly.compileStreaming && /^application\/wasm\b/.test(response.headers.get("content-type") ?? "")) {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}
