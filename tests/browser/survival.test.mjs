// Whatever a shop tells of a shopper, however odd: at the next visit the profile is there again.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { agentReady, EMPTY_RULES, html, launch, missing, startStage, until, watchErrors } from './harness.mjs';

const why = missing();
let browser;
let stage;

before(async () => {
  if (why) return;
  browser = await launch();
  const blocked = "<script>Object.defineProperty(window,'indexedDB',{get(){throw new DOMException('blocked','SecurityError')}})</script>";
  stage = await startStage({ pages: { '/': html({}), '/local': html({ head: blocked }), '/tailorbird/rules.json': JSON.stringify(EMPTY_RULES) } });
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/** Runs in the page: every call with every odd text and number. */
async function tellOddThings() {
  const agent = window.tailorbird;
  const texts = [
    '', ' ', 'x'.repeat(200), 'x'.repeat(201), 'x'.repeat(5000), 'ü'.repeat(100), `a${'ü'.repeat(100)}`, '€'.repeat(67), '😀'.repeat(51), '\ud800', `${'x'.repeat(199)}\ud83d`, '\udc00\ud800',
    '\u0000\u0001\u001f\u007f', '\u0001'.repeat(200), '"\\<>&\'', '<'.repeat(200), '__proto__', 'constructor', 'null', '-0', '1e999', 'A/B/C', '/', `${'a/'.repeat(150)}`, '\u2028\u2029\ufeff\ufffe',
  ];
  const numbers = [NaN, Infinity, -Infinity, -0, 5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 1e300, 1e12, 1e12 + 1, 2 ** 53 + 1, -1, 0.1, 1e21, 1e-7];
  const deep = (depth) => (depth ? [deep(depth - 1)] : 'deep');
  const values = [...texts, ...numbers, null, undefined, true, [], {}, deep(3), deep(40), 10n, new Date(NaN), { [texts[3]]: texts[4] }];
  const names = ['Product Viewed', 'Product Clicked', 'Product Added', 'Cart Viewed', 'Checkout Started', 'Products Searched', 'Experience Viewed', 'Experiment Viewed', 'Product List Viewed'];
  for (const [nth, value] of values.entries()) {
    const other = values[(nth * 7 + 3) % values.length];
    const product = { product_id: value, category: other, brand: value, tags: [value, other, `tag ${nth}`], price: value, quantity: other, name: value, categories: [value] };
    const all = { ...product, products: [product, { product_id: `p${nth}`, category: value, price: other }], order_id: value, revenue: other, experience_id: value, experiment_id: value, variation_id: other, query: value };
    for (const name of names) agent.track(name, all);
    agent.track('Order Completed', { ...all, order_id: typeof value === 'string' ? value : `o${nth}` });
    if (typeof value === 'string' && value) agent.track(value, all);
    agent.identify(value, { [`trait ${nth}`]: value, [String(value)]: other, nested: { value, other } });
    agent.group(typeof value === 'string' && value ? value : 'g', { [`trait ${nth}`]: value });
    agent.alias(typeof value === 'string' && value ? value : 'u', String(other));
    agent.page(value, other, { path: value, url: other, referrer: value, title: value });
    agent.track('Looked', { value }, { timestamp: value, messageId: value, context: { campaign: { name: value, source: other, medium: value }, page: { path: value, url: value } } });
    await new Promise((done) => setTimeout(done));
  }
  // What must be there afterwards.
  agent.identify('the shopper', { tier: 'gold' });
  agent.track('Product Viewed', { product_id: 'the product', category: 'Dogs/Food', brand: 'Good', price: 3 });
  agent.track('Product Added', { product_id: 'the product', category: 'y'.repeat(201), price: 3 });
}

/** The profile without what moves with time. */
const profile = (page) => page.evaluate(() => {
  const { affinity, session, ...rest } = window.tailorbird.profile();
  return { ...rest, names: Object.fromEntries(Object.entries(affinity).map(([taste, all]) => [taste, Object.keys(all).sort()])), number: session.number, stored: window.tailorbird.export().stored };
});

for (const [medium, path] of [['IndexedDB', '/'], ['localStorage', '/local']]) {
  test(`odd texts and numbers in every call, kept in ${medium}: the profile is there again`, { skip: why }, async () => {
    const context = await browser.newContext();
    const errors = await watchErrors(context);
    const page = await context.newPage();
    const warnings = [];
    page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
    await page.goto(stage.url + path);
    await agentReady(page);
    await page.evaluate(tellOddThings);
    const before = await until('all calls to be folded in', async () => {
      const found = await profile(page);
      return found.cart.lines.some((line) => line.id === 'the product') && found;
    });
    await page.evaluate(() => window.tailorbird.settle());
    await page.waitForTimeout(700);
    for (let round = 0; round < 2; round += 1) {
      await page.goto(stage.url + path);
      await agentReady(page);
      const found = await profile(page);
      assert.equal(found.visitorId, before.visitorId, 'the same visitor');
      assert.equal(found.userId, 'the shopper');
      assert.equal(found.traits.tier, 'gold');
      assert.deepEqual(found.cart, before.cart);
      assert.deepEqual(found.viewed, before.viewed);
      assert.deepEqual([found.orders, found.names, found.traits, found.seen, found.experiments], [before.orders, before.names, before.traits, before.seen, before.experiments]);
      assert.ok(JSON.stringify(found.stored).length < 1 << 20);
    }
    assert.deepEqual(warnings.filter((text) => text.includes('stored profile')), []);
    assert.deepEqual(errors, []);
    await context.close();
  });
}

test('a damaged row costs itself, not the profile', { skip: why }, async () => {
  const context = await browser.newContext();
  const errors = await watchErrors(context);
  const page = await context.newPage();
  await page.goto(`${stage.url}/local`);
  await agentReady(page);
  await page.evaluate(() => {
    for (const id of ['a', 'b', 'c']) window.tailorbird.track('Product Added', { product_id: id, price: 3, category: `Dogs/${id}` });
    window.tailorbird.identify('u', { tier: 'gold', points: 3 });
  });
  const visitor = await until('the profile to be stored', () => page.evaluate(() => {
    window.tailorbird.settle();
    const text = localStorage.getItem('tailorbird.profile') ?? '';
    return text.includes('points') && window.tailorbird.profile().visitorId;
  }));
  await page.goto(`${stage.url}/tailorbird/rules.json`);
  await page.evaluate(() => {
    const parts = JSON.parse(localStorage.getItem('tailorbird.profile'));
    const cart = parts.find((part) => Array.isArray(part) && part.length === 3 && part.every((row) => row.length === 4));
    cart[1] = ['b', 1, 3, 'z'.repeat(300)];
    localStorage.setItem('tailorbird.profile', JSON.stringify(parts));
  });
  await page.goto(`${stage.url}/local`);
  await agentReady(page);
  const found = await profile(page);
  assert.equal(found.visitorId, visitor);
  assert.deepEqual(found.cart.lines.map((line) => line.id), ['a', 'c']);
  assert.deepEqual(found.traits, { tier: 'gold', points: 3 });
  assert.deepEqual(errors, []);
  await context.close();
});

/** Runs in the page before its scripts: keeps the agent's connection in reach. */
function watchDatabase() {
  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...args) {
    if (!this.isTheTests) window.connection = this;
    return begin.apply(this, args);
  };
}

/** Runs in the page: every row and whether the profile knows the trait, read by a connection of its own that makes nothing. */
async function stored() {
  const database = await new Promise((done, fail) => {
    const request = indexedDB.open('tailorbird');
    request.onupgradeneeded = () => request.transaction.abort();
    request.onerror = () => done(undefined);
    request.onsuccess = () => done(request.result);
  });
  if (!database) return undefined;
  database.isTheTests = true;
  database.onversionchange = () => database.close();
  const all = (name) => new Promise((done) => { database.transaction(name).objectStore(name).getAll().onsuccess = (event) => done(event.target.result); });
  const found = { rows: (await all('events')).join('\n'), profile: (await all('state')).join('\n') };
  database.close();
  return found;
}

/** A page whose collector is down and whose agent stands on a database. */
async function withDatabase() {
  stage.pages['/v1/b'] = { status: 503, body: '' };
  stage.pages['/database'] = html({ collector: stage.url, options: { flushAt: 1 } });
  const context = await browser.newContext();
  const errors = await watchErrors(context);
  const page = await context.newPage();
  await page.addInitScript(watchDatabase);
  await page.goto(`${stage.url}/database`);
  await agentReady(page);
  await page.evaluate(() => window.tailorbird.track('Before'));
  await until('what was tracked before to be stored', async () => (await page.evaluate(stored)).rows.includes('"Before"'));
  return { page, context, errors };
}

for (const [what, takeAway] of [
  // As Safari does to pages in the background.
  ['and says so', () => { window.connection.close(); window.connection.dispatchEvent(new Event('close')); }],
  ['without a word', () => window.connection.close()],
]) {
  test(`the browser takes the open database away ${what}: it is opened again, and what is tracked then is kept`, { skip: why }, async () => {
    const { page, context, errors } = await withDatabase();
    for (const nth of [1, 2]) {
      await page.evaluate(takeAway);
      await page.evaluate((tier) => {
        window.tailorbird.track(`After ${tier}`);
        window.tailorbird.identify('u', { tier: `gold ${tier}` });
      }, nth);
      await until('what was tracked after to be stored', async () => {
        const { rows, profile } = await page.evaluate(stored);
        return rows.includes(`"After ${nth}"`) && profile.includes(`gold ${nth}`);
      }, { timeout: 10_000 });
    }
    await page.reload();
    await agentReady(page);
    assert.equal(await page.evaluate(() => window.tailorbird.profile().traits.tier), 'gold 2');
    assert.deepEqual(errors, []);
    await context.close();
  });
}

/** Has the browser take the connection away without a word, then does something at once. */
const lost = (page, then, ...words) => page.evaluate(([then, words]) => {
  window.connection.close();
  (0, eval)(`(${then})`)(...words);
}, [then.toString(), words]);

for (const [purpose, stays] of [['personalization', 'rows'], ['analytics', 'profile']]) {
  test(`${purpose} refused while the database is away: what it allowed is erased, and never written after`, { skip: why }, async () => {
    const { page, context, errors } = await withDatabase();
    await page.evaluate(() => window.tailorbird.identify('u', { tier: 'secret' }));
    await until('the profile to be stored', async () => (await page.evaluate(stored)).profile.includes('secret'));
    await lost(page, (purpose) => {
      window.tailorbird.track('secret');
      window.tailorbird.settle();
      window.tailorbird.consent({ [purpose]: 'denied' });
    }, purpose);
    const left = async () => {
      const found = await page.evaluate(stored);
      return Object.keys(found).filter((part) => found[part].includes(part === 'rows' ? 'Before' : 'secret'));
    };
    await until('it to be erased', async () => (await left()).length === 1);
    await page.waitForTimeout(700);
    assert.deepEqual(await left(), [stays]);
    if (stays === 'profile') assert.doesNotMatch((await page.evaluate(stored)).rows, /secret/);
    assert.deepEqual(errors, []);
    await context.close();
  });
}

test('a page that lost the database in the background reads what others kept meanwhile, and does not write over it', { skip: why }, async () => {
  const { page, context, errors } = await withDatabase();
  await page.evaluate(() => window.tailorbird.track('Product Viewed', { product_id: 'a' }));
  await until('the profile to be stored', async () => (await page.evaluate(stored)).profile.includes('Product Viewed'));
  await lost(page, () => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
  const other = await context.newPage();
  await other.goto(`${stage.url}/database`);
  await agentReady(other);
  await other.evaluate(() => {
    for (const id of ['b', 'c']) window.tailorbird.track('Product Viewed', { product_id: id });
    window.tailorbird.identify('u', { tier: 'from another page' });
  });
  await until('the other page to have stored its own', async () => (await other.evaluate(stored)).profile.includes('from another page'));
  await other.close();
  await lost(page, () => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await until('all to be known here', () => page.evaluate(() => window.tailorbird.attributes().count?.['Product Viewed'] === 3));
  await page.evaluate(() => window.tailorbird.track('Product Viewed', { product_id: 'd' }));
  await page.waitForTimeout(700);
  await page.reload();
  await agentReady(page);
  assert.deepEqual(await page.evaluate(() => [window.tailorbird.attributes().count['Product Viewed'], window.tailorbird.profile().traits.tier]), [4, 'from another page']);
  assert.deepEqual(errors, []);
  await context.close();
});

test('the page that sends for all gets over it when the database is taken from it, though it has nothing to write itself', { skip: why }, async () => {
  const sent = [];
  stage.pages['/tailorbird/events-only.json'] = JSON.stringify({ ...EMPTY_RULES, settings: { consent: { personalization: 'denied', analytics: 'granted' } } });
  stage.pages['/v1/b'] = async (request) => {
    let text = '';
    for await (const part of request) text += part;
    sent.push(...JSON.parse(text).batch.map((event) => event.event ?? event.type));
    return { body: '{"success":true}', headers: { 'content-type': 'application/json' } };
  };
  stage.pages['/sends'] = html({ collector: stage.url, options: { flushAt: 1, consent: undefined } }).replace('rules.json', 'events-only.json');
  const context = await browser.newContext();
  const errors = await watchErrors(context);
  const open = async () => {
    const page = await context.newPage();
    await page.addInitScript(watchDatabase);
    await page.goto(`${stage.url}/sends`);
    await agentReady(page);
    await page.evaluate(() => window.tailorbird.flush());
    return page;
  };
  const leader = await open();
  await until('the first page to have sent', () => sent.length === 1);
  const other = await open();
  await until('both to have sent', () => sent.length === 2);
  await lost(leader, () => undefined);
  await other.evaluate(() => window.tailorbird.track('From the other'));
  await until('it to be sent', () => sent.includes('From the other'), { timeout: 20_000 });
  assert.deepEqual(errors, []);
  await context.close();
});

for (const [what, erase] of [
  ['a script of the page', (page) => page.evaluate(() => new Promise((done) => { indexedDB.deleteDatabase('tailorbird').onsuccess = done; }))],
  ['the browser’s settings', async (page) => {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Storage.clearDataForOrigin', { origin: stage.url, storageTypes: 'all' });
  }],
]) {
  test(`the database is erased by ${what}: the page goes on, and nobody is brought back`, { skip: why }, async () => {
    const { page, context, errors } = await withDatabase();
    const visitor = await page.evaluate(() => window.tailorbird.profile().visitorId);
    await erase(page);
    await page.evaluate(() => {
      window.tailorbird.track('After');
      window.tailorbird.identify('u', { tier: 'gold' });
    });
    await page.waitForTimeout(1500);
    assert.equal(await page.evaluate(stored), undefined);
    assert.deepEqual(await page.evaluate(() => [window.tailorbird.profile().visitorId, window.tailorbird.profile().traits.tier]), [visitor, 'gold']);
    await page.reload();
    await agentReady(page);
    assert.notEqual(await page.evaluate(() => window.tailorbird.profile().visitorId), visitor);
    assert.deepEqual(errors, []);
    await context.close();
  });
}

test('what was kept in localStorage while the database would not open is in the database, once that opens', { skip: why }, async () => {
  stage.pages['/v1/b'] = { status: 503, body: '' };
  const opens = '/database-again';
  const blocked = '/database-blocked';
  for (const path of [opens, blocked]) stage.pages[path] = html({ collector: stage.url, options: { flushAt: 1 } });
  const context = await browser.newContext();
  const errors = await watchErrors(context);
  const page = await context.newPage();
  await page.addInitScript((path) => {
    if (location.pathname === path) Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('blocked', 'SecurityError'); } });
  }, blocked);
  await page.goto(stage.url + blocked);
  await agentReady(page);
  await page.evaluate(() => {
    window.tailorbird.identify('u', { tier: 'gold' });
    for (let nth = 0; nth < 5; nth += 1) window.tailorbird.track(`Kept ${nth}`);
  });
  const names = () => page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('tailorbird.event.') || name === 'tailorbird.profile'));
  await until('all of it to be kept', async () => (await names()).length >= 7);
  const visitor = await page.evaluate(() => window.tailorbird.profile().visitorId);
  await page.goto(stage.url + opens);
  await agentReady(page);
  assert.deepEqual(await page.evaluate(() => [window.tailorbird.profile().visitorId, window.tailorbird.profile().traits.tier]), [visitor, 'gold']);
  await until('localStorage to be given back', async () => (await names()).length === 0);
  const { rows, profile } = await page.evaluate(stored);
  for (let nth = 0; nth < 5; nth += 1) assert.ok(rows.includes(`"Kept ${nth}"`), `Kept ${nth}`);
  assert.match(profile, /gold/);
  // They are sent like any others.
  const sent = [];
  stage.pages['/v1/b'] = async (request) => {
    let text = '';
    for await (const part of request) text += part;
    sent.push(...JSON.parse(text).batch.map((event) => event.event ?? event.type));
    return { body: '{"success":true}', headers: { 'content-type': 'application/json' } };
  };
  await page.reload();
  await agentReady(page);
  await until('them to be sent', () => [0, 1, 2, 3, 4].every((nth) => sent.includes(`Kept ${nth}`)));
  assert.deepEqual(errors, []);
  await context.close();
});

