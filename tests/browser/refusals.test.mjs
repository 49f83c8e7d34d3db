// A refusal reaches all that is kept and all that waits: of earlier visits, in other tabs, in pages that come back.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { agentReady, EMPTY_RULES, html, launch, missing, startStage, until, watchErrors } from './harness.mjs';

const why = missing();
let browser;
let stage;
/** What came in, as the endpoint took it. */
const sent = [];
let down = false;

const NO_DATABASE = "<script>Object.defineProperty(window,'indexedDB',{get(){throw new DOMException('blocked','SecurityError')}})</script>";

before(async () => {
  if (why) return;
  browser = await launch();
  stage = await startStage({ pages: { '/tailorbird/rules.json': JSON.stringify({ ...EMPTY_RULES, settings: { consent: 'pending' } }) } });
  stage.pages['/v1/b'] = async (request) => {
    let text = '';
    for await (const part of request) text += part;
    if (down) return { status: 503, body: '' };
    sent.push(...JSON.parse(text).batch);
    return { body: '{"success":true}', headers: { 'content-type': 'application/json' } };
  };
  const options = { flushAt: 1, consent: undefined };
  stage.pages['/'] = html({ collector: stage.url, options });
  stage.pages['/local'] = html({ collector: stage.url, options, head: NO_DATABASE });
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/** Another shopper, whose collector is there. */
async function shopper() {
  const context = await browser.newContext();
  sent.length = 0;
  down = false;
  const errors = await watchErrors(context);
  const open = async (path = '/') => {
    const page = await context.newPage();
    await page.goto(stage.url + path);
    await agentReady(page);
    return page;
  };
  return { context, errors, open };
}

const say = (page, code) => page.evaluate((code) => void (0, eval)(code), code);
const names = () => sent.map((event) => event.event ?? event.type);

/** What the database holds, events or all, as one text; a connection of its own that makes nothing. */
const stored = (page, events) => page.evaluate(async (events) => {
  const database = await new Promise((done) => {
    const request = indexedDB.open('tailorbird');
    request.onupgradeneeded = () => request.transaction.abort();
    request.onerror = () => done(undefined);
    request.onsuccess = () => done(request.result);
  });
  if (!database) return '';
  database.onversionchange = () => database.close();
  const all = (name) => new Promise((done) => { database.transaction(name).objectStore(name).getAll().onsuccess = (event) => done(event.target.result.join('\n')); });
  const found = `${await all('events')}\n${events ? '' : await all('state')}`;
  database.close();
  return found;
}, events);

/** A shopper whose profile, with a trait of this name, is stored. */
async function known(page) {
  await say(page, "tailorbird.consent('granted'); tailorbird.identify('u', { tier: 'secret' }); tailorbird.settle()");
  await until('the profile to be stored', async () => /secret/.test(await stored(page)));
}

for (const [what, code] of [
  ['one call after the other', "tailorbird.consent('granted'); tailorbird.consent({ personalization: 'denied' })"],
  ['a tool grants, another refuses', "dataLayer.push(['consent', 'update', { analytics_storage: 'granted' }]); tailorbird.consent({ analytics: 'granted' }); tailorbird.consent({ personalization: 'denied' })"],
]) {
  test(`refused while the store is being opened, what an earlier visit kept is erased: ${what}`, { skip: why }, async () => {
    const { context, errors, open } = await shopper();
    const page = await open();
    await known(page);
    await page.evaluate(() => localStorage.removeItem('tailorbird.consent'));
    await page.reload();
    await agentReady(page);
    assert.equal(await page.evaluate(() => window.tailorbird.consent().personalization), 'pending');
    await say(page, `window.dataLayer ??= []; ${code}`);
    await until('it to be erased', async () => !/secret/.test(await stored(page)));
    assert.deepEqual(errors, []);
    await context.close();
  });
}

test('events of an earlier visit are erased by a refusal, though nothing is sent in this one', { skip: why }, async () => {
  const { context, errors, open } = await shopper();
  const page = await open();
  down = true;
  await say(page, "tailorbird.consent('granted'); tailorbird.track('Earlier')");
  await until('the event to be stored', async () => /Earlier/.test(await stored(page, true)));
  await page.evaluate(() => { localStorage['tailorbird.consent'] = '{"personalization":"granted"}'; });
  await page.reload();
  await agentReady(page);
  assert.match(await stored(page, true), /Earlier/);
  await say(page, "tailorbird.consent({ analytics: 'denied' })");
  await until('it to be erased', async () => !/Earlier/.test(await stored(page, true)));
  assert.deepEqual(errors, []);
  await context.close();
});

test('one purpose refused in one tab is refused in the other, and only that', { skip: why }, async () => {
  const { context, errors, open } = await shopper();
  const one = await open();
  await known(one);
  const other = await open();
  await say(one, "tailorbird.consent({ personalization: 'denied' })");
  const consent = (page) => page.evaluate(() => JSON.stringify(window.tailorbird.consent()));
  await until('the other to know', async () => (await consent(other)) === '{"personalization":"denied","analytics":"granted"}');
  await say(other, "tailorbird.track('Still allowed')");
  await until('what is allowed to be sent', () => names().includes('Still allowed'));
  // It still listens.
  down = true;
  await say(other, "tailorbird.track('Waits')");
  await until('it to be stored', async () => /Waits/.test(await stored(one, true)));
  await say(one, "tailorbird.consent({ analytics: 'denied' })");
  await until('the other to know', async () => (await consent(other)) === '{"personalization":"denied","analytics":"denied"}');
  down = false;
  await say(other, "tailorbird.track('Refused')");
  await other.waitForTimeout(700);
  assert.deepEqual(names().filter((name) => ['Waits', 'Refused'].includes(name)), []);
  assert.doesNotMatch(await stored(one), /Waits|secret/);
  assert.deepEqual(errors, []);
  await context.close();
});

test('where localStorage stands in, the other tab erases nothing that came after', { skip: why }, async () => {
  const { context, errors, open } = await shopper();
  const one = await open('/local');
  await say(one, "tailorbird.consent('granted')");
  const other = await open('/local');
  await until('both to have sent', () => names().filter((name) => name === 'page').length === 2);
  down = true;
  await say(other, "tailorbird.track('Bought')");
  const rows = () => other.evaluate(() => Object.entries(localStorage).filter(([name, text]) => name.includes('.event.') && text.includes('Bought')).length);
  await until('the event to be stored', async () => (await rows()) === 1);
  await say(other, "tailorbird.consent({ personalization: 'denied' })");
  await until('the other to know', () => one.evaluate(() => window.tailorbird.consent().personalization === 'denied'));
  await one.waitForTimeout(300);
  assert.equal(await rows(), 1);
  assert.deepEqual(errors, []);
  await context.close();
});

test('a page that comes back has what was refused meanwhile, and only that', { skip: why }, async () => {
  const { context, errors, open } = await shopper();
  const page = await open();
  await known(page);
  await say(page, "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))");
  const other = await open();
  await say(other, "tailorbird.consent({ personalization: 'denied' })");
  await until('the profile to be erased', async () => !/secret/.test(await stored(other)));
  await other.close();
  await say(page, "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
  assert.deepEqual(await page.evaluate(() => window.tailorbird.consent()), { personalization: 'denied', analytics: 'granted' });
  await say(page, "tailorbird.track('Back again')");
  await until('what is allowed to be sent', () => names().includes('Back again'));
  await page.waitForTimeout(700);
  assert.doesNotMatch(await stored(page), /secret/);
  assert.deepEqual(errors, []);
  await context.close();
});

test('while analytics is pending again events are held, and go once it is a yes', { skip: why }, async () => {
  const { context, errors, open } = await shopper();
  const page = await open();
  await say(page, "tailorbird.consent('granted')");
  await until('the page to be told', () => names().includes('page'));
  await say(page, "tailorbird.consent({ analytics: 'pending' }); tailorbird.track('Held'); tailorbird.flush()");
  await page.waitForTimeout(700);
  assert.deepEqual(names(), ['page']);
  await say(page, "tailorbird.consent({ analytics: 'granted' })");
  await until('it to be sent', () => names().includes('Held'));
  assert.deepEqual(errors, []);
  await context.close();
});

test('who asks to be forgotten everywhere and refuses all in the same breath is erased at the collector, and twice is no hindrance', { skip: why }, async () => {
  const { context, errors, open } = await shopper();
  const page = await open();
  await say(page, "tailorbird.consent('granted')");
  await until('the page to be told', () => names().includes('page'));
  const visitor = sent[0].anonymousId;
  const asked = () => sent.filter((event) => event.event === 'Erasure Requested').map((event) => event.anonymousId);
  await page.evaluate(async () => {
    const first = window.tailorbird.forget({ everywhere: true });
    const second = window.tailorbird.forget({ everywhere: true });
    window.tailorbird.consent('denied');
    await Promise.all([first, second]);
  });
  await until('the collector to be asked', () => asked().includes(visitor));
  assert.deepEqual(errors, []);
  await context.close();
});
