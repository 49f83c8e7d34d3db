// From the search box to the thank-you: pages whose content the shop's own scripts fill in.
import { SHOP } from "../shop.mjs";
import { row } from "./card.mjs";
import { crumbs, frame } from "./frame.mjs";
import { html } from "./html.mjs";

const NOSCRIPT = html`<noscript><p class="empty">This part of the shop needs JavaScript.</p></noscript>`;

function picks(products, ids) {
  return ids.map((prefix) => products.find((product) => product.available && product.category.startsWith(prefix) && product.tags.includes("bestseller")));
}

/** Search results. */
export function searchPage(products) {
  return frame(
    { path: "/search/", type: "search", title: `Search · ${SHOP.name}`, description: "Search the whole shop.", scripts: ["search.js"], noindex: true },
    html`<div class="wrap page-full">${crumbs([["Home", "/"], ["Search"]])}
      <h1 class="page-title" data-shop-search-title>Search</h1>
      <p class="count" role="status" data-shop-search-count></p>
      ${NOSCRIPT}
      <div class="found" data-shop-found hidden><div class="cards" data-shop-results></div>
      <div data-tailorbird-slot="search-row">${row("Often looked for", "In case it was one of these.", picks(products, ["Dogs/Food/Adult", "Cats/Food", "Rabbits/Food/Pellets", "Fish/Homes"]))}</div></div>
    </div>`,
  );
}

/** The cart. */
export function cartPage(products) {
  return frame(
    { path: "/cart/", type: "cart", title: `Your cart · ${SHOP.name}`, description: "What you are about to take home.", scripts: ["cart-page.js"], noindex: true },
    html`<div class="wrap page-full">${crumbs([["Home", "/"], ["Cart"]])}
      <h1 class="page-title">Your cart</h1>
      <div class="cart-nudge-slot" data-tailorbird-slot="cart-nudge"><p class="promise"><b>Delivery is free from €49.</b> Below that it is €4.90.</p></div>
      ${NOSCRIPT}
      <div data-shop-ready hidden><div class="split"><div class="lines" data-shop-lines></div>
        <section class="sum" aria-labelledby="sum-title"><h2 id="sum-title">Total</h2><dl data-shop-sum></dl><a class="button button--big" href="/checkout/" data-shop-checkout>Checkout</a><p class="small">Nothing is charged. This shop is a demo.</p></section></div>
      <div class="banner-slot" data-tailorbird-slot="cart-refill"></div>
      <div data-tailorbird-slot="cart-row">${row("Small things that fit in", "For the last corner of the carton.", picks(products, ["Dogs/Toys/Puppy", "Cats/Toys", "Rabbits/Toys", "Birds/Care"]))}</div>
      <div data-tailorbird-slot="cart-next">${row("Before you go", "One from every corner of the shop.", picks(products, ["Dogs/Food/Adult", "Cats/Food", "Rabbits/Care", "Fish/Food"]))}</div></div>
    </div>`,
  );
}

const FIELDS = [
  ["name", "Name", "text", "name", ""], ["email", "Email", "email", "email", ""], ["street", "Street and number", "text", "street-address", "wide"], ["postcode", "Postcode", "text", "postal-code", ""], ["city", "City", "text", "address-level2", ""],
];

/** The checkout form. */
export function checkoutPage() {
  return frame(
    { path: "/checkout/", type: "checkout", title: `Checkout · ${SHOP.name}`, description: "Where should it go?", scripts: ["checkout.js"], noindex: true },
    html`<div class="wrap page-full">${crumbs([["Home", "/"], ["Cart", "/cart/"], ["Checkout"]])}
      <h1 class="page-title">Where should it go?</h1>
      <div class="cart-nudge-slot" data-tailorbird-slot="checkout-note"><p class="promise"><b>A demo:</b> no payment, no parcel. What you type stays in this form.</p></div>
      ${NOSCRIPT}
      <form class="split" data-shop-checkout-form>
        <div class="fields">
          <fieldset><legend>Address</legend><div class="grid">${FIELDS.map(([name, label, type, auto, wide]) => html`<p class="field ${wide}"><label for="c-${name}">${label}</label><input id="c-${name}" name="${name}" type="${type}" autocomplete="${auto}" required></p>`)}</div><button class="plain" type="button" data-shop-fill>Fill in an invented address</button></fieldset>
          <fieldset><legend>Delivery</legend><label class="choice"><input type="radio" name="delivery" value="standard" checked><span><b>Tomorrow</b> by bicycle or van</span></label><label class="choice"><input type="radio" name="delivery" value="pickup"><span><b>Pick up</b> at the shop next door</span></label></fieldset>
          <fieldset><legend>Payment</legend><label class="choice"><input type="radio" name="payment" value="invoice" checked><span><b>Imaginary invoice</b> in fourteen imaginary days</span></label><label class="choice"><input type="radio" name="payment" value="acorns"><span><b>Acorns</b> on delivery</span></label></fieldset>
        </div>
        <section class="sum" aria-labelledby="sum-title"><h2 id="sum-title">Your order</h2><ul class="sum-lines" data-shop-summary></ul><dl data-shop-sum></dl><button class="button button--big" type="submit">Place the order</button><p class="small">Nothing is charged. This shop is a demo.</p></section>
      </form></div>`,
  );
}

/** After the order. */
export function thanksPage(products) {
  return frame(
    { path: "/thanks/", type: "other", title: `Thank you · ${SHOP.name}`, description: "Your order is on its imaginary way.", scripts: ["thanks.js"], noindex: true },
    html`<div class="wrap">
      <section class="thanks"><img src="/pictures/emoji/party-popper.svg" width="96" height="96" alt=""><h1>Thank you. Tails are wagging.</h1><p class="lead" data-shop-order>Your order is on its imaginary way.</p><p><a class="button" href="/">Back to the shop</a></p></section>
      <div data-tailorbird-slot="thanks-row">${row("Next time, perhaps", "For the days after.", picks(products, ["Dogs/Beds", "Cats/Beds", "Rabbits/Homes", "Fish/Decor"]))}</div>
    </div>`,
  );
}
