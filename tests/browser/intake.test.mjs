//! The page as a source of events: what shops' own markup, data layers, routes and shoppers tell, in a real Chromium.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EMPTY_RULES, html, launch, missing, sleep, startStage, until, watchErrors } from './harness.mjs';

const why = missing();
const PRODUCTS = [
  { id: 'ball', name: 'Rope ball', category: 'Dogs/Toys', brand: 'Acme', price: 9.5, url: '/p/ball' },
  { id: 'bone', name: 'Big bone', category: 'Dogs/Toys', brand: 'Acme', price: 5, url: '/p/bone' },
  { id: 'mouse', name: 'Mouse', category: 'Cats/Toys', brand: 'Miau', price: 3, url: '/p/mouse' },
];
/** What tests that failed left open. */
const left = new Set();
let browser;

before(async () => {
  if (!why) browser = await launch();
});
after(async () => {
  await browser?.close();
  for (const stage of left) await stage.close();
});

/** Runs before everything else in the page: keeps what the agent tells. */
const LISTEN = `<script>
window.told = [];
window.tailorbird = window.tailorbird || [];
window.seen = '';
window.tailorbird.push((agent) => agent.on('event', (event) => {
  window.told[window.told.length] = event;
  window.seen += (event.type === 'track' ? event.event : event.type) + '; ';
}));
</script>`;
const jsonLd = (...documents) => documents.map((one) => `<script type="application/ld+json">${typeof one === 'string' ? one : JSON.stringify(one)}</script>`).join('\n');
const BALL_LD = { '@context': 'https://schema.org', '@type': 'Product', sku: 'ball', name: 'Rope ball (red)', offers: { '@type': 'Offer', price: '8.50', priceCurrency: 'EUR' } };

/** Opens a page of the shop; `names` are the events it told so far, oldest first. */
async function open({ path = '/x', head = '', body = '', options, init, context: browserOptions, wait = true, pages = {}, in: other } = {}) {
  const context = await (other ?? browser).newContext({ viewport: { width: 1000, height: 800 }, ...browserOptions });
  const errors = await watchErrors(context);
  if (init) await context.addInitScript(init);
  const page = await context.newPage();
  const whole = html({ options, head: LISTEN + head, body });
  // A shop of its own for every test: they run side by side and give the same pages different content.
  const stage = await startStage({
    pages: {
      '/tailorbird/rules.json': JSON.stringify({ ...EMPTY_RULES, catalog: '/tailorbird/catalog.json' }),
      '/tailorbird/catalog.json': JSON.stringify({ version: 1, currency: 'EUR', products: PRODUCTS }),
      [path.split('?')[0]]: whole,
      ...pages,
    },
  });
  left.add(stage);
  await page.goto(stage.url + path);
  if (wait) await ready(page);
  const all = () => page.evaluate(() => window.told);
  const tracks = async (name) => (await all()).filter((event) => event.type === 'track' && (!name || event.event === name));
  return {
    context, page, stage, all, tracks,
    names: async () => (await tracks()).map((event) => event.event),
    pageViews: async () => (await all()).filter((event) => event.type === 'page'),
    has: (name, count = 1) => until(`${count} × ${name}`, async () => (await tracks(name)).length >= count, { timeout: 8000 }),
    facts: () => page.evaluate(() => window.tailorbird.attributes().page),
    async close() {
      assert.deepEqual(errors, []);
      await context.close();
      await stage.close();
      left.delete(stage);
    },
  };
}

/** Asks without the help of the page's observers: some pages here have none. */
const ready = (page) => until('the agent', () => page.evaluate(() => window.tailorbird?.attributes?.().page !== undefined));

/** Long enough for everything that waits for no shopper: routes, changed documents, data layers. */
const settled = () => sleep(700);