test('what could not be moved into the database is erased with what is there', { skip: why }, async () => {
  stage.pages['/v1/b'] = { status: 503, body: '' };
  stage.pages['/does-not-move'] = html({ collector: stage.url });
  const context = await browser.newContext();
  const errors = await watchErrors(context);
  const page = await context.newPage();
  await page.addInitScript(() => {
    localStorage.setItem('tailorbird.event.000', '{"type":"track"}');
    localStorage.setItem('tailorbird.profile', '[]');
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...words) {
      if (words[1] === '000') throw new DOMException('full', 'QuotaExceededError');
      return put.apply(this, words);
    };
  });
  await page.goto(`${stage.url}/does-not-move`);
  await agentReady(page);
  const left = () => page.evaluate(() => ['event.000', 'profile'].filter((name) => localStorage.getItem(`tailorbird.${name}`) !== null));
  await page.waitForTimeout(300);
  assert.deepEqual(await left(), ['event.000', 'profile']);
  await page.evaluate(() => window.tailorbird.consent({ analytics: 'denied' }));
  await until('the events to be gone', async () => (await left()).join() === 'profile');
  await page.evaluate(() => window.tailorbird.consent({ analytics: 'granted', personalization: 'denied' }));
  await until('the profile to be gone', async () => (await left()).length === 0);
  assert.deepEqual(errors, []);
  await context.close();
});

