// The Next.js example with the packed package: built by Turbopack and by webpack, served, hydrated, and its routes turned.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { CHROMIUM, freePort, launch, until } from "../browser/harness.mjs";
import { PKG, unpacked } from "../package/packed.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
/** The shop, with the package in its own node_modules. */
const SHOP = join(HERE, "work");
const NEXT = join(HERE, "node_modules/next/dist/bin/next");
const why = !CHROMIUM ? "no chromium on the PATH: install Debian’s `chromium` or set TAILORBIRD_CHROMIUM" : undefined;
const quiet = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
let browser;
let kit;

before(async () => {
  if (why) return;
  const packed = unpacked();
  for (const gone of ["app", "public", "node_modules"]) rmSync(join(SHOP, gone), { recursive: true, force: true });
  cpSync(join(PKG, "examples/next"), SHOP, { recursive: true });
  cpSync(packed.home, join(SHOP, "node_modules/tailorbird"), { recursive: true });
  writeFileSync(join(SHOP, "next.config.mjs"), `export default { distDir: process.env.TAILORBIRD_NEXT_OUT, turbopack: { root: ${JSON.stringify(HERE)} } };\n`);
  packed.remove();
  kit = await import(pathToFileURL(join(SHOP, "node_modules/tailorbird/dist/testing.js")));
  browser = await launch();
});
after(() => browser?.close());

/** What the build is made of. */
function sources() {
  const hash = createHash("sha256").update(readFileSync(join(HERE, "package.json")));
  for (const folder of ["app", "public", "node_modules/tailorbird"]) {
    const names = readdirSync(join(SHOP, folder), { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).map((one) => join(one.parentPath ?? one.path, one.name));
    for (const name of names.sort()) hash.update(name).update(readFileSync(name));
  }
  return hash.digest("hex");
}

/** Builds once for the same sources; answers the folder's name. */
function built(bundler) {
  const out = `out-${bundler}`;
  const stamp = join(SHOP, out, "tailorbird-sources");
  const key = sources();
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== key) {
    rmSync(join(SHOP, out), { recursive: true, force: true });
    execFileSync(process.execPath, [NEXT, "build", `--${bundler}`], { cwd: SHOP, env: { ...quiet, TAILORBIRD_NEXT_OUT: out }, stdio: "pipe", encoding: "utf8" });
    writeFileSync(stamp, key);
  }
  return out;
}

for (const bundler of ["turbopack", "webpack"]) {
  test(`Next.js, ${bundler}: rendered on the server, hydrated without a word, and its routes turn`, { skip: why }, async () => {
    const out = built(bundler);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const server = spawn(process.execPath, [NEXT, "start", "-H", "127.0.0.1", "-p", String(port)], { cwd: SHOP, env: { ...quiet, TAILORBIRD_NEXT_OUT: out }, stdio: "ignore" });
    const context = await browser.newContext();
    try {
      await until("Next.js to serve", () => fetch(url).then(({ ok }) => ok, () => false));
      assert.match(await (await fetch(url)).text(), /<tailorbird-slot name="home-hero"><h2>For everybody<\/h2><p>1<!-- --> here<\/p><\/tailorbird-slot>/);
      await kit.prepare(context);
      await context.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
      const page = await context.newPage();
      const complaints = [];
      const fetched = [];
      page.on("console", (message) => { if (["error", "warning"].includes(message.type())) complaints.push(message.text()); });
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("request", (request) => fetched.push(request.url()));
      const who = kit.shopper(page);
      // The second visit shows what the first one left.
      for (let visit = 0; visit < 2; visit += 1) {
        await page.goto(url);
        await kit.expectDecision(who, "home-hero", "home");
        await kit.expectShown(who, "home-hero", /^Picked for you$/);
        await page.getByRole("link", { name: "To the dogs" }).click();
        await kit.expectShown(who, "dogs-hero", /^Picked for dogs$/);
        await page.getByRole("link", { name: "Home" }).click();
        await kit.expectShown(who, "home-hero", /^Picked for you$/);
      }
      await who.settled();
      assert.deepEqual((await who.log()).filter(({ kind, detail }) => kind === "event" && detail.type === "page").map(({ detail }) => detail.properties.path).slice(-3), ["/", "/dogs", "/"]);
      await page.evaluate(() => window.__tailorbird_kit.call("stop"));
      assert.match(await page.locator("tailorbird-slot").innerText(), /^For everybody(\s+\d+ here)?$/);
      assert.deepEqual(complaints, []);
      const wasm = fetched.filter((address) => address.endsWith(".wasm"));
      assert.ok(wasm.length > 0 && wasm.every((address) => address.includes("/_next/static/media/")), wasm.join(" "));
    } finally {
      await context.close();
      server.kill();
    }
  });
}
