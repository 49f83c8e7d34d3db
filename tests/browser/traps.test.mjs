// A panic in any export and in anything that the agent gave the browser to call: the page goes on, the agent is out of it, nothing is thrown.
//
// Traps are real ones (`unreachable`), put around the very module that ships; see traps.mjs.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DIST, EMPTY_RULES, html, launch, missing, startStage } from './harness.mjs';
import { everything, pageWorks, setTraps } from './traps.mjs';

const why = missing();
const AT_ONCE = 8;
/** Answers and turns of the event loop look all alike: so many of each are tried. */
const MOST_OF_A_KIND = Number(process.env.TRAPS_OF_A_KIND ?? 1);
let browser;
let stage;

const RULES = {
  ...EMPTY_RULES, catalog: '/catalog.json', placements: { hero: {} }, blocks: { b: { html: '<a href="/p/a" data-tailorbird-product="a">Hello {{traits.tier|you}}</a>' } },
  experiences: [{ id: 'e', placement: 'hero', show: 'b' }],
};
const CATALOG = { version: 1, products: [{ id: 'a', name: 'A', url: '/p/a', price: 3, category: 'Dogs/Food' }, { id: 'b', name: 'B', url: '/p/b' }] };
const HEAD = `<script>
  window.own = { clicks: 0, changes: 0 };
  window.dataLayer = [{ event: 'page_view' }];
  window.gtag = function () { dataLayer.push(arguments); };
  document.addEventListener('click', (event) => { event.preventDefault(); own.clicks += 1; });
  document.addEventListener('submit', (event) => event.preventDefault());
  new MutationObserver(() => { own.changes += 1; }).observe(document, { childList: true, subtree: true });
</script>`;
const BODY = `<h1>Stage</h1><form action="/search"><input type="search" name="q"></form><button id="own">own</button><a id="product" href="/p/a">A</a>
<script type="application/ld+json">{"@type":"Product","sku":"a","name":"A"}</script><div data-tailorbird-slot="hero">the page’s own</div>`;

before(async () => {
  if (why) return;
  browser = await launch();
  stage = await startStage({
    pages: {
      '/tailorbird/rules.json': JSON.stringify(RULES), '/catalog.json': JSON.stringify(CATALOG), '/own.json': '{"fine":true}',
      '/v1/b': { body: '{"success":true}', headers: { 'content-type': 'application/json' } },
    },
  });
  const options = { consent: 'granted', flushIntervalMs: 100 };
  stage.pages['/'] = html({ collector: stage.url, options, head: HEAD, body: BODY });
  stage.pages['/patched'] = html({ collector: stage.url, options: { ...options, wasm: '/patched.wasm' }, head: HEAD, body: BODY });
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/** One page from beginning to end; what went on in it. */
async function visit(plan, path = '/', wasm) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const warnings = [];
  page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
  await page.addInitScript(setTraps, plan);
  if (wasm) await page.route('**/patched.wasm', (route) => route.fulfill({ body: wasm, contentType: 'application/wasm' }));
  await page.goto(stage.url + path);
  await page.waitForFunction(() => typeof window.tailorbird?.flush === 'function');
  await page.evaluate(everything);
  const works = await page.evaluate(pageWorks);
  const { seen, ...state } = await page.evaluate(() => ({ ...window.traps, seen: [...window.traps.seen], called: [...window.traps.called] }));
  const answers = await page.evaluate(async () => {
    const agent = window.tailorbird;
    agent.track('Late', {});
    await Promise.all([agent.flush(), agent.forget()]);
    return { reason: agent.decide('hero').reason, profile: agent.profile(), slot: document.querySelector('[data-tailorbird-slot]').textContent };
  });
  await context.close();
  return { seen: new Map(seen), works, warnings: warnings.filter((text) => text.includes('internal error')), answers, ...state };
}

const WORKS = { clicked: 1, pushed: true, state: 1, path: '/mine', changes: true, timer: 'timer', fetched: true, row: 'row' };

/** Holds a page in which the module trapped to what is promised. */
function check(name, found) {
  assert.deepEqual(found.works, WORKS, `${name}: the page works`);
  assert.deepEqual(found.errors, [], `${name}: nothing is thrown into the page`);
  assert.equal(found.after, 0, `${name}: the module is not entered again`);
  // A trap ends the calls further out as well; only what a promise's maker is given throws to the promise and not to them.
  assert.ok(found.asked <= 2, `${name}: the module asks the browser ${found.asked} times more`);
  assert.equal(found.made, 1, `${name}: the module is not made again`);
  assert.equal(found.warnings.length, 1, `${name}: it is told once: ${found.warnings}`);
  assert.deepEqual(found.answers, { reason: 'off', profile: {}, slot: 'the page’s own' }, `${name}: what is asked is answered, by nobody; the page’s own content is back`);
}

/** Does all of them, some at a time. */
async function each(list, work) {
  const waiting = [...list];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await work(next);
  }));
}

