// The npm entry: importing it does nothing; `start` fetches the wasm that lies beside this file.
import { start as startWith } from "./start.js";
import type { Agent, StartOptions } from "./types.js";

export type * from "./types.js";

/** Starts the agent. On a server it answers an agent that does nothing. */
export function start(options: StartOptions): Promise<Agent> {
  return startWith(options, {
    url: new URL("./tailorbird.wasm", import.meta.url).href,
    // @ts-ignore: made by the build, beside this file.
    fallback: async () => (await import("./fallback.js")).instantiate,
    // @ts-ignore: an entry of its own, beside this file.
    overlay: async () => (await import("./debug.js")).overlay,
  });
}
