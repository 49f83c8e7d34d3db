// What npm publishes is complete, clean, and can be imported where there is no window.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { PKG, tool, unpacked } from "./packed.mjs";

let packed;
before(() => (packed = unpacked()));
after(() => packed.remove());

const manifest = JSON.parse(readFileSync(join(PKG, "package.json"), "utf8"));
const entries = Object.keys(manifest.exports).filter((name) => typeof manifest.exports[name] === "object");
const specifier = (entry) => "tailorbird" + entry.slice(1);

test("only what is built, the licences and the readme are published", () => {
  const strange = packed.files.filter((path) => !/^(dist\/|package\.json$|README|LICENSE)/.test(path));
  assert.deepEqual(strange, []);
  assert.deepEqual(packed.files.filter((path) => path.startsWith("LICENSE")).sort(), ["LICENSE-APACHE", "LICENSE-MIT"]);
});

test("publint finds nothing to say", () => {
  const { ok, output } = tool("publint", [packed.home, "--strict", "--pack", "false"]);
  assert.ok(ok, output);
  assert.doesNotMatch(output, /(warning|error|suggestion)s?:/i, output);
});

test("types resolve in every way an ES module can be imported", () => {
  const { ok, output } = tool("attw", [packed.tarball, "--profile", "esm-only", "--no-emoji", "--format", "ascii", "--exclude-entrypoints", "tailorbird.js", "tailorbird.wasm", "engine.wasm"]);
  assert.ok(ok, output);
});

for (const entry of entries) {
  test(`${specifier(entry)} can be imported on a server, without touching window`, () => {
    const program = `
      for (const name of ["window", "document", "navigator", "localStorage", "location"]) {
        Object.defineProperty(globalThis, name, { configurable: true, get() { throw new Error("touched " + name); } });
      }
      const names = Object.keys(await import(${JSON.stringify(specifier(entry))}));
      if (names.length === 0) throw new Error("it exports nothing");`;
    execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: packed.folder, stdio: "pipe" });
  });
}

/** Every method and option, as somebody would write them. */
const CALLS = `
import { start, type Agent, type Decision, type StartOptions } from "tailorbird";
interface Product { product_id: string; price: number }
declare const product: Product;
export async function calls(): Promise<(Decision | undefined)[]> {
  const options: StartOptions = {
    rules: {}, catalog: {}, model: "m", collector: "", writeKey: "", consent: { analytics: "granted" }, storagePrefix: "x", globalName: "y", wasm: new Uint8Array(), cspNonce: "n", debug: true,
    autocapture: { clicks: true, pages: true, dataLayer: true, jsonLd: true, visibility: true }, sync: { flushAt: 20, flushIntervalMs: 5000 }, clock: () => 1, seed: 1, transport: async () => ({ status: 200 }),
  };
  const agent: Agent = await start(options);
  agent.track("A"); agent.track("Product Viewed", product); agent.track("A", { a: 1 }, { timestamp: new Date() }); agent.push(["track", "A", {}]);
  agent.page(); agent.page("Category", "Name", { a: 1 }); agent.page("Name"); agent.page({ a: 1 });
  agent.identify("u", { a: 1 }); agent.identify("u", product); agent.identify(product); agent.identify(); agent.group("g", product); agent.alias("u", "v"); agent.alias("u");
  agent.render(); agent.render("p"); agent.preview({ experience: "e", variant: "v" }); agent.preview({ experience: "e" }); agent.preview(null); agent.reset();
  agent.consent("granted"); agent.consent({ personalization: "denied" });
  for (const name of ["ready", "event", "decision", "render", "exposure", "sync", "stage", "warning"] as const) agent.on(name, () => {})();
  agent.on("decision", (decision) => decision.products.map((id) => id.length));
  agent.on("event", (event) => event.type.length);
  const told: [string, string] = [agent.version, agent.consent().analytics];
  agent.explain("p").map(({ outcome, failed }) => [outcome, failed?.actual, told, agent.profile(), agent.attributes(), agent.export()]);
  await agent.flush(); await agent.forget(); await agent.forget({ everywhere: true });
  return [agent.decide("p"), agent.decide("p", { context: { weather: "rain" } }), agent.decideAll()["p"]];
}`;

