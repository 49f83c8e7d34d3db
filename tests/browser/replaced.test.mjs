//! What pages do to slots that show something: replace it, take it away, build it anew, stop the agent. Then only what stands there counts.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST, html, launch, missing, sleep, startStage, until, watchErrors } from './harness.mjs';

const why = missing();
const kit = why ? {} : await import(pathToFileURL(join(DIST, 'testing.js')));
const RULES = {
  version: 1,
  settings: { consent: 'granted' },
  blocks: { a: { html: '<h2>Shown a</h2><a href="#sale">Sale</a>' }, b: { html: '<h2>Shown b</h2>' } },
  placements: { a: {}, b: {}, live: {} },
  experiences: [
    { id: 'exp-a', placement: 'a', show: 'a', limit: { times: 2, per: 'visitor' } },
    { id: 'exp-b', placement: 'b', show: 'b' },
    { id: 'twice', placement: 'live', priority: 1, when: { 'count.X': { $gte: 2 } }, show: 'b' },
    { id: 'once', placement: 'live', when: { 'count.X': { $gte: 1 } }, show: 'a' },
  ],
};
const DIV = '<div data-tailorbird-slot="a"><p>own</p></div>';
const ELEMENT = '<tailorbird-slot name="a"><p>own</p></tailorbird-slot>';
/** So long until what stands in the window was seen. */
const DWELL = 1_300;
let browser;
let stage;

