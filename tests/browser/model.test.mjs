// The trained model in a real Chromium: what is fetched, what is shown and why, and what happens when files are missing or damaged.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { agentReady, BIN, DIST, EMPTY_RULES, html, launch, missing, startCollector, startStage, tempDir, until, watchErrors } from './harness.mjs';

const WWW = fileURLToPath(new URL('../../www', import.meta.url));
const why = missing();
let browser;

before(async () => {
  if (!why) browser = await launch();
});
after(() => browser?.close());

/** The shop's `decide` of a placement once it was won, with the winner's products as `explain` tells them. */
const picked = (page, placement) => page.evaluate((name) => {
  const decision = window.tailorbird.decide(name);
  const told = window.tailorbird.explain(name).find((one) => one.outcome === 'won');
  return decision.products.length && told?.products ? { ...decision, told: told.products } : undefined;
}, placement);

describe('the demo shop', { skip: why }, () => {
  let shop;
  before(async () => {
    shop = await startCollector({ site: WWW, writeKey: 'demo', args: ['--agent', DIST] });
  });
  after(() => shop?.stop({ remove: true }));

  async function shopper() {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const errors = await watchErrors(context);
    const page = await context.newPage();
    const visit = async (path) => {
      await page.goto(shop.url + path);
      await agentReady(page);
    };
    await visit('/');
    await page.evaluate(() => window.tailorbird.consent({ personalization: 'granted', analytics: 'granted' }));
    return { page, visit, errors, close: () => context.close() };
  }

  test('its model is what our trainer makes of the simulated shoppers', () => {
    const make = fileURLToPath(new URL('../../www/make/model.mjs', import.meta.url));
    assert.match(execFileSync('node', [make, '--check', BIN], { encoding: 'utf8' }), /as written/);
  });

  test('product and cart pages recommend, each product with its reason', async () => {
    const who = await shopper();
    const food = 'pawberry-first-bites-chicken-rice-2-kg';
    await who.visit(`/product/${food}/`);
    for (const [placement, strategy, sentence] of [
      ['product-row', 'together', 'Often bought with First Bites Chicken & Rice'],
      ['product-similar', 'similar', 'Similar to First Bites Chicken & Rice'],
      ['product-note', 'upsell', 'Others chose it over First Bites Chicken & Rice'],
    ]) {
      const { told } = await until(`${placement} by the model`, async () => {
        const found = await picked(who.page, placement);
        return found?.told.some((one) => one.strategy === strategy && one.weight > 0) && found;
      });
      for (const one of told) assert.deepEqual([one.strategy, one.because, one.why], [strategy, food, sentence], placement);
      const slot = who.page.locator(`[data-tailorbird-slot="${placement}"]`);
      await until(`${placement} to be shown`, async () => (await slot.innerText()).includes(sentence));
    }
    await who.page.locator('form.buy button[type=submit]').click();
    await who.visit('/cart/');
    for (const [placement, strategy] of [['cart-row', 'together'], ['cart-next', 'next']]) {
      const { told } = await until(placement, async () => {
        const found = await picked(who.page, placement);
        return found?.told.every((one) => one.strategy === strategy) && found;
      });
      assert.equal(told.length, 4);
      assert.ok(told.every((one) => one.because === food && one.weight > 0 && one.score >= one.weight), JSON.stringify(told));
    }
    assert.match(await who.page.locator('footer').innerText(), /simulated shoppers: no sales figure in this shop is real/);
    assert.deepEqual(who.errors, []);
    await who.close();
  });
});