test("a TypeScript program of a user compiles against the types, in both module resolutions", () => {
  const lines = entries.map((entry, index) => `import * as entry${index} from "${specifier(entry)}";\nexport const kept${index} = entry${index};`);
  lines.push(CALLS);
  writeFileSync(join(packed.folder, "user.ts"), lines.join("\n"));
  writeFileSync(join(packed.folder, "package.json"), JSON.stringify({ type: "module" }));
  for (const [module, moduleResolution] of [["nodenext", "nodenext"], ["esnext", "bundler"]]) {
    const config = { compilerOptions: { module, moduleResolution, target: "es2022", lib: ["es2022", "dom", "dom.iterable"], types: [], strict: true, noEmit: true, skipLibCheck: false }, files: ["user.ts"] };
    writeFileSync(join(packed.folder, "tsconfig.json"), JSON.stringify(config));
    const { ok, output } = tool("tsc", ["-p", packed.folder]);
    assert.ok(ok, `${moduleResolution}: ${output}`);
  }
});

test("a server's program compiles against the engine without the browser's types, and hands over what it has", () => {
  writeFileSync(join(packed.folder, "server.ts"), `
    import { createEngine, loadSync, type Attributes } from "tailorbird/engine";
    interface Customer { tier: string; visits: number; tags: string[]; nick?: string }
    export async function hero(customer: Customer, bytes: Uint8Array, module: object): Promise<string | null> {
      loadSync(module);
      const visitor = (await createEngine({ rules: bytes, wasm: bytes })).visitor(customer);
      const attributes: Attributes = { ...customer, big: 1n };
      visitor.set(attributes);
      // @ts-expect-error: a number is no module
      await createEngine({ rules: "", wasm: 5 });
      return visitor.decide()["hero"] ?? null;
    }`);
  const config = { compilerOptions: { module: "nodenext", moduleResolution: "nodenext", target: "es2022", lib: ["es2022"], types: [], strict: true, noEmit: true, skipLibCheck: false }, files: ["server.ts"] };
  writeFileSync(join(packed.folder, "tsconfig.json"), JSON.stringify(config));
  const { ok, output } = tool("tsc", ["-p", packed.folder]);
  assert.ok(ok, output);
});

test("the testing kit takes Playwright's pages and contexts as they are", () => {
  symlinkSync(resolve(PKG, "../tests/browser/node_modules/playwright-core"), join(packed.folder, "node_modules/playwright-core"));
  writeFileSync(join(packed.folder, "kit.ts"), `
    import type { Page } from "playwright-core";
    import { expectDecision, prepare, shopper } from "tailorbird/testing";
    export async function told(page: Page): Promise<string[]> {
      await prepare(page.context(), { now: "2026-01-01", options: { consent: "granted" } });
      await prepare(page);
      const ann = await shopper(page).likes("Dogs/Food", 5).bought("p7", { product_id: "p8", price: 3 }).returning(3);
      const decision = await expectDecision(ann, "home-hero", { experience: "dogs", reason: "matched" });
      // @ts-expect-error: there is no such reason
      await expectDecision(ann, "home-hero", { reason: "because" });
      return decision.why.map((one) => one.experience);
    }`);
  const config = { compilerOptions: { module: "nodenext", moduleResolution: "nodenext", target: "es2022", lib: ["es2022", "dom"], types: [], strict: true, noEmit: true, skipLibCheck: true }, files: ["kit.ts"] };
  writeFileSync(join(packed.folder, "tsconfig.json"), JSON.stringify(config));
  const { ok, output } = tool("tsc", ["-p", packed.folder]);
  assert.ok(ok, output);
});

test("nothing that ships tells of the machine that built it", () => {
  const machine = [homedir(), resolve(PKG, ".."), ".cargo/registry"].filter((path) => path.length > 1);
  for (const file of packed.dist) {
    const text = readFileSync(file, "latin1");
    for (const path of machine) assert.ok(!text.includes(path), `${basename(file)} contains ${path}`);
  }
});

for (const [wasm, script] of [["tailorbird.wasm", "fallback.js"], ["engine.wasm", "engine.fallback.js"]]) {
  test(`${script} offers the same functions as ${wasm}`, async () => {
    const module = new WebAssembly.Module(readFileSync(join(packed.home, "dist", wasm)));
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = () => {};
    const { instantiate } = await import(join(packed.home, "dist", script));
    const exports = Object.keys(instantiate(imports)).sort();
    assert.deepEqual(exports, WebAssembly.Module.exports(module).map(({ name }) => name).sort());
  });

  test(`${wasm} uses nothing that Chrome 80, Firefox 79 or Safari 15 lacks`, () => {
    const allowed = ["bulk-memory", "bulk-memory-opt", "mutable-globals", "nontrapping-float-to-int", "sign-ext"];
    const flags = ["--mvp-features", ...allowed.map((name) => `--enable-${name}`)];
    // Reading a module validates it.
    execFileSync(process.execPath, [join(PKG, "node_modules/.bin/wasm-opt"), ...flags, join(packed.home, "dist", wasm), "-o", join(packed.folder, "same.wasm")]);
  });
}
