//! The testing kit as its users meet it: fixed clock, repeatable ids, shoppers with a history, readable failures.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { DIST, html, launch, missing, startStage, watchErrors } from './harness.mjs';

const why = missing();
const kit = why ? {} : await import(pathToFileURL(join(DIST, 'testing.js')));
const RULES = {
  version: 1,
  settings: { consent: 'granted' },
  catalog: '/tailorbird/catalog.json',
  blocks: { dog: { html: '<h2>For dog people</h2><a href="/dogs">Dogs</a>' }, back: { html: '<p>Good to see you again</p>' } },
  placements: { hero: {}, bar: {} },
  experiences: [
    { id: 'dog-people', placement: 'hero', when: { 'affinity.category.Dogs': { $gte: 4 } }, show: 'dog' },
    { id: 'ended', placement: 'hero', priority: 5, until: '2025-01-01T00:00:00Z', show: 'back' },
    { id: 'comes-back', placement: 'bar', when: { 'visitor.sessions': { $gte: 2 } }, show: 'back' },
  ],
};
const CATALOG = { version: 1, products: [{ id: 'p7', name: 'Chew bone', category: 'Dogs/Toys', price: 5, url: '/p/p7' }] };
const BODY = '<div data-tailorbird-slot="hero"><p>for everybody</p></div><div data-tailorbird-slot="bar">bar</div>';
let browser;
let stage;

