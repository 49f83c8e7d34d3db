//! The overlay and the preview: what a web team sees of a decision, under a strict policy, by mouse and by keyboard.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST, html, launch, missing, startStage, watchErrors } from './harness.mjs';

const why = missing();
const kit = why ? {} : await import(pathToFileURL(join(DIST, 'testing.js')));
const POLICY = "default-src 'none'; script-src 'nonce-abc' 'strict-dynamic' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'none'; require-trusted-types-for 'script'; trusted-types tailorbird";
const RULES = {
  version: 1,
  settings: { consent: 'granted' },
  blocks: { dog: { html: '<h2>For dog people</h2>' }, cat: { html: '<h2>For cat people</h2>' } },
  placements: { hero: {}, aside: { selector: '#aside' }, elsewhere: {} },
  experiences: [
    { id: 'dog-people', placement: 'hero', when: { 'affinity.category.Dogs': { $gte: 4 } }, show: 'dog' },
    { id: 'test', placement: 'aside', experiment: { coverage: 1, seed: 'test' }, variants: [{ id: 'dogs', weight: 1, show: 'dog' }, { id: 'cats', weight: 0, show: 'cat' }] },
  ],
};
let browser;
let stage;

before(async () => {
  if (why) return;
  browser = await launch();
  const body = '<button id="first">first</button><div data-tailorbird-slot="hero"><p>for everybody</p></div><div id="aside">aside</div><p>end</p>';
  stage = await startStage({
    headers: { 'content-security-policy': POLICY },
    pages: { '/': html({ nonce: 'abc', body }), '/tailorbird/rules.json': JSON.stringify(RULES) },
  });
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

async function open(path, context = {}) {
  const shopper = await browser.newContext(context);
  const errors = await watchErrors(shopper);
  await kit.prepare(shopper);
  const page = await shopper.newPage();
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.sample}`));
  });
  stage.requests.length = 0;
  await page.goto(stage.url + path);
  const who = kit.shopper(page);
  await who.settled();
  return {
    page, who,
    overlay: page.locator('tailorbird-debug'),
    async close() {
      assert.deepEqual(await page.evaluate(() => window.violations), []);
      assert.deepEqual(errors, []);
      await shopper.close();
    },
  };
}
const loaded = () => stage.requests.filter(({ path }) => path.endsWith('tailorbird.debug.js')).length;

describe('overlay', { skip: why }, () => {
  test('nothing of it is loaded unless it is asked for; then once', async () => {
    const { page, overlay, close } = await open('/');
    assert.equal(loaded(), 0);
    assert.equal(await overlay.count(), 0);
    await page.evaluate(() => window.tailorbird.debug());
    await overlay.getByRole('tab', { name: 'Slots' }).waitFor();
    await page.evaluate(() => window.tailorbird.debug());
    assert.equal(loaded(), 1);
    assert.equal(await overlay.count(), 1);
    await overlay.getByRole('button', { name: 'Close the overlay' }).click();
    assert.equal(await overlay.count(), 0);
    await close();
  });

  test('each slot is outlined, with what stands there and why', async () => {
    const { page, who, overlay, close } = await open('/?tailorbird=debug');
    const row = (name) => overlay.locator('details.slot', { has: page.locator('summary', { hasText: name }) });
    await row('hero').locator('summary').click();
    assert.match(await row('hero').innerText(), /default content/);
    assert.match(await row('hero').innerText(), /dog-people\s*condition:\s*affinity\.category\.Dogs is 0, wanted at least 4/);
    await who.likes('Dogs', 5);
    await row('hero').locator('.what', { hasText: 'dog-people' }).waitFor();
    assert.match(await row('hero').innerText(), /dog-people\s*won:\s*its conditions hold/);
    assert.match(await row('aside').innerText(), /test · dogs/);
    assert.equal(await overlay.locator('details.rest').getByText('elsewhere').count(), 1);
    // The frame lies on the slot, and pressing its label opens the slot's line.
    const [slot, frame] = await Promise.all([page.locator('#aside').boundingBox(), overlay.locator('.frame', { hasText: 'aside' }).boundingBox()]);
    for (const side of ['x', 'y', 'width', 'height']) assert.ok(Math.abs(slot[side] - frame[side]) <= 1, `${side}: ${slot[side]} ${frame[side]}`);
    await overlay.getByRole('button', { name: 'aside · test' }).click();
    assert.equal(await row('aside').evaluate((one) => one.open), true);
    await close();
  });

  test('a slot that the rules do not know, and consent that is still open, are said', async () => {
    const { page, who, overlay, close } = await open('/?tailorbird=debug');
    const notice = overlay.getByRole('note');
    assert.equal(await notice.count(), 0);
    await page.evaluate(() => {
      const slot = document.createElement('div');
      slot.dataset.tailorbirdSlot = 'heor';
      slot.textContent = 'here';
      document.body.append(slot);
      window.tailorbird.consent('pending');
    });
    await who.settled();
    await overlay.locator('summary', { hasText: 'heor' }).getByText('not in the rules').click();
    await overlay.getByText('The rules have no placement of this name').waitFor();
    assert.match(await notice.textContent(), /has not agreed yet/);
    await close();
  });

  test('profile, events and consent, all by keyboard', async () => {
    const { page, who, overlay, close } = await open('/?tailorbird=debug');
    await who.likes('Dogs/Food', 3);
    await overlay.getByRole('tab', { name: 'Slots' }).focus();
    await page.keyboard.press('ArrowRight');
    const panel = overlay.getByRole('tabpanel');
    assert.match(await panel.innerText(), /Dogs\/Food\s+3\.0/);
    await page.keyboard.press('Tab');
    await panel.getByRole('searchbox').fill('visitor.sess');
    assert.match(await panel.locator('dl').innerText(), /^visitor\.sessions\s+1$/);
    await overlay.getByRole('tab', { name: 'Shopper' }).focus();
    await page.keyboard.press('ArrowRight');
    // The page view happened before the overlay was there.
    assert.deepEqual((await panel.locator('.event .name').allInnerTexts()).reverse().slice(0, 4), ['page', 'Product Viewed', 'Product Viewed', 'Product Viewed']);
    await page.keyboard.press('ArrowRight');
    await panel.getByLabel('granted').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    assert.deepEqual(await page.evaluate(() => window.tailorbird.consent()), { personalization: 'denied', analytics: 'granted' });
    await page.keyboard.press('Escape');
    assert.equal(await panel.count(), 0);
    await page.keyboard.press('Enter');
    assert.equal(await panel.count(), 1);
    await close();
  });

  test('fits a small window and leaves the page usable', async () => {
    const { page, overlay, close } = await open('/?tailorbird=debug', { viewport: { width: 320, height: 560 } });
    const panel = await overlay.locator('.panel').boundingBox();
    assert.ok(panel.x >= 0 && panel.x + panel.width <= 320 && panel.y > 150, JSON.stringify(panel));
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
    await page.locator('#first').click();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'first');
    await close();
  });
});

describe('preview', { skip: why }, () => {
  const preview = (path) => open(`/?tailorbird_preview=${path}`);

  test('an experience is shown by URL, nothing is counted, and there is a way to leave', async () => {
    const { page, who, overlay, close } = await preview('dog-people');
    await kit.expectDecision(who, 'hero', { experience: 'dog-people', reason: 'preview' });
    await kit.expectShown(who, 'hero', 'For dog people');
    await overlay.getByText('Preview of dog-people').waitFor();
    // The same second in which an exposure of the other slot is counted.
    await who.sees('aside');
    await kit.expectNoEvent(who, 'Experience Viewed', { experience_id: 'dog-people' });
    assert.equal((await who.log()).filter(({ kind, detail }) => kind === 'exposure' && detail.placement === 'hero').length, 0);
    await overlay.getByRole('button', { name: 'Leave' }).click();
    await kit.expectShown(who, 'hero', 'for everybody');
    assert.equal(new URL(page.url()).search, '');
    assert.equal(await overlay.getByText('Preview of').isVisible(), false);
    await close();
  });

  test('a variant is shown by URL, even one that nobody draws', async () => {
    const { who, close } = await preview('test:cats');
    await kit.expectDecision(who, 'aside', { experience: 'test', variant: 'cats', reason: 'preview' });
    const other = await preview('test:dogs');
    await kit.expectDecision(other.who, 'aside', { experience: 'test', variant: 'dogs', reason: 'preview' });
    await kit.expectNoEvent(other.who, 'Experiment Viewed');
    await other.close();
    await close();
  });

  test('each experience and each variant is one press away, and so is the way back', async () => {
    const { page, who, overlay, close } = await open('/?tailorbird=debug');
    const row = (name) => overlay.locator('details.slot', { has: page.locator('summary', { hasText: name }) });
    const button = (name) => overlay.getByRole('button', { name, exact: true });
    await row('aside').locator('summary').click();
    assert.deepEqual(await row('aside').locator('button').allInnerTexts(), ['dogs', 'cats']);
    await button('Preview test, variant cats').click();
    await kit.expectShown(who, 'aside', 'For cat people');
    assert.equal(await button('Preview test, variant cats').getAttribute('aria-pressed'), 'true');
    await overlay.getByText('Preview of test · cats').waitFor();
    // What is shown is in the address: a reload and a link to a colleague show the same.
    assert.equal(new URL(page.url()).searchParams.get('tailorbird_preview'), 'test:cats');
    await page.reload();
    await who.settled();
    await kit.expectShown(who, 'aside', 'For cat people');
    await row('aside').locator('summary').click();
    await button('Preview test, variant dogs').click();
    await kit.expectDecision(who, 'aside', { variant: 'dogs', reason: 'preview' });
    // By keyboard, and one preview at a time.
    await row('hero').locator('summary').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await kit.expectDecision(who, 'hero', { experience: 'dog-people', reason: 'preview' });
    await kit.expectDecision(who, 'aside', { reason: 'matched' });
    assert.equal(await button('Preview dog-people').evaluate((one) => one === one.getRootNode().activeElement), true, 'the focus stays');
    await page.keyboard.press('Enter');
    await kit.expectShown(who, 'hero', 'for everybody');
    assert.equal(new URL(page.url()).search, '?tailorbird=debug');
    assert.equal(await overlay.locator('button[aria-pressed=true]').count(), 0);
    await kit.expectNoEvent(who, 'Experience Viewed', { experience_id: 'dog-people' });
    await close();
  });

  test('an experience that does not exist changes nothing', async () => {
    const { who, overlay, close } = await preview('%3Cimg%20src=x%3E:y');
    await kit.expectDecision(who, 'hero', { reason: 'default' });
    assert.equal(await overlay.getByText('Preview of').isVisible(), false);
    await close();
  });
});
