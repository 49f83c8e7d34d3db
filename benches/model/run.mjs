// node run.mjs MODULE RELEASE: trains a made-up catalogue natively, then answers its sessions in Chromium. `cargo xtask bench model` runs it.
//
// The page is cross-origin isolated, so that its clock has steps of 5 µs; an answer is shorter than that, so a session is
// answered 20 times in a row and the mean of those is what the percentiles are over.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EMPTY_RULES, html, launch, startStage } from "../../tests/browser/harness.mjs";

const [module, release] = process.argv.slice(2);
const [ITEMS, SESSIONS] = [40_000, 190_000];
const folder = mkdtempSync(join(tmpdir(), "tailorbird-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const table = execFileSync(join(release, "examples/simulate_sessions"), [`${ITEMS}`, `${SESSIONS}`], { maxBuffer: 1 << 30 });
writeFileSync(join(folder, "sessions.tsv"), table);
const began = process.hrtime.bigint();
const trained = spawnSync(join(release, "tailorbird"), ["train", "--sessions", join(folder, "sessions.tsv"), "--out", join(folder, "model")], { encoding: "utf8" });
if (trained.status !== 0) throw new Error(trained.stderr);
const seconds = Number(process.hrtime.bigint() - began) / 1e9;

const files = new Map();
for (const entry of readdirSync(join(folder, "model"), { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  if (entry.isFile()) files.set(path.slice(join(folder, "model").length + 1), readFileSync(path));
}
const whole = [...files.values()].reduce((sum, file) => sum + file.length, 0);

// Sessions of ten different items.
const of = new Map();
for (const line of table.toString().split("\n").slice(1)) {
  const [session, item] = line.split("\t");
  if (item) (of.get(session) ?? of.set(session, new Set()).get(session)).add(item);
}
const tens = [...of.values()].filter((items) => items.size >= 10).map((items) => [...items].slice(0, 10)).slice(0, 3000);
const looks = table.toString().split("\n").length - 2;

const isolated = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
const rules = {
  ...EMPTY_RULES, model: "/model/manifest.json", catalog: "/catalog.json", blocks: { row: { html: "{{#each products}}{{name}} {{/each}}" } }, placements: { row: {} },
  experiences: [{ id: "row", placement: "row", show: "row", products: { strategy: "next", limit: 20, fallback: [] } }],
};
const stage = await startStage({
  headers: isolated,
  pages: {
    "/": "<!doctype html><title>bench</title>",
    "/agent": html({}),
    "/tailorbird/rules.json": JSON.stringify(rules),
    "/catalog.json": JSON.stringify({ version: 1, products: [...new Set(tens.flat())].map((id) => ({ id, name: `Product ${id}` })) }),
    "/cases.js": { body: readFileSync(join(module, "tailorbird_cases.js")), headers: { "content-type": "text/javascript" } },
    "/cases.wasm": { body: readFileSync(join(module, "tailorbird_cases_bg.wasm")), headers: { "content-type": "application/wasm" } },
  },
});
for (const [path, body] of files) stage.pages[`/model/${path}`] = { body, headers: { "cache-control": "public, max-age=31536000, immutable" } };
const browser = await launch();
const page = await browser.newPage();
await page.goto(stage.url);

const measured = await page.evaluate(async (sessions) => {
  const glue = await import("/cases.js");
  const compiled = new WebAssembly.Module(await (await fetch("/cases.wasm")).arrayBuffer());
  glue.startOn((imports) => new WebAssembly.Instance(compiled, imports).exports);
  const manifest = await (await fetch("/model/manifest.json")).text();
  const recommender = new glue.Recommender(manifest, sessions);
  const get = async (path, cache) => new Uint8Array(await (await fetch(`/model/${path}`, { cache })).arrayBuffer());
  const load = async (nth, cache) => {
    let [count, bytes] = [0, 0];
    for (let wanted; (wanted = recommender.wanted(nth)).length; ) {
      for (const [path, file] of await Promise.all(wanted.map(async (path) => [path, await get(path, cache)]))) {
        count += 1;
        bytes += file.length;
        if (!recommender.add(path, file)) throw new Error(path);
      }
    }
    return { count, bytes };
  };
  const out = { once: [], cached: [], files: [], bytes: [] };
  // One shopper after the other, each with nothing but the browser's cache.
  for (let nth = 0; nth < 300; nth += 1) {
    recommender.begin_anew();
    const { count, bytes } = await load(nth, "default");
    out.files.push(count);
    out.bytes.push(bytes + manifest.length);
    recommender.begin_anew();
    const from = performance.now();
    await load(nth, "force-cache");
    recommender.answer(nth, 1);
    out.cached.push(performance.now() - from);
  }
  for (let nth = 0; nth < recommender.count(); nth += 1) await load(nth, "force-cache");
  for (let nth = 0; nth < recommender.count(); nth += 1) recommender.answer(nth, 3);
  for (let nth = 0; nth < recommender.count(); nth += 1) {
    const from = performance.now();
    recommender.answer(nth, 20);
    out.once.push(((performance.now() - from) * 1000) / 20);
  }
  return out;
}, tens.map((items) => items.join("\t")).join("\n"));

// The shipped agent, asked for the whole decision: profile, model, filters, template.
await page.goto(`${stage.url}/agent`);
await page.evaluate(() => new Promise((done) => { const wait = () => (window.tailorbird?.on ? window.tailorbird.on("ready", done) : setTimeout(wait, 10)); wait(); }));
const decided = [];
for (const items of tens.slice(0, 60)) {
  await page.evaluate((items) => { window.tailorbird.forget(); for (const id of items) window.tailorbird.track("Product Viewed", { product_id: id }); }, items);
  await page.waitForFunction(() => window.tailorbird.decide("row").products.length > 0);
  await page.waitForTimeout(50);
  decided.push(await page.evaluate(() => {
    const from = performance.now();
    for (let nth = 0; nth < 20; nth += 1) window.tailorbird.decide("row");
    return ((performance.now() - from) * 1000) / 20;
  }));
}

// A later page of the same shopper: from the agent being ready to the row, with what the page before kept.
const later = [];
const [shopper] = tens;
await page.evaluate((items) => { window.tailorbird.forget(); for (const id of items) window.tailorbird.track("Product Viewed", { product_id: id }); }, shopper);
await page.waitForTimeout(1500);
for (let nth = 0; nth < 60; nth += 1) {
  await page.goto(`${stage.url}/agent`);
  later.push(await page.evaluate(() => new Promise((done) => {
    const channel = new MessageChannel();
    let from;
    channel.port1.onmessage = () => (window.tailorbird.decide("row").products.length ? done(performance.now() - from) : channel.port2.postMessage(0));
    const wait = () => (window.tailorbird?.on ? window.tailorbird.on("ready", () => { from = performance.now(); channel.port2.postMessage(0); }) : setTimeout(wait, 1));
    wait();
  })));
  await page.waitForTimeout(30);
}

const at = (values, share) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)];
const line = (what, values, unit, digits = 1) => console.log(`| ${what} | ${at(values, 0.5).toFixed(digits)} ${unit} | ${at(values, 0.99).toFixed(digits)} ${unit} |`);
console.log(`\n${looks} looks at ${ITEMS} items: trained in ${seconds.toFixed(1)} s; ${files.size - 1} files, ${whole} bytes\n`);
console.log("| in Chromium, sessions of ten items | median | p99 |\n|---|---|---|");
line("twenty next items, files there", measured.once, "µs");
line("the same, files in the HTTP cache, each fetched anew", measured.cached, "ms", 2);
line("a later page: from ready to the row, files from the agent's store", later, "ms", 2);
line("the agent's whole `decide` of such a row", decided, "µs");
line("files", measured.files, "", 0);
line("bytes, manifest included", measured.bytes, "", 0);
await browser.close();
await stage.close();
