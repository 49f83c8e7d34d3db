// What every page shares: head, header with search and departments, footer, consent bar.
import { DEPARTMENTS, SHOP } from "../shop.mjs";
import { html, jsonScript, tidy } from "./html.mjs";

const WREN = html`<svg class="wren" viewBox="0 0 40 40" width="40" height="40" aria-hidden="true"><path d="M5 22c4-9 12-13 20-10 1-4 5-6 9-4l3 3-4 2c1 10-6 18-16 18-4 0-7-2-9-5l-5 2 3-5z" fill="currentColor"/><path d="M11 23c5-4 10-4 14 0-3 4-9 5-14 0z" fill="#ffc23d"/><circle cx="31" cy="12" r="1.500" fill="#fff"/><path d="M20 31l-1 6M24 30l1 6" stroke="currentColor" stroke-width="2" stroke-linecap="round"/></svg>`;
const CART = html`<svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path d="M3 4h2.500l2.300 11h10.400l2-8H6.500"/><circle cx="9.500" cy="19.500" r="1.500"/><circle cx="16.500" cy="19.500" r="1.500"/></svg>`;
const LENS = html`<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.200" stroke-linecap="round"><circle cx="11" cy="11" r="6.500"/><path d="M16 16l4.500 4.500"/></svg>`;

function header(page) {
  return html`
    <div class="bar" data-tailorbird-slot="site-bar"><p class="bar-text"><b>Free delivery from €49.</b> Ordered by 3 pm, with you tomorrow.</p></div>
    <header class="top">
      <div class="wrap top-row">
        <a class="brand" href="/" aria-label="${SHOP.name}, home">${WREN}<span>${SHOP.name}</span></a>
        <form class="find" role="search" action="/search/" method="get">
          <label class="hidden" for="find">Search the shop</label>
          <input id="find" name="q" type="search" placeholder="Try “grain-free” or “hay”" autocomplete="off" enterkeyhint="search">
          <button type="submit" aria-label="Search">${LENS}</button>
        </form>
        <a class="cart-link" href="/cart/">${CART}<span class="cart-word">Cart</span><span class="cart-count" data-shop-count aria-hidden="true">0</span><span class="hidden" data-shop-count-text></span></a>
      </div>
      <nav class="departments" aria-label="Departments"><div class="wrap"><ul>
        ${DEPARTMENTS.map((d) => html`<li><a href="/${d.slug}/"${page.department === d.key ? html` aria-current="${page.path === `/${d.slug}/` ? "page" : "true"}"` : ""}><img src="/pictures/emoji/${d.icon}.svg" width="26" height="26" alt="">${d.title}</a></li>`)}
        <li><a href="/advice/"${page.department === "Advice" ? html` aria-current="true"` : ""}><img src="/pictures/emoji/light-bulb.svg" width="26" height="26" alt="">Advice</a></li>
      </ul></div></nav>
    </header>`;
}

const FOOTER = html`
  <footer class="foot">
    <div class="wrap foot-grid">
      <div><p class="brand">${WREN}<span>${SHOP.name}</span></p><p>A pet shop that does not exist, with goods that nobody can buy. It is here to show <b>tailorbird</b>, an open personalisation agent that thinks in your browser.</p><p>What “others” looked at and took home here was learned from <b>simulated shoppers</b>: no sales figure in this shop is real.</p><p><a href="/credits/">Pictures, fonts and their licences</a></p></div>
      <nav aria-label="Shop"><h2>Shop</h2><ul>${DEPARTMENTS.map((d) => html`<li><a href="/${d.slug}/">${d.title}</a></li>`)}</ul></nav>
      <nav aria-label="Help"><h2>Help</h2><ul><li><a href="/advice/">Advice</a></li><li><a href="/cart/">Your cart</a></li><li><a href="/search/">Search</a></li><li><button class="plain" type="button" data-shop-consent>Privacy choices</button></li></ul></nav>
      <form class="letter" id="newsletter" data-shop-letter>
        <h2>A letter on Sundays</h2><p>One good idea for your pet, every second week.</p>
        <label class="hidden" for="letter-mail">Email address</label>
        <div class="letter-row"><input id="letter-mail" type="email" required autocomplete="email" placeholder="you@example.com"><button class="button" type="submit">Join</button></div>
        <p role="status" data-shop-letter-status></p>
      </form>
    </div>
  </footer>`;

const CONSENT = html`
  <section class="consent" aria-labelledby="consent-title" data-shop-consent-bar hidden>
    <div><h2 id="consent-title">May this shop remember you?</h2><p>With a yes, your interests are kept <b>on this device</b> and visits are counted on our own server. Without it the page still adapts while you look at it, and forgets everything after.</p></div>
    <div class="consent-buttons"><button class="button" type="button" data-shop-consent-choice="granted">Yes, remember</button><button class="button button--quiet" type="button" data-shop-consent-choice="denied">No, thanks</button></div>
  </section>`;

/** A whole page. `page`: path, title, description, type, category?, department?, scripts?, jsonLd?, slotless main markup. */
export function frame(page, main) {
  return tidy(html`<!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${page.title}</title>
    <meta name="description" content="${page.description}">
    <meta name="theme-color" content="#174e39">
    ${page.category && html`<meta name="tailorbird:category" content="${page.category}">`}
    ${page.noindex && html`<meta name="robots" content="noindex">`}
    <link rel="icon" href="/pictures/icon.svg" type="image/svg+xml">
    <link rel="preload" href="/fonts/bricolage-grotesque.woff2" as="font" type="font/woff2" crossorigin>
    <link rel="preload" href="/fonts/figtree.woff2" as="font" type="font/woff2" crossorigin>
    <link rel="stylesheet" href="/shop/base.css">
    <link rel="stylesheet" href="/shop/parts.css">
    <link rel="stylesheet" href="/shop/pages.css">
    <link rel="stylesheet" href="/panel/panel.css">
    <script src="/stub.js"></script>
    <script src="/panel/early.js"></script>
    <link rel="preload" as="fetch" crossorigin href="/tailorbird/tailorbird.wasm">
    <script async src="/tailorbird/tailorbird.js" data-rules="/rules.json" data-collector="/" data-write-key="demo"></script>
    <script type="module" src="/shop/shop.js"></script>
    ${(page.scripts ?? []).map((name) => html`<script type="module" src="/shop/${name}"></script>`)}
    <script type="module" src="/panel/panel.js"></script>
    ${(page.jsonLd ?? []).map((item) => html`<script type="application/ld+json">${jsonScript(item)}</script>`)}
    </head>
    <body data-tailorbird-page="${page.type}">
    <a class="skip" href="#main">Skip to content</a>
    ${CONSENT}
    ${header(page)}
    <main id="main" tabindex="-1">${main}</main>
    ${FOOTER}
    </body>
    </html>`);
}

/** The way back up, for people and for search engines. */
export function crumbs(steps) {
  return html`<nav class="crumbs" aria-label="Breadcrumb"><ol>${steps.map(([name, url]) => html`<li>${url ? html`<a href="${url}">${name}</a>` : html`<span aria-current="page">${name}</span>`}</li>`)}</ol></nav>`;
}

/** The same for schema.org. */
export function crumbsJsonLd(steps) {
  return {
    "@context": "https://schema.org", "@type": "BreadcrumbList",
    itemListElement: steps.map(([name, url], n) => ({ "@type": "ListItem", position: n + 1, name, ...(url ? { item: SHOP.origin + url } : {}) })),
  };
}
