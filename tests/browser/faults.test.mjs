// Nothing is lost: every fault of the table, in a real Chromium against the real collector, with the bill printed.
//
// `tracked = stored + reported as dropped`, no duplicates, no error in the page; at least 1,000 events a test.
// FAULT_ROUNDS (default 20) is the number of crashes and kills, FAULT_SECONDS (default 3) how long an outage lasts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rm } from 'node:fs/promises';
import { NAME, inScene, ready } from './faults.mjs';
import { launchMortal, missing, sleep, tempDir, until, watchErrors } from './harness.mjs';

const why = missing();
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 20);
const OUTAGE = Number(process.env.FAULT_SECONDS ?? 3) * 1000;
const down = { kind: 'status', status: 503 };
const up = { kind: 'pass' };

test('503 for a while, the page stays', { skip: why }, inScene({}, async (it) => {
  const page = await it.open(await it.shopper());
  it.proxy.mode = down;
  await it.track(page, 600);
  await sleep(OUTAGE);
  await it.track(page, 400);
  const asked = it.proxy.posts().filter((seen) => seen.answer === 503).length;
  assert.ok(asked >= 2 && asked <= 5 + OUTAGE / 1000, `${asked} requests during the outage: it asks again, but does not hammer`);
  it.proxy.mode = up;
  await it.settle();
  await it.bill('503');
}));

test('429 with Retry-After is obeyed', { skip: why }, inScene({}, async (it) => {
  const context = await it.shopper();
  const page = await it.open(context);
  it.proxy.mode = { kind: 'status', status: 429, retryAfter: 6 };
  await it.track(page, 1000);
  const refused = await until('a 429', () => it.proxy.posts().find((seen) => seen.answer === 429));
  it.proxy.mode = up;
  await sleep(1000);
  // Neither another tab nor the next page asks before the time is over.
  await page.reload();
  await ready(page);
  const other = await it.open(context);
  await it.track(other, 50);
  await it.settle();
  const next = it.proxy.posts().find((seen) => seen.at > refused.answeredAt);
  assert.ok(next.at >= refused.answeredAt + 6000, `asked again ${next.at - refused.answeredAt} ms after \`Retry-After: 6\``);
  await it.bill('429 with Retry-After');
}));

for (const [name, mode] of [['connection reset', { kind: 'reset' }], ['answers lost', { kind: 'lose' }], ['500', { kind: 'status', status: 500 }]]) {
  test(`${name}, the page stays`, { skip: why }, inScene({}, async (it) => {
    const page = await it.open(await it.shopper());
    it.proxy.mode = mode;
    await it.track(page, 500);
    await sleep(OUTAGE / 2);
    await it.track(page, 500);
    it.proxy.mode = up;
    await it.settle();
    await it.bill(name);
  }));
}

test('a slow network', { skip: why }, inScene({}, async (it) => {
  const page = await it.open(await it.shopper());
  it.proxy.mode = { kind: 'pass', latency: 700 };
  await it.track(page, 1000, { turn: 10 });
  await it.settle();
  await it.bill('latency of 700 ms');
}));

test('the collector is killed and comes back', { skip: why }, inScene({}, async (it) => {
  const page = await it.open(await it.shopper());
  await it.track(page, 500);
  await it.collector.kill();
  await it.track(page, 500);
  await sleep(2000);
  const again = await it.collector.restart();
  it.collector.stop = again.stop;
  await it.settle();
  await it.bill('collector killed and restarted');
}));

test('the renderer crashes 250 ms after the last event', { skip: why }, inScene({}, async (it) => {
  const context = await it.shopper();
  const each = Math.ceil(1000 / ROUNDS);
  for (let round = 0; round < ROUNDS; round += 1) {
    it.proxy.mode = down;
    const page = await it.open(context);
    await it.track(page, each);
    await sleep(250);
    const crashed = page.waitForEvent('crash');
    const devtools = await context.newCDPSession(page);
    devtools.send('Page.crash').catch(() => {});
    await crashed;
    await page.close().catch(() => {});
  }
  it.proxy.mode = up;
  await it.open(context);
  await it.settle();
  await it.bill(`renderer crash, ${ROUNDS} rounds`);
}));

