// Visits to the demo shop with what the browser itself measured of them; for the bench and for the test of layout shift.

/** Runs before the page: collects what the browser measures. */
function observe() {
  const seen = (window.__measured = { shifts: [], tasks: [], paints: {}, largest: 0 });
  const watch = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  watch("layout-shift", (entry) => {
    const sources = entry.sources.map(({ node, previousRect, currentRect }) => {
      const element = node?.nodeType === 1 ? node : node?.parentElement;
      return {
        node: element ? `${element.localName}${element.className ? `.${String(element.className).replace(/ /g, ".")}` : ""}` : "gone",
        slot: element?.closest?.("[data-tailorbird-slot],tailorbird-slot")?.getAttribute("data-tailorbird-slot") ?? null,
        from: [previousRect.y, previousRect.height], to: [currentRect.y, currentRect.height],
      };
    });
    seen.shifts.push({ value: entry.value, at: entry.startTime, input: entry.hadRecentInput, sources });
  });
  watch("longtask", (entry) => seen.tasks.push({ at: entry.startTime, ms: entry.duration }));
  watch("paint", (entry) => { seen.paints[entry.name] = entry.startTime; });
  watch("largest-contentful-paint", (entry) => { seen.largest = entry.startTime; });
}

/** Who comes: somebody new; somebody known who never saw this page; somebody who did. */
export const KINDS = ["first", "known", "repeat"];
const PHONE = { viewport: { width: 412, height: 823 }, deviceScaleFactor: 1, hasTouch: true, isMobile: true };

/** One visit. Those who are known have looked at rabbits, and agreed. */
async function visit({ browser, shop, tag, kind, slow, path, screen = PHONE }) {
  const context = await browser.newContext(screen);
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send("Network.enable");
  // Blocked by the browser itself: nothing stands between the page and its other requests.
  if (!tag) await cdp.send("Network.setBlockedURLs", { urls: ["*/tailorbird/tailorbird.js"] });
  const ready = () => page.evaluate(() => new Promise((done) => {
    const ask = () => (window.tailorbird?.on ? window.tailorbird.on("ready", done) : setTimeout(ask, 20));
    ask();
  }));
  if (kind !== "first") {
    await page.goto(shop + (kind === "known" ? "/cats/" : path));
    if (tag) {
      await ready();
      await page.evaluate(() => {
        window.tailorbird.consent("granted");
        for (const id of ["a", "b", "c", "d"]) window.tailorbird.track("Product Viewed", { product_id: id, category: "Rabbits/Food" });
      });
      await page.evaluate(() => window.tailorbird.flush());
      await stored(page);
      await page.reload();
      await ready();
      await page.evaluate(() => window.tailorbird.flush());
    }
  }
  await context.addInitScript(observe);
  if (slow) {
    await cdp.send("Network.emulateNetworkConditions", { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 });
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  }
  await page.goto(shop + path, { waitUntil: "load" });
  if (tag) await ready();
  // What the agent, fonts and pictures still bring is in by the time that nothing is under way any more.
  await page.waitForLoadState("networkidle");
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100)))));
  const measured = await page.evaluate(() => window.__measured);
  const shown = tag ? await page.evaluate(() => Object.values(window.tailorbird.decideAll()).filter(({ reason }) => reason === "matched").map(({ placement }) => placement)) : [];
  await context.close();
  const shifts = measured.shifts.filter(({ input }) => !input);
  return {
    shifts, shown,
    shift: shifts.reduce((sum, { value }) => sum + value, 0),
    ours: shifts.filter(({ sources }) => sources.some(({ slot }) => slot)).reduce((sum, { value }) => sum + value, 0),
    longTasks: measured.tasks.length,
    longest: Math.round(Math.max(0, ...measured.tasks.map(({ ms }) => ms))),
    blocking: Math.round(measured.tasks.reduce((sum, { ms }) => sum + ms - 50, 0)),
    firstPaint: Math.round(measured.paints["first-contentful-paint"] ?? 0),
    largestPaint: Math.round(measured.largest),
  };
}

/** Waits until the agent's profile is on disk. */
async function stored(page) {
  await page.waitForFunction(async () => {
    for (const { name } of await indexedDB.databases()) {
      if (!name.startsWith("tailorbird")) continue;
      const kept = await new Promise((done) => {
        indexedDB.open(name).onsuccess = ({ target: { result: database } }) => {
          const stores = [...database.objectStoreNames];
          const work = database.transaction(stores, "readonly");
          const found = stores.map((store) => work.objectStore(store).getAll());
          work.oncomplete = () => {
            database.close();
            done(JSON.stringify(found.map(({ result }) => result)).includes("Rabbits/Food"));
          };
        };
      });
      if (kept) return true;
    }
    return false;
  }, undefined, { polling: 50 });
}

const median = (numbers) => [...numbers].sort((one, other) => one - other)[numbers.length >> 1];

/** Each kind of visit with and without the tag, `runs` times in turn; medians. */
export async function visits({ browser, shop, runs = 1, slow = false, path = "/", tags = [false, true], who = KINDS, screen }) {
  const kinds = who.flatMap((kind) => tags.map((tag) => ({ kind, tag })));
  const all = kinds.map(() => []);
  for (let run = 0; run < runs; run += 1) {
    // In turn, so that a machine that gets slower is slow for all of them.
    for (const [nth, kind] of kinds.entries()) all[nth].push(await visit({ browser, shop, slow, path, screen, ...kind }));
  }
  return kinds.map(({ kind, tag }, nth) => {
    const row = { visit: kind, tag, shifts: all[nth].flatMap(({ shifts }) => shifts), shown: all[nth][0].shown };
    for (const name of ["shift", "ours", "longTasks", "longest", "blocking", "firstPaint", "largestPaint"]) row[name] = median(all[nth].map((one) => one[name]));
    return row;
  });
}