before(async () => {
  if (why) return;
  browser = await launch();
  stage = await startStage({ pages: { '/tailorbird/rules.json': JSON.stringify(RULES) } });
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

let nth = 0;
/** Opens a page with this body. `shown()`: what the slots of the page show. */
async function open(body, head = '') {
  const path = `/page-${(nth += 1)}`;
  stage.pages[path] = html({ head, body });
  const context = await browser.newContext({ viewport: { width: 800, height: 600 } });
  const errors = await watchErrors(context);
  await kit.prepare(context);
  const page = await context.newPage();
  await page.goto(stage.url + path);
  const who = kit.shopper(page);
  await who.settled();
  return {
    page, who, context,
    shown: () => page.evaluate(() => [...document.querySelectorAll('[data-tailorbird-slot],tailorbird-slot')].map((slot) => slot.innerText.split('\n')[0])),
    replace: (text) => page.evaluate((text) => { document.querySelector('[data-tailorbird-slot],tailorbird-slot').innerHTML = `<p>${text}</p><a href="#own">own link</a>`; }, text),
    counted: async (name = 'Experience Viewed') => (await who.log()).filter(({ kind, detail }) => kind === 'event' && detail.event === name).map(({ detail }) => detail.properties.experience_id),
    async close() {
      assert.deepEqual(errors, []);
      await context.close();
    },
  };
}

describe('a script that replaces what a slot shows', { skip: why, concurrency: 4 }, () => {
  for (const [kind, slot] of [['plain', DIV], ['the element', ELEMENT]]) {
    test(`${kind}: what is not there is neither seen nor clicked`, async () => {
      const { page, shown, replace, counted, close } = await open(slot);
      assert.deepEqual(await shown(), ['Shown a']);
      await replace('new own');
      await page.getByText('own link').click();
      await sleep(DWELL);
      assert.deepEqual([await shown(), await counted(), await counted('Experience Clicked')], [['new own'], [], []]);
      await close();
    });

    test(`${kind}: at the next occasion it is shown again, and counts; what replaced it is the page’s own from then on`, async () => {
      const { page, who, shown, replace, counted, close } = await open(slot);
      await replace('second');
      await who.does('X');
      assert.deepEqual(await shown(), ['Shown a']);
      await until('it is seen', async () => (await counted()).length);
      await replace('third');
      await page.evaluate(() => window.tailorbird.render());
      assert.deepEqual(await shown(), ['Shown a']);
      await page.getByText('Sale').click();
      assert.deepEqual([await counted(), await counted('Experience Clicked')], [['exp-a'], ['exp-a']]);
      // From now on the shopper is using it.
      await replace('third');
      await page.evaluate(() => window.tailorbird.render());
      assert.deepEqual(await shown(), ['third']);
      await page.evaluate(() => window.tailorbird.stop());
      assert.deepEqual(await shown(), ['third']);
      await close();
    });

    test(`${kind}: stop leaves what replaced it alone`, async () => {
      const { page, shown, replace, close } = await open(slot);
      await replace('new own');
      await page.evaluate(() => window.tailorbird.stop());
      assert.deepEqual(await shown(), ['new own']);
      await close();
    });
  }

  test('one that never gives in wins, however often the agent has reason to try', async () => {
    const { page, who, shown, close } = await open(DIV, `<script>
      window.fought = 0;
      tailorbird = window.tailorbird ?? [];
      tailorbird.push((agent) => agent.on('render', () => agent.track('Rendered')));
      document.addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
        const slot = document.querySelector('[data-tailorbird-slot]');
        if (slot.querySelector('h2')) { window.fought += 1; slot.innerHTML = '<p>mine</p>'; }
      }).observe(document.body, { childList: true, subtree: true }));
    </script>`);
    for (let turn = 0; turn < 20; turn += 1) await who.does('X');
    await sleep(300);
    const fought = await page.evaluate(() => window.fought);
    assert.ok(fought > 1 && fought < 15, `${fought}`);
    await who.does('X');
    assert.deepEqual([await page.evaluate(() => window.fought), await shown()], [fought, ['mine']]);
    // Another page is another chance.
    await page.evaluate(() => history.pushState(null, '', '/elsewhere'));
    await who.settled();
    assert.ok(await page.evaluate((before) => window.fought > before, fought));
    await close();
  });
});

describe('a slot in other hands', { skip: why, concurrency: 4 }, () => {
  test('what a framework made stays where it put it', async () => {
    const { page, shown, counted, close } = await open(`<main>${DIV}</main>`, `<script>document.addEventListener('DOMContentLoaded', () => {
      // As React marks what it made.
      document.querySelector('main').__reactContainer$x = {};
    });</script>`);
    assert.deepEqual(await shown(), ['Shown a']);
    await page.evaluate(() => {
      const slot = document.querySelector('[data-tailorbird-slot]');
      const own = slot.querySelector('p');
      slot.insertBefore(document.createElement('h3'), own).textContent = 'own, later';
      slot.removeChild(own);
    });
    assert.deepEqual(await shown(), ['Shown a']);
    await until('it is seen', async () => (await counted()).length);
    await page.evaluate(() => window.tailorbird.stop());
    assert.equal(await page.locator('[data-tailorbird-slot]').innerHTML(), '<h3>own, later</h3>');
    await close();
  });

  test('one that gets another name, or its first one, shows what belongs there', async () => {
    const { page, shown, close } = await open(`${DIV}<div id="later">own</div>`);
    await page.evaluate(() => {
      document.querySelector('[data-tailorbird-slot]').dataset.tailorbirdSlot = 'b';
      document.querySelector('#later').dataset.tailorbirdSlot = 'b';
    });
    await until('both show it', async () => (await shown()).join() === 'Shown b,Shown b');
    await page.evaluate(() => document.querySelector('#later').removeAttribute('data-tailorbird-slot'));
    await until('what is none any more has its own back', () => page.evaluate(() => document.querySelector('#later').innerText === 'own'));
    await close();
  });

  test('one that is taken out and brought back shows what is decided now', async () => {
    const { page, who, shown, close } = await open('<div id="kept-alive" data-tailorbird-slot="live">own</div>');
    await who.does('X');
    assert.deepEqual(await shown(), ['Shown a']);
    await page.evaluate(() => { window.slot = document.querySelector('#kept-alive'); window.slot.remove(); });
    await who.does('X');
    await sleep(100);
    await page.evaluate(() => document.body.append(window.slot));
    await until('it shows the other', async () => (await shown()).join() === 'Shown b');
    await page.evaluate(() => { window.slot.remove(); window.tailorbird.stop(); document.body.append(window.slot); });
    assert.deepEqual(await shown(), ['own']);
    await close();
  });
});

describe('once a page view', { skip: why, concurrency: 4 }, () => {
  test('a placement that stands twice, and a slot that is built anew, count once', async () => {
    const { page, who, shown, counted, close } = await open(`<main>${DIV}${DIV}</main>`);
    await sleep(DWELL);
    for (let turn = 0; turn < 2; turn += 1) {
      await page.evaluate((slot) => { document.querySelector('main').innerHTML = slot; }, DIV);
      await until('it is shown anew', async () => (await shown())[0] === 'Shown a');
      await sleep(DWELL);
    }
    assert.deepEqual(await counted(), ['exp-a']);
    await page.evaluate(() => history.pushState(null, '', '/elsewhere'));
    await who.settled();
    await until('it counts again', async () => (await counted()).length > 1);
    // The limit is used up, and what was seen stays for this page view.
    await who.does('X');
    assert.deepEqual([await counted(), await shown()], [['exp-a', 'exp-a'], ['Shown a']]);
    await close();
  });

  test('slots that leave before they were seen leave nothing behind', async () => {
    const { page, context, close } = await open('<main></main>');
    await page.evaluate(async () => {
      window.left = [];
      for (let turn = 0; turn < 5; turn += 1) {
        const main = document.querySelector('main');
        main.innerHTML = '<section><div style="height:3000px"></div><div data-tailorbird-slot="b">own</div></section>';
        window.left.push(new WeakRef(main.firstChild));
        await new Promise((done) => setTimeout(done, 100));
      }
      document.querySelector('main').innerHTML = '<div data-tailorbird-slot="b">own</div>';
      await new Promise((done) => setTimeout(done, 100));
    });
    const cdp = await context.newCDPSession(page);
    const left = () => page.evaluate(() => window.left.filter((one) => one.deref()).length);
    await until('they are forgotten', async () => {
      await cdp.send('HeapProfiler.collectGarbage');
      return (await left()) === 0;
    }, { timeout: 5_000 });
    await close();
  });
});

describe('stop', { skip: why, concurrency: 4 }, () => {
  test('nothing is counted, and no call brings anything back', async () => {
    const { page, who, shown, counted, close } = await open(DIV);
    await page.evaluate(() => {
      window.tailorbird.stop();
      window.tailorbird.render();
      window.tailorbird.preview(null);
    });
    await who.settled();
    await sleep(DWELL);
    assert.deepEqual([await shown(), await counted()], [['own'], []]);
    await close();
  });

  for (const name of ['render', 'decision', 'event']) {
    test(`within a handler of \`${name}\``, async () => {
      const { shown, counted, close } = await open(
        `${DIV}<div data-tailorbird-slot="b">own too</div>`,
        `<script>tailorbird = window.tailorbird ?? []; tailorbird.push((agent) => agent.on('${name}', () => agent.stop()));</script>`,
      );
      await sleep(DWELL);
      assert.deepEqual([await shown(), await counted()], [['own', 'own too'], []]);
      await close();
    });
  }
});
