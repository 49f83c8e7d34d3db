// What an earlier visit left on the device is the shopper's while nothing is agreed to yet, too: who is to be forgotten is.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { agentReady, html, launch, missing, sleep, startStage, until, watchErrors } from './harness.mjs';

const why = missing();
const RULES = { version: 1, blocks: {}, placements: {}, experiences: [] };
const MODE = '<script>window.dataLayer=[];window.gtag=function(){dataLayer.push(arguments)};gtag("consent","default",{analytics_storage:"denied",personalization_storage:"denied"})</script>';
let browser;

before(async () => {
  if (!why) browser = await launch();
});
after(() => browser?.close());

/** A shop whose shopper was here before: Alice, who agreed then, and of whom one event could not be sent. */
async function shop() {
  const sent = [];
  let down = false;
  const collect = async (request) => {
    let text = '';
    for await (const part of request) text += part;
    if (down) return { status: 503, body: '' };
    sent.push(...JSON.parse(text).batch);
    return { body: '{"success":true}', headers: { 'content-type': 'application/json' } };
  };
  const tag = (consent, more = {}) => html({ collector: '', options: { consent, autocapture: '{"clicks":false,"pages":false,"jsonLd":false}' }, ...more });
  const stage = await startStage({ pages: {
    '/v1/b': collect, '/tailorbird/rules.json': JSON.stringify(RULES),
    '/agreed': tag('granted'), '/asked': tag(undefined), '/mode': tag(undefined, { head: MODE }),
  } });
  const context = await browser.newContext();
  const errors = await watchErrors(context);
  const page = await context.newPage();
  const go = async (path) => {
    await page.goto(stage.url + path);
    await agentReady(page);
  };
  const ask = (code) => page.evaluate(`(async (agent) => { ${code} })(window.tailorbird)`);
  await go('/agreed');
  down = true;
  await ask('agent.identify("alice", { tier: "gold" }); agent.track("Looked"); await agent.flush()');
  await until('the profile is stored', () => ask('return (await indexedDB.databases()).length === 1'));
  await sleep(700);
  const visitor = await ask('return agent.export().visitor');
  return {
    /** The collector takes events again. */
    up() { down = false; },
    context, page, sent, go, ask, visitor,
    databases: () => ask('return (await indexedDB.databases()).length'),
    /** Who is known once the shopper agrees on a later page. */
    async later() {
      down = false;
      await go('/agreed');
      await sleep(300);
      await ask('await agent.flush()');
      return ask('return [agent.export().user ?? null, agent.attributes().traits?.tier ?? null]');
    },
    async close() {
      assert.deepEqual(errors, []);
      await context.close();
      await stage.close();
    },
  };
}

const names = (sent) => sent.map((event) => event.event ?? event.type);

