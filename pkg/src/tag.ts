// The script tag: reads its own data attributes, takes over the queue, starts the agent.
import { facade } from "./facade.js";
import { scriptUrl } from "./inert.js";
import { start } from "./start.js";
import type { StartOptions } from "./types.js";

declare const __FALLBACK_INTEGRITY__: string;

// A module, or a script that some optimiser runs in its own way, is not told which one it is.
const own = (document.currentScript ?? document.querySelector('script[src*="tailorbird.js"]')) as HTMLScriptElement | null;
const base = own?.src || document.baseURI;

/** `data-flush-at="5"` → `sync.flushAt: 5`; every option of `start` that text can say. */
function options(): StartOptions {
  const given: Record<string, unknown> = {};
  const sync: Record<string, unknown> = {};
  const autocapture: Record<string, unknown> = {};
  for (const [name, value = ""] of Object.entries(own?.dataset ?? {})) {
    const pace = /^(?:sync)?(flush(?:At|IntervalMs))$/i.exec(name);
    const part = /^autocapture(.)(.+)$/.exec(name);
    if (pace) sync[pace[1]![0]!.toLowerCase() + pace[1]!.slice(1)] = Number(value);
    else if (part) autocapture[part[1]!.toLowerCase() + part[2]!] = value !== "false";
    else if (name === "seed" || name === "holdMs") given[name] = Number(value);
    else if (name === "clock") given[name] = () => Number(value);
    else if (name === "debug") given[name] = value !== "false";
    else if (/^\s*[{[]/.test(value) || (name === "autocapture" && /^(true|false)$/.test(value))) {
      try {
        given[name] = JSON.parse(value);
      } catch {
        console.warn(`[tailorbird] data-${name} is no JSON: \`${value}\`; it is left out`);
      }
    } else given[name] = value;
  }
  for (const [name, parts] of [["sync", sync], ["autocapture", autocapture]] as const) {
    const whole = given[name];
    if (Object.keys(parts).length) given[name] = { ...(typeof whole === "object" ? whole : {}), ...parts };
  }
  // What a script of the page says stands above the attributes of the tag.
  const { sync: ownPace, ...rest } = window.tailorbirdOptions ?? {};
  Object.assign(given, rest);
  if (ownPace) given["sync"] = { ...(given["sync"] as object), ...ownPace };
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
  if (Array.isArray(queue)) {
    made.agent.push(...queue.splice(0));
    // Who took the list before we came goes on with it.
    const push = (...calls: unknown[]) => (made.agent.push(...calls), 0);
    // Not by assignment: the page may have frozen what lists inherit.
    Object.defineProperty(queue, "push", { value: push, writable: true, configurable: true });
  }
  void start(given, {
    url: new URL("tailorbird.wasm", base).href,
    fallback: () => script(given, "fallback", __FALLBACK_INTEGRITY__),
    overlay: () => script(given, "debug"),
    kept: true,
  }, made);
}

/** What another script beside this one leaves in `__tailorbird_<name>`. */
function script<T>(given: StartOptions, name: string, integrity?: string): Promise<T> {
  const left = () => (window as unknown as Record<string, T | undefined>)[`__tailorbird_${name}`];
  return new Promise((resolve, reject) => {
    const there = left();
    if (there) return resolve(there);
    const element = document.createElement("script");
    if (given.cspNonce) element.nonce = given.cspNonce;
    if (integrity) element.integrity = integrity;
    element.crossOrigin = "anonymous";
    const ended = () => {
      element.remove();
      const there = left();
      if (there) resolve(there);
      else reject(new Error(`tailorbird.${name}.js could not be loaded`));
    };
    element.onload = element.onerror = ended;
    element.src = scriptUrl(new URL(`tailorbird.${name}.js`, base).href);
    document.head.append(element);
  });
}

try {
  run();
} catch (reason) {
  console.warn("[tailorbird] the tag could not start and leaves the page alone", reason);
}