test('kill -9 of the browser 250 ms after the last event', { skip: why }, inScene({ browser: null }, async (it) => {
  const profile = await tempDir('profile');
  const each = Math.ceil(1000 / ROUNDS);
  try {
    for (let round = 0; round <= ROUNDS; round += 1) {
      const mortal = await launchMortal(profile);
      try {
        const errors = await watchErrors(mortal.context);
        it.errorLists.push(errors);
        // What the killed browser left arrives first: a loss shows in the round in which it happened.
        it.proxy.mode = up;
        const page = await it.open(mortal.context);
        await it.settle(20_000);
        assert.equal((await it.stored()).distinct, it.tracked, `round ${round}: events of the killed browser are lost`);
        if (round < ROUNDS) {
          it.proxy.mode = down;
          await it.track(page, each);
          await sleep(250);
        }
      } finally {
        await mortal.kill();
      }
    }
    await it.bill(`kill -9 of the browser, ${ROUNDS} rounds`);
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
}));

test('five tabs in an outage, all closed, one reopened', { skip: why }, inScene({}, async (it) => {
  const context = await it.shopper();
  it.proxy.mode = down;
  const pages = [];
  for (let tab = 0; tab < 5; tab += 1) pages.push(await it.open(context));
  // In turns, as a shopper with five tabs would; then all five at once.
  for (const page of pages) await it.track(page, 100);
  await Promise.all(pages.map((page) => it.track(page, 100)));
  await sleep(250);
  await Promise.all(pages.map((page) => page.close()));
  it.proxy.mode = up;
  await it.open(context);
  await it.settle();
  await it.bill('five tabs closed in an outage');
}));

test('the sending tab dies, another takes over', { skip: why }, inScene({}, async (it) => {
  const context = await it.shopper();
  const first = await it.open(context);
  const second = await it.open(context);
  it.proxy.mode = down;
  await it.track(first, 500);
  await it.track(second, 500);
  await sleep(250);
  await first.close();
  it.proxy.mode = up;
  await it.settle();
  await it.bill('the sending tab closed');
}));

/** Fills the page's localStorage to the last byte. */
const FILL = `try { for (let size = 1 << 20; size >= 1; size >>= 1) for (let nth = 0; ; nth += 1) localStorage.setItem('shop-' + size + '-' + nth, 'x'.repeat(size)); } catch {}
try { for (let size = 1 << 20; size >= 1; size >>= 1) { try { for (let nth = 100; ; nth += 1) localStorage.setItem('shop-' + size + '-' + nth, 'x'.repeat(size)); } catch {} } } catch {}`;

test('localStorage is full', { skip: why }, inScene({ head: FILL }, async (it) => {
  const context = await it.shopper();
  const page = await it.open(context);
  const full = await page.evaluate(() => { try { localStorage.setItem('one-more', 'x'.repeat(64)); return false; } catch { return true; } });
  assert.ok(full, 'the test has filled localStorage');
  it.proxy.mode = down;
  await it.track(page, 1000);
  await sleep(250);
  await page.close();
  it.proxy.mode = up;
  await it.open(context);
  await it.settle();
  await it.bill('localStorage full, closed in an outage, reopened');
}));

const NO_DATABASE = "Object.defineProperty(window,'indexedDB',{get(){throw new DOMException('blocked','SecurityError')}});";
const NO_STORAGE = `${NO_DATABASE}Object.defineProperty(window,'localStorage',{get(){throw new DOMException('blocked','SecurityError')}});`;

test('IndexedDB is blocked: localStorage keeps the events', { skip: why }, inScene({ head: NO_DATABASE }, async (it) => {
  const context = await it.shopper();
  const page = await it.open(context);
  it.proxy.mode = down;
  await it.track(page, 1000);
  await sleep(250);
  await page.reload();
  await ready(page);
  it.proxy.mode = up;
  await it.settle();
  await it.bill('IndexedDB blocked, reloaded in an outage');
}));

test('IndexedDB and localStorage are blocked: memory keeps the events while the page stays', { skip: why }, inScene({ head: NO_STORAGE }, async (it) => {
  const page = await it.open(await it.shopper());
  await it.track(page, 300);
  it.proxy.mode = down;
  await it.track(page, 700);
  await sleep(OUTAGE / 2);
  it.proxy.mode = up;
  await it.settle();
  await it.bill('all storage blocked');
}));

test('IndexedDB and localStorage are blocked: what was just tracked survives the end of the page', { skip: why }, inScene({ head: NO_STORAGE }, async (it) => {
  const page = await it.open(await it.shopper());
  for (let round = 0; round < 34; round += 1) {
    await it.track(page, 30);
    await page.goto(`${it.stage.url}/${round % 2 ? '' : 'next'}`);
    await ready(page);
  }
  await it.settle();
  await it.bill('all storage blocked, 34 navigations');
}));

/** The disk is full: the database opens and refuses every row. */
const FULL_DATABASE = "IDBObjectStore.prototype.put=function(){throw new DOMException('full','QuotaExceededError')};";

test('the database is full: memory keeps the events while the page stays', { skip: why }, inScene({ head: FULL_DATABASE }, async (it) => {
  const page = await it.open(await it.shopper());
  await it.track(page, 300);
  it.proxy.mode = down;
  await it.track(page, 700);
  await sleep(OUTAGE / 2);
  it.proxy.mode = up;
  await it.settle();
  await it.bill('database full');
}));

for (const [name, head] of [['database full', FULL_DATABASE], ['all storage blocked', NO_STORAGE], ['IndexedDB blocked and localStorage full', NO_DATABASE + FILL]]) {
  test(`${name}: what the last request cannot carry is counted, and the count arrives`, { skip: why }, inScene({ head, options: { autocapture: { pages: false } } }, async (it) => {
    const page = await it.open(await it.shopper());
    // Until here the network is down: everything waits in memory.
    it.proxy.mode = down;
    await it.track(page, 1000, { pad: 300 });
    await until('a refusal', () => it.proxy.posts().length > 0);
    it.proxy.mode = up;
    await page.goto(`${it.stage.url}/blank`);
    await it.settle(20_000);
    const { dropped, distinct } = await it.stored();
    assert.ok(dropped > 0 && distinct >= 50, `${distinct} stored, ${dropped} reported as dropped`);
    await it.bill(`${name}, closed in an outage`, { dropped: true });
  }));
}

/** Tracks 30 events of 4 KB and leaves in the tick of the last one; the others come in that tick too, or `spread` over several. */
async function thirtyAndGone(it, page, round, spread) {
  const from = it.tracked;
  it.tracked += 30;
  await Promise.all([
    page.waitForURL(round % 2 ? '**/' : '**/next'),
    page.evaluate(async ({ name, from, target, spread }) => {
      for (let nth = 0; nth < 30; nth += 1) {
        window.tailorbird.track(name, { n: from + nth, padding: 'x'.repeat(4000) });
        // The write begins at the end of a turn; every third event comes while the one before is under way.
        if (spread && nth < 29 && nth % 3) await new Promise((next) => { setTimeout(next, nth % 2); });
      }
      window.location.href = target;
    }, { name: NAME, from, target: round % 2 ? '/' : '/next', spread }).catch((reason) => {
      // The page may be gone before it has said that it is done. Whether it was done, the bill tells.
      if (!/Execution context was destroyed/.test(String(reason))) throw reason;
    }),
  ]);
  await ready(page);
}

test('30 events of 4 KB and a navigation in the same tick', { skip: why }, inScene({ head: `{
  // The most bytes of keepalive requests in flight at once, over all pages of this tab.
  const plain = window.fetch;
  let flying = 0;
  window.fetch = (url, init) => {
    const size = init?.keepalive ? new TextEncoder().encode(init.body).length : 0;
    flying += size;
    sessionStorage.setItem('most', Math.max(flying, Number(sessionStorage.getItem('most'))));
    return plain(url, init).finally(() => { flying -= size; });
  };
}` }, async (it) => {
  const page = await it.open(await it.shopper());
  const rounds = 34;
  for (let round = 0; round < rounds; round += 1) await thirtyAndGone(it, page, round, false);
  const most = await page.evaluate(() => Number(sessionStorage.getItem('most')));
  assert.ok(most > 0 && most <= 60 * 1024, `${most} bytes of keepalive in flight`);
  await it.settle();
  await it.bill(`30 x 4 KB and navigation, ${rounds} rounds`);
}));

test('events are still being written when others come and the page leaves', { skip: why }, inScene({}, async (it) => {
  const page = await it.open(await it.shopper());
  it.proxy.mode = down;
  const rounds = 34;
  for (let round = 0; round < rounds; round += 1) await thirtyAndGone(it, page, round, true);
  it.proxy.mode = up;
  await it.settle();
  await it.bill(`written and navigated at once, ${rounds} rounds`);
}));

// A slow disk, in short: transactions of `/` stay open for seconds, and what begins meanwhile writes nothing, as what the
// browser drops when the page that it waits for is gone.
const SLOW_DISK = `{
  let flying = 0;
  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (stores, mode, ...more) {
    const made = begin.call(this, stores, mode, ...more);
    if (mode !== 'readwrite' || location.pathname !== '/') return made;
    made.dropped = flying > 0;
    flying += 1;
    made.addEventListener('complete', () => { flying -= 1; });
    made.commit = () => {};
    const store = made.objectStore(stores[0]);
    const hold = () => { if (performance.now() < window.slowUntil) store.get('x').onsuccess = hold; };
    hold();
    return made;
  };
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...what) { return this.transaction.dropped ? this.get('x') : put.apply(this, what); };
}`;

test('what waits for a slow disk when the page leaves is there on the next', { skip: why }, inScene({ head: SLOW_DISK }, async (it) => {
  const page = await it.open(await it.shopper());
  it.proxy.mode = down;
  await sleep(1000);
  await page.evaluate(() => { window.slowUntil = performance.now() + 20_000; });
  await it.track(page, 10);
  await sleep(300);
  await it.track(page, 10);
  await page.goto(`${it.stage.url}/next`);
  await ready(page);
  it.proxy.mode = up;
  await it.settle(20_000);
  await it.bill('a slow disk, and gone');
  await until('no copies to be left', () => page.evaluate(() => !Object.keys(localStorage).some((name) => name.includes('.event.'))));
}));

test('the collector hangs, the tab is closed, and reopened', { skip: why }, inScene({}, async (it) => {
  const context = await it.shopper();
  it.proxy.mode = { kind: 'hang' };
  const page = await it.open(context);
  await it.track(page, 1000);
  await sleep(1500);
  await page.close();
  it.proxy.mode = up;
  await it.open(context);
  await it.settle();
  it.proxy.release();
  await it.bill('hang, close, reopen');
}));

test('the back/forward cache', { skip: why }, inScene({ browser: null }, async (it) => {
  const profile = await tempDir('profile');
  // A Chromium of our own: Playwright's switches the back/forward cache off.
  const mortal = await launchMortal(profile);
  try {
    it.errorLists.push(await watchErrors(mortal.context));
    const page = await it.open(mortal.context);
    await page.evaluate(() => window.addEventListener('pageshow', (event) => { window.wasFrozen = (window.wasFrozen ?? 0) + event.persisted; }));
    for (let round = 0; round < 5; round += 1) {
      await it.track(page, 200);
      await page.goto(`${it.stage.url}/next`);
      await ready(page);
      await sleep(300);
      // Playwright waits in vain for a frozen page to load.
      await page.evaluate(() => history.back()).catch(() => {});
      await until('the page to be back', () => page.evaluate(() => location.pathname === '/').catch(() => false));
      const why = await page.evaluate(() => JSON.stringify(performance.getEntriesByType('navigation')[0].notRestoredReasons));
      assert.equal(await page.evaluate(() => window.wasFrozen), round + 1, `the page comes back from the back/forward cache: ${why}`);
      await it.track(page, 10);
    }
    await it.settle();
    await it.bill('back/forward cache, 5 rounds');
  } finally {
    await mortal.close();
    await rm(profile, { recursive: true, force: true });
  }
}));

// Without page views, which would be among the dropped and blur the bill.
test('12,000 events in an outage: the oldest go, counted, and the count arrives', { skip: why }, inScene({ options: { autocapture: { pages: false } } }, async (it) => {
  const page = await it.open(await it.shopper());
  it.proxy.mode = down;
  await it.track(page, 12_000);
  await until('the queue to have let go of what is too much', () => page.evaluate(() => window.tailorbird.export().delivery.dropped >= 2000), { timeout: 60_000, every: 500 });
  it.proxy.mode = up;
  await it.settle(120_000);
  const { dropped, distinct } = await it.stored();
  assert.ok(distinct >= 10_000, `${distinct} events were kept`);
  assert.ok(dropped === 2000, `${dropped} were dropped`);
  await it.bill('12,000 events in an outage', { dropped: true });
}));

test('events that the collector refuses are counted, the others arrive', { skip: why }, inScene({}, async (it) => {
  const page = await it.open(await it.shopper());
  await it.track(page, 1000);
  // Larger than an event may be: refused at once, reported.
  await page.evaluate((name) => window.tailorbird.track(name, { n: -1, padding: 'x'.repeat(40_000) }), NAME);
  it.tracked += 1;
  await it.settle();
  await it.bill('one event of 40 KB among 1,000', { dropped: true });
}));

test('a key that the collector does not know: no hammering, a counted dead letter, delivered once the key is repaired', { skip: why }, inScene({}, async (it) => {
  const context = await it.shopper();
  it.proxy.mode = { kind: 'status', status: 401 };
  const refused = () => it.proxy.posts().filter((seen) => seen.answer === 401).length;
  let page = await it.open(context);
  await it.track(page, 500);
  await until('the dead letter to be counted', () => page.evaluate(() => window.tailorbird.export().delivery.refused > 0));
  const asked = refused();
  await it.track(page, 500);
  await sleep(3000);
  assert.equal(refused(), asked, 'what was refused is not sent again from this page');
  // The next page asks once.
  await page.reload();
  await ready(page);
  await until('the next page to ask', () => refused() > asked);
  await sleep(1500);
  assert.equal(refused(), asked + 1);
  // The key is repaired: another visit brings everything.
  it.proxy.mode = up;
  await page.close();
  page = await it.open(context);
  await it.settle();
  assert.equal(await page.evaluate(() => window.tailorbird.export().delivery.refused), 0);
  await it.bill('401, repaired before the next visit');
}));

test('a wrong clock by years', { skip: why }, inScene({}, async (it) => {
  const YEAR = 365 * 86_400_000;
  const offsets = Array.from({ length: 50 }, (_, nth) => Math.round((nth / 49) * 20 * YEAR - 10 * YEAR));
  const began = Date.now();
  const visit = async (offset) => {
    const context = await it.shopper();
    await context.addInitScript((offset) => {
      const Real = Date;
      window.Date = class extends Real {
        constructor(...given) {
          super(...(given.length ? given : [Real.now() + offset]));
        }
        static now() {
          return Real.now() + offset;
        }
      };
    }, offset);
    const page = await it.open(context);
    await it.track(page, 20);
    await page.evaluate(() => window.tailorbird.flush());
    await context.close();
  };
  for (let nth = 0; nth < offsets.length; nth += 5) await Promise.all(offsets.slice(nth, nth + 5).map(visit));
  await it.settle();
  const { events } = await it.stored();
  for (const event of events) {
    const corrected = Date.parse(event.timestamp);
    const late = corrected - Date.parse(event.receivedAt);
    assert.ok(corrected >= began - 2000 && late <= 2000, `${event.originalTimestamp} became ${event.timestamp}, received ${event.receivedAt}`);
  }
  await it.bill('50 clocks wrong by -10 to +10 years');
}));
