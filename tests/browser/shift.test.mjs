//! Nothing moves because of us: the browser's own layout-shift entries on the demo shop, on a slow phone and a slow line.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { visits } from '../../benches/page/visits.mjs';
import { DIST, launch, missing, startCollector } from './harness.mjs';

const why = missing();
let browser;
let shop;

before(async () => {
  if (why) return;
  browser = await launch();
  shop = await startCollector({ site: fileURLToPath(new URL('../../www', import.meta.url)), writeKey: 'demo', args: ['--agent', DIST] });
});
after(async () => {
  await browser?.close();
  await shop?.stop({ remove: true });
});

test('no layout shift at the first and at a repeat visit, under 4x CPU and 1.6 Mbit/s', { skip: why }, async () => {
  const [first, repeat] = await visits({ browser, shop: shop.url, slow: true, tags: [true], who: ['first', 'repeat'] });
  assert.ok(!first.shown.includes('home-hero'), first.shown.join(' '));
  // The page is another one by now, and still nothing moved.
  assert.ok(repeat.shown.includes('home-hero') && repeat.shown.includes('home-row'), repeat.shown.join(' '));
  for (const { visit, shifts } of [first, repeat]) assert.deepEqual(shifts, [], visit);
});
