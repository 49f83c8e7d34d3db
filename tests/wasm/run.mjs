// node run.mjs node|chromium FOLDER: runs every file of tests/cases through the bound conformance module in FOLDER.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [place, folder] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const CASES = join(here, "../cases");
const MODULE = "tailorbird_cases";

const files = readdirSync(CASES).filter((name) => name.endsWith(".json")).sort();
const cases = files.map((file) => ({ file, text: readFileSync(join(CASES, file), "utf8") }));

/** Runs in Node and, as text, in a page: it must not reach for anything outside itself. */
async function runAll(glueUrl, bytes, cases) {
  const glue = await import(glueUrl);
  const module = new WebAssembly.Module(bytes);
  return cases.map(({ file, text }) => {
    // A fresh instance for each file: a panic ends the instance, and is one failure.
    glue.startOn((imports) => new WebAssembly.Instance(module, imports).exports);
    try {
      return { file, report: glue.run(file, text) };
    } catch (reason) {
      return { file, report: JSON.stringify({ passed: 0, failures: [`it panicked: ${reason}`] }) };
    }
  });
}

async function inNode() {
  const bytes = readFileSync(join(folder, `${MODULE}_bg.wasm`));
  return runAll(pathToFileURL(join(folder, `${MODULE}.js`)).href, bytes, cases);
}

async function inChromium() {
  const { chromium } = createRequire(join(here, "../browser/package.json"))("playwright-core");
  const server = createServer((request, response) => {
    const name = request.url.slice(1);
    if (name === "") return response.setHeader("content-type", "text/html").end("<!doctype html><title>cases</title>");
    const type = name.endsWith(".wasm") ? "application/wasm" : "text/javascript";
    try {
      response.setHeader("content-type", type).end(readFileSync(join(folder, name)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: flags });
  try {
    const page = await browser.newPage();
    page.on("console", (message) => message.type() === "error" && console.log(message.text()));
    await page.goto(`${origin}/`);
    const program = `(async () => {
      ${runAll}
      const bytes = new Uint8Array(await (await fetch("/${MODULE}_bg.wasm")).arrayBuffer());
      return runAll("/${MODULE}.js", bytes, ${JSON.stringify(cases)});
    })()`;
    return await page.evaluate(program);
  } finally {
    await browser.close();
    server.close();
  }
}

const reports = place === "chromium" ? await inChromium() : await inNode();
let passed = 0;
let failed = 0;
for (const { file, report } of reports) {
  const { passed: count, failures } = JSON.parse(report);
  passed += count;
  failed += failures.length;
  console.log(`    ${file}: ${count} passed${failures.length ? `, ${failures.length} failed` : ""}`);
  for (const failure of failures) console.log(`      ${failure}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
