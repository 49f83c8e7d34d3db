// The script tag: reads its own data attributes, takes over the queue, starts the agent.
import { facade } from "./facade.js";
import { scriptUrl } from "./inert.js";
import { applyKept } from "./kept.js";
import { start } from "./start.js";
import type { StartOptions } from "./types.js";

declare const __FALLBACK_INTEGRITY__: string;

const own = document.currentScript as HTMLScriptElement | null;
const base = own?.src || document.baseURI;

/** `data-flush-at="5"` → `sync.flushAt: 5`; every option of `start` that text can say. */
function options(): StartOptions {
  const global = window as unknown as { tailorbirdOptions?: StartOptions };
  const given: Record<string, unknown> = { ...global.tailorbirdOptions };
  const sync: Record<string, unknown> = { ...(given["sync"] as object | undefined) };
  for (const [name, value] of Object.entries(own?.dataset ?? {})) {
    if (name === "flushAt" || name === "flushIntervalMs") sync[name] = Number(value);
    else if (name === "seed" || name === "holdMs") given[name] = Number(value);
    else if (name === "debug") given[name] = value !== "false";
    else if (/^\s*[{[]/.test(value ?? "") || ((name === "autocapture") && (value === "true" || value === "false"))) {
      try {
        given[name] = JSON.parse(value ?? "");
      } catch {
        console.warn(`[tailorbird] data-${name} is no JSON: \`${value}\`; it is left out`);
      }
    } else given[name] = value;
  }
  if (Object.keys(sync).length) given["sync"] = sync;
  if (own?.nonce && given["cspNonce"] === undefined) given["cspNonce"] = own.nonce;
  return given as StartOptions;
}

type Queue = unknown[] & { version?: string };

function run(): void {
  const given = options();
  const name = given.globalName ?? "tailorbird";
  const global = window as unknown as Record<string, Queue | undefined>;
  const queue = global[name];
  if (queue?.version) {
    console.warn("[tailorbird] the tag is in this page twice; the first one stays");
    return;
  }
  const made = facade(given);
  global[name] = made.agent as unknown as Queue;
  applyKept(given.storagePrefix ?? "tailorbird", Date.now());
  if (Array.isArray(queue)) made.agent.push(...queue);
  void start(given, { url: new URL("tailorbird.wasm", base).href, fallback: () => script(given) }, made);
}

/** The JavaScript build of the module, from beside this script. */
function script(given: StartOptions): Promise<(imports: WebAssembly.Imports) => WebAssembly.Exports> {
  return new Promise((resolve, reject) => {
    const global = window as unknown as {
      __tailorbird_fallback?: (imports: WebAssembly.Imports) => WebAssembly.Exports;
    };
    const element = document.createElement("script");
    const url = new URL("tailorbird.fallback.js", base).href;
    if (given.cspNonce) element.nonce = given.cspNonce;
    element.integrity = __FALLBACK_INTEGRITY__;
    element.crossOrigin = "anonymous";
    element.onload = () => {
      element.remove();
      if (global.__tailorbird_fallback) resolve(global.__tailorbird_fallback);
      else reject(new Error("the JavaScript build did not load"));
    };
    element.onerror = () => reject(new Error("the JavaScript build could not be fetched"));
    element.src = scriptUrl(url);
    document.head.append(element);
  });
}

try {
  run();
} catch (reason) {
  console.warn("[tailorbird] the tag could not start and leaves the page alone", reason);
}