describe('intake', { skip: why, concurrency: 4 }, () => {
  test('a page of the catalogue is a product view, without any markup', async () => {
    const shop = await open({ path: '/p/ball' });
    await shop.has('Product Viewed');
    const [view] = await shop.tracks('Product Viewed');
    assert.equal(view.properties.product_id, 'ball');
    assert.equal(view.properties.category, 'Dogs/Toys');
    assert.equal(view.properties.price, 9.5);
    const facts = await shop.facts();
    assert.equal(facts.type, 'product');
    assert.equal(facts.product, 'ball');
    assert.equal(facts.category, 'Dogs/Toys');
    assert.equal((await shop.pageViews()).length, 1);
    await shop.close();
  });

  test('JSON-LD and data layer tell one view, with the page’s price and the catalogue’s name', async () => {
    const shop = await open({
      path: '/p/ball',
      head: `${jsonLd('{broken', { '@graph': [{ '@type': 'WebSite' }, BALL_LD] })}
        <script>window.dataLayer = [{ event: 'view_item', ecommerce: { items: [{ item_id: 'SHOP-1', item_name: 'Rope ball (red)' }] } }];</script>`,
    });
    await shop.has('Product Viewed');
    await settled();
    const views = await shop.tracks('Product Viewed');
    assert.equal(views.length, 1);
    assert.equal(views[0].properties.product_id, 'ball');
    assert.equal(views[0].properties.name, 'Rope ball');
    await shop.close();
  });

  test('a product that no catalogue knows is described by its page alone', async () => {
    const shop = await open({
      path: '/artikel/leash',
      body: jsonLd(
        { '@type': 'Product', sku: 'leash', name: 'Leash', brand: { name: 'Acme' }, offers: { price: 12, priceCurrency: 'EUR' } },
        { '@type': 'BreadcrumbList', itemListElement: [
          { position: 1, item: { '@id': '/', name: 'Shop' } }, { position: 2, item: { '@id': '/dogs', name: 'Dogs' } }, { position: 3, name: 'Leash' }] },
      ),
    });
    await shop.has('Product Viewed');
    const [view] = await shop.tracks('Product Viewed');
    assert.deepEqual(
      Object.fromEntries(Object.entries(view.properties).sort()),
      { brand: 'Acme', category: 'Dogs', currency: 'EUR', name: 'Leash', price: 12, product_id: 'leash', sku: 'leash' },
    );
    assert.equal((await shop.facts()).category, 'Dogs');
    await shop.close();
  });

  test('microdata is read as JSON-LD is', async () => {
    const shop = await open({
      path: '/artikel/tent',
      body: `<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name"> Tent </h1><meta itemprop="sku" content="tent">
        <div itemprop="brand" itemscope itemtype="https://schema.org/Brand"><span itemprop="name">Camp</span></div>
        <span itemprop="offers" itemscope itemtype="https://schema.org/Offer"><b itemprop="price" content="99.90">99,90 €</b><meta itemprop="priceCurrency" content="EUR"></span></div>
        <ol itemscope itemtype="https://schema.org/BreadcrumbList"><li itemprop="itemListElement" itemscope itemtype="https://schema.org/ListItem">
        <a itemprop="item" href="/out"><span itemprop="name">Outdoor</span></a><meta itemprop="position" content="1"></li></ol>`,
    });
    await shop.has('Product Viewed');
    const { properties } = (await shop.tracks('Product Viewed'))[0];
    assert.equal(properties.product_id, 'tent');
    assert.equal(properties.name, 'Tent');
    assert.equal(properties.brand, 'Camp');
    assert.equal(properties.price, 99.9);
    assert.equal((await shop.facts()).category, 'Outdoor');
    await shop.close();
  });

  test('microdata is read again when it changed, not whenever something did', async () => {
    const shop = await open({
      path: '/artikel/tent',
      init: () => {
        window.asked = 0;
        const own = Element.prototype.querySelectorAll;
        Element.prototype.querySelectorAll = function (selector) {
          if (selector === '[itemprop]') window.asked += 1;
          return own.call(this, selector);
        };
      },
      body: `<div id="clock"></div><div id="box"><div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Tent</b><i itemprop="sku">tent</i></div></div>`,
    });
    await shop.has('Product Viewed');
    await settled();
    const change = (id, markup) => shop.page.evaluate(async ([id, markup]) => {
      const before = window.asked;
      document.querySelector(id).innerHTML = markup;
      await new Promise((done) => { setTimeout(done, 700); });
      return window.asked - before;
    }, [id, markup]);
    assert.equal(await change('#clock', '<b>12:00</b> o’clock'), 0);
    assert.notEqual(await change('[itemprop=sku]', 'tent-xl'), 0);
    assert.notEqual(await change('#box', '<p>x</p><div><div itemscope itemtype="https://schema.org/Product"><i itemprop="sku">rope</i></div></div>'), 0);
    await shop.has('Product Viewed', 2);
    assert.deepEqual((await shop.tracks('Product Viewed')).map((event) => event.properties.product_id), ['tent', 'rope']);
    assert.equal(await change('#clock', '12:01'), 0);
    await shop.close();
  });

  test('structured data that a route leaves behind is stale until it changes', async () => {
    const shop = await open({ path: '/artikel/one', head: `<meta name="x">`, body: jsonLd({ '@type': 'Product', sku: 'one', name: 'One' }) });
    await shop.has('Product Viewed');
    await shop.page.evaluate(() => history.pushState({}, '', '/artikel/two'));
    await settled();
    assert.equal((await shop.tracks('Product Viewed')).length, 1, 'the old description says nothing of the new page');
    assert.equal((await shop.facts()).product, undefined);
    await shop.page.evaluate(() => {
      document.querySelector('script[type="application/ld+json"]').textContent = JSON.stringify({ '@type': 'Product', sku: 'two', name: 'Two' });
    });
    await shop.has('Product Viewed', 2);
    assert.deepEqual((await shop.tracks('Product Viewed')).map((view) => view.properties.product_id), ['one', 'two']);
    assert.equal((await shop.facts()).product, 'two');
    await shop.close();
  });

  test('a list of products is told where no card can be recognised', async () => {
    const list = { '@type': 'ItemList', itemListElement: [{ '@type': 'ListItem', position: 1, url: '/p/ball' }, { '@type': 'ListItem', position: 2, item: { '@type': 'Product', sku: 'x', name: 'X' } }] };
    const shop = await open({ path: '/category/dogs', body: jsonLd(list) });
    await shop.has('Product List Viewed');
    const { properties } = (await shop.tracks('Product List Viewed'))[0];
    assert.equal(properties.list_id, 'category');
    assert.deepEqual(properties.products.map((product) => product.product_id), ['ball', 'x']);
    await shop.close();
  });

  test('the data layer is read from before us and from now on, as it was at that moment', async () => {
    const shop = await open({
      head: `<script>window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments); }
        dataLayer.push({ event: 'add_to_cart', ecommerce: { currency: 'EUR', items: [{ item_id: 'ball', quantity: 2 }] } });</script>`,
    });
    await shop.has('Product Added');
    await shop.page.evaluate(() => {
      const entry = { event: 'add_to_cart', ecommerce: { items: [{ item_id: 'bone' }] } };
      window.pushed = window.dataLayer.push(entry);
      entry.ecommerce.items[0].item_id = 'changed';
      window.dataLayer.push({ ecommerce: null });
      window.dataLayer.push({ event: 'add_to_cart' });
      window.gtag('event', 'begin_checkout', { currency: 'EUR', value: 14.5, items: [{ item_id: 'ball' }] });
    });
    await shop.has('Checkout Started');
    const added = await shop.tracks('Product Added');
    assert.deepEqual(added.map((event) => event.properties.product_id), ['ball', 'bone']);
    assert.equal(added[0].properties.quantity, 2);
    assert.equal(added[0].properties.name, 'Rope ball');
    assert.equal(await shop.page.evaluate(() => window.pushed), 2, 'push answers as ever');
    assert.equal((await shop.tracks('Checkout Started'))[0].properties.value, 14.5);
    await shop.close();
  });

  test('an order has the same id on every visit of the thank-you page', async () => {
    const shop = await open({
      path: '/checkout/thanks',
      head: `<script>dataLayer = [{ event: 'purchase', ecommerce: { transaction_id: 'T7', value: 20, currency: 'EUR', items: [{ item_id: 'ball', price: 10, quantity: 2 }] } }];</script>`,
    });
    await shop.has('Order Completed');
    const [first] = await shop.tracks('Order Completed');
    assert.equal(first.messageId, 'order-test-key-T7', 'another shop on the same collector has a T7 of its own');
    assert.equal(first.properties.total, 20);
    await shop.page.evaluate(() => dataLayer.push({ event: 'purchase', ecommerce: { transaction_id: 'T7', items: [{ item_id: 'ball' }] } }));
    await settled();
    assert.equal((await shop.tracks('Order Completed')).length, 1);
    await shop.close();
  });

  test('the page’s own word on an order has the id that the data layer’s has', async () => {
    const shop = await open({ path: '/checkout/thanks', options: { autocaptureDataLayer: 'false' } });
    await shop.page.evaluate(() => {
      window.tailorbird.track('Order Completed', { order_id: 77, total: 10 });
      window.tailorbird.track('Order Completed', { order_id: 'a', total: 10 }, { messageId: 'mine' });
    });
    await shop.has('Order Completed', 2);
    assert.deepEqual((await shop.tracks('Order Completed')).map((event) => event.messageId), ['order-test-key-77', 'mine']);
    await shop.close();
  });

  test('of a data layer that is too long the newest entries are read', async () => {
    const shop = await open({
      head: `<script>dataLayer = Array.from({ length: 1100 }, (_, nth) => ({ event: 'tick', nth })); dataLayer.push({ event: 'add_to_cart', ecommerce: { items: [{ item_id: 'ball' }] } });</script>`,
    });
    await shop.has('Product Added');
    await shop.close();
  });

  test('what the data layer has just told the page’s own track does not tell again', async () => {
    const shop = await open();
    await shop.page.evaluate(async () => {
      window.dataLayer = [];
      const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
      document.body.append('a layer');
      await wait(700);
      dataLayer.push({ event: 'add_to_cart', ecommerce: { items: [{ item_id: 'ball', quantity: 1 }] } });
      await wait(250);
      window.tailorbird.track('Product Added', { product_id: 'ball', quantity: 1 });
      window.tailorbird.track('Product Added', { product_id: 'bone', quantity: 1 });
      await wait(1000);
      window.tailorbird.track('Product Added', { product_id: 'ball', quantity: 1 });
    });
    await settled();
    assert.deepEqual((await shop.tracks('Product Added')).map((event) => event.properties.product_id), ['ball', 'bone', 'ball']);
    await shop.close();
  });

  test('what the page queued before us outweighs what is noticed on it', async () => {
    const queue = `<script>tailorbird.push(['track', 'Product Viewed', { product_id: 'ball', own: 1 }], ['track', 'Products Searched', { query: 'rope' }]);</script>`;
    const shop = await open({ path: '/p/ball', head: jsonLd(BALL_LD) + queue });
    await shop.has('Product Viewed');
    assert.deepEqual((await shop.all()).slice(0, 3).map(({ type, event }) => event ?? type), ['page', 'Product Viewed', 'Products Searched']);
    assert.deepEqual((await shop.tracks('Product Viewed')).map(({ properties }) => properties), [{ product_id: 'ball', own: 1 }]);
    assert.equal((await shop.page.evaluate(() => window.tailorbird.attributes().affinity.category['Dogs/Toys'])).toFixed(3), '1.000');
    await shop.close();
    const results = await open({ path: '/search?q=rope', head: `<script>tailorbird.push(['track', 'Products Searched', { query: 'rope' }]);</script>` });
    await results.has('Products Searched');
    assert.equal(await results.page.evaluate(() => window.tailorbird.attributes().session.searches), 1);
    await results.close();
  });

  test('what was pushed just before a route belongs to the page that was left', async () => {
    const shop = await open({ path: '/dogs' });
    await shop.page.evaluate(() => {
      window.dataLayer = window.dataLayer ?? [];
      document.body.append('.');
    });
    await sleep(400);
    await shop.page.evaluate(() => {
      window.dataLayer.push({ event: 'select_item', ecommerce: { items: [{ item_id: 'ball' }] } });
      history.pushState(null, '', '/p/ball');
    });
    await shop.has('Product Viewed');
    assert.deepEqual((await shop.all()).map(({ type, event, context }) => `${event ?? type} ${context.page.path}`), ['page /dogs', 'Product Clicked /dogs', 'page /p/ball', 'Product Viewed /p/ball']);
    await shop.close();
  });

  test('a product’s page is one by what it says of itself, whatever a word in its address means elsewhere', async () => {
    const tote = { '@context': 'https://schema.org', '@type': 'Product', sku: 'tote', name: 'Tote' };
    for (const head of ['<meta property="og:type" content="product">', '<meta name="tailorbird:page-type" content="product">']) {
      const shop = await open({ path: '/women/bag/tote.html', head: head + jsonLd(tote) });
      await shop.has('Product Viewed');
      assert.deepEqual([(await shop.facts()).type, (await shop.facts()).product], ['product', 'tote']);
      await shop.close();
    }
    const crumbs = { '@type': 'BreadcrumbList', itemListElement: [{ '@type': 'ListItem', position: 1, name: 'All Products' }] };
    const body = '<div itemscope itemtype="https://schema.org/ItemPage"><div itemprop="mainEntity" itemscope itemtype="https://schema.org/Product"><meta itemprop="sku" content="tote"><b itemprop="name">Tote</b></div></div>';
    const shop = await open({ path: '/x', head: jsonLd(crumbs), body });
    await shop.has('Product Viewed');
    await shop.close();
  });

  test('a data layer put in another’s place, wrapped by a tag manager, and of another name', async () => {
    const shop = await open({ path: '/category/a', body: '<p>x</p>' });
    await shop.page.evaluate(() => {
      // Google's tag manager wraps whatever push it finds.
      window.dataLayer = [{ event: 'add_to_cart', ecommerce: { items: [{ item_id: 'ball' }] } }];
      const before = window.dataLayer.push;
      window.dataLayer.push = function (...entries) { return before.apply(window.dataLayer, entries); };
      document.body.append('changed');
    });
    await shop.has('Product Added');
    await shop.page.evaluate(() => window.dataLayer.push({ event: 'remove_from_cart', ecommerce: { items: [{ item_id: 'ball' }] } }));
    await shop.has('Product Removed');
    await shop.close();

    const named = await open({
      path: '/category/b',
      head: `<script>layer2 = [];</script><script type="text/plain" src="https://www.googletagmanager.com/gtm.js?id=GTM-1&l=layer2"></script>`,
    });
    await named.page.evaluate(() => window.layer2.push({ event: 'add_to_cart', ecommerce: { items: [{ item_id: 'ball' }] } }));
    await named.has('Product Added');
    await named.close();
  });

  test('entries that throw, circle or hold half the document do no harm', async () => {
    const shop = await open({ head: '<script>dataLayer = [];</script>' });
    const answers = await shop.page.evaluate(() => {
      const circle = { event: 'add_to_cart', ecommerce: { items: [{ item_id: 'ball', price: 3n }] } };
      circle.ecommerce.self = circle;
      circle.ecommerce.items[0].brand = circle;
      const bomb = { event: 'add_to_cart', get ecommerce() { throw new Error('boom'); } };
      const odd = { event: 'add_to_cart', ecommerce: { items: [{ get item_name() { throw new Error('boom'); }, item_id: 'bone' }] } };
      const toJson = { event: 'add_to_cart', toJSON() { throw new Error('boom'); }, ecommerce: { items: [{ item_id: 'mouse' }] } };
      return [circle, bomb, odd, toJson, { event: 'gtm.click', 'gtm.element': document.body, 'gtm.window': window }, null, 5, 'x', () => {}, document, window, Object.freeze([])]
        .map((entry) => dataLayer.push(entry));
    });
    assert.deepEqual(answers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    await shop.has('Product Added', 3);
    assert.deepEqual((await shop.tracks('Product Added')).map((event) => event.properties.product_id), ['ball', 'bone', 'mouse']);
    const thrown = await shop.page.evaluate(() => {
      dataLayer.length = 0;
      const broken = Object.assign([], { push() { throw new Error('the page’s own'); } });
      window.dataLayer = broken;
      document.body.append('changed');
      return new Promise((done) => setTimeout(() => {
        try { window.dataLayer.push({}); done('nothing'); } catch (error) { done(error.message); }
      }, 600));
    });
    assert.equal(thrown, 'the page’s own', 'the page’s exceptions stay the page’s');
    await shop.close();
  });
});

describe('clicks', { skip: why, concurrency: 4 }, () => {
  const LIST = `<main><ul data-tailorbird-list="row">
    <li><a id="one" href="/p/ball"><img alt="ball" width="50" height="50"></a><button id="add">Add</button></li>
    <li><a id="two" href="/p/bone?from=list#top">Bone</a></li>
    <li><div id="three" data-tailorbird-product="mouse" tabindex="0" style="width:80px;height:40px"><span id="inner">Mouse</span></div></li>
  </ul><a id="about" href="/about">About</a></main>
  <script>addEventListener('click', (event) => { if (event.target.closest('a')) event.preventDefault(); });</script>`;

  test('a product is clicked by mouse, middle button, key and script, whatever the page does to the event', async () => {
    const shop = await open({ body: LIST + `<script>document.querySelector('ul').addEventListener('click', (event) => event.stopPropagation()); document.querySelector('ul').addEventListener('click', (event) => event.preventDefault());</script>` });
    const { page } = shop;
    const clicked = async () => (await shop.tracks('Product Clicked')).map(({ properties: { product_id: id, position, list_id: list } }) => [id, position, list]);
    await page.click('#one img');
    assert.deepEqual(await clicked(), [['ball', 1, 'row']]);
    await page.click('#two', { modifiers: ['Control'] });
    await page.click('#inner');
    assert.deepEqual((await clicked()).slice(1), [['bone', 2, 'row'], ['mouse', 3, 'row']]);
    await page.click('#one', { button: 'middle' });
    await page.click('#two', { button: 'right' });
    await sleep(600);
    await page.focus('#two');
    await page.keyboard.press('Enter');
    await page.focus('#three');
    await page.keyboard.press('Enter');
    assert.deepEqual((await clicked()).slice(3).map(([id]) => id), ['ball', 'bone', 'mouse']);
    await page.click('#add');
    await page.click('#about');
    await page.keyboard.press('Tab');
    assert.equal((await clicked()).length, 6, 'buttons and other links are no products');
    await sleep(600);
    await page.dblclick('#inner');
    assert.equal((await clicked()).length, 7, 'a double click is one');
    await shop.close();
  });

  test('clicks inside open shadow roots count, on the page’s own product they do not', async () => {
    const shop = await open({
      path: '/p/bone',
      body: `<div id="host"></div><section data-tailorbird-product="bone"><a id="tab" href="#reviews">Reviews</a></section>
      <script>document.querySelector('#host').attachShadow({ mode: 'open' }).innerHTML = '<a href="/p/mouse" onclick="return false"><b id="deep">Mouse</b></a>';</script>`,
    });
    await shop.page.click('#deep');
    await shop.page.click('#tab');
    assert.deepEqual((await shop.tracks('Product Clicked')).map((event) => event.properties.product_id), ['mouse']);
    await shop.close();
  });

  test('a click that the data layer tells, too, is one', async () => {
    const shop = await open({
      body: `<a id="one" href="/p/ball">Ball</a><script>dataLayer = [];
        document.querySelector('#one').onclick = () => { dataLayer.push({ event: 'select_item', ecommerce: { items: [{ item_id: 'ball' }] } }); return false; };</script>`,
    });
    await shop.page.click('#one');
    await settled();
    assert.equal((await shop.tracks('Product Clicked')).length, 1);
    await shop.close();
  });

  test('cards seen for a second are told once, as one list; others are not', async () => {
    const shop = await open({
      path: '/category/toys',
      body: `<nav><a href="/p/mouse">Mouse</a></nav><main><a href="/p/ball">Ball</a> <a href="/p/ball">again</a>
        <div style="height:3000px"></div><a id="far" href="/p/bone">Bone</a></main>`,
    });
    await shop.has('Product List Viewed');
    const [list] = await shop.tracks('Product List Viewed');
    assert.equal(list.properties.list_id, 'category');
    assert.deepEqual(list.properties.products, [
      { product_id: 'ball', position: 1, name: 'Rope ball', brand: 'Acme', category: 'Dogs/Toys', price: 9.5 },
    ].map((product) => ({ ...product, ...(list.properties.products[0].currency ? { currency: list.properties.products[0].currency } : {}) })));
    await shop.page.evaluate(() => scrollTo(0, 5000));
    await sleep(300);
    await shop.page.evaluate(() => scrollTo(0, 0));
    await sleep(3500);
    assert.equal((await shop.tracks('Product List Viewed')).length, 1, 'passing by is not seeing');
    await shop.page.evaluate(() => scrollTo(0, 5000));
    await shop.has('Product List Viewed', 2);
    assert.deepEqual((await shop.tracks('Product List Viewed'))[1].properties.products.map((product) => product.product_id), ['bone']);
    await shop.close();
  });

  test('cards in the place of others are told, though they are as many; so are those that were built anew before they were seen', async () => {
    const card = (id) => `<a href="/p/${id}">${id}</a>`;
    const shop = await open({ path: '/category/toys', body: `<main>${card('ball')}</main>` });
    const listed = async () => (await shop.tracks('Product List Viewed')).map(({ properties }) => properties.products.map((product) => product.product_id).join());
    await sleep(600);
    await shop.page.evaluate((html) => { document.querySelector('main').innerHTML = html; }, card('ball'));
    await until('the first', async () => (await listed()).join() === 'ball', { timeout: 8000 });
    await shop.page.evaluate((html) => { document.querySelector('main').innerHTML = html; }, card('bone'));
    await until('the second', async () => (await listed()).join() === 'ball,bone', { timeout: 8000 });
    await shop.close();
  });

  test('switches turn each source off', async () => {
    const shop = await open({
      path: '/p/ball',
      options: { autocapture: JSON.stringify({ clicks: false, pages: false, dataLayer: false, jsonLd: false, visibility: false }) },
      head: jsonLd(BALL_LD) + `<script>dataLayer = [{ event: 'add_to_cart', ecommerce: { items: [{ item_id: 'ball' }] } }];</script>`,
      body: '<a id="one" href="/p/bone" onclick="return false">Bone</a>',
    });
    await shop.page.click('#one');
    await shop.page.evaluate(() => history.pushState({}, '', '/search?q=ball'));
    await sleep(1500);
    assert.deepEqual(await shop.all(), []);
    await shop.close();
  });
});

describe('pages and searches', { skip: why, concurrency: 4 }, () => {
  test('routes are pages, replaced states of the same page are not', async () => {
    const shop = await open({ path: '/start' });
    const go = async (script) => {
      await shop.page.evaluate(script);
      await sleep(250);
    };
    const paths = async () => (await shop.pageViews()).map((view) => view.context.page.path + view.context.page.search);
    await go(`history.replaceState({ scroll: 5 }, '')`);
    await go(`history.replaceState({}, '', '/start?filter=red')`);
    await go(`location.hash = 'reviews'`);
    await go(`history.pushState({}, '', '/start?filter=red#x')`);
    assert.deepEqual(await paths(), ['/start'], 'nothing of that is another page');
    await go(`history.pushState({}, '', '/dogs')`);
    await go(`history.pushState({}, '', '/login'); history.replaceState({}, '', '/account')`);
    await go(`history.replaceState({}, '', '/other')`);
    await go(`history.pushState({}, '', '/other?page=2')`);
    assert.deepEqual((await paths()).slice(1), ['/dogs', '/account', '/other', '/other?page=2']);
    await go(`history.back()`);
    assert.deepEqual((await paths()).slice(5), ['/other']);
    await shop.close();
  });

  test('routes behind # are pages: their path, query, type and product count; other fragments are never told', async () => {
    const shop = await open({ path: '/app', pages: { '/tailorbird/catalog.json': JSON.stringify({ version: 1, products: [{ id: 'ball', name: 'Ball', url: '/app#/p/ball' }] }) } });
    const go = async (hash) => {
      await shop.page.evaluate((next) => { location.hash = next; }, hash);
      await sleep(250);
    };
    const views = async () => (await shop.pageViews()).map(({ context: { page } }) => [page.path, page.search, page.url.replace(/^http:..[^/]*/, '')]);
    await go('reviews');
    await go('access_token=abc&state=1');
    await go('/access_token=abc&state=1');
    assert.deepEqual(await views(), [['/app', '', '/app']]);
    await go('/dogs?sort=price');
    await go('!/cart');
    await shop.page.evaluate(() => history.pushState({}, '', '/app#/p/ball'));
    await shop.has('Product Viewed');
    await go('/konto/bob@mail.example');
    assert.deepEqual((await views()).slice(1), [
      ['/dogs', '?sort=price', '/app#/dogs?sort=price'],
      ['/cart', '', '/app#!/cart'],
      ['/p/ball', '', '/app#/p/ball'],
      ['/konto/redacted', '', '/app#/konto/redacted'],
    ]);
    assert.equal((await shop.page.evaluate(() => window.tailorbird.attributes().page)).path, '/konto/redacted');
    await shop.close();
  });

  test('what happens right after a route belongs to the new page', async () => {
    const shop = await open({ path: '/start', head: '<script>dataLayer = [];</script>' });
    await shop.page.evaluate(() => {
      history.pushState({}, '', '/dogs');
      dataLayer.push({ event: 'add_to_cart', ecommerce: { items: [{ item_id: 'ball' }] } });
    });
    await shop.has('Product Added');
    const order = (await shop.all()).slice(1).map((event) => event.event ?? event.context.page.path);
    assert.deepEqual(order.slice(0, 2), ['/dogs', 'Product Added']);
    await shop.close();
  });

  test('a page from the back/forward cache is a page view, with its product', async () => {
    // Playwright switches the cache off, unless it is told not to.
    const caching = await launch({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
    try {
      const shop = await open({ path: '/p/ball', in: caching, pages: { '/away': '<!doctype html><p>away' } });
      await shop.has('Product Viewed');
      await shop.page.evaluate(() => addEventListener('pageshow', (event) => { window.restored = event.persisted; }));
      await shop.page.goto(`${shop.stage.url}/away`);
      await shop.page.evaluate(() => void setTimeout(() => history.back(), 10));
      await until('the page again', () => shop.page.evaluate(() => window.restored === true).catch(() => false), { timeout: 5000 });
      await shop.has('Product Viewed', 2);
      assert.equal((await shop.pageViews()).length, 2);
      await shop.close();
    } finally {
      await caching.close();
    }
  });

  test('a prerendered page is a page once somebody looks at it', async () => {
    // No browser prerenders while it is driven, so the page is told what a prerendered one is told.
    const shop = await open({
      path: '/p/ball', wait: false,
      init: () => Object.defineProperty(Document.prototype, 'prerendering', { get: () => !window.looked, configurable: true }),
    });
    await shop.page.waitForFunction(() => window.tailorbird?.attributes?.().page !== undefined);
    await settled();
    assert.deepEqual(await shop.all(), []);
    await shop.page.evaluate(() => {
      window.looked = true;
      document.dispatchEvent(new Event('prerenderingchange'));
    });
    await shop.has('Product Viewed');
    assert.equal((await shop.pageViews()).length, 1);
    await shop.close();
  });

  test('searches are told by the URL once, later pages of the results tell nothing', async () => {
    const shop = await open({ path: '/search?q=dog++food&color=red' });
    await shop.has('Products Searched');
    await shop.page.evaluate(() => history.pushState({}, '', '/search?q=dog+food&page=2'));
    await sleep(250);
    await shop.page.evaluate(() => history.pushState({}, '', '/search?q=bob%40example.org'));
    await shop.has('Products Searched', 2);
    assert.deepEqual((await shop.tracks('Products Searched')).map((event) => event.properties.query), ['dog food', 'redacted']);
    assert.equal((await shop.facts()).type, 'search');
    await shop.close();
  });

  test('a search form that changes no URL tells its term; other forms are never read', async () => {
    const shop = await open({
      body: `<form role="search" id="ajax"><input name="q" id="q"><button>Go</button></form>
        <form id="login"><input name="q" id="user"><input type="password" name="search" id="pw"><button>In</button></form>
        <form id="spa" action="/search"><input type="search" name="q" id="s"><button>Go</button></form>
        <script>for (const form of document.forms) form.addEventListener('submit', (event) => {
          event.preventDefault();
          if (form.id === 'spa') history.pushState({}, '', '/search?q=' + encodeURIComponent(form.q.value));
        });</script>`,
    });
    await shop.page.fill('#q', ' cat  toy ');
    await shop.page.press('#q', 'Enter');
    await shop.has('Products Searched');
    await shop.page.fill('#user', 'bob');
    await shop.page.fill('#pw', 'secret');
    await shop.page.press('#pw', 'Enter');
    await shop.page.fill('#s', 'dog toy');
    await shop.page.press('#s', 'Enter');
    await shop.has('Products Searched', 2);
    await sleep(1300);
    assert.deepEqual((await shop.tracks('Products Searched')).map((event) => event.properties.query), ['cat toy', 'dog toy']);
    assert.ok(!JSON.stringify(await shop.all()).includes('secret'));
    await shop.close();
  });

  test('what is typed to find a person, an order or a place is no search', async () => {
    const shop = await open({
      body: `<form id="checkout" method="post" action="/checkout/next"><input type="search" name="find" autocomplete="street-address"></form>
        <form id="lookup" method="post" action="/checkout/next"><input type="search" name="address-lookup"></form>
        <form id="customer" method="post" action="/find"><input type="search" name="q"><input type="password" name="p"></form>
        <form id="track" action="/track-order"><input role="searchbox" name="q"></form>
        <form id="mine" action="/search"><input type="search" name="order_email"></form>
        <form id="posted" method="post" action="/next"><input type="search" name="who"></form>
        <form id="shop" method="post" action="/next"><input type="search" name="keyword"></form>
        <form id="plain" action="/next"><input type="search" name="products"></form>
        <script>addEventListener('submit', (event) => event.preventDefault());</script>`,
    });
    for (const form of ['checkout', 'lookup', 'customer', 'track', 'mine', 'posted', 'shop', 'plain']) {
      await shop.page.evaluate((form) => {
        document.querySelector(`#${form} input`).value = `typed in ${form}`;
        document.getElementById(form).requestSubmit();
      }, form);
      await sleep(1200);
    }
    const queries = (await shop.tracks('Products Searched')).map((event) => event.properties.query);
    assert.deepEqual(queries, ['typed in shop', 'typed in plain']);
    await shop.close();
  });

  test('addresses of products and their pictures are cleaned, whoever tells them', async () => {
    const secret = '?email=bob%40mail.example&token=s3cr3tT0ken99';
    const shop = await open({
      path: '/artikel/leash' + secret,
      head: '<script>window.dataLayer = [];</script>',
      body: `<script>
        const ld = document.createElement('script');
        ld.type = 'application/ld+json';
        ld.textContent = JSON.stringify({ '@type': 'Product', sku: 'leash', name: 'Leash', url: location.href, image: location.origin + '/leash.jpg' + location.search });
        document.body.append(ld);
        dataLayer.push({ event: 'select_item', ecommerce: { items: [{ item_id: 'x1', item_name: 'X', item_url: location.href }] } });
        dataLayer.push({ event: 'view_item_list', ecommerce: { item_list_id: 'Results for bob@mail.example', items: [{ item_id: 'x2', item_url: location.href }] } });
      </script>`,
    });
    for (const name of ['Product Viewed', 'Product Clicked', 'Product List Viewed']) await shop.has(name);
    const told = JSON.stringify(await shop.all());
    assert.doesNotMatch(told, /s3cr3t|bob|%40/);
    const { properties } = (await shop.tracks('Product Viewed'))[0];
    assert.equal(properties.url, `${shop.stage.url}/artikel/leash?email=redacted&token=redacted`);
    assert.equal(properties.image_url, `${shop.stage.url}/leash.jpg?email=redacted&token=redacted`);
    await shop.close();
  });

  test('nothing private leaves the address, the title or the referrer', async () => {
    const path = '/account/bob@example.org?token=abc123&tel=0171+2345678&utm_source=news&utm_content=bob%2540example.org&color=red';
    const shop = await open({
      path: '/first',
      body: `<a id="go" href="${path.replaceAll('&', '&amp;')}">go</a>`,
      pages: { '/account/bob@example.org': html({ head: `${LISTEN}<title>Hello bob@example.org</title>` }) },
    });
    await shop.page.evaluate(() => history.replaceState({}, '', '/first?email=bob@example.org'));
    await shop.page.click('#go');
    await shop.page.waitForURL('**/account/**');
    await ready(shop.page);
    await until('the page view', async () => (await shop.pageViews()).length === 1, { timeout: 5000 });
    const text = JSON.stringify([await shop.all(), await shop.facts()]);
    for (const secret of ['bob', 'example.org', 'abc123', '0171']) assert.ok(!text.includes(secret), `${secret} in ${text}`);
    assert.ok(text.includes('color=red') && text.includes('utm_source=news'));
    await shop.close();
  });

  test('the shop has the last word on its page', async () => {
    const shop = await open({
      path: '/p/ball',
      head: `<meta name="tailorbird:page-type" content="guide"><meta name="tailorbird:category" content="Advice/Dogs">`,
    });
    const facts = await shop.facts();
    assert.equal(facts.type, 'guide');
    assert.equal(facts.category, 'Advice/Dogs');
    await shop.close();
    const typed = await open({ path: '/whatever', head: `<script>dataLayer = [{ pageType: 'ProductListing' }];</script>` });
    assert.equal((await typed.facts()).type, 'category');
    await typed.close();
  });
});

describe('consent platforms', { skip: why, concurrency: 4 }, () => {
  const pending = { '/tailorbird/pending.json': JSON.stringify({ ...EMPTY_RULES, settings: {} }) };
  const consent = (shop) => shop.page.evaluate(() => window.tailorbird.consent());
  const becomes = (shop, personalization, analytics) => until(`${personalization}, ${analytics}`, async () => {
    const now = await consent(shop);
    return now.personalization === personalization && now.analytics === analytics;
  }, { timeout: 6000 });
  // Written for the tag's `data-rules`.
  const rules = { rules: '/tailorbird/pending.json' };

  test('Google Consent Mode: a denied default is no refusal, updates are answers', async () => {
    const shop = await open({
      path: '/consent-mode', pages: pending, options: rules,
      head: `<script>dataLayer = []; function gtag() { dataLayer.push(arguments); }
        gtag('consent', 'default', { analytics_storage: 'denied', personalization_storage: 'denied', ad_storage: 'denied' });</script>`,
    });
    await settled();
    assert.deepEqual(await consent(shop), { personalization: 'pending', analytics: 'pending' });
    await shop.page.evaluate(() => gtag('consent', 'update', { analytics_storage: 'granted', personalization_storage: 'granted' }));
    await becomes(shop, 'granted', 'granted');
    await shop.page.evaluate(() => gtag('consent', 'update', { analytics_storage: 'denied' }));
    await becomes(shop, 'granted', 'denied');
    await shop.close();
  });

  test('IAB TCF, when the platform comes late', async () => {
    const shop = await open({ path: '/tcf', pages: pending, options: rules });
    await shop.page.evaluate(() => {
      window.__tcfapi = (command, version, callback) => {
        if (command === 'addEventListener') {
          window.tell = (data) => callback({ listenerId: 7, gdprApplies: true, ...data }, true);
          window.tell({ eventStatus: 'cmpuishown', purpose: { consents: {} } });
        } else window.removed = [...arguments];
      };
    });
    await shop.page.waitForFunction(() => window.tell, undefined, { timeout: 5000 });
    await shop.page.evaluate(() => window.tell({ eventStatus: 'useractioncomplete', purpose: { consents: { 1: true, 5: true, 7: true } } }));
    await becomes(shop, 'granted', 'granted');
    await shop.page.evaluate(() => window.tell({ eventStatus: 'useractioncomplete', purpose: { consents: { 1: true, 8: true } } }));
    await becomes(shop, 'denied', 'granted');
    await shop.close();
  });

  test('Shopify’s customer privacy', async () => {
    const shop = await open({
      path: '/shopify', pages: pending, options: rules,
      init: () => {
        window.allowed = false;
        const privacy = {
          preferencesProcessingAllowed: () => window.allowed,
          analyticsProcessingAllowed: () => window.allowed,
          currentVisitorConsent: () => ({ preferences: window.allowed ? 'yes' : '', analytics: window.allowed ? 'yes' : '' }),
        };
        window.Shopify = { loadFeatures(features, done) { setTimeout(() => { window.Shopify.customerPrivacy = privacy; done(); }, 50); } };
      },
    });
    await settled();
    assert.deepEqual(await consent(shop), { personalization: 'pending', analytics: 'pending' });
    await shop.page.evaluate(() => {
      window.allowed = true;
      document.dispatchEvent(new CustomEvent('visitorConsentCollected', { detail: {} }));
    });
    await becomes(shop, 'granted', 'granted');
    await shop.close();
  });

  test('Global Privacy Control refuses analytics', async () => {
    const shop = await open({
      path: '/gpc', pages: pending, options: rules,
      init: () => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true }),
    });
    await becomes(shop, 'pending', 'denied');
    await shop.close();
  });
});

describe('hostile pages', { skip: why, concurrency: 4 }, () => {
  const attacks = {
    'getters that throw': () => {
      const boom = { get() { throw new Error('boom'); }, configurable: true };
      for (const name of ['dataLayer', '__tcfapi', 'Shopify']) Object.defineProperty(window, name, boom);
      Object.defineProperty(Document.prototype, 'referrer', boom);
      Object.defineProperty(Document.prototype, 'prerendering', boom);
      Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', boom);
      Object.defineProperty(Navigator.prototype, 'maxTouchPoints', boom);
    },
    'polluted prototypes': () => {
      Object.prototype.extra = 'polluted';
      Object.prototype.event = 'add_to_cart';
      Object.prototype.ecommerce = { items: [{ item_id: 'ball' }] };
      Array.prototype.more = () => { throw new Error('boom'); };
      Array.prototype.toJSON = function () { return 'polluted'; };
    },
    'a frozen history': () => { Object.freeze(history); Object.freeze(History.prototype); },
    'observers missing': () => {
      delete window.IntersectionObserver;
      delete window.MutationObserver;
      delete window.WeakSet;
    },
    'broken observers': () => {
      window.IntersectionObserver = class { constructor() { throw new Error('boom'); } };
      window.MutationObserver = 5;
      Intl.DateTimeFormat = () => { throw new Error('boom'); };
    },
    'a data layer that is none': () => { window.dataLayer = 'text'; window.__tcfapi = 5; window.Shopify = 0; },
    'a data layer that refuses to be listened to': () => { window.dataLayer = Object.freeze([{ event: 'x' }]); },
  };
  for (const [name, attack] of Object.entries(attacks)) {
    test(name, async () => {
      const shop = await open({
        path: '/p/ball', init: attack,
        head: jsonLd('[', 'null', '{"@type":{}}', '{"@type":"Product","sku":{"a":[]},"offers":[null,5,{"price":{}}],"name":["x"]}'),
        body: `<form><input name="getAttribute"><input name="closest"><input name="localName"><button type="button" id="b">b</button></form><a id="one" href="/p/bone" onclick="return false">x</a>`,
      });
      // As text alone: objects do not come out of some of these pages in one piece.
      const sees = (name) => until(name, async () => (await shop.page.evaluate(() => window.seen)).includes(name), { timeout: 8000 });
      await sees('page; ');
      await sees('Product Viewed; ');
      await shop.page.evaluate(() => {
        document.querySelector('#b').click();
        document.querySelector('#one').click();
      });
      await sees('Product Clicked; ');
      await shop.page.evaluate(() => {
        try {
          history.pushState({}, '', '/elsewhere');
        } catch { /* the attack’s own doing */ }
      });
      await settled();
      await shop.close();
    });
  }

  test('after stop the page has its own functions back', async () => {
    const shop = await open({ path: '/p/ball', head: '<script>dataLayer = []; ownPush = dataLayer.push;</script>' });
    const changed = await shop.page.evaluate(() => window.dataLayer.push !== window.ownPush && Object.hasOwn(history, 'pushState'));
    assert.equal(changed, true);
    const told = (await shop.all()).length;
    const restored = await shop.page.evaluate(() => {
      window.tailorbird.stop();
      dataLayer.push({ event: 'add_to_cart', ecommerce: { items: [{ item_id: 'ball' }] } });
      history.pushState({}, '', '/elsewhere');
      return window.dataLayer.push === window.ownPush && !Object.hasOwn(history, 'pushState');
    });
    assert.equal(restored, true);
    await settled();
    assert.equal((await shop.all()).length, told);
    await shop.close();
  });
});
