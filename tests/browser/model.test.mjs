// The trained model in a real Chromium: what is fetched, what is shown and why, and what happens when files are missing or damaged.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { agentReady, BIN, DIST, launch, missing, startCollector, until, watchErrors } from './harness.mjs';

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