describe('before the store is open', { skip: why, concurrency: 2 }, () => {
  test('Alice is known again once she agrees again', async () => {
    const it = await shop();
    await it.go('/asked');
    assert.equal(await it.ask('return agent.export().user ?? null'), null);
    assert.deepEqual(await it.later(), ['alice', 'gold']);
    assert.ok(names(it.sent).includes('Looked'));
    await it.close();
  });

  for (const [what, path, code] of [
    ['forget', '/asked', 'await agent.forget()'],
    ['a refusal', '/asked', 'agent.consent("denied")'],
    ['a refusal of what is denied unasked', '/asked', 'agent.consent("denied"); agent.consent("denied")'],
    ['a refusal by a consent tool', '/mode', 'gtag("consent","update",{analytics_storage:"denied",personalization_storage:"denied"})'],
  ]) {
    test(`${what} erases what an earlier visit stored, and what waited to be sent`, async () => {
      const it = await shop();
      await it.go(path);
      await it.ask(code);
      await until('the database is gone', async () => (await it.databases()) === 0);
      assert.deepEqual(await it.later(), [null, null]);
      assert.ok(!names(it.sent).includes('Looked'));
      await it.close();
    });
  }

  test('a refusal in a tab that has just been opened is heard in the others', async () => {
    const it = await shop();
    await it.go('/agreed');
    const other = await it.context.newPage();
    await other.goto(it.page.url().replace('/agreed', '/asked'));
    await agentReady(other);
    await other.evaluate(() => void window.tailorbird.consent('denied'));
    await until('the first tab knows', () => it.ask('return agent.consent().analytics === "denied"'));
    await it.close();
  });

  test('forget everywhere names whom the collector knows', async () => {
    const it = await shop();
    await it.go('/asked');
    it.up();
    await it.ask('await agent.forget({ everywhere: true })');
    const wish = it.sent.find((event) => event.event === 'Erasure Requested');
    assert.equal(wish?.anonymousId, it.visitor);
    assert.equal(await it.databases(), 0);
    await it.close();
  });

  test('after a reset the answer that comes next is somebody else’s', async () => {
    const it = await shop();
    await it.go('/mode');
    it.up();
    await it.ask('agent.reset(); gtag("consent","update",{analytics_storage:"granted",personalization_storage:"granted"}); agent.track("Next")');
    await sleep(500);
    await it.ask('await agent.flush()');
    assert.equal(await it.ask('return agent.export().user ?? null'), null);
    const next = it.sent.find((event) => event.event === 'Next');
    assert.ok(next && !next.userId && next.anonymousId !== it.visitor, JSON.stringify(next));
    // What Alice's visit could not send is hers all the same.
    assert.equal(it.sent.find((event) => event.event === 'Looked')?.anonymousId, it.visitor);
    assert.deepEqual(await it.later(), [null, null]);
    await it.close();
  });

  test('events that may be sent go before a reset takes their visitor away', async () => {
    const it = await shop();
    await it.go('/asked');
    it.up();
    await it.ask('agent.track("A"); agent.consent("granted"); agent.track("B"); agent.reset(); await agent.flush()');
    await until('both', () => names(it.sent).includes('A') && names(it.sent).includes('B'));
    await it.close();
  });

  test('one purpose after the other is one visitor', async () => {
    const it = await shop();
    await it.go('/asked');
    it.up();
    await it.ask('agent.consent({ analytics: "granted" }); await agent.flush()');
    await sleep(300);
    await it.ask('agent.consent({ personalization: "granted" })');
    await until('Alice', () => it.ask('return agent.export().user === "alice"'));
    await it.close();
  });

  test('a page that is left before the module runs leaves its wish to the next one', async () => {
    for (const [calls, wanted] of [['[["reset"]]', [null, null]], ['[["consent","denied"]]', [null, null]], ['[["forget"]]', [null, null]], ['[["track","Left"]]', ['alice', 'gold']]]) {
      const it = await shop();
      await it.page.route('**/tailorbird.wasm', async (route) => {
        await sleep(3000);
        await route.abort().catch(() => {});
      });
      await it.page.goto(it.page.url().replace('/agreed', '/asked'), { waitUntil: 'load' });
      await it.page.evaluate((calls) => { for (const call of calls) window.tailorbird.push(call); }, JSON.parse(calls));
      await it.page.unroute('**/tailorbird.wasm');
      await it.go('/asked');
      await sleep(300);
      assert.deepEqual(await it.later(), wanted, calls);
      await it.close();
    }
  });
});

describe('while the shopper is being asked', { skip: why, concurrency: 2 }, () => {
  test('more events than are held are counted', async () => {
    const it = await shop();
    await it.go('/asked');
    it.up();
    await it.ask('for (let nth = 0; nth < 700; nth += 1) agent.track("Waits", { nth }); agent.consent("granted"); await agent.flush()');
    const dropped = () => it.sent.filter((event) => event.event === 'Events Dropped').reduce((sum, event) => sum + event.properties.dropped, 0);
    await until('all are accounted for', () => names(it.sent).filter((name) => name === 'Waits').length + dropped() === 700);
    await it.close();
  });
});
