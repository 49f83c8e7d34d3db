// A catalogue of 50,000 products in parts: a page loads those of the products that it shows, and nothing else.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { agentReady, BIN, EMPTY_RULES, html, launch, missing, startStage, tempDir, until, watchErrors } from './harness.mjs';

const PRODUCTS = 50_000;
const why = missing();
let browser;
let folder;
const left = new Set();

before(async () => {
  if (why) return;
  browser = await launch();
  folder = await tempDir('parts');
  const rows = Array.from({ length: PRODUCTS }, (_, nth) => `p${nth},Product ${nth},Shelf ${nth % 40} > Board ${nth % 400},Brand ${nth % 90},${(nth % 80) + 1}.50 EUR,https://shop.example/p/${nth},${nth % 97 === 5 ? 'out of stock' : 'in stock'}`);
  await writeFile(join(folder, 'feed.csv'), `id,title,product_type,brand,price,link,availability\n${rows.join('\n')}\n`);
  execFileSync(BIN, ['import', join(folder, 'feed.csv'), '--parts', '--out', join(folder, 'catalog.json')], { stdio: 'pipe' });
  // Products 0 to 59 are looked at one after the other; 5 is sold out.
  const looks = [];
  for (let session = 0; session < 400; session += 1) for (let step = 0; step < 4; step += 1) looks.push(`${session}\tp${(session + step) % 60}\t${1_760_000_000 + session * 60 + step}`);
  await writeFile(join(folder, 'sessions.tsv'), `session_id\titem_id\ttimestamp\n${looks.join('\n')}\n`);
  execFileSync(BIN, ['train', '--sessions', join(folder, 'sessions.tsv'), '--out', join(folder, 'model')], { stdio: 'pipe' });
});
after(async () => {
  await browser?.close();
  for (const stage of left) await stage.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** A page of the shop with `cards` and one row; `pages` go before the files of the folder. */
async function open({ cards = [], products = { strategy: 'next', limit: 4, fallback: ['trending'] }, pages = {} } = {}) {
  const context = await browser.newContext();
  const errors = await watchErrors(context);
  const page = await context.newPage();
  const warnings = [];
  page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
  const rules = {
    ...EMPTY_RULES, catalog: '/catalog.json', model: '/model/manifest.json', placements: { row: {} },
    blocks: { row: { html: '{{#each products}}<p>{{name}}, {{brand}}, {{price}}: {{why}}</p>{{/each}}' } },
    experiences: [{ id: 'row', placement: 'row', show: 'row', products }],
  };
  const head = `<script>
    window.rendered = [];
    (window.tailorbird = window.tailorbird || []).push((agent) => agent.on('render', (decision) => window.rendered.push(decision.products)));
  </script>`;
  const body = `<main>${cards.map((id) => `<a href="/x" data-tailorbird-product="${id}">${id}</a>`).join(' ')}</main><div data-tailorbird-slot="row">the page’s own</div>`;
  const stage = await startStage({ site: folder, pages: { '/tailorbird/rules.json': JSON.stringify(rules), '/': html({ head, body }), ...pages } });
  left.add(stage);
  await page.goto(stage.url);
  await agentReady(page);
  return {
    page, stage, errors, warnings, context,
    parts: () => stage.requests.filter(({ path }) => path.startsWith('/catalog-parts/')).map(({ path }) => path),
    track: (id) => page.evaluate((product) => window.tailorbird.track('Product Viewed', { product_id: product }), id),
    slot: () => page.locator('[data-tailorbird-slot="row"]').innerText(),
  };
}

test('of fifty thousand products a page loads those that it shows', { skip: why }, async () => {
  const cards = Array.from({ length: 8 }, (_, nth) => `p${40_000 + nth * 777}`);
  const shop = await open({ cards });
  await until('the cards’ parts', () => shop.parts().length > 0);
  await shop.track('p20');
  await until('the row', async () => (await shop.slot()).includes('Because you viewed Product 20'));
  assert.match(await shop.slot(), /^Product \d\d, Brand \d\d, \d+\.50: Because you viewed Product 20$/m);
  await shop.page.waitForTimeout(300);
  const parts = shop.parts();
  // Eight cards, one product viewed, four in the row and four trending ones before it; the next for what is sold out in
  // either, and for the trending one that has just been viewed.
  assert.ok(parts.length >= 9 && parts.length <= 8 + 1 + 5 + 6, `${parts.length} parts`);
  assert.equal(new Set(parts).size, parts.length, 'none twice');
  const bytes = (await readFile(join(folder, 'catalog.json'))).length + (await Promise.all(parts.map((path) => readFile(join(folder, path))))).reduce((sum, part) => sum + part.length, 0);
  console.log(`    ${parts.length} parts, ${bytes} bytes before compression`);
  assert.ok(bytes < 2500 * parts.length);
  // A row is shown once it is complete, not first with whatever happens to be known.
  const rendered = await shop.page.evaluate(() => window.rendered);
  assert.ok(rendered.every((products) => products.length === 4), JSON.stringify(rendered));
  assert.deepEqual([shop.errors, shop.warnings], [[], []]);
  await shop.context.close();
});

test('cards’ products are known to events, recent and pinned ones to rows', { skip: why }, async () => {
  const shop = await open({ cards: ['p40007'], products: { strategy: 'pinned', ids: ['p30001', 'p5', 'p30002'], limit: 3, fallback: ['recent'] } });
  await until('the pinned row', async () => (await shop.slot()).includes('Product 30002'));
  assert.doesNotMatch(await shop.slot(), /Product 5,/, 'sold out');
  const told = shop.page.evaluate(() => new Promise((done) => window.tailorbird.on('event', (event) => event.event === 'Product Clicked' && done(event.properties))));
  await shop.page.evaluate(() => document.querySelector('main a').addEventListener('click', (event) => event.preventDefault()));
  await shop.page.click('main a');
  const { category, brand, price } = await told;
  assert.deepEqual([category, brand, price], ['Shelf 7/Board 7', 'Brand 47', 8.5]);
  await shop.track('p33333');
  await until('the recent one behind', async () => /Product 30002[^]*Product (33333|40007)/.test(await shop.slot()));
  assert.deepEqual(shop.errors, []);
  await shop.context.close();
});

test('a part that is missing or damaged costs only its own products', { skip: why }, async () => {
  const { parts } = JSON.parse(await readFile(join(folder, 'catalog.json'), 'utf8'));
  const all = Array.from({ length: parts.count }, (_, nth) => `/catalog-parts/${nth}.json`);
  const holding = async (id) => {
    for (const path of all) if ((await readFile(join(folder, path), 'utf8')).includes(`"${id}"`)) return path;
    return undefined;
  };
  const lost = await holding('p30001');
  for (const spoilt of [{ status: 404, body: '' }, '{"version":1,"products":[{"id"', '']) {
    const shop = await open({ products: { strategy: 'pinned', ids: ['p30001', 'p30002'], limit: 2, fallback: [] }, pages: { [lost]: spoilt } });
    await until('the other product', async () => (await shop.slot()).includes('Product 30002'));
    assert.doesNotMatch(await shop.slot(), /30001/);
    assert.deepEqual(shop.errors, []);
    assert.equal(shop.warnings.length, 1, String(shop.warnings));
    assert.equal(shop.parts().filter((path) => path === lost).length, 1, 'asked for once');
    await shop.context.close();
  }
});
