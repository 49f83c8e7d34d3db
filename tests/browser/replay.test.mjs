//! A visit in a real Chromium, recorded by a real collector: what `tailorbird replay` says was seen is what the page showed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { BIN, DIST, html, launch, missing, startCollector, startStage, tempDir, until } from './harness.mjs';

const why = missing();
const kit = why ? {} : await import(pathToFileURL(join(DIST, 'testing.js')));

const PLACES = ['hero', 'bar', 'row', 'promise'];
const block = (id) => ({ html: `<p>${id}</p>` });
const RULES = {
  version: 1,
  settings: { consent: { personalization: 'granted', analytics: 'granted' } },
  audiences: { 'dog-people': { 'affinity.category.Dogs': { $gte: 1.5 } } },
  blocks: {
    ...Object.fromEntries(['dogs', 'welcome', 'again', 'filled', 'looked', 'promised'].map((id) => [id, block(id)])),
    recent: { html: '<p>recent {{#each products}}{{name}} {{/each}}</p>' },
  },
  placements: Object.fromEntries(PLACES.map((place) => [place, {}])),
  experiences: [
    { id: 'dogs', placement: 'hero', priority: 10, when: { $audience: 'dog-people' }, show: 'dogs', limit: { times: 2, per: 'session' } },
    { id: 'welcome', placement: 'hero', when: { 'visitor.new': true, 'page.type': 'home' }, show: 'welcome' },
    { id: 'again', placement: 'hero', priority: -1, when: { 'seen.dogs': { $gte: 2 } }, show: 'again' },
    { id: 'filled', placement: 'bar', priority: 10, when: { 'cart.items': { $gte: 1 } }, show: 'filled' },
    { id: 'looked', placement: 'bar', when: { $did: { event: 'Product Viewed', times: { $gte: 2 }, withinMinutes: 30 } }, show: 'looked' },
    { id: 'recent', placement: 'row', when: {}, show: 'recent', products: { strategy: 'recent', limit: 2, exclude: ['page'], fallback: [] } },
    { id: 'promise', placement: 'promise', when: {}, experiment: { coverage: 1 }, variants: [{ id: 'without', weight: 0.5 }, { id: 'with', weight: 0.5, show: 'promised' }] },
  ],
};
const CATALOG = {
  version: 1,
  products: ['Dogs', 'Dogs', 'Cats'].map((category, nth) => ({ id: `p${nth}`, name: `Product ${nth}`, category, price: 5, url: `/product/p${nth}` })),
};
const BODY = PLACES.map((place) => `<div data-tailorbird-slot="${place}"><p>default</p></div>`).join('');

let browser, shop, stage, folder;

before(async () => {
  if (why) return;
  browser = await launch();
  shop = await startCollector({});
  folder = await tempDir('replay');
  const page = (head) => html({ collector: shop.url, rules: '/rules.json', head, body: BODY });
  const described = ({ id: sku, name, category, price }) =>
    page(`<script type="application/ld+json">${JSON.stringify({ '@context': 'https://schema.org', '@type': 'Product', sku, name, category, offers: { '@type': 'Offer', price, priceCurrency: 'EUR' } })}</script>`);
  stage = await startStage({
    pages: {
      '/': page(), '/cart': page(), ...Object.fromEntries(CATALOG.products.map((product) => [product.url, described(product)])),
      '/rules.json': JSON.stringify({ ...RULES, catalog: '/catalog.json' }), '/catalog.json': JSON.stringify(CATALOG),
    },
  });
});
after(async () => {
  await browser?.close();
  await shop?.stop({ remove: true });
  await stage?.close();
});

/** Goes through the shop and answers how often each experience stood in its slot, as somebody who watches would count it. */
async function visit(seed) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
  await kit.prepare(context, { now: 'real', deliver: true, seed });
  const page = await context.newPage();
  const who = kit.shopper(page);
  const seen = {};
  const looks = async (path, act) => {
    await page.goto(stage.url + path);
    await who.settled();
    const before = {};
    const watch = async () => {
      const fresh = [];
      for (const place of PLACES) {
        const [id] = (await who.shown(place)).text.split(' ');
        if (before[place] === id) continue;
        before[place] = id;
        if (id !== 'default') fresh.push([place, id]);
      }
      for (const [place, id] of fresh) {
        seen[id] = (seen[id] ?? 0) + 1;
        await until(`${id} to be counted`, async () => (await who.log()).some(({ kind, detail }) => kind === 'exposure' && detail.placement === place));
      }
      await who.clear();
      // A page rests for a second before it is left.
      if (!fresh.length) await page.waitForTimeout(1_100);
    };
    await watch();
    if (act) {
      await act();
      await who.settled();
      await watch();
    }
  };
  await looks('/');
  await looks('/product/p0');
  await looks('/');
  await looks('/product/p1');
  await looks('/product/p2', () => who.adds({ product_id: 'p2', category: 'Cats', price: 5 }));
  await looks('/cart');
  await looks('/');
  await who.flush();
  const visitor = await page.evaluate(() => window.tailorbird.attributes().visitor.id);
  const sent = (await page.evaluate(() => window.tailorbird.export())).delivery;
  await context.close();
  return { seen, visitor, sent };
}

test('what a replay says was seen is what the page showed', { skip: why, timeout: 180_000 }, async () => {
  const visits = [];
  for (const seed of [11, 12]) visits.push(await visit(seed));
  const shown = {};
  for (const { seen } of visits) for (const [id, times] of Object.entries(seen)) shown[id] = (shown[id] ?? 0) + times;

  const events = await until('all that was seen to arrive', async () => {
    const all = await shop.events();
    const viewed = all.filter(({ event }) => event === 'Experience Viewed');
    return viewed.length >= Object.values(shown).reduce((sum, times) => sum + times, 0) && all;
  });
  await writeFile(join(folder, 'export.ndjson'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  await writeFile(join(folder, 'rules.json'), JSON.stringify(RULES));
  await writeFile(join(folder, 'catalog.json'), JSON.stringify(CATALOG));
  const told = JSON.parse(execFileSync(BIN, ['replay', '--events', 'export.ndjson', '--rules', 'rules.json', '--catalog', 'catalog.json', '--json'], { cwd: folder }));

  assert.equal(told.visitors, visits.length);
  assert.equal(told.pageViews, 7 * visits.length);
  const replayed = {};
  for (const { experiences } of told.placements) for (const { id, variant, views } of experiences) if (views && variant !== 'without') replayed[id === 'promise' ? 'promised' : id] = views;
  assert.deepEqual(replayed, shown);
  // The rules do something in this visit: each experience of one visitor at least.
  for (const id of ['dogs', 'welcome', 'again', 'filled', 'looked', 'recent']) assert.ok(shown[id] > 0, `${id} in ${JSON.stringify(shown)}`);
  // And the page's own count is the same.
  const exposed = {};
  for (const { event, properties } of events) {
    if (event !== 'Experience Viewed') continue;
    const id = properties.experience_id === 'promise' ? 'promised' : properties.experience_id;
    exposed[id] = (exposed[id] ?? 0) + 1;
  }
  assert.deepEqual(exposed, shown);
});
