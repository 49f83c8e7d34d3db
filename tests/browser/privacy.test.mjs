// Global Privacy Control from the browser to the disk: what a shopper agreed to when asked outweighs it, nothing else does.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { agentReady, EMPTY_RULES, html, launch, missing, startCollector, startStage, until, watchErrors } from './harness.mjs';

const why = missing();
let browser;
let collector;
let stage;

before(async () => {
  if (why) return;
  browser = await launch();
  collector = await startCollector();
  const page = html({ collector: collector.url });
  const asking = { ...EMPTY_RULES, settings: { consent: { personalization: 'granted', analytics: 'pending' } } };
  stage = await startStage({ pages: { '/granted': page, '/pending': html({ collector: collector.url, rules: '/asking.json' }), '/asking.json': JSON.stringify(asking) } });
});
after(async () => {
  await browser?.close();
  await stage?.close();
  await collector?.stop({ remove: true });
});

/** A browser with Global Privacy Control switched on: it says so to pages and in every request. */
async function controlled(path) {
  const context = await browser.newContext();
  const errors = await watchErrors(context);
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true }));
  // Set here and not as an extra header: those would make the request need a preflight, which the browser's own does not.
  await context.route(`${collector.url}/**`, (route) => route.continue({ headers: { ...route.request().headers(), 'sec-gpc': '1' } }));
  const page = await context.newPage();
  await page.goto(stage.url + path);
  await agentReady(page);
  return { context, page, errors };
}

const stored = async (id) => (await collector.events()).filter((event) => event.anonymousId === id);
const idOf = (page) => page.evaluate(() => window.tailorbird.export().visitor);

test('a default of granted does not outweigh Global Privacy Control: nothing is sent', { skip: why }, async () => {
  const { context, page, errors } = await controlled('/granted');
  const id = await idOf(page);
  assert.equal(await page.evaluate(() => window.tailorbird.consent().analytics), 'denied');
  await page.evaluate(() => window.tailorbird.track('Looked'));
  await page.evaluate(() => window.tailorbird.flush());
  await page.waitForTimeout(500);
  assert.equal((await stored(id)).length, 0);
  assert.deepEqual(errors, []);
  await context.close();
});

test('who agrees when asked is heard, by the collector too', { skip: why }, async () => {
  const { context, page, errors } = await controlled('/granted');
  const id = await idOf(page);
  await page.evaluate(() => window.tailorbird.consent({ analytics: 'granted' }));
  await page.evaluate(() => window.tailorbird.track('Looked', { nth: 1 }));
  await page.evaluate(() => window.tailorbird.flush());
  const events = await until('the event', async () => {
    const found = await stored(id);
    return found.some((event) => event.event === 'Looked') && found;
  });
  for (const event of events) assert.equal(event.context.consent.analytics, 'granted', event.event ?? event.type);
  await page.evaluate(() => window.tailorbird.consent({ analytics: 'denied' }));
  await page.evaluate(() => window.tailorbird.track('Looked', { nth: 2 }));
  await page.evaluate(() => window.tailorbird.flush());
  await page.waitForTimeout(500);
  assert.equal((await stored(id)).filter((event) => event.properties?.nth === 2).length, 0);
  assert.deepEqual(errors, []);
  await context.close();
});

test('what happened before the answer carries it once it is a yes', { skip: why }, async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${stage.url}/pending`);
  await agentReady(page);
  const id = await idOf(page);
  await page.evaluate(() => window.tailorbird.track('Looked'));
  await page.evaluate(() => window.tailorbird.consent({ analytics: 'granted' }));
  await page.evaluate(() => window.tailorbird.flush());
  const events = await until('both events', async () => {
    const found = await stored(id);
    return found.length >= 2 && found;
  });
  assert.ok(events.some((event) => event.event === 'Looked'));
  for (const event of events) assert.equal(event.context.consent?.analytics, 'granted', event.event ?? event.type);
  await context.close();
});