test('a trap in any function that the agent gave the browser, and in any call of the page', { skip: why }, async () => {
  const plain = await visit({});
  assert.deepEqual([plain.works, plain.errors, plain.warnings, plain.trapped], [WORKS, [], [], 0]);
  const kinds = [...plain.seen].flatMap(([kind, count]) => Array.from({ length: Math.min(count, MOST_OF_A_KIND) }, (_, nth) => ({ kind, nth: nth + 1 })));
  const names = [...plain.seen.keys()];
  for (const needed of ['listener click', 'listener pagehide', 'listener pageshow', 'listener visibilitychange', 'listener popstate', 'setTimeout', 'MutationObserver', 'IntersectionObserver', 'promise then', 'lock', 'queueMicrotask', 'IDBRequest onsuccess', 'IDBTransaction oncomplete', 'BroadcastChannel onmessage']) {
    assert.ok(names.some((name) => name.startsWith(needed)), `no ${needed} among ${names.join(', ')}`);
  }
  const plans = kinds.flatMap((one) => ['entry', 'inside'].map((where) => ({ ...one, where })));
  if (process.env.TRAPS_OF_A_KIND) console.log(names.join('\n'));
  let trapped = 0;
  await each(plans, async (plan) => {
    const found = await visit(plan);
    // What happens in which order is the browser's: a later one of a kind may not come.
    if (!found.trapped) return;
    trapped += 1;
    check(`${plan.where} of ${plan.kind} #${plan.nth}`, found);
  });
  console.log(`traps: ${names.length} kinds of calls, ${trapped} of ${plans.length} plans came to a trap, page errors 0`);
  assert.ok(trapped > plans.length * 0.6, `${trapped} of ${plans.length}`);
});

/** The module with the body of its `nth` exported function replaced by `unreachable`. */
function patched(bytes, index) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const size = number();
    if (id !== 10) {
      at += size;
      continue;
    }
    for (let body = 0, count = number(); body < count; body += 1) {
      const length = number();
      if (body === index) {
        const copy = Uint8Array.from(bytes);
        // No locals, `unreachable` as often as there is room, `end`.
        copy.fill(0, at, at + length);
        copy[at + length - 1] = 11;
        return copy;
      }
      at += length;
    }
  }
  throw new Error(`no body ${index}`);
}

test('every export of the module as a trap from the first call on', { skip: why }, async () => {
  const bytes = await readFile(join(DIST, 'tailorbird.wasm'));
  const module = new WebAssembly.Module(bytes);
  const imported = WebAssembly.Module.imports(module).filter(({ kind }) => kind === 'function').length;
  const { called } = await visit({});
  // A function's name is its index in the module.
  const functions = Object.entries(new WebAssembly.Instance(module, Object.fromEntries(WebAssembly.Module.imports(module).map(({ module: room }) => [room, new Proxy({}, { get: () => () => 0 })]))).exports)
    .filter(([name, value]) => typeof value === 'function' && called.includes(name)).map(([name, value]) => ({ name, index: Number(value.name) - imported }));
  let trapped = 0;
  await each(functions, async ({ name, index }) => {
    const found = await visit({}, '/patched', Buffer.from(patched(bytes, index)));
    // What is called when something is cleaned up may not be called in time.
    if (!found.warnings.length) return;
    trapped += 1;
    check(`export ${name}`, found);
  });
  console.log(`traps: ${trapped} of ${functions.length} exports called and trapped, page errors 0`);
  assert.ok(trapped >= functions.length * 0.8, `${trapped} of ${functions.length}`);
});

test('a page that has used up the stack when it calls: the agent ends, says so, and gives the page’s own content back', { skip: why }, async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${stage.url}/`);
  await page.getByText('Hello you').waitFor();
  const told = await page.evaluate(() => new Promise((done) => {
    window.tailorbird.on('warning', (warning) => done(warning));
    // Each step down asks: sooner or later the module has no room left.
    const deeper = () => {
      window.tailorbird.decide('hero');
      deeper();
    };
    try {
      deeper();
    } catch { /* the page's own overflow */ }
    // Where the page's own frame was the last straw, the module never ran short.
    setTimeout(() => done({ code: 'none' }), 5000);
  }));
  assert.equal(told.code, 'trap');
  assert.match(told.message, /call stack/i);
  assert.deepEqual(await page.evaluate(() => [window.tailorbird.decide('hero').reason, document.querySelector('[data-tailorbird-slot]').textContent]), ['off', 'the page’s own']);
  await context.close();
});
