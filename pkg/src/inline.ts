// The npm entry with the wasm inside: one file more to parse, none to host. For pages whose build cannot copy assets.
import bytes from "../generated/tailorbird.wasm";
import { start as startWith } from "./start.js";
import type { Agent, StartOptions } from "./types.js";

export type * from "./types.js";

/** Starts the agent from the wasm that this file carries. */
export function start(options: StartOptions): Promise<Agent> {
  return startWith({ ...options, wasm: options.wasm ?? (bytes as unknown as BufferSource) }, {
    url: "",
    // @ts-ignore: made by the build, beside this file.
    fallback: async () => (await import("./fallback.js")).instantiate,
    // @ts-ignore: an entry of its own, beside this file.
    overlay: async () => (await import("./debug.js")).overlay,
  });
}