describe('the model’s files', { skip: why }, () => {
  const ITEMS = 1200;
  let newer; // Another model of the same shop, in which `only-new` follows 7.
  let big; // A model of many shards: path in its folder → bytes.
  let folder;
  const left = new Set();

  before(async () => {
    folder = await tempDir('model');
    await writeFile(join(folder, 'sessions.tsv'), walks(ITEMS, 6000));
    await writeFile(join(folder, 'newer.tsv'), `session_id\titem_id\ttimestamp\n${Array.from({ length: 300 }, (_, nth) => `${nth}\t7\t${1_760_000_000 + 2 * nth}\n${nth}\tonly-new\t${1_760_000_001 + 2 * nth}\n`).join('')}`);
    [big, newer] = await Promise.all(['sessions', 'newer'].map(async (name) => {
      execFileSync(BIN, ['train', '--sessions', join(folder, `${name}.tsv`), '--out', join(folder, name)], { stdio: 'pipe' });
      const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
      const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
      return new Map(await Promise.all(paths.map(async (path) => [path.slice(join(folder, name).length + 1), await readFile(path)])));
    }));
    assert.ok(big.size > 15, `${big.size} files`);
  });
  after(async () => {
    for (const stage of left) await stage.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A shop of plain products with one row; `spoil` may give a model file other content, or undefined for none. */
  async function open({ model = big, spoil = (path, bytes) => bytes, products = catalogue(ITEMS), products_rule = { strategy: 'next', limit: 20, fallback: ['trending'] }, consent = 'granted', in: context } = {}) {
    const given = context ?? (await browser.newContext());
    const errors = await watchErrors(given);
    const warnings = [];
    const page = await given.newPage();
    page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
    const rules = {
      ...EMPTY_RULES,
      settings: { consent: { personalization: consent, analytics: consent } },
      catalog: '/catalog.json',
      model: '/model/manifest.json',
      templates: { row: '{{#each products}}<a href="/p/{{id}}">{{name}}</a> {{/each}}' },
      blocks: { row: { template: 'row' } },
      placements: { row: {} },
      experiences: [{ id: 'row', placement: 'row', when: {}, show: 'row', products: products_rule }],
    };
    const stage = await startStage({
      pages: {
        '/tailorbird/rules.json': JSON.stringify(rules),
        '/catalog.json': JSON.stringify({ version: 1, products }),
        '/': html({ body: '<main data-tailorbird-slot="row">the page’s own</main>' }),
      },
    });
    for (const [path, bytes] of model) {
      stage.pages[`/model/${path}`] = () => {
        const body = spoil(path, bytes);
        const headers = path === 'manifest.json' ? {} : { 'cache-control': 'public, max-age=31536000, immutable' };
        return body === undefined ? { status: 404, body: 'gone' } : { body, headers };
      };
    }
    left.add(stage);
    await page.goto(stage.url);
    await agentReady(page);
    const track = (id) => page.evaluate((product) => window.tailorbird.track('Product Viewed', { product_id: product }), id);
    const fetched = () => stage.requests.filter(({ path }) => path.startsWith('/model/')).map(({ path }) => path.slice(7));
    const row = () => page.evaluate(() => window.tailorbird.decide('row').products);
    /** No further file is asked for. */
    const settled = async () => {
      for (let count = -1; count !== fetched().length; ) {
        count = fetched().length;
        await page.evaluate(() => new Promise((done) => requestIdleCallback(() => setTimeout(done, 150))));
      }
    };
    return { page, stage, context: given, errors, warnings, track, fetched, row, settled, close: () => given.close() };
  }

  test('the manifest is small and comes first, then only what the shopper’s items need, once', async () => {
    const shop = await open();
    await shop.settled();
    assert.ok(big.get('manifest.json').length < 4096);
    assert.deepEqual(shop.fetched().map((path) => path.replace(/.*\//, '')), ['manifest.json', 'h0.bin'], 'a stranger costs two files');
    await shop.track('7');
    await shop.settled();
    const first = shop.fetched();
    assert.ok(first.length >= 4 && first.length < big.size / 2, first.join());
    assert.equal(new Set(first).size, first.length, 'no file twice');
    await shop.track('7');
    await shop.settled();
    assert.equal(shop.fetched().length, first.length);
    assert.deepEqual([shop.errors, shop.warnings], [[], []]);
    await shop.close();
  });

  /** Another page of the same shopper; the model's files that it asked for, of the browser or of the shop. */
  async function nextPage(shop) {
    const asked = [];
    const listen = (request) => request.url().includes('/model/') && asked.push(new URL(request.url()).pathname.slice(7));
    shop.page.on('request', listen);
    await shop.page.goto(shop.stage.url);
    await agentReady(shop.page);
    await until('the row again', () => shop.page.evaluate(() => window.tailorbird.decide('row').products.length === 20 && window.tailorbird.explain('row')[0].products[0].because === '7'));
    await shop.settled();
    shop.page.off('request', listen);
    return asked;
  }

  test('the next page has the shopper’s files at once: only the manifest is fetched', async () => {
    const shop = await open();
    await shop.track('7');
    await until('a row', async () => (await shop.row()).length === 20);
    await shop.settled();
    await shop.page.waitForTimeout(700);
    assert.deepEqual(await nextPage(shop), ['manifest.json']);
    assert.deepEqual(await nextPage(shop), ['manifest.json']);
    // They tell what was looked at, so they go with the profile.
    await shop.page.evaluate(() => window.tailorbird.reset());
    await shop.page.waitForTimeout(300);
    const kept = await shop.page.evaluate(() => new Promise((done) => {
      const opening = indexedDB.open('tailorbird');
      opening.onsuccess = () => {
        const asking = opening.result.transaction('state').objectStore('state').get('model');
        asking.onsuccess = () => done(asking.result);
      };
    }));
    assert.equal(kept, undefined);
    assert.deepEqual([shop.errors, shop.warnings], [[], []]);
    await shop.close();
  });

  test('what was kept counts before the manifest is there, and a newer model counts once it is', async () => {
    const shop = await open();
    await shop.track('7');
    await until('a row', async () => (await shop.row()).length === 20);
    await shop.settled();
    await shop.page.waitForTimeout(700);
    // The manifest comes only when the test says so.
    let answer;
    const asked = new Promise((done) => {
      shop.stage.pages['/model/manifest.json'] = () => new Promise((later) => {
        answer = later;
        done();
      });
    });
    await shop.page.goto(shop.stage.url);
    await agentReady(shop.page);
    await asked;
    const because = () => shop.page.evaluate(() => window.tailorbird.explain('row')[0].products?.[0]?.because);
    await until('the row of the kept model', async () => (await because()) === '7');
    answer({ body: newer.get('manifest.json') });
    for (const [path, body] of newer) shop.stage.pages[`/model/${path}`] = { body };
    await until('the row of the newer model', async () => (await because()) === '7' && (await shop.row()).includes('only-new'));
    assert.deepEqual([shop.errors, shop.warnings], [[], []]);
    await shop.close();
  });

  test('without leave to store, files come from the browser’s cache without a question to the shop', async () => {
    const shop = await open({ consent: 'pending' });
    await shop.track('7');
    await until('a row', async () => (await shop.row()).length === 20);
    await shop.settled();
    const before = shop.fetched();
    await shop.page.goto(shop.stage.url);
    await agentReady(shop.page);
    await shop.track('7');
    await until('a row', () => shop.page.evaluate(() => window.tailorbird.explain('row')[0].products?.[0]?.because === '7'));
    await shop.settled();
    assert.deepEqual(shop.fetched().slice(before.length), ['manifest.json']);
    assert.deepEqual(await shop.page.evaluate(async () => (await indexedDB.databases()).length), 0);
    await shop.close();
  });

  test('when the page is idle, and not before, the files of what comes next are fetched ahead', async () => {
    const context = await browser.newContext();
    // The test says when the page is idle.
    await context.addInitScript(() => {
      window.waiting = [];
      window.requestIdleCallback = (then) => window.waiting.push(then);
    });
    const shop = await open({ in: context });
    const quiet = async () => {
      for (let count = -1; count !== shop.fetched().length; await shop.page.waitForTimeout(200)) count = shop.fetched().length;
      return shop.fetched().length;
    };
    let [needed, ahead] = [0, 0];
    for (const id of ['7', '910', '1100']) {
      const before = await quiet();
      await shop.track(id);
      await until(`the row of ${id}`, async () => (await shop.page.evaluate(() => window.tailorbird.explain('row')[0].products?.some((one) => one.because !== ''))));
      const then = await quiet();
      await shop.page.evaluate(() => window.waiting.splice(0).forEach((then) => then()));
      needed += then - before;
      ahead += (await quiet()) - then;
      // What comes next finds its files there.
      const next = await shop.page.evaluate(() => window.tailorbird.explain('row')[0].products[0].id);
      const count = shop.fetched().length;
      await shop.track(next);
      assert.equal(await quiet(), count, `after ${id}, ${next} needed more files`);
      await shop.page.evaluate(() => window.waiting.splice(0));
    }
    assert.ok(needed > 0 && ahead > 0 && ahead < 20, `${needed} files needed, ${ahead} ahead`);
    await shop.close();
  });

  test('the first click changes the row, and explain tells who spoke for each product and how much', async () => {
    const shop = await open();
    await shop.settled();
    const stranger = await shop.row();
    await shop.track('7');
    const told = await until('a row by the model', () => shop.page.evaluate(() => {
      const { products } = window.tailorbird.explain('row').find((one) => one.outcome === 'won') ?? {};
      return products?.[0]?.because === '7' && products;
    }));
    assert.notDeepEqual(await shop.row(), stranger);
    assert.equal(told.length, 20);
    assert.equal(told[0].why, 'Because you viewed Product 7');
    for (const [nth, one] of told.entries()) {
      assert.ok(one.score <= (told[nth - 1]?.score ?? Infinity), 'best first');
      assert.ok(one.because === '' || one.weight > 0, JSON.stringify(one));
    }
    await until('the page to show it', async () => (await shop.page.locator('main').innerText()).includes(`Product ${told[0].id}`));
    await shop.close();
  });

  test('a product that the model never saw is reached through category, brand and tags', async () => {
    const products = [...catalogue(ITEMS), ...['a', 'b', 'c'].map((id) => ({ id: `new-${id}`, name: `New ${id}`, category: 'Fresh', brand: 'Dawn', tags: ['first'] }))];
    const shop = await open({ products, products_rule: { strategy: 'next', limit: 4, exclude: ['viewed'], fallback: ['affinity', 'trending'], where: { category: 'Fresh' } } });
    await shop.track('new-a');
    await shop.settled();
    const told = await shop.page.evaluate(() => window.tailorbird.explain('row')[0].products.map((one) => [one.id, one.strategy, one.why]));
    assert.deepEqual(told, [['new-b', 'affinity', 'Because you viewed New a'], ['new-c', 'affinity', 'Because you viewed New a']]);
    await shop.close();
  });

  test('ten items of one session cost less than 60 KB', async () => {
    const shop = await open();
    const session = (await readFile(join(folder, 'sessions.tsv'), 'utf8')).split('\n').slice(1).map((line) => line.split('\t'));
    const of = new Map();
    for (const [id, item] of session) if (item) of.set(id, [...(of.get(id) ?? []), item]);
    const ten = [...of.values()].map((items) => [...new Set(items)]).find((items) => items.length >= 10).slice(0, 10);
    for (const id of ten) {
      await shop.track(id);
      await shop.settled();
    }
    const bytes = shop.fetched().reduce((sum, path) => sum + big.get(path).length, 0);
    console.log(`    ten items of ${ITEMS}: ${shop.fetched().length} files, ${bytes} bytes, of ${[...big.values()].reduce((sum, file) => sum + file.length, 0)}`);
    assert.ok(bytes < 60_000);
    await shop.close();
  });

  test('missing and damaged files mean the fallback, never an error', async () => {
    const cut = (bytes) => bytes.subarray(0, bytes.length - 5);
    const flipped = (bytes) => bytes.map((byte, nth) => (nth === bytes.length >> 1 ? byte ^ 1 : byte));
    const kinds = { shard: /\/s\d+\.bin$/, page: /\/p\d+\.bin$/, head: /\/h0\.bin$/ };
    for (const [kind, pattern] of Object.entries(kinds)) {
      for (const [how, spoilt, warned] of [['missing', () => undefined, 0], ['cut off', cut, 1], ['altered', flipped, 1], ['another’s', () => big.get('manifest.json'), 1]]) {
        const shop = await open({ spoil: (path, bytes) => (pattern.test(`/${path}`) ? spoilt(bytes) : bytes) });
        await shop.track('7');
        const told = () => shop.warnings.filter((text) => text.includes('damaged model file')).length;
        if (warned) await until(`a warning of ${kind} ${how}`, told);
        await shop.settled();
        const row = await shop.row();
        assert.ok(kind === 'head' ? row.length > 0 : row.length === 20, `${kind} ${how}: ${row.length} products`);
        assert.equal(new Set(row).size, row.length);
        assert.deepEqual(shop.errors, [], `${kind} ${how}`);
        assert.equal(told(), warned, `${kind} ${how}: ${shop.warnings}`);
        const asked = shop.fetched().filter((path) => pattern.test(`/${path}`));
        assert.ok(Math.max(...asked.map((path) => asked.filter((other) => other === path).length)) <= (warned ? 2 : 1), `${kind} ${how}: ${asked}`);
        await shop.close();
      }
    }
  });

  test('a damaged, missing or newer manifest means the fallback and one warning', async () => {
    for (const manifest of ['', '{"version":1', '{"version":99}', '[]', big.get('manifest.json').subarray(0, 60), undefined]) {
      const shop = await open({ spoil: (path, bytes) => (path === 'manifest.json' ? manifest : bytes) });
      await shop.track('7');
      await shop.settled();
      assert.equal((await shop.row()).length, 20, String(manifest));
      assert.deepEqual(shop.errors, []);
      assert.equal(shop.warnings.length, 1, `${manifest}: ${shop.warnings}`);
      await shop.close();
    }
  });

  test('the browser answers what `tailorbird recommend` answers', async () => {
    const shop = await open({ products_rule: { strategy: 'next', limit: 20, fallback: [] } });
    const chance = dice(5);
    const prefixes = Array.from({ length: 40 }, () => [...new Set(Array.from({ length: 1 + Math.floor(chance() * 9) }, () => `${1 + Math.floor(chance() ** 2 * ITEMS)}`))]);
    const input = prefixes.map((prefix) => `${JSON.stringify({ prefix, t: 0 })}\n`).join('');
    const native = execFileSync(BIN, ['recommend', '--model', join(folder, 'sessions')], { input, encoding: 'utf8' }).trim().split('\n').map((line) => JSON.parse(line));
    for (const [nth, prefix] of prefixes.entries()) {
      await shop.page.evaluate(() => window.tailorbird.forget());
      for (const id of prefix) await shop.track(id);
      await shop.settled();
      assert.deepEqual(await shop.row(), native[nth], `after ${prefix}`);
    }
    assert.ok(new Set(native.map(String)).size > 30);
    await shop.close();
  });
});

/** Products that know nothing but their names. */
const catalogue = (count) => [...Array.from({ length: count }, (_, nth) => ({ id: `${nth + 1}`, name: `Product ${nth + 1}` })), { id: 'only-new', name: 'Only new' }];

/** Chance that falls the same way everywhere. */
function dice(seed) {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Sessions that walk through neighbourhoods of 150 items, more than a shard holds, as a table. */
function walks(items, sessions) {
  const chance = dice(11);
  const lines = ['session_id\titem_id\ttimestamp'];
  for (let session = 0; session < sessions; session += 1) {
    const home = Math.floor(chance() ** 1.5 * (items / 150)) * 150;
    for (let step = 0, length = 2 + Math.floor(chance() ** 2 * 14); step < length; step += 1) {
      const item = chance() < 0.9 ? home + Math.floor(chance() ** 2 * 150) : Math.floor(chance() * items);
      lines.push(`${session}\t${item + 1}\t${1_760_000_000 + session * 60 + step}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
