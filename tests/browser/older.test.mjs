//! The oldest browsers that are served: what Chrome 80, Firefox 79 or Safari 15 lack is taken out of this one. And pages whose
//! old libraries have changed what everybody builds on.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { agentReady, html, launch, missing, startCollector, startStage, until, watchErrors } from './harness.mjs';

const why = missing();
const RULES = {
  version: 1,
  settings: { consent: 'granted' },
  catalog: '/catalog.json',
  blocks: { b: { html: '<h2>For {{traits.name|you}}</h2>' }, row: { template: 'product-row' } },
  placements: { plain: {}, element: {}, row: {} },
  experiences: [
    { id: 'plain', placement: 'plain', when: { 'count.Product Viewed': { $gte: 1 } }, show: 'b' },
    { id: 'element', placement: 'element', show: 'b' },
    { id: 'row', placement: 'row', show: 'row', products: { strategy: 'recent', limit: 2 } },
  ],
};
const CATALOG = { version: 1, products: ['a', 'b'].map((id) => ({ id, name: `Product ${id}`, url: `/p/${id}`, category: 'Dogs' })) };
let browser;
let collector;
let stage;

before(async () => {
  if (why) return;
  browser = await launch();
  collector = await startCollector();
  stage = await startStage({ pages: { '/tailorbird/rules.json': JSON.stringify(RULES), '/catalog.json': JSON.stringify(CATALOG) } });
});
after(async () => {
  await browser?.close();
  await stage?.close();
  await collector?.stop({ remove: true });
});

/** Runs in the page before its scripts. */
function takeAway() {
  const lacking = [
    [globalThis, 'WeakRef FinalizationRegistry AggregateError structuredClone requestIdleCallback cancelIdleCallback reportError BroadcastChannel scheduler CSSStyleSheet trustedTypes navigation'],
    [Object, 'hasOwn groupBy'], [Promise, 'any withResolvers'], [Array.prototype, 'at findLast findLastIndex toSorted toSpliced'], [String.prototype, 'at replaceAll isWellFormed'],
    [Crypto.prototype, 'randomUUID'], [AbortSignal, 'timeout any'], [Element.prototype, 'replaceChildren checkVisibility getHTML setHTML'], [Document.prototype, 'replaceChildren adoptedStyleSheets startViewTransition'],
    [DocumentFragment.prototype, 'replaceChildren'], [Navigator.prototype, 'locks userAgentData scheduling'], [IDBFactory.prototype, 'databases'], [HTMLElement.prototype, 'attachInternals'], [Event.prototype, 'composed'],
  ];
  for (const [owner, names] of lacking) for (const name of names.split(' ')) delete owner[name];
}

test('a browser that lacks what has come since: decides, shows, keeps, delivers, and gives back', { skip: why }, async () => {
  const context = await browser.newContext();
  const errors = await watchErrors(context);
  await context.addInitScript(takeAway);
  const page = await context.newPage();
  const warnings = [];
  page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
  stage.pages['/'] = html({
    collector: collector.url,
    body: '<div data-tailorbird-slot="plain"><p>own</p></div><tailorbird-slot name="element"><p>own too</p></tailorbird-slot><div data-tailorbird-slot="row">own row</div>',
  });
  await page.goto(`${stage.url}/`);
  assert.deepEqual(await page.evaluate(() => [typeof WeakRef, typeof navigator.locks, 'replaceChildren' in document.body]), ['undefined', 'undefined', false]);
  await agentReady(page);
  await page.evaluate(() => {
    window.tailorbird.identify('u', { name: 'Ann' });
    window.tailorbird.track('Product Viewed', { product_id: 'a' });
  });
  await page.locator('[data-tailorbird-slot=plain]').getByText('For Ann').waitFor();
  await page.locator('tailorbird-slot').getByText('For Ann').waitFor();
  await page.getByText('Product a').first().waitFor();
  await page.evaluate(() => window.tailorbird.flush());
  await until('the view to arrive', async () => (await collector.events()).some((event) => event.event === 'Product Viewed'));
  await page.reload();
  await agentReady(page);
  await page.locator('[data-tailorbird-slot=plain]').getByText('For Ann').waitFor();
  await page.evaluate(() => window.tailorbird.stop());
  assert.equal(await page.locator('[data-tailorbird-slot=plain]').innerHTML(), '<p>own</p>');
  assert.deepEqual([errors, warnings], [[], []]);
  await context.close();
});

/** Runs in the page before its scripts: what Prototype.js and its like do. */
function changeWhatIsBuiltIn() {
  const quoted = (value) => `"${value}"`;
  Object.assign(Array.prototype, { toJSON() { return `[${this.map((one) => JSON.stringify(one)).join(', ')}]`; }, each() {}, reduce() { return this[0]; } });
  Object.assign(String.prototype, { toJSON() { return quoted(this); } });
  Object.assign(Object.prototype, { extend() {}, event: 'theirs', properties: { their: 1 }, show: 'theirs', messageId: 'theirs' });
  Object.assign(Function.prototype, { bind(self) { const inner = this; return function bound(...args) { return inner.apply(self, args); }; } });
  Object.assign(window, { $: () => null, Event: { observe() {} }, Selector: {}, Hash() {} });
}

test('what old libraries have built into lists, texts and objects changes neither events nor rules', { skip: why }, async () => {
  const context = await browser.newContext();
  const errors = await watchErrors(context);
  await context.addInitScript(changeWhatIsBuiltIn);
  const page = await context.newPage();
  stage.pages['/old'] = html({ collector: collector.url, body: '<div data-tailorbird-slot="plain">own</div>' });
  await page.goto(`${stage.url}/old`);
  await page.evaluate(() => window.tailorbird.push(['track', 'Order Completed', { order_id: 'o1', products: [{ product_id: 'a', price: 3, quantity: 2 }] }]));
  await agentReady(page);
  await page.evaluate(() => {
    window.tailorbird.identify('old', { name: 'Ann', likes: ['Dogs', 'Cats'] });
    window.tailorbird.track('Product Viewed', { product_id: 'a' });
  });
  await page.locator('[data-tailorbird-slot=plain]').getByText('For Ann').waitFor();
  await page.evaluate(() => window.tailorbird.flush());
  const arrived = await until('the events to arrive', async () => {
    const all = (await collector.events()).filter((event) => event.userId === 'old' || event.event === 'Order Completed');
    return all.some((event) => event.event === 'Product Viewed') && all;
  });
  const found = (name) => arrived.find((event) => (event.event ?? event.type) === name);
  assert.deepEqual(found('Order Completed').properties.products, [{ product_id: 'a', price: 3, quantity: 2 }]);
  assert.deepEqual(found('identify').traits, { name: 'Ann', likes: ['Dogs', 'Cats'] });
  assert.equal(found('Product Viewed').properties.product_id, 'a');
  assert.deepEqual(errors, []);
  await context.close();
});

test('lists whose prototype is frozen do not keep the tag from starting', { skip: why }, async () => {
  const context = await browser.newContext();
  const errors = await watchErrors(context);
  await context.addInitScript(() => [Array, Object, Function, Promise].forEach((one) => Object.freeze(one.prototype)));
  const page = await context.newPage();
  stage.pages['/frozen'] = html({ body: '<tailorbird-slot name="element">own</tailorbird-slot>' });
  await page.goto(`${stage.url}/frozen`);
  await page.locator('tailorbird-slot').getByText('For you').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});
