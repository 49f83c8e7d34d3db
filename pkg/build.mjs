// From src/ and generated/ (what `cargo xtask pkg` makes of the Rust) to dist/: bundles, wasm, types.
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const src = (name) => join(here, "src", name);
const generated = (name) => join(here, "generated", name);
const dist = (name) => join(here, "dist", name);

/** Classic scripts for a static host: the tag, and what the tag loads only when it has to. */
const SCRIPTS = { "tailorbird": "tag.ts", "tailorbird.debug": "debug/tag.ts" };
/** Entries of the npm package, ES modules that share chunks. */
const MODULES = ["index.ts", "engine.ts", "inline.ts", "testing.ts", "debug.ts"];

if (!existsSync(generated("tailorbird.wasm"))) {
  console.error("pkg/generated is empty: run `cargo xtask pkg`, which makes it and then runs this file");
  process.exit(1);
}

const integrity = (file) => "sha384-" + createHash("sha384").update(readFileSync(file)).digest("base64");
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));

rmSync(join(here, "dist"), { recursive: true, force: true });
mkdirSync(join(here, "dist"));
for (const name of ["tailorbird.wasm", "engine.wasm"]) copyFileSync(generated(name), dist(name));
for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) copyFileSync(join(here, "..", name), join(here, name));

const shared = {
  absWorkingDir: here,
  bundle: true,
  target: "es2020",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  loader: { ".wasm": "binary" },
};

/** Bundles, or ends with esbuild's own message, which it has printed by then. */
const build = (options) => esbuild.build({ ...shared, ...options }).catch(() => process.exit(1));

// A classic script that leaves the module's JavaScript build where the loader looks for it.
await build({
  stdin: {
    contents: `import { instantiate } from "./generated/tailorbird.fallback.js";\nglobalThis.__tailorbird_fallback = instantiate;`,
    resolveDir: here,
  },
  format: "iife",
  minify: true,
  outfile: dist("tailorbird.fallback.js"),
});
// The same for npm, where a bundler or the browser imports it when it is needed.
for (const [name, outfile] of [["tailorbird.fallback.js", "fallback.js"], ["engine.fallback.js", "engine.fallback.js"]]) {
  await build({ entryPoints: [generated(name)], format: "esm", minify: true, outfile: dist(outfile) });
}

const define = {
  __VERSION__: JSON.stringify(version),
  __WASM_INTEGRITY__: JSON.stringify(integrity(dist("tailorbird.wasm"))),
  __ENGINE_INTEGRITY__: JSON.stringify(integrity(dist("engine.wasm"))),
  __FALLBACK_INTEGRITY__: JSON.stringify(integrity(dist("tailorbird.fallback.js"))),
};

// What the testing kit puts into pages: it travels as text.
const inPage = await build({ entryPoints: [src("testing/page.ts")], format: "iife", minify: true, write: false });
define.__IN_PAGE__ = JSON.stringify(inPage.outputFiles[0].text);

for (const [name, entry] of Object.entries(SCRIPTS)) {
  if (!present(entry)) continue;
  const outfile = dist(`${name}.js`);
  await build({ define, entryPoints: [src(entry)], format: "iife", minify: true, outfile });
}
await build({
  define,
  entryPoints: MODULES.filter(present).map(src),
  external: ["./fallback.js", "./engine.fallback.js", "./debug.js", "./tailorbird.wasm", "./engine.wasm"],
  format: "esm",
  splitting: true,
  minifySyntax: true,
  outdir: join(here, "dist"),
  chunkNames: "chunk-[hash]",
});

// `npx tailorbird check`, for Node: a module and a program of their own, no part of what pages download.
copyFileSync(generated("checker.wasm"), dist("checker.wasm"));
await build({ define, entryPoints: [join(here, "bin/tailorbird.mjs")], platform: "node", format: "esm", target: "node20", outfile: dist("cli.js") });
chmodSync(dist("cli.js"), 0o755);
for (const name of ["rules.schema.json", "catalog.schema.json"]) copyFileSync(join(here, "../crates/schema", name), dist(name));

const tsc = spawnSync(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), "-p", here], { stdio: "inherit" });
if (tsc.status !== 0) process.exit(1);
for (const file of readdirSync(join(here, "dist")).filter((name) => name.endsWith(".d.ts"))) {
  if (readFileSync(dist(file), "utf8").includes("generated/")) {
    console.error(`dist/${file} names pkg/generated, which is not published: give the exported thing a type of its own`);
    process.exit(1);
  }
}

function present(entry) {
  if (existsSync(src(entry))) return true;
  console.log(`    pkg/src/${entry} does not exist yet: left out`);
  return false;
}
