// More than one agent in a page: frameworks mount twice, shops begin anew, and the engine may stand beside.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, missing, startStage, watchErrors } from './harness.mjs';

const why = missing();
let browser;
let stage;

const ENTRY = "import { start } from '/tailorbird/index.js'; import { createEngine } from '/tailorbird/engine.js'; Object.assign(window, { start, createEngine });";

before(async () => {
  if (why) return;
  browser = await launch();
  stage = await startStage({ pages: { '/': `<!doctype html><meta charset="utf-8"><title>Shop</title><div data-tailorbird-slot="hero">own</div><script type="module">${ENTRY}</script>` } });
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

async function opened() {
  const page = await browser.newPage();
  const errors = await watchErrors(page);
  await page.goto(stage.url);
  await page.waitForFunction(() => window.createEngine);
  await page.evaluate(() => {
    window.sent = [];
    window.options = (block, storagePrefix) => ({
      storagePrefix, collector: '/', writeKey: 'k', consent: 'granted', sync: { flushAt: 1000, flushIntervalMs: 60_000 },
      rules: { version: 1, blocks: { [block]: { html: block } }, experiences: [{ id: 'e', placement: 'hero', show: block }] },
      transport: async (url, init) => {
        window.sent.push(...JSON.parse(init.body).batch.map((event) => event.event ?? event.type));
        return { status: 200, headers: { get: () => null }, text: async () => '{"success":true}' };
      },
    });
    window.pause = (ms) => new Promise((done) => setTimeout(done, ms));
    window.heard = [];
    window.listen = (agent) => agent.on('warning', ({ message }) => window.heard.push(message));
  });
  return { page, errors };
}

test('an agent that is started after another was stopped works, and what the first had registered does no harm', { skip: why }, async () => {
  const { page, errors } = await opened();
  const seen = await page.evaluate(async () => {
    const first = await window.start(window.options('one'));
    window.listen(first);
    first.track('Told the first');
    first.stop();
    const own = document.querySelector('[data-tailorbird-slot]').textContent;
    const second = await window.start(window.options('two'));
    window.listen(second);
    // What the first one waited for comes now: timers, frames, answers, clicks, another route.
    document.querySelector('[data-tailorbird-slot]').click();
    history.pushState(null, '', '/next');
    await window.pause(1500);
    second.track('Told the second');
    await second.flush();
    return { own, decided: second.decide('hero').block, shown: document.querySelector('[data-tailorbird-slot]').textContent, heard: window.heard, sent: window.sent };
  });
  assert.deepEqual(seen.heard, []);
  assert.equal(seen.own, 'own');
  assert.equal(seen.decided, 'two');
  assert.equal(seen.shown, 'two');
  for (const name of ['Told the first', 'Told the second']) assert.equal(seen.sent.filter((event) => event === name).length, 1, `${name}: ${seen.sent}`);
  assert.deepEqual(errors, []);
  await page.close();
});

test('two agents and an engine that start at the same time stand side by side', { skip: why }, async () => {
  const { page, errors } = await opened();
  const seen = await page.evaluate(async () => {
    const [one, two, engine] = await Promise.all([
      window.start(window.options('one', 'a')), window.start(window.options('two', 'b')),
      window.createEngine({ rules: { version: 1, blocks: { x: { html: 'x' } }, experiences: [{ id: 'likes', placement: 'p', when: { 'affinity.category.Dogs': { $gt: 1 } }, show: 'x' }] } }),
    ]);
    window.listen(one);
    window.listen(two);
    const visitor = engine.visitor({ 'affinity.category.Dogs': 2 });
    one.track('A');
    two.track('B');
    await window.pause(1500);
    await Promise.all([one.flush(), two.flush()]);
    return {
      decided: [one.decide('hero').block, two.decide('hero').block], engine: visitor.decide(), heard: window.heard,
      counts: [one, two].map((agent) => Object.keys(agent.attributes().count).filter((name) => name.length === 1)), sent: window.sent.filter((event) => event.length === 1).sort(),
    };
  });
  assert.deepEqual(seen, { decided: ['one', 'two'], engine: { p: 'likes' }, heard: [], counts: [['A'], ['B']], sent: ['A', 'B'] });
  assert.deepEqual(errors, []);
  await page.close();
});
