// A product as a card, and cards in a row: the same markup as the templates of rules.json, so nothing moves when they swap.
import { euro } from "../products.mjs";
import { html } from "./html.mjs";

/** One product card. The first ones of a page load their picture at once. */
export function card(product, { eager = false, why } = {}) {
  return html`<article class="card">
    <a class="card-link" href="${product.url}" data-tailorbird-product="${product.id}"><img src="${product.image}" width="400" height="400" alt="" ${eager ? "" : html`loading="lazy" `}decoding="async"><span class="card-brand">${product.brand}</span><span class="card-name">${product.name}</span><span class="card-size">${product.size}</span>${why && html`<span class="card-why">${why}</span>`}</a>
    <p class="card-price"><b>${euro(product.price)}</b>${product.listPrice && html`<s>${euro(product.listPrice)}</s>`}</p>
    ${product.available
      ? html`<button class="card-add" type="button" data-shop-add="${product.id}" aria-label="Add ${product.name} to the cart"></button>`
      : html`<span class="card-out">Back soon</span>`}
  </article>`;
}

/** Four cards under a heading, each with a reason, as the agent gives one. */
export function row(title, lead, products, why = "Popular now") {
  return html`<section class="row" aria-label="${title}">
    <div class="row-head"><h2>${title}</h2><p>${lead}</p></div>
    <div class="cards cards--row">${products.map((product) => card(product, { why }))}</div>
  </section>`;
}
