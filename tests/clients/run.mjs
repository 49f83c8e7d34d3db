// Clients that we did not write, sending to our collector; every event must arrive with its fields.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Analytics } from "@segment/analytics-node";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const program = [process.env.TAILORBIRD, join(target, "release/tailorbird"), join(target, "debug/tailorbird")].find(
  (path) => path && existsSync(path),
);
const KEY = "client-test-key";
let passed = 0;
let failed = 0;
let skipped = 0;

if (!program) {
  console.error("no `tailorbird` was built; run `cargo build -p tailorbird-cli` first");
  process.exit(1);
}

/** A collector with a store of its own, serving this folder so that pages find the clients. */
async function startCollector() {
  const data = mkdtempSync(join(tmpdir(), "tailorbird-clients-"));
  const child = spawn(
    program,
    ["serve", "--listen", "127.0.0.1:0", "--data", data, "--site", here, "--write-key", KEY, "--admin-token", "T"],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  const line = await new Promise((resolve, reject) => {
    child.stdout.once("data", (bytes) => resolve(String(bytes)));
    child.once("exit", () => reject(new Error("the collector did not start")));
  });
  const port = /127\.0\.0\.1:(\d+)/.exec(line)[1];
  const events = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/export?limit=10000`, { headers: { Authorization: "Bearer T" } });
    return (await response.text()).split("\n").filter(Boolean).map((text) => JSON.parse(text));
  };
  const stop = () => {
    child.kill("SIGKILL");
    rmSync(data, { recursive: true, force: true });
  };
  return { port, url: `http://127.0.0.1:${port}`, events, stop };
}

/** Waits for so many events; gives what is there after 20 seconds. */
async function arrived(collector, count) {
  const end = Date.now() + 20_000;
  let events = await collector.events();
  while (events.length < count && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    events = await collector.events();
  }
  return events;
}

/** What is wrong with the events, compared with what was sent; nothing when all is well. */
function differences(events, expected) {
  const wrong = [];
  if (events.length !== expected.length) wrong.push(`${events.length} events instead of ${expected.length}`);
  for (const want of expected) {
    const fits = (event) => Object.entries(want).every(([path, value]) => {
      const found = path.split(".").reduce((inner, name) => inner?.[name], event);
      return JSON.stringify(found) === JSON.stringify(value);
    });
    if (!events.some(fits)) wrong.push(`missing ${JSON.stringify(want)}`);
  }
  for (const event of events) {
    const age = Math.abs(Date.parse(event.timestamp) - Date.parse(event.receivedAt));
    if (!event.messageId || !event.receivedAt || !(age < 60_000)) wrong.push(`odd times or id: ${JSON.stringify(event)}`);
    if (event.writeKey !== KEY) wrong.push(`not the key: ${event.writeKey}`);
  }
  if (new Set(events.map((event) => event.messageId)).size !== events.length) wrong.push("an id stands twice");
  return wrong;
}

async function check(name, work) {
  const collector = await startCollector();
  try {
    const expected = await work(collector);
    if (typeof expected === "string") {
      console.log(`skipped ${name}: ${expected}`);
      skipped += 1;
      return;
    }
    const wrong = differences(await arrived(collector, expected.length), expected);
    if (wrong.length === 0) {
      console.log(`ok ${name}: ${expected.length} events, every field as sent`);
      passed += 1;
    } else {
      console.log(`FAILED ${name}:\n  ${wrong.slice(0, 8).join("\n  ")}`);
      failed += 1;
    }
  } catch (error) {
    console.log(`FAILED ${name}: ${error.stack}`);
    failed += 1;
  } finally {
    collector.stop();
  }
}

const many = (user) =>
  Array.from({ length: 200 }, (_, number) => ({ type: "track", ...user, event: "Product Viewed", "properties.number": number }));

await check("@segment/analytics-node", async (collector) => {
  const client = new Analytics({ writeKey: KEY, host: collector.url, flushAt: 40, flushInterval: 200 });
  const problems = [];
  client.on("error", (error) => problems.push(error));
  const user = { userId: "node-user" };
  client.identify({ ...user, traits: { tier: "gold", points: 120 } });
  client.track({ ...user, event: "Order Completed", properties: { order_id: "o-1", revenue: 54.9, name: "Grüße 🐇" } });
  client.page({ ...user, category: "Dogs", name: "Home", properties: { url: "https://shop.example/" } });
  client.screen({ ...user, name: "Start" });
  client.group({ ...user, groupId: "node-group", traits: { plan: "pro" } });
  client.alias({ ...user, previousId: "node-anonymous" });
  client.track({ anonymousId: "node-anonymous", event: "Early", context: { locale: "en-GB" }, timestamp: new Date() });
  for (let number = 0; number < 200; number += 1) client.track({ ...user, event: "Product Viewed", properties: { number } });
  await client.closeAndFlush({ timeout: 15_000 });
  if (problems.length > 0) throw new Error(JSON.stringify(problems[0]));
  return [
    { type: "identify", ...user, "traits.tier": "gold", "traits.points": 120 },
    { type: "track", ...user, event: "Order Completed", "properties.revenue": 54.9, "properties.name": "Grüße 🐇" },
    { type: "page", ...user, category: "Dogs", name: "Home", "properties.url": "https://shop.example/" },
    { type: "screen", ...user, name: "Start" },
    { type: "group", ...user, groupId: "node-group", "traits.plan": "pro" },
    { type: "alias", ...user, previousId: "node-anonymous" },
    { type: "track", anonymousId: "node-anonymous", event: "Early", "context.locale": "en-GB", "context.library.name": "@segment/analytics-node" },
    ...many(user),
  ];
});

await check("segment-analytics-python", async (collector) => {
  const python = ["python3", "python"].find((name) => spawnSync(name, ["-c", "import segment.analytics"]).status === 0);
  if (!python) return "`pip install segment-analytics-python` was not run";
  const child = spawn(python, [join(here, "segment_client.py"), collector.url, KEY], { stdio: "inherit" });
  const status = await new Promise((resolve) => child.once("exit", resolve));
  if (status !== 0) throw new Error(`the client ended with ${status}`);
  const user = { userId: "py-user" };
  return [
    { type: "identify", ...user, "traits.tier": "gold", "traits.points": 120 },
    { type: "track", ...user, event: "Order Completed", "properties.revenue": 54.9, "properties.name": "Grüße 🐇" },
    { type: "page", ...user, name: "Home", "properties.url": "https://shop.example/" },
    { type: "group", ...user, groupId: "py-group", "traits.plan": "pro" },
    { type: "alias", ...user, previousId: "py-anonymous" },
    ...Array.from({ length: 250 }, (_, number) => ({ type: "track", ...user, event: "Product Viewed", "properties.number": number })),
  ];
});

/** A page in Chromium from another origin than the collector's address, so that CORS is in play. */
async function inChromium(collector, page, work) {
  const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
    (path) => path && existsSync(path),
  );
  if (!executablePath) return "no Chromium is installed (Debian package `chromium`)";
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
  try {
    const tab = await browser.newPage();
    const errors = [];
    if (process.env.DEBUG) tab.on("console", (message) => console.log("  page:", message.text()));
    tab.on("pageerror", (error) => errors.push(String(error)));
    await tab.goto(`http://localhost:${collector.port}/pages/${page}`);
    const expected = await work(tab);
    if (typeof expected !== "string") await arrived(collector, expected.length);
    if (errors.length > 0) throw new Error(errors[0]);
    return expected;
  } finally {
    await browser.close();
  }
}