for (const [what, spoil] of [
  ['holds nothing of ours', () => new Promise((done) => { indexedDB.open('tailorbird', 1).onsuccess = done; })],
  ['lets nobody read', () => { IDBDatabase.prototype.transaction = () => { throw new DOMException('lost', 'UnknownError'); }; }],
]) {
  test(`a database that ${what}: the agent is ready all the same, sends, and does not open it for ever`, { skip: why }, async () => {
    const sent = [];
    stage.pages['/v1/b'] = async (request) => {
      let text = '';
      for await (const part of request) text += part;
      sent.push(...JSON.parse(text).batch.map((event) => event.event ?? event.type));
      return { body: '{"success":true}', headers: { 'content-type': 'application/json' } };
    };
    stage.pages['/spoiled'] = html({ collector: stage.url, options: { flushAt: 1 } });
    stage.pages['/before'] = html({ collector: '' }).replace(/<script async.*<\/script>/, '');
    const context = await browser.newContext();
    const errors = await watchErrors(context);
    const page = await context.newPage();
    if (spoil.toString().includes('prototype')) await page.addInitScript(spoil);
    else {
      await page.goto(`${stage.url}/before`);
      await page.evaluate(spoil);
    }
    await page.addInitScript(() => {
      const open = IDBFactory.prototype.open;
      window.opens = 0;
      IDBFactory.prototype.open = function (...words) { window.opens += 1; return open.apply(this, words); };
    });
    await page.goto(`${stage.url}/spoiled`);
    await agentReady(page);
    await page.evaluate(() => window.tailorbird.track('All the same'));
    await until('it to be sent', () => sent.includes('All the same'));
    assert.ok(await page.evaluate(() => window.opens) < 20);
    assert.deepEqual(errors, []);
    await context.close();
  });
}

