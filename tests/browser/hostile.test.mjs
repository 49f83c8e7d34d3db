//! Hostile texts through every door: none may run, load, navigate, or leave an element that could. The list is hostile.json.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST, html, launch, missing, startStage } from './harness.mjs';

const why = missing();
const kit = why ? {} : await import(pathToFileURL(join(DIST, 'testing.js')));
const { categories } = JSON.parse(await readFile(new URL('hostile.json', import.meta.url), 'utf8'));
const PAYLOADS = Object.values(categories).flatMap(({ payloads }) => payloads);
/** Reports what the strict policy would have stopped, and lets it happen, so that the canary sees it, too. */
const POLICY = "script-src 'nonce-abc' 'strict-dynamic' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; frame-src 'none'; form-action 'none'; style-src 'none'; require-trusted-types-for 'script'; trusted-types tailorbird shop";
const GRANTED = { consent: 'granted' };
let browser;
let stage;

before(async () => {
  if (why) return;
  browser = await launch();
  stage = await startStage({ headers: { 'content-security-policy-report-only': POLICY } });
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/** Runs in the page before anything else: the canary, and what looks for trouble. */
function watch() {
  window.offences = [];
  window.offend = (what) => window.offences.push(what);
  const pwned = () => window.offend('the canary was called');
  Object.defineProperty(window, '__pwned', { get: () => pwned, set: () => window.offend('the canary was replaced') });
  for (const name of ['alert', 'confirm', 'prompt', 'open']) window[name] = () => window.offend(name);
  document.addEventListener('securitypolicyviolation', (event) => window.offend(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  // Links of the shop are not followed here; anything else that a click does, happens.
  document.addEventListener('click', (event) => {
    const link = event.composedPath().find((one) => one.href);
    if (link && /^https?:$/.test(link.protocol)) event.preventDefault();
  });
  const ACTIVE = /^(script|style|iframe|frame|frameset|object|embed|applet|link|meta|base|form|svg|math|template|noscript|portal|textarea|select|title|animate|set|use|foreignobject|audio|video|x|x-y)$/;
  const SCHEMES = /^(https?|mailto|tel|sms):$/;
  const protocolOf = (address) => {
    try {
      return new URL(address, document.baseURI).protocol;
    } catch {
      return 'https:';
    }
  };
  /** Looks for what stands below `root` and could do harm; `touch`: and does to each element what a shopper might do. */
  window.inspect = (root, touch = false) => {
    const all = [...root.querySelectorAll('*')];
    for (const element of all) {
      if (ACTIVE.test(element.localName)) window.offend(`<${element.localName}>`);
      for (const { name, value } of element.attributes) {
        if (/^on|^(style|srcdoc|formaction|action|ping|id|name|is|form|http-equiv|xlink:href|data-tailorbird-slot|nonce)$/i.test(name)) window.offend(`${name}=${value}`);
        if (/^(href|src|cite|poster|background)$/.test(name)) {
          const protocol = protocolOf(value);
          if (!SCHEMES.test(protocol) && !(name === 'src' && /^data:image\/(png|jpeg|gif|webp|avif);/.test(value))) window.offend(`${name}=${value}`);
        }
      }
    }
    for (const element of touch ? all : []) {
      for (const kind of ['mouseover', 'pointerenter', 'focus', 'error', 'load', 'toggle', 'animationstart', 'transitionend', 'wheel', 'keydown', 'copy', 'paste', 'auxclick', 'beforetoggle', 'scrollend']) {
        element.dispatchEvent(new Event(kind));
      }
      element.focus?.();
      element.click?.();
    }
    return all.length;
  };
}

/** Opens a page that watches itself; `done` fails if anything happened that must not. */
async function open(path, { kitted = true } = {}) {
  const context = await browser.newContext();
  await context.addInitScript(watch);
  if (kitted) await kit.prepare(context);
  const page = await context.newPage();
  const outside = [];
  page.on('dialog', (dialog) => { outside.push(`dialog ${dialog.message()}`); void dialog.dismiss(); });
  page.on('request', (request) => {
    // Pictures may come from anywhere: that is what a catalogue is for.
    if (new URL(request.url()).hostname === 'canary.invalid' && request.resourceType() !== 'image') outside.push(`${request.resourceType()} ${request.url()}`);
    if (request.isNavigationRequest() && request.frame() === page.mainFrame() && !request.url().startsWith(stage.url)) outside.push(`navigation to ${request.url()}`);
  });
  page.on('popup', (popup) => outside.push(`popup ${popup.url()}`));
  page.on('download', (download) => outside.push(`download ${download.url()}`));
  page.on('framenavigated', (frame) => { if (frame !== page.mainFrame()) outside.push(`frame ${frame.url()}`); });
  page.on('pageerror', (error) => outside.push(`error ${error.message}`));
  await page.goto(stage.url + path, { waitUntil: kitted ? 'load' : 'domcontentloaded' });
  const who = kitted ? kit.shopper(page, { patience: 20_000 }) : undefined;
  await who?.settled();
  const offences = async () => [...outside, ...(await page.evaluate(() => window.offences))];
  return {
    page, who, offences,
    async done() {
      // What only starts now, as a picture's error does, has happened after the next frames.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)))));
      assert.deepEqual(await offences(), []);
      await context.close();
    },
  };
}

const name = (nth) => `p${nth}`;
const slots = PAYLOADS.map((_, nth) => `<div data-tailorbird-slot="${name(nth)}"><i>own</i></div>`).join('');
/** Puts rules, catalogue and a page with a slot for each text on the stage. */
function serve(rules, { catalog, body = slots, head = '' } = {}) {
  stage.pages['/'] = stage.pages['/search'] = html({ nonce: 'abc', collector: '/collector', body, head });
  stage.pages['/tailorbird/rules.json'] = JSON.stringify({ version: 1, settings: GRANTED, ...(catalog && { catalog: '/tailorbird/catalog.json' }), ...rules });
  stage.pages['/tailorbird/catalog.json'] = JSON.stringify(catalog ?? { version: 1, products: [] });
}
const experiences = PAYLOADS.map((_, nth) => ({ id: name(nth), placement: name(nth), show: name(nth) }));
const placements = Object.fromEntries(PAYLOADS.map((_, nth) => [name(nth), {}]));
const blocks = (made) => Object.fromEntries(PAYLOADS.map((payload, nth) => [name(nth), made(payload, nth)]));
const inspectSlots = (touch) => {
  let changed = 0;
  for (const slot of document.querySelectorAll('[data-tailorbird-slot]')) {
    if (slot.innerHTML !== '<i>own</i>') changed += 1;
    window.inspect(slot, touch);
  }
  return changed;
};
/** What HTML makes of a text that stands in it: no NUL, one kind of line end. */
const asText = (payload) => payload.replace(/\0/g, '').replace(/\r\n?/g, '\n');
const LINKED = (path) => `<p title="{{${path}}}" data-x='{{${path}}}'>{{${path}}}</p><a href="{{${path}}}">l</a><a href="/x?y={{${path}}}#{{${path}}}">l</a>`;
const EVERYWHERE = (path) => `<p title="{{${path}}}" class="{{${path}}}" data-x='{{${path}}}'>{{${path}}}</p><a href="{{${path}}}">l</a><a href="/x?y={{${path}}}#{{${path}}}">l</a><img src="{{${path}}}" alt="{{${path}}}">`;

describe('hostile texts', { skip: why }, () => {
  test('there are enough of them, and the canary sings when they are let in', async () => {
    assert.ok(new Set(PAYLOADS).size >= 300);
    assert.equal(Object.values(categories).every(({ origin }) => origin.length > 20), true);
    serve({ experiences: [] }, { body: '' });
    const { page, offences } = await open('/');
    const caught = await page.evaluate(async (payloads) => {
      const policy = window.trustedTypes.createPolicy('shop', { createHTML: (text) => text });
      let caught = 0;
      for (const payload of payloads) {
        if (/<(base|meta|frameset|plaintext|body)|http-equiv/i.test(payload)) continue;
        const before = window.offences.length;
        const place = document.body.appendChild(document.createElement('div'));
        place.innerHTML = policy.createHTML(payload);
        window.inspect(place, true);
        await new Promise((done) => setTimeout(done, 1));
        place.remove();
        if (window.offences.length > before) caught += 1;
      }
      return caught;
    }, PAYLOADS);
    assert.ok(caught > 200, `only ${caught} were noticed`);
    const seen = await offences();
    assert.ok(seen.filter((what) => what === 'the canary was called').length > 50);
    assert.ok(seen.some((what) => /script-src/.test(what)) && seen.some((what) => /canary\.invalid/.test(what)));
    await page.context().close();
  });

  test('what a shop’s own blocks are made of gets through unharmed', async () => {
    const good = [
      '<h2 class="big" title="a &amp; b">Hello <b>you</b><br>there</h2>',
      '<a href="/dogs">a</a>', '<a href="?q=a:b">a</a>', '<a href="#a:b">a</a>', '<a href="https://shop.example/x?y=1#z">a</a>', '<a href="mailto:a@shop.example">a</a>', '<a href="tel:+491234">a</a>',
      '<img src="/favicon.ico" srcset="/favicon.ico 1x, /favicon.ico?2 2x" width="4" height="3" alt="x" loading="lazy">',
      '<ul role="list" aria-label="x"><li data-shop-add="p7" tabindex="0">one</li></ul>',
      '<details open=""><summary>s</summary><table><tbody><tr><td colspan="2">x</td></tr></tbody></table></details>',
      '<button type="button" disabled="">x</button>',
      '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==" alt="">',
      '<p title="a style = b; on sale=c">on sale = now, style="x"</p>', '<p title="x">a &lt;b onclick="y"&gt;</p>',
    ];
    const names = good.map((_, nth) => `p${nth}`);
    serve({
      placements: Object.fromEntries(names.map((one) => [one, {}])), experiences: names.map((one) => ({ id: one, placement: one, show: one })),
      blocks: Object.fromEntries(names.map((one, nth) => [one, { html: good[nth] }])),
    }, { body: names.map((one) => `<div data-tailorbird-slot="${one}"></div>`).join('') });
    const { page, done } = await open('/');
    assert.deepEqual(await page.locator('[data-tailorbird-slot]').evaluateAll((all) => all.map((one) => one.innerHTML)), good);
    await done();
  });

  test('styles and handlers of a block are no reports of a strict policy, however they are written', async () => {
    const odd = [
      '<style>p{color:red}</style><p>on sale</p>', '<p title="x"onclick=y()>a</p>', "<p title='x'onclick='y()'style='color:red'>a</p>", '<p x"onclick=y() z">a</p>', '<a href=x"y onclick=z()>a</a>', '<p/onclick=y()/style=z>a</p>', '<p onclick>a</p>',
      '<p\nonclick\n=\ny()>a</p>', '<p x= onclick=y() onfocus=z()>a</p>', '<p ="onclick" onclick="y()">a</p>', '<!-- <p title=" --><p onclick="y()">a</p>', '</><p onclick="y()">a</p>', '</p x="><p onclick=y()>"><p onclick="y()">a</p>', '<? "><p onclick="y()">a</p>',
      '<textarea><p title="</textarea><p onclick=y()>a</p>', '<style>a[b="</style><p onclick=y() c="d">a</p>', '<svg><style><p onclick=y()>a</p>', '<base href="//x.example/"><p style="a">a</p>', '<p ONCLICK="y()" Style="z">a</p>', '<p title="un', '<p onclick="un',
    ];
    const names = odd.map((_, nth) => `p${nth}`);
    serve({
      placements: Object.fromEntries(names.map((one) => [one, {}])), experiences: names.map((one) => ({ id: one, placement: one, show: one })),
      blocks: Object.fromEntries(names.map((one, nth) => [one, { html: odd[nth] }])),
    }, { body: names.map((one) => `<div data-tailorbird-slot="${one}">default</div>`).join('') });
    const { page, done } = await open('/');
    const shown = await page.locator('[data-tailorbird-slot]').evaluateAll((all) => all.map((one) => one.innerHTML));
    assert.ok(shown.filter((one) => /<(p|a)\b.*>(a|on sale)</.test(one)).length >= odd.length - 4, shown.join('\n'));
    await page.evaluate(() => document.querySelectorAll('[data-tailorbird-slot]').forEach((slot) => window.inspect(slot)));
    await done();
  });

  test('as markup of rules', async () => {
    serve({ placements, experiences, blocks: blocks((payload) => ({ html: payload })) });
    const { page, done } = await open('/');
    const changed = await page.evaluate(inspectSlots, true);
    assert.ok(changed > 300, `only ${changed} blocks were shown`);
    await done();
  });

  test('as templates of rules', async () => {
    const templates = Object.fromEntries(PAYLOADS.map((payload, nth) => [name(nth), `<p>${payload}</p>{{v}}`]));
    serve({ placements, experiences, templates, blocks: blocks((payload, nth) => ({ template: name(nth), fields: { v: payload } })) });
    const { page, done } = await open('/');
    const changed = await page.evaluate(inspectSlots, true);
    assert.ok(changed > 300, `only ${changed} blocks were shown`);
    await done();
  });

  test('as fields, in text, attributes and URLs', async () => {
    serve({ placements, experiences, templates: { t: EVERYWHERE('v') }, blocks: blocks((payload) => ({ template: 't', fields: { v: payload } })) });
    const { page, done } = await open('/');
    await page.evaluate(inspectSlots);
    const shown = await page.evaluate(() => [...document.querySelectorAll('[data-tailorbird-slot]')].map((slot) => ({ text: slot.querySelector('p')?.textContent, title: slot.querySelector('p')?.title, tags: [...slot.querySelectorAll('*')].map((one) => one.localName).join(' ') })));
    shown.forEach(({ text, title, tags }, nth) => {
      // Fields of rules may hold places of their own; all else comes out as it went in.
      if (PAYLOADS[nth].includes('{{')) return;
      assert.deepEqual([text, title, tags], [asText(PAYLOADS[nth]), asText(PAYLOADS[nth]), 'p a a img']);
    });
    await done();
  });

  test('as products of the catalogue', async () => {
    const products = PAYLOADS.map((text, nth) => ({ id: `${name(nth)}`, name: text || 'x', brand: text, category: text, url: text, image: text, tags: [text], attributes: { size: text }, price: 1 }));
    const rows = [];
    for (let at = 0; at < products.length; at += 20) rows.push(products.slice(at, at + 20).map(({ id }) => id));
    const row = `{{#each products}}<div>${EVERYWHERE('name')}<p title="{{brand}}">{{category}} {{attributes.size}}</p><a href="{{url}}">l</a><img src="{{image}}" alt="{{brand}}"></div>{{/each}}`;
    serve({
      placements: Object.fromEntries(rows.map((_, nth) => [name(nth), {}])),
      templates: { row }, blocks: { row: { template: 'row' } },
      experiences: rows.map((ids, nth) => ({ id: name(nth), placement: name(nth), show: 'row', products: { strategy: 'pinned', ids, limit: 20 } })),
    }, { catalog: { version: 1, products } });
    const { page, done } = await open('/');
    await page.evaluate(inspectSlots);
    const names = await page.evaluate(() => [...document.querySelectorAll('[data-tailorbird-slot] div')].map((one) => one.querySelector('p').textContent));
    assert.ok(names.length > 400, `only ${names.length} products were shown`);
    const known = new Set(PAYLOADS.map((text) => asText(text).trim()));
    for (const one of names) assert.ok(known.has(one.trim()), one);
    await done();
  });

  test('as what the page and the shopper say: UTM, referrer, search, title, JSON-LD, microdata, data layer, traits', async () => {
    const PATHS = ['traits.name', 'session.source', 'session.medium', 'session.campaign', 'session.referrer', 'session.landing', 'page.title', 'page.url', 'page.path', 'page.product', 'page.category', 'page.query.q', 'page.query.x', 'top.category', 'top.brand'];
    serve(
      { placements: { all: {} }, experiences: [{ id: 'all', placement: 'all', show: 'all' }], blocks: { all: { html: PATHS.map((path) => `<section>${LINKED(path)}</section>`).join('') } } },
      { body: '<div data-tailorbird-slot="all"></div><div id="micro" itemscope itemtype="https://schema.org/Product"><h1 itemprop="name"></h1><meta itemprop="sku"><a itemprop="url">x</a><span itemprop="brand"></span></div><form action="/search"><input name="q" type="search"></form>', head: '<script type="application/ld+json" id="ld">{}</script>' },
    );
    const { page, done } = await open('/');
    const shown = await page.evaluate(async ({ payloads, paths }) => {
      const agent = window.tailorbird;
      const slot = document.querySelector('[data-tailorbird-slot]');
      const [ld, micro] = [document.querySelector('#ld'), document.querySelector('#micro')];
      const counts = Object.fromEntries(paths.map((path) => [path, 0]));
      let referrer = '';
      // The shop's own way to change a script of its own.
      const policy = window.trustedTypes.createPolicy('shop', { createScript: (text) => text });
      Object.defineProperty(document, 'referrer', { get: () => referrer });
      window.dataLayer ??= [];
      const clean = (text) => text.replace(/\0/g, '').replace(/\r\n?/g, '\n');
      for (const text of payloads) {
        agent.reset();
        agent.consent('granted');
        referrer = text;
        document.title = text;
        ld.text = policy.createScript(JSON.stringify([{ '@context': 'https://schema.org', '@type': 'Product', sku: text, name: text, brand: { name: text }, image: text, url: text, offers: { price: text, priceCurrency: text } }, { '@type': 'BreadcrumbList', itemListElement: [{ position: 1, name: text, item: text }, { position: 2, name: 'x' }] }]));
        micro.querySelector('h1').textContent = text;
        micro.querySelector('meta').content = text;
        micro.querySelector('a').setAttribute('href', '/micro');
        micro.querySelector('span').textContent = text;
        const query = new URLSearchParams({ utm_source: text, utm_medium: text, utm_campaign: text, q: text, x: text });
        history.pushState(null, '', `/search?${query}`);
        window.dataLayer.push({ ecommerce: null }, { event: 'view_item', ecommerce: { currency: text, items: [{ item_id: text, item_name: text, item_brand: text, item_category: text }] } });
        agent.settle();
        agent.identify('user', { name: text, deep: { [text]: text } });
        agent.track(text || 'x', { product_id: text, name: text, url: text, image_url: text });
        agent.track('Product Viewed', { product_id: text, name: text, category: text, brand: text });
        agent.settle();
        if (!slot.querySelector('section')) window.offend(`the slot shows nothing for ${text}`);
        if (slot.querySelectorAll('*').length !== paths.length * 4) window.offend(`other elements than the template’s: ${text}`);
        const sections = slot.querySelectorAll('section');
        paths.forEach((path, nth) => {
          if (sections[nth]?.querySelector('p').textContent === clean(text)) counts[path] += 1;
        });
        window.inspect(slot);
      }
      return counts;
    }, { payloads: PAYLOADS, paths: PATHS });
    // Each door was really gone through: this many texts came out again as they went in.
    for (const path of ['traits.name', 'page.title', 'page.query.x', 'session.campaign', 'session.source', 'top.brand']) assert.ok(shown[path] > 300, `${path} was ${shown[path]} times what was said`);
    // A slash in a category is a level of it, and only the first is the top.
    assert.ok(shown['top.category'] > 80 && shown['page.category'] > 80, JSON.stringify(shown));
    // The overlay shows all of it, too.
    await page.evaluate(() => window.tailorbird.debug());
    const overlay = page.locator('tailorbird-debug');
    for (const tab of ['Shopper', 'Events', 'Consent', 'Slots']) {
      await overlay.getByRole('tab', { name: tab }).click();
      const strange = await overlay.evaluate((host) => [...host.shadowRoot.querySelectorAll('script,style,iframe,img,svg,a,object,embed,link')].map((one) => one.outerHTML));
      assert.deepEqual(strange, []);
    }
    await done();
  });

  test('as what the browser kept, should somebody have written there', async () => {
    serve({ placements, experiences: [] });
    // The rules never come, so that what was kept stays. It is kept by a number for the path: that of `/` is 47.
    stage.pages['/tailorbird/rules.json'] = () => null;
    const { page, done } = await open('/', { kitted: false });
    await page.evaluate((payloads) => localStorage.setItem('tailorbird.kept', JSON.stringify(Object.fromEntries(payloads.map((html, nth) => [`47 p${nth}`, { html, until: 0, at: Date.now() - 1000, rules: '/tailorbird/rules.json 1' }])))), PAYLOADS);
    await page.goto(`${stage.url}/`, { waitUntil: 'domcontentloaded' });
    await page.waitForFunction(() => document.querySelector('[data-tailorbird-kept]'));
    const changed = await page.evaluate(inspectSlots, true);
    assert.ok(changed > 300, `only ${changed} were shown`);
    await done();
  });

  test('as names: of slots, of what is to be previewed, of attributes of the tag', async () => {
    const attribute = (text) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;');
    const names = ['breaking out', 'keys and types', 'templates', 'clobbering'].flatMap((category) => categories[category].payloads);
    const body = names.map((text) => `<div data-tailorbird-slot="${attribute(text)}"><i>own</i></div><tailorbird-slot name="${attribute(text)}"><i>own</i></tailorbird-slot>`).join('');
    serve({ placements: { p0: {} }, experiences: [experiences[0]], blocks: { p0: { html: '<b>x</b>' } } }, { body });
    for (const text of [`<img src=x onerror=__pwned()>`, `"><script>__pwned()</script>`, `__proto__:constructor`]) {
      const { page, who, done } = await open(`/?tailorbird_preview=${encodeURIComponent(text)}`);
      await page.locator('tailorbird-debug').getByRole('tab', { name: 'Slots' }).waitFor();
      const strange = await page.locator('tailorbird-debug').evaluate((host) => [...host.shadowRoot.querySelectorAll('script,style,iframe,img,svg,a')].map((one) => one.outerHTML));
      assert.deepEqual(strange, []);
      assert.equal((await who.decision('p0')).reason, 'matched');
      await done();
    }
  });
});