await check("@segment/analytics-next in Chromium", (collector) =>
  inChromium(collector, "segment.html", async (tab) => {
    await tab.evaluate(
      async ({ key, host }) => {
        const segment = { apiKey: key, apiHost: host, protocol: "http" };
        const settings = { writeKey: key, cdnSettings: { integrations: { "Segment.io": segment } } };
        const options = { integrations: { "Segment.io": { ...segment, deliveryStrategy: { strategy: "batching", config: { size: 10, timeout: 200 } } } } };
        const [client] = await window.AnalyticsNext.AnalyticsBrowser.load(settings, options);
        await client.identify("web-user", { tier: "gold" });
        await client.page("Dogs", "Home", { shelf: 3 });
        await client.track("Order Completed", { order_id: "o-2", revenue: 54.9, name: "Grüße 🐇" });
        await client.group("web-group", { plan: "pro" });
        await client.alias("web-user", "web-anonymous");
        for (let number = 0; number < 200; number += 1) client.track("Product Viewed", { number });
      },
      { key: KEY, host: `127.0.0.1:${collector.port}/v1` },
    );
    const user = { userId: "web-user" };
    return [
      { type: "identify", ...user, "traits.tier": "gold" },
      { type: "page", ...user, category: "Dogs", name: "Home", "properties.shelf": 3, "context.page.path": "/pages/segment.html" },
      { type: "track", ...user, event: "Order Completed", "properties.revenue": 54.9, "properties.name": "Grüße 🐇" },
      { type: "group", ...user, groupId: "web-group", "traits.plan": "pro" },
      { type: "alias", ...user, previousId: "web-anonymous" },
      ...many(user),
    ];
  }),
);

await check("@rudderstack/analytics-js in Chromium", (collector) =>
  inChromium(collector, "rudder.html", async (tab) => {
    await tab.waitForFunction(() => window.RudderAnalytics);
    await tab.evaluate(
      async ({ key, url }) => {
        const client = new window.RudderAnalytics();
        const source = { id: "s", name: "s", writeKey: key, enabled: true, workspaceId: "w", config: {}, destinations: [] };
        client.load(key, url, {
          getSourceConfig: () => ({ source: { ...source, dataplanes: {} } }),
          configUrl: url,
          useBeacon: false,
          queueOptions: { batch: { enabled: true, maxItems: 10, flushInterval: 200 }, maxItems: 1000 },
          loadIntegration: false,
        });
        await new Promise((resolve) => client.ready(resolve));
        client.identify("rudder-user", { tier: "gold" });
        client.page("Dogs", "Home", { shelf: 3 });
        client.track("Order Completed", { order_id: "o-3", revenue: 54.9, name: "Grüße 🐇" });
        client.group("rudder-group", { plan: "pro" });
        client.alias("rudder-user", "rudder-anonymous");
        for (let number = 0; number < 200; number += 1) client.track("Product Viewed", { number });
      },
      { key: KEY, url: collector.url },
    );
    const user = { userId: "rudder-user" };
    return [
      { type: "identify", ...user, "context.traits.tier": "gold" },
      { type: "page", ...user, category: "Dogs", name: "Home", "properties.shelf": 3 },
      { type: "track", ...user, event: "Order Completed", "properties.revenue": 54.9, "properties.name": "Grüße 🐇" },
      { type: "group", ...user, groupId: "rudder-group", "traits.plan": "pro" },
      { type: "alias", ...user, previousId: "rudder-anonymous" },
      ...many(user),
    ];
  }),
);

console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 ? 1 : 0);