test('a database that opens too late keeps nobody from erasing it', { skip: why }, async () => {
  stage.pages['/database-late'] = html({ collector: '' });
  const context = await browser.newContext();
  const errors = await watchErrors(context);
  const page = await context.newPage();
  // Whoever opens it waits behind a deletion, which waits for this connection.
  await page.addInitScript(() => {
    indexedDB.open('tailorbird', 1).onsuccess = (event) => { window.first = event.target.result; };
    indexedDB.deleteDatabase('tailorbird');
  });
  await page.goto(`${stage.url}/database-late`);
  await agentReady(page);
  await page.evaluate(() => window.tailorbird.track('Meanwhile'));
  await until('localStorage to stand in', () => page.evaluate(() => Object.keys(localStorage).some((name) => name.startsWith('tailorbird.event.'))));
  await page.evaluate(() => window.first.close());
  await until('the database to be there after all', () => page.evaluate(async () => (await indexedDB.databases()).length === 1));
  assert.equal(await page.evaluate(() => new Promise((done) => {
    const request = indexedDB.deleteDatabase('tailorbird');
    request.onsuccess = () => done('erased');
    request.onblocked = () => setTimeout(() => done('blocked'), 1000);
  })), 'erased');
  assert.deepEqual(errors, []);
  await context.close();
});
