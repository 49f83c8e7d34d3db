//! The scene of the fault tests: a shop page, a collector and a proxy that fails between them, and the bill at the end.

import assert from 'node:assert/strict';
import { EMPTY_RULES, html, launch, sleep, startCollector, startStage, until, watchErrors } from './harness.mjs';
import { startFaultProxy } from './fault_proxy.mjs';

export const NAME = 'Fault Test';

/**
 * Sets up collector, proxy and stage. `head` is script text that runs before the agent on every page.
 */
export async function scene({ head = '', options = {}, browser: launching, collector: serving } = {}) {
  const collector = await startCollector(serving);
  const proxy = await startFaultProxy(collector.url);
  const page = (extra = '') => html({
    collector: proxy.url,
    options: { consent: 'granted' },
    head: `<script>window.tailorbirdOptions={sync:{flushAt:20,flushIntervalMs:500},...${JSON.stringify(options)}};${head}${extra}</script>`,
    body: '<h1>Stage</h1>',
  });
  const stage = await startStage({
    pages: { '/': page(), '/next': page(), '/blank': '<!doctype html><title>blank</title>', '/tailorbird/rules.json': JSON.stringify(EMPTY_RULES) },
  });
  const browser = launching === null ? null : await launch(launching);
  const it = { collector, proxy, stage, browser, page, tracked: 0, errors: [], bills: [] };

  /** A new shopper: a browser context whose pages' errors are counted. */
  it.shopper = async (options) => {
    const context = await browser.newContext(options);
    const errors = await watchErrors(context);
    it.errorLists.push(errors);
    return context;
  };
  it.errorLists = [];
  /** Opens a page of the stage and waits for the agent. */
  it.open = async (context, path = '/') => {
    const page = await context.newPage();
    await page.goto(it.stage.url + path);
    await ready(page);
    return page;
  };
  /** Tracks `count` events, numbered on; `pad` bytes each; a turn of the event loop after every `turn` of them. */
  it.track = async (page, count, { pad = 0, turn = 100 } = {}) => {
    const from = it.tracked;
    it.tracked += count;
    await page.evaluate(track, { name: NAME, from, count, pad, turn });
  };
  /** The proxy's fault for so many milliseconds, then it passes again. */
  it.faultFor = async (mode, ms) => {
    it.proxy.mode = mode;
    await sleep(ms);
    it.proxy.mode = { kind: 'pass' };
  };
  it.stored = async () => {
    const events = await collector.events();
    const numbers = events.filter((event) => event.event === NAME).map((event) => event.properties.n);
    const dropped = events.filter((event) => event.event === 'Events Dropped').reduce((sum, event) => sum + event.properties.dropped, 0);
    return { events, distinct: new Set(numbers).size, all: numbers.length, dropped };
  };
  /** Waits until everything tracked is stored or reported as dropped; what is missing then shows in the bill. */
  it.settle = (timeout = 60_000) => until('all events to arrive', async () => {
    const { distinct, dropped } = await it.stored();
    return distinct + dropped >= it.tracked;
  }, { timeout, every: 100 }).catch(() => {});
  /** Prints the line of this test and holds it to 0 lost, 0 duplicates, 0 errors. */
  it.bill = async (name, { dropped: mayDrop = false } = {}) => {
    const { distinct, all, dropped } = await it.stored();
    const errors = it.errorLists.flat();
    console.log(`${name}: tracked ${it.tracked}, stored ${distinct}, duplicates ${all - distinct}, dropped ${dropped}, page errors ${errors.length}`);
    assert.deepEqual(errors, [], 'nothing is thrown into the page');
    assert.equal(all - distinct, 0, 'no duplicates');
    assert.equal(distinct + dropped, it.tracked, 'tracked = stored + reported as dropped');
    if (!mayDrop) assert.equal(dropped, 0, 'nothing is dropped');
  };
  it.close = async () => {
    await browser?.close();
    await stage.close();
    await proxy.close();
    await collector.stop({ remove: true });
  };
  return it;
}

/** Waits until the agent is ready: the store is open and the shopper is known. */
export const ready = (page) => page.evaluate(() => new Promise((done) => {
  const wait = () => (window.tailorbird?.on ? window.tailorbird.on('ready', () => done()) : setTimeout(wait, 5));
  wait();
}));

/** Runs in the page. */
async function track({ name, from, count, pad, turn }) {
  const padding = 'x'.repeat(pad);
  for (let nth = 0; nth < count; nth += 1) {
    window.tailorbird.track(name, pad ? { n: from + nth, padding } : { n: from + nth });
    if (nth % turn === turn - 1) await new Promise((done) => setTimeout(done));
  }
}

/** `node --test` runs each test with a scene of its own and always takes it down. */
export const inScene = (options, body) => async (context) => {
  const it = await scene(options);
  try {
    await body(it, context);
  } finally {
    await it.close();
  }
};