before(async () => {
  if (why) return;
  browser = await launch();
  const page = html({ collector: '/collector', body: BODY });
  stage = await startStage({
    pages: {
      '/': page, '/other': page,
      '/tailorbird/rules.json': JSON.stringify(RULES), '/tailorbird/catalog.json': JSON.stringify(CATALOG),
      '/strict': {
        headers: { 'content-type': 'text/html', 'content-security-policy': "script-src 'nonce-abc' 'strict-dynamic' 'wasm-unsafe-eval'; require-trusted-types-for 'script'; trusted-types tailorbird" },
        body: html({ nonce: 'abc', body: BODY }),
      },
    },
  });
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/** A page of the stage with the kit in it. */
async function open({ path = '/', ...options } = {}) {
  const context = await browser.newContext();
  const errors = await watchErrors(context);
  await kit.prepare(context, options);
  const page = await context.newPage();
  await page.goto(stage.url + path);
  return {
    page, who: kit.shopper(page, options),
    async close() {
      assert.deepEqual(errors, []);
      await context.close();
    },
  };
}

describe('testing kit', { skip: why }, () => {
  test('a shopper who likes a category is shown what is meant for them, under navigator.webdriver', async () => {
    const { page, who, close } = await open();
    assert.equal(await page.evaluate(() => navigator.webdriver), true);
    await kit.expectDecision(who, 'hero', { experience: null, reason: 'default' });
    await kit.expectShown(who, 'hero', 'for everybody');
    assert.equal(await who.likes('Dogs/Food', 5), who);
    const decision = await kit.expectDecision(who, 'hero', 'dog-people');
    assert.equal(decision.why.find((one) => one.experience === 'dog-people').outcome, 'won');
    await kit.expectShown(who, 'hero', /dog people/);
    await close();
  });

  test('a failed expectation says what was there, and why', async () => {
    const { who, close } = await open();
    await who.likes('Dogs', 2);
    await assert.rejects(kit.expectDecision(who, 'hero', { experience: 'dog-people' }), (error) => {
      assert.match(error.message, /was expected to show \{"experience":"dog-people"\},\nbut shows no experience \(default\)/);
      assert.match(error.message, /dog-people: condition, affinity\.category\.Dogs is 2, wanted at least 4/);
      assert.match(error.message, /ended: schedule, it ended 2025-01-01 00:00 UTC/);
      return true;
    });
    await assert.rejects(kit.expectEvent(who, 'Order Completed'), /happened 0 times\. What happened:\n(.*\n)*.*track Product Viewed product_id=kit-Dogs-2/);
    await assert.rejects(kit.expectNoEvent(who, 'Product Viewed', { category: 'Dogs' }), /expected 0 times and happened 2 times/);
    await assert.rejects(kit.expectShown(who, 'hero', 'dog people'), /but says “for everybody”\nand was decided no experience/);
    await assert.rejects(kit.expectShown(who, 'nowhere', 'x'), /there is no slot `nowhere`/);
    await assert.rejects(who.decision('herro'), /no placement `herro`; they have hero, bar/);
    await close();
  });

  test('an interest that has faded below a border by less than is shown says so', async () => {
    const { who, close } = await open();
    await who.likes('Dogs', 4);
    await who.waits({ minutes: 1 });
    await assert.rejects(kit.expectDecision(who, 'hero', 'dog-people'), /dog-people: condition, affinity\.category\.Dogs is just under 4, wanted at least 4/);
    await close();
  });

  test('the clock stands still, moves when it is told to, and events carry its time', async () => {
    const { who, close } = await open({ now: '2026-03-01T08:00:00Z' });
    await who.likes('Dogs/Food', 1).does('Wing Flapped', { times: 3 });
    assert.equal(new Date(await who.now()).toISOString(), '2026-03-01T08:00:00.000Z');
    await who.waits({ minutes: 90 });
    await who.does('Wing Flapped', { times: 4 });
    const flaps = await kit.expectEvent(who, 'Wing Flapped', {}, { times: 2 });
    assert.deepEqual(flaps.map((event) => event.timestamp), ['2026-03-01T08:00:00.000Z', '2026-03-01T09:30:00.000Z']);
    await close();
  });

  test('the same seed gives the same ids, another seed others, and no id comes twice', async () => {
    const ids = async (seed) => {
      const { page, who, close } = await open({ seed });
      await who.likes('Dogs', 2);
      await page.goto(`${stage.url}/other`);
      await who.likes('Cats', 2);
      const all = (await who.log()).filter(({ kind }) => kind === 'event').map(({ detail }) => detail.messageId);
      await close();
      return all;
    };
    const [first, again, other] = [await ids(7), await ids(7), await ids(8)];
    assert.ok(first.length >= 6, String(first));
    assert.deepEqual(again, first);
    assert.equal(new Set([...first, ...other]).size, first.length + other.length);
  });

  test('who comes back after days is a second session, with a profile that has faded', async () => {
    const { page, who, close } = await open();
    await who.likes('Dogs/Food', 6).bought({ product_id: 'p7', price: 5, quantity: 2 }).returning(14);
    await kit.expectDecision(who, 'bar', 'comes-back');
    const { visitor, affinity, orders } = await page.evaluate(() => window.tailorbird.attributes());
    assert.equal(visitor.sessions, 2);
    assert.ok(Math.abs(visitor.lastSeenDays - 14) < 0.01);
    assert.equal(orders.count, 1);
    assert.equal(orders.revenue, 10);
    // Six views and one order of weight five, halved by one half-life.
    assert.ok(Math.abs(affinity.category.Dogs - 5.5) < 0.01, String(affinity.category.Dogs));
    await close();
  });

  test('nobody comes back as long as nothing may be remembered', async () => {
    const { who, close } = await open({ options: { consent: 'pending' } });
    await assert.rejects(async () => who.returning(1), /nobody comes back .* `\.consents\(\)` first/);
    await who.consents().likes('Dogs', 5).returning(1);
    await kit.expectDecision(who, 'hero', 'dog-people');
    await close();
  });

  test('nothing leaves for the collector unless asked to; the log tells what would have', async () => {
    const { who, close } = await open();
    await who.likes('Dogs', 2).bought('p7').is('user-7', { firstName: 'Wren' });
    await who.flush();
    assert.deepEqual(stage.requests.filter(({ path }) => path.startsWith('/collector')), []);
    const log = await who.log();
    const ids = (kind) => log.filter((entry) => entry.kind === kind).map(({ detail }) => detail.messageId);
    assert.deepEqual(ids('delivered').sort(), ids('event').sort());
    const story = await who.story();
    assert.match(story, /^12:00:00 \/ page path=\/$/m);
    assert.match(story, /track Order Completed order_id=kit-order-3 products=1 products/);
    assert.match(story, /identify firstName=Wren/);
    assert.match(story, /render hero: dog-people, block dog \(matched\)/);
    await close();
  });

  test('seeing a slot counts it, a preview does not', async () => {
    const { who, close } = await open({ options: { rules: { ...RULES, experiences: [{ id: 'all', placement: 'hero', show: 'dog' }, { id: 'other', placement: 'hero', show: 'back' }] } } });
    await who.sees('hero');
    await kit.expectEvent(who, 'Experience Viewed', { experience_id: 'all', placement_id: 'hero', block_id: 'dog' }, { times: 1 });
    await who.preview('other');
    await kit.expectDecision(who, 'hero', { experience: 'other', reason: 'preview' });
    await kit.expectShown(who, 'hero', 'Good to see you again');
    await who.preview(null);
    await kit.expectDecision(who, 'hero', 'all');
    await close();
  });

  test('any driver will do that can run an expression: here one that knows nothing but text', async () => {
    const { page, close } = await open();
    const driver = { evaluate: (expression) => page.evaluate(`(async () => ${expression})()`), reload: () => page.reload() };
    const who = kit.shopper(driver);
    await who.likes('Dogs', 5);
    await kit.expectDecision(who, 'hero', 'dog-people');
    await close();
    await assert.rejects(kit.prepare({}), /neither `addInitScript` nor `evaluateOnNewDocument`/);
    assert.throws(() => kit.initScript({ now: 'tomorrow' }), /`tomorrow` is no moment/);
  });

  test('a page that was opened without the kit gets it by a reload; one without the tag says so', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(stage.url);
    const who = await kit.shopper(page).likes('Dogs/Food', 5);
    await kit.expectDecision(who, 'hero', 'dog-people');
    stage.pages['/plain'] = '<p>no tag';
    const lone = await context.newPage();
    await lone.goto(`${stage.url}/plain`);
    await assert.rejects(kit.shopper(lone, { patience: 100 }).settled(), /no agent was ready within 100 ms: is the tag in this page\?/);
    await context.close();
  });

  test('works in a page with a strict policy', async () => {
    const { page, who, close } = await open({ path: '/strict' });
    await page.evaluate(() => document.addEventListener('securitypolicyviolation', (event) => (window.violated = event.violatedDirective)));
    await who.likes('Dogs', 5);
    await kit.expectShown(who, 'hero', 'For dog people');
    assert.equal(await page.evaluate(() => window.violated), undefined);
    await close();
  });
});
