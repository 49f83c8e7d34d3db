//! What a page may call and say: Segment's argument forms, every option as an attribute, strange arguments, a module that never comes.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { agentReady, DIST, html, launch, missing, sleep, startStage, until, watchErrors } from './harness.mjs';

const why = missing();
const RULES = {
  version: 1,
  settings: { consent: 'granted' },
  blocks: { b: { html: '<b>for you</b>' } },
  placements: { home: {} },
  experiences: [{ id: 'e', placement: 'home', when: { 'page.type': 'home' }, show: 'b' }],
};
const BODY = '<div data-tailorbird-slot="home">default</div>';
let browser;

before(async () => {
  if (!why) browser = await launch();
});
after(() => browser?.close());

/** A shop of its own that collects what it is sent; `warnings` are what the console was told. */
async function open({ options, rules = RULES, pages = {}, raw, path = '/', ready = true, init, global } = {}) {
  const sent = [];
  const collect = async (request) => {
    let text = '';
    for await (const part of request) text += part;
    sent.push(...JSON.parse(text).batch);
    return { body: '{"success":true}', headers: { 'content-type': 'application/json' } };
  };
  const stage = await startStage({ pages: { '/v1/b': collect, '/tailorbird/rules.json': JSON.stringify(rules), [path]: raw ?? html({ collector: '', options, body: BODY }), ...pages } });
  const context = await browser.newContext();
  const errors = await watchErrors(context);
  const page = await context.newPage();
  const warnings = [];
  page.on('console', (message) => { if (message.type() === 'warning') warnings.push(message.text()); });
  if (init) await page.addInitScript(init);
  await page.goto(stage.url + path);
  if (ready) await agentReady(page, { global });
  return {
    page, stage, warnings, sent, context,
    /** What was sent, each message once: what is in doubt is sent again. */
    names: () => [...new Map(sent.map((event) => [event.messageId, event.event ?? event.type])).values()],
    slot: () => page.textContent('[data-tailorbird-slot]'),
    async close() {
      assert.deepEqual(errors, []);
      await context.close();
      await stage.close();
    },
  };
}

describe('calls and options', { skip: why, concurrency: 2 }, () => {
  test('Segment’s calls take its options and callbacks, wherever those may stand', async () => {
    const { page, warnings, close } = await open({ options: { autocapture: 'false' } });
    const told = await page.evaluate(async () => {
      const agent = window.tailorbird;
      const events = [];
      agent.on('event', (event) => events.push(event));
      let called = 0;
      const done = () => { called += 1; };
      const options = (messageId) => ({ messageId, timestamp: new Date(1e12), context: { ip: '1.2.3.4' }, integrations: { All: false } });
      agent.track('A', { a: 1 }, options('1'), done);
      agent.track('A', { a: 1 }, done);
      agent.track('A', done);
      agent.track('A', null, options('2'));
      agent.page('Cat', 'Name', { a: 1 }, options('3'), done);
      agent.page('Name', { a: 1 }, options('4'), done);
      agent.page({ a: 1 }, options('5'), done);
      agent.page('Name', done);
      agent.page(done);
      agent.page('Cat', 'Name', null, options('6'));
      agent.identify('u', { a: 1 }, options('7'), done);
      agent.identify({ a: 1 }, options('8'), done);
      agent.identify('u', done);
      agent.group('g', { a: 1 }, options('9'), done);
      agent.group(7, done);
      agent.alias('n', 'old', options('10'), done);
      agent.alias('n', options('11'), done);
      agent.alias(8, 9, done);
      await new Promise((then) => setTimeout(then, 50));
      return { called, events: events.map(({ type, event, name, category, properties, traits, userId, groupId, previousId, messageId, timestamp, integrations, context }) => ({
        type, event, name, category, a: (properties ?? traits)?.a, told: properties?.name, userId, groupId, previousId, id: messageId.length < 3 ? messageId : '', old: timestamp === '2001-09-09T01:46:40.000Z', all: integrations?.All, ip: context.ip, url: typeof context.page?.url,
      })) };
    });
    assert.equal(told.called, 16);
    assert.equal(told.events.length, 18);
    assert.deepEqual(warnings, []);
    for (const event of told.events) {
      assert.deepEqual([event.old, event.all, event.ip], event.id ? [true, false, '1.2.3.4'] : [false, undefined, undefined], JSON.stringify(event));
      assert.equal(event.url, 'string', 'context is there without page views, too');
    }
    assert.deepEqual(told.events.map(({ id }) => id), ['1', '', '', '2', '3', '4', '5', '', '', '6', '7', '8', '', '9', '', '10', '11', '']);
    assert.deepEqual(told.events.filter(({ type }) => type === 'page').map(({ category, name, told, a }) => [category, name, told, a]), [
      ['Cat', 'Name', 'Name', 1], [undefined, 'Name', 'Name', 1], [undefined, undefined, undefined, 1], [undefined, 'Name', 'Name', undefined], [undefined, undefined, undefined, undefined], ['Cat', 'Name', 'Name', undefined],
    ]);
    assert.deepEqual(told.events.filter(({ groupId }) => groupId).map(({ groupId }) => groupId), ['g', '7']);
    assert.deepEqual(told.events.slice(-3).map(({ userId, previousId }) => [userId, previousId === 'old' || previousId === '9']), [['n', true], ['n', false], ['8', true]]);
    await close();
  });

  test('what is worked off later is known to whoever asks, in its order and as it was when it was told', async () => {
    const { page, sent, close } = await open({ options: { autocapture: 'false' } });
    const told = await page.evaluate(() => {
      const agent = window.tailorbird;
      const count = (name) => agent.attributes().count[name] ?? 0;
      const properties = { step: 1 };
      agent.track('A', properties);
      properties.step = 2;
      const asked = count('A');
      for (let nth = 0; nth < 3; nth += 1) agent.track('B', { nth });
      agent.identify('ada');
      agent.track('C');
      agent.reset();
      agent.track('D');
      return { asked, after: count('B'), own: count('D') };
    });
    assert.deepEqual(told, { asked: 1, after: 0, own: 1 }, 'after reset nothing is left of what was told before');
    // Where somebody listens, it is done within the call.
    const heard = await page.evaluate(() => {
      const heard = [];
      const off = window.tailorbird.on('event', ({ event }) => heard.push(event));
      window.tailorbird.track('E');
      const within = [...heard];
      off();
      window.tailorbird.track('F');
      // As the page goes away right now: nothing of it may wait for a timer.
      location.assign('about:blank');
      return within;
    });
    assert.deepEqual(heard, ['E']);
    const first = (name) => sent.find(({ event }) => event === name);
    await until('all of it to arrive', () => ['A', 'B', 'C', 'D', 'E', 'F'].every(first), { timeout: 5000 });
    const order = [...new Map(sent.map((event) => [event.messageId, event.event ?? event.type])).values()];
    assert.deepEqual(order.filter((name) => name !== 'page'), ['A', 'B', 'B', 'B', 'identify', 'C', 'D', 'E', 'F']);
    assert.equal(first('A').properties.step, 1);
    assert.deepEqual(sent.filter(({ event }) => event === 'B').slice(0, 3).map(({ properties }) => properties.nth), [0, 1, 2]);
    assert.deepEqual(['B', 'C', 'D'].map((name) => first(name).userId), [undefined, 'ada', undefined]);
    assert.equal(first('B').anonymousId, first('C').anonymousId);
    assert.notEqual(first('C').anonymousId, first('D').anonymousId);
    await close();
  });

  test('a call right after a route belongs to the new page', async () => {
    const { page, close } = await open();
    const paths = await page.evaluate(() => {
      const events = [];
      window.tailorbird.on('event', ({ type, event, context }) => events.push(`${event ?? type} ${context.page.path}`));
      history.pushState(null, '', '/p/2');
      window.tailorbird.track('Looked', {});
      return events;
    });
    assert.deepEqual(paths, ['page /p/2', 'Looked /p/2']);
    await close();
  });

  test('no argument throws or ends the agent; each mistake is told once', async () => {
    const { page, warnings, close } = await open({ options: { autocapture: 'false' }, rules: { ...RULES, experiences: [{ id: 'e', placement: 'home', show: 'b' }] } });
    const { thrown, rejected, reason } = await page.evaluate(async () => {
      const agent = window.tailorbird;
      const circle = {};
      circle.circle = circle;
      const { proxy: revoked, revoke } = Proxy.revocable({}, {});
      revoke();
      const odd = [
        undefined, null, '', 0, NaN, -1, true, 'x', [], {}, [[]], Symbol('s'), 10n, () => {}, circle, Object.create(null), new Proxy({}, { get() { throw new Error('trap'); } }), revoked,
        { toString() { throw new Error('text'); } }, { toJSON() { throw new Error('json'); } }, new Date(NaN), document.body, '\ud800', '__proto__', new Map([[1, 2]]),
      ];
      const names = Object.keys(agent).filter((name) => typeof agent[name] === 'function' && !/^(debug|stop|settle|places)$/.test(name));
      const thrown = [];
      const rejected = [];
      for (const name of names) for (const first of odd) for (const second of [...odd, 'nothing']) {
        try {
          agent[name](...(second === 'nothing' ? [first] : [first, second]))?.then?.(() => {}, (reason) => rejected.push(`${name} ${reason}`));
        } catch (reason) {
          thrown.push(`${name}: ${reason}`);
        }
      }
      agent.consent('granted');
      agent.preview(null);
      await new Promise((then) => setTimeout(then, 50));
      return { thrown: [...new Set(thrown)], rejected, reason: agent.decide('home').reason };
    });
    assert.deepEqual([thrown, rejected], [[], []]);
    assert.equal(reason, 'matched');
    assert.equal(new Set(warnings).size, warnings.length);
    assert.ok(warnings.every((text) => text.length < 500));
    await close();
  });

  test('what cannot be meant is told', async () => {
    const { page, warnings, close } = await open();
    const told = await page.evaluate(() => {
      const agent = window.tailorbird;
      const told = [];
      agent.on('warning', ({ code, message }) => told.push(`${code}: ${message}`));
      agent.consent('yes');
      agent.consent({ analytics: true });
      agent.on('evnt', () => {});
      agent.decide();
      agent.preview('e');
      agent.preview({ experience: 'nobody' });
      agent.preview({ experience: 'e', variant: 'none' });
      agent.push('track');
      agent.page(true, 'Home');
      agent.decide('home', 5);
      return told;
    });
    assert.equal(told.length, 10, told.join('\n'));
    for (const [nth, words] of [/consent expects.*yes/, /consent expects.*true/, /`evnt`, which never happens: there are ready, event/, /decide expects a placement/, /preview expects/, /no experience `nobody`/, /no experience `e` or no such variant/, /push expects a list.*`track` is no method/, /page expects category.*true/, /decide expects options.*`5`/].entries()) assert.match(told[nth], words);
    assert.equal(warnings.length, 10);
    assert.deepEqual(await page.evaluate(() => window.tailorbird.consent()), { personalization: 'granted', analytics: 'granted' });
    await close();
  });

  const pace = async ({ page, sent }) => {
    await page.evaluate(() => window.tailorbird.track('One'));
    await sleep(300);
    assert.deepEqual(sent, []);
    await page.evaluate(() => window.tailorbird.track('Two'));
    await until('the batch', () => sent.length === 3);
  };
  for (const [name, options] of Object.entries({
    'as JSON': { sync: '{"flushAt":3,"flushIntervalMs":60000}' },
    'by their names': { flushAt: '3', flushIntervalMs: '60000' },
    'by their whole names': { syncFlushAt: '3', syncFlushIntervalMs: '60000' },
  })) {
    test(`the pace of sending as attributes, ${name}`, async () => {
      const it = await open({ options, rules: { ...RULES, experiences: [] } });
      await pace(it);
      await it.close();
    });
  }

  test('sources are switched off as attributes; conditions see the page all the same', async () => {
    for (const options of [{ autocapture: 'false' }, { autocapture: '{"pages":false}' }, { autocapturePages: 'false' }]) {
      const { page, slot, names, close } = await open({ options });
      await until('the block', async () => (await slot()) === 'for you');
      assert.deepEqual(await page.evaluate(() => [window.tailorbird.attributes().page.path, window.tailorbird.attributes().device.language]), ['/', 'en-US']);
      await page.evaluate(() => history.pushState(null, '', '/cart'));
      await until('the cart to be seen', () => page.evaluate(() => window.tailorbird.attributes().page.type === 'cart'));
      await until('the page’s own content again', async () => (await slot()) === 'default');
      await page.evaluate(() => window.tailorbird.flush());
      assert.equal(names().includes('page'), false);
      await close();
    }
  });

  test('the other attributes: prefix, global name, wasm, seed, clock, rules', async () => {
    const wasm = await readFile(join(DIST, 'tailorbird.wasm'));
    const options = { storagePrefix: 'acme', globalName: 'tb', wasm: '/elsewhere.wasm', seed: '7', clock: '1790000000000', rules: JSON.stringify(RULES) };
    const raw = html({ collector: '', options, body: BODY }).replace('window.tailorbird=window.tailorbird||[]', 'window.tb=[["track","Early",{}]];window.kept=window.tb');
    const { page, stage, slot, sent, names, close } = await open({ raw, global: 'tb', pages: { '/elsewhere.wasm': { body: wasm, headers: { 'content-type': 'application/wasm' } } } });
    await until('the block', async () => (await slot()) === 'for you');
    // Who took the list before the script came goes on with it; a function's arguments are a list, too.
    await page.evaluate(() => {
      window.kept.push(['track', 'Late', {}]);
      (function () { window.tb.push(arguments); })('track', 'Arguments', {});
      return window.tb.flush();
    });
    assert.deepEqual(names().filter((name) => /^[ELA][a-z]+$/.test(name)), ['Early', 'Late', 'Arguments']);
    assert.ok(sent.every(({ timestamp }) => timestamp === '2026-09-21T14:13:20.000Z'));
    const { stores, ours } = await page.evaluate(async () => ({
      stores: [...Object.keys(localStorage), ...(await indexedDB.databases()).map(({ name }) => name)],
      ours: Object.keys(window).filter((name) => /tailorbird/.test(name)),
    }));
    assert.ok(stores.length > 0 && stores.every((name) => /^acme/.test(name)), stores.join());
    assert.deepEqual(ours, []);
    const paths = stage.requests.map(({ path }) => path);
    assert.ok(paths.includes('/elsewhere.wasm') && !paths.includes('/tailorbird/tailorbird.wasm') && !paths.includes('/tailorbird/rules.json'));
    await close();
  });

  const A = 'src="/tailorbird/tailorbird.js" data-rules="/tailorbird/rules.json" data-collector=""';
  for (const [name, raw] of Object.entries({
    'that blocks': `<head><script ${A}></script></head>${BODY}`,
    'that is deferred': `<head><script defer ${A}></script></head>${BODY}`,
    'that is a module': `<head><script type="module" ${A}></script></head>${BODY}`,
    'at the end': `${BODY}<script ${A}></script>`,
    'that a script adds': `${BODY}<script>const tag = document.createElement('script'); tag.src = '/tailorbird/tailorbird.js'; tag.dataset.rules = '/tailorbird/rules.json'; document.head.append(tag)</script>`,
    'that stands there twice': `<head><script async ${A}></script><script async ${A}></script></head>${BODY}`,
  })) {
    test(`a tag ${name}`, async () => {
      const { slot, warnings, close } = await open({ raw: `<!doctype html><html>${raw}</html>` });
      await until('the block', async () => (await slot()) === 'for you');
      assert.deepEqual(warnings, /twice/.test(name) ? ['[tailorbird] the tag is in this page twice; the first one stays'] : []);
      await close();
    });
  }

  test('a preload of the module is the one that the script takes', async () => {
    const head = '<link rel="preload" as="fetch" crossorigin href="/tailorbird/tailorbird.wasm">';
    const { page, stage, warnings, close } = await open({ raw: html({ collector: '', head, body: BODY }) });
    const early = await page.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => /tailorbird\.(wasm|js)$/.test(name)).map(({ name, initiatorType }) => `${name.split('.').pop()} by ${initiatorType}`));
    assert.deepEqual(early.sort(), ['js by script', 'wasm by link']);
    // The browser complains of a preload that nobody took a few seconds after the page has loaded.
    await sleep(4000);
    assert.equal(stage.requests.filter(({ path }) => path.endsWith('.wasm')).length, 1);
    assert.deepEqual(warnings, []);
    await close();
  });

  test('documents by URL objects', async () => {
    const raw = `<!doctype html>${BODY}<script type="module">import { start } from '/tailorbird/index.js'; window.tailorbird = await start({ rules: new URL('/tailorbird/rules.json', location), catalog: new URL('/c.json', location), clock: 5 });</script>`;
    const { page, slot, warnings, close } = await open({ raw, pages: { '/c.json': JSON.stringify({ version: 1, currency: 'EUR', products: [] }) } });
    await until('the block', async () => (await slot()) === 'for you');
    await page.evaluate(() => window.tailorbird.track('A', {}));
    assert.deepEqual(warnings, []);
    await close();
  });

  test('a loop of wrong calls is told 51 times, and mutes nothing of another kind', async () => {
    const { page, warnings, close } = await open();
    await page.evaluate(() => {
      window.told = [];
      window.tailorbird.on('warning', ({ code }) => window.told.push(code));
      for (let nth = 0; nth < 100; nth += 1) window.tailorbird.track(nth);
    });
    assert.deepEqual(await page.evaluate(() => window.told), Array(51).fill('argument'));
    await page.route('**/tailorbird.debug.js', (route) => route.abort());
    await page.evaluate(() => window.tailorbird.debug());
    await until('the other kind to be told', () => page.evaluate(() => window.told[51] === 'debug'));
    assert.equal(warnings.length, 52);
    await close();
  });

  test('promises are kept where the module never comes', async () => {
    const blocked = { status: 404, body: '' };
    const { page, warnings, close } = await open({
      ready: false, pages: { '/tailorbird/tailorbird.wasm': blocked, '/tailorbird/tailorbird.fallback.js': blocked },
      init: () => { window.tailorbird = [(agent) => { window.kept = Promise.all([agent.flush(), agent.forget()]).then(() => 'kept'); }]; },
    });
    await page.waitForFunction(() => window.kept);
    assert.equal(await page.evaluate(() => window.kept), 'kept');
    assert.equal(await page.evaluate(() => window.tailorbird.flush().then(() => 'kept')), 'kept');
    assert.equal(warnings.length, 1);
    await close();
  });

  test('the context of a decision goes before what is known, for that decision alone', async () => {
    const experience = (id, when) => ({ id, placement: 'p', priority: 1, when, show: 'a' });
    const rules = { ...RULES, blocks: { a: { html: '{{traits.name}}' } }, experiences: [experience('at cart', { 'page.type': 'cart', 'traits.name': 'Ann' }), experience('rain', { 'weather.kind': 'rain' })] };
    const { page, warnings, close } = await open({ rules });
    const told = await page.evaluate(() => {
      const agent = window.tailorbird;
      agent.identify('u', { name: 'Bob' });
      const ask = (context) => { const { experience, html } = agent.decide('p', { context }); return [experience, html]; };
      return [ask(), ask({ page: { type: 'cart' }, traits: { name: 'Ann' } }), ask(), ask({ 'page.type': 'cart', 'traits.name': 'Ann' }), ask({ weather: { kind: 'rain' } }), ask(), agent.decideAll({ context: { 'weather.kind': 'rain' } }).p.experience, agent.attributes().traits];
    });
    assert.deepEqual(told, [[null, null], ['at cart', 'Ann'], [null, null], ['at cart', 'Ann'], ['rain', 'Bob'], [null, null], 'rain', { name: 'Bob' }]);
    assert.deepEqual(warnings, []);
    await close();
  });

  test('a catalogue that is not there is told once, by its address', async () => {
    const { page, warnings, slot, close } = await open({ rules: { ...RULES, catalog: 'nowhere.json' } });
    assert.deepEqual(warnings.length, 1, warnings);
    assert.match(warnings[0], /nowhere\.json` answered 404; products cannot be picked/);
    assert.equal(await page.evaluate(() => window.tailorbird.decide('home').reason), 'matched');
    assert.equal(await slot(), 'for you');
    await close();
  });

  test('slots without rules are told; without slots a shop may do without rules', async () => {
    for (const [body, told] of [[BODY, /has slots but no rules are given \(data-rules\)/], ['', null]]) {
      const { page, warnings, close } = await open({ raw: html({ collector: '', rules: undefined, body }).replace(/ data-rules="[^"]*"/, '') });
      assert.equal(warnings.length, told ? 1 : 0, warnings);
      if (told) assert.match(warnings[0], told);
      assert.equal(await page.evaluate(() => window.tailorbird.decide('home').reason), 'off');
      await close();
    }
  });

  test('what the option consent leaves open is as the rules have it, and what it cannot say is told', async () => {
    for (const [consent, expected, warned] of [
      ['{"personalization":"denied"}', { personalization: 'denied', analytics: 'granted' }, 0],
      ['{"analytics":"pending"}', { personalization: 'granted', analytics: 'pending' }, 0],
      ['yes', { personalization: 'granted', analytics: 'granted' }, 1],
    ]) {
      const { page, warnings, close } = await open({ options: { consent } });
      assert.deepEqual(await page.evaluate(() => window.tailorbird.consent()), expected);
      assert.equal(warnings.filter((text) => /consent expects/.test(text)).length, warned, warnings);
      await close();
    }
  });

  test('who refuses what would be done unasked is remembered; who refuses what nobody does leaves nothing', async () => {
    const visit = async (page) => {
      await page.reload();
      await agentReady(page);
      return page.evaluate(() => window.tailorbird.consent());
    };
    const stored = (page) => page.evaluate(async () => [Object.entries(localStorage), (await indexedDB.databases()).length]);
    const asked = await open();
    await asked.page.evaluate(() => window.tailorbird.consent({ analytics: 'denied' }));
    assert.deepEqual(await visit(asked.page), { personalization: 'granted', analytics: 'denied' });
    await asked.page.evaluate(() => window.tailorbird.consent('denied'));
    assert.deepEqual(await visit(asked.page), { personalization: 'denied', analytics: 'denied' });
    assert.deepEqual(await stored(asked.page), [[['tailorbird.consent', '{"personalization":"denied","analytics":"denied"}']], 0], 'the refusal and nothing else');
    await asked.page.evaluate(() => window.tailorbird.consent('granted'));
    assert.deepEqual(await visit(asked.page), { personalization: 'granted', analytics: 'granted' });
    await asked.close();

    const unasked = await open({ rules: { ...RULES, settings: {} } });
    await unasked.page.evaluate(() => window.tailorbird.consent('granted'));
    await unasked.page.evaluate(() => window.tailorbird.consent('denied'));
    await until('nothing to be left', async () => JSON.stringify(await stored(unasked.page)) === '[[],0]');
    assert.deepEqual(await visit(unasked.page), { personalization: 'pending', analytics: 'pending' });
    await unasked.close();
  });

  test('the wish to be erased everywhere waits for a collector that is down', async () => {
    const { page, stage, sent, close } = await open();
    await page.evaluate(() => window.tailorbird.flush());
    const visitor = sent[0].anonymousId;
    const collect = stage.pages['/v1/b'];
    stage.pages['/v1/b'] = { status: 503, body: '' };
    await page.evaluate(() => window.tailorbird.forget({ everywhere: true }));
    assert.notEqual(await page.evaluate(() => window.tailorbird.attributes().visitor.id), visitor);
    stage.pages['/v1/b'] = collect;
    await page.reload();
    await agentReady(page);
    await until('the wish', () => sent.some(({ event, anonymousId }) => event === 'Erasure Requested' && anonymousId === visitor));
    assert.ok(sent.filter(({ event }) => event === 'Erasure Requested').every(({ anonymousId }) => anonymousId === visitor));
    await close();
  });

  test('the wish to be erased is told without leave to send events, too; nobody is left waiting', async () => {
    const { page, stage, sent, warnings, close } = await open({ rules: { ...RULES, settings: { consent: { personalization: 'granted', analytics: 'denied' } } } });
    const visitor = await page.evaluate(() => window.tailorbird.attributes().visitor.id);
    await page.evaluate(() => window.tailorbird.forget({ everywhere: true }));
    assert.deepEqual(sent.map(({ event, anonymousId }) => [event, anonymousId]), [['Erasure Requested', visitor]]);
    stage.pages['/v1/b'] = { status: 503, body: '' };
    await page.evaluate(() => window.tailorbird.forget({ everywhere: true }));
    assert.match(warnings.join(), /could not be asked to erase/);
    await close();
  });

  test('a visit begins with what the last one left only as far as rules and limits still have it', async () => {
    const watch = () => {
      window.texts = [];
      new MutationObserver(() => {
        const text = document.querySelector('[data-tailorbird-slot]')?.textContent;
        if (text && window.texts.at(-1) !== text) window.texts.push(text);
      }).observe(document, { childList: true, subtree: true });
    };
    const A = 'src="/tailorbird/tailorbird.js" data-rules="/tailorbird/rules.json"';
    const raw = `<!doctype html><html><head><script ${A}></script></head><body>${BODY}<p>end</p></body></html>`;
    const limited = (times) => ({ ...RULES, experiences: [{ id: 'e', placement: 'home', show: 'b', limit: { times, per: 'visitor' } }] });
    const kept = (page) => page.evaluate(() => Object.keys(JSON.parse(localStorage.getItem('tailorbird.kept') ?? '{}')).length);
    const again = async (page) => {
      await page.reload();
      await agentReady(page);
      return page.evaluate(() => window.texts);
    };
    const once = await open({ raw, rules: limited(1), init: watch });
    await until('it to be seen', () => once.page.evaluate(() => window.tailorbird.attributes().seen.e === 1));
    assert.equal(await kept(once.page), 0);
    assert.deepEqual(await again(once.page), ['default'], 'its limit is used up: it does not flash up');
    await once.close();

    const twice = await open({ raw, rules: limited(2), init: watch });
    await until('it to be seen', () => twice.page.evaluate(() => window.tailorbird.attributes().seen.e === 1));
    assert.equal(await kept(twice.page), 1);
    assert.deepEqual(await twice.page.evaluate(() => Object.values(window.tailorbird.export().kept).map(({ html }) => html)), ['<b>for you</b>']);
    assert.equal((await again(twice.page)).at(-1), 'for you');
    // Other rules by another address: what these left says nothing of them.
    twice.stage.pages['/'] = raw.replace('rules.json', 'rules.2.json');
    twice.stage.pages['/tailorbird/rules.2.json'] = JSON.stringify({ ...RULES, experiences: [] });
    assert.deepEqual(await again(twice.page), ['default']);
    await twice.close();
  });

  test('after a reset in one tab the others are the new visitor’s, and bring nobody back', async () => {
    const { page, stage, context, close } = await open();
    // As soon as the first tab is ready: the visitor is the same one.
    const other = await context.newPage();
    await other.goto(stage.url);
    await agentReady(other);
    const who = (tab) => tab.evaluate(() => [window.tailorbird.profile().visitorId, window.tailorbird.profile().userId, window.tailorbird.attributes().traits]);
    await page.evaluate(() => window.tailorbird.identify('u1', { name: 'Ann' }));
    await until('the other tab to know', async () => JSON.stringify(await who(other)) === JSON.stringify(await who(page)));
    assert.equal((await who(other))[1], 'u1');
    await page.evaluate(() => window.tailorbird.reset());
    await until('the other tab to forget', async () => JSON.stringify(await who(other)) === JSON.stringify(await who(page)));
    const anew = await who(page);
    assert.deepEqual(anew.slice(1), [null, {}]);
    await other.evaluate(() => window.tailorbird.track('Later'));
    await sleep(700);
    for (const tab of [other, page]) {
      await tab.reload();
      await agentReady(tab);
      assert.deepEqual(await who(tab), anew);
    }
    await close();
  });

  test('forget in one of two tabs leaves it as it is in the only one: agreed, and anew', async () => {
    const { page, stage, context, close } = await open({ rules: { ...RULES, settings: {} } });
    await page.evaluate(() => window.tailorbird.consent('granted'));
    const before = await page.evaluate(() => window.tailorbird.profile().visitorId);
    await sleep(300);
    const other = await context.newPage();
    await other.goto(stage.url);
    await agentReady(other);
    assert.equal(await other.evaluate(() => window.tailorbird.profile().visitorId), before);
    await page.evaluate(() => window.tailorbird.forget());
    await until('the other tab to forget', () => other.evaluate((id) => window.tailorbird.profile().visitorId !== id, before));
    await sleep(300);
    const state = () => ({ consent: window.tailorbird.consent(), reason: window.tailorbird.decide('home').reason, remembered: localStorage['tailorbird.consent'] });
    const granted = { consent: { personalization: 'granted', analytics: 'granted' }, reason: 'matched', remembered: '{"personalization":"granted","analytics":"granted"}' };
    assert.deepEqual(await page.evaluate(state), granted);
    const anew = await page.evaluate(() => window.tailorbird.profile().visitorId);
    await other.reload();
    await agentReady(other);
    assert.deepEqual(await other.evaluate(state), granted);
    assert.equal(await other.evaluate(() => window.tailorbird.profile().visitorId), anew);
    await close();
  });

  test('explain says of each what decide does with it: nothing to show, refused, wrong', async () => {
    const rules = { ...RULES, blocks: { a: { html: 'A' }, row: { template: 'product-row' } }, experiences: [
      { id: 'row', placement: 'p', priority: 1, show: 'row', products: { strategy: 'recent', limit: 2, fallback: [] } }, { id: 'next', placement: 'p', show: 'a' }, { id: 'wrong', placement: 'p', show: 'none' },
      { id: 'plain', placement: 'q', show: 'a' },
    ] };
    const { page, close } = await open({ rules });
    const told = await page.evaluate(() => {
      const agent = window.tailorbird;
      const both = (name) => [agent.decide(name).experience, ...agent.explain(name).map((one) => `${one.experience} ${one.outcome}`)];
      const out = [both('p'), both('q'), agent.explain('p')[2].warning];
      agent.consent({ personalization: 'denied' });
      return [...out, both('q')];
    });
    assert.deepEqual(told, [[null, 'row products', 'next lost', 'wrong off'], ['plain', 'plain won'], told[2], [null, 'plain consent']]);
    assert.match(told[2], /^rules, line 1, column \d+: unknown block `none`/);
    await close();
  });

  test('a refusal in one tab is one in the others, and stays', async () => {
    const { page, stage, context, close } = await open();
    const other = await context.newPage();
    await other.goto(`${stage.url}/`);
    await agentReady(other);
    await page.evaluate(() => window.tailorbird.consent('denied'));
    await until('the other tab to hear', () => other.evaluate(() => window.tailorbird.consent().analytics === 'denied'));
    await other.reload();
    await agentReady(other);
    assert.deepEqual(await other.evaluate(() => window.tailorbird.consent()), { personalization: 'denied', analytics: 'denied' });
    await close();
  });
});
