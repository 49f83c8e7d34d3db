// The product card as pages/card.mjs of the generator writes it, for results that only the browser knows.
import { euro } from "./cart.js";
import { element } from "./element.js";

/** One product card. */
export function card(product) {
  return element("article", { class: "card" },
    element("a", { class: "card-link", href: product.url, "data-tailorbird-product": product.id },
      element("img", { src: product.image, width: 400, height: 400, alt: "", loading: "lazy", decoding: "async" }),
      element("span", { class: "card-brand" }, product.brand), element("span", { class: "card-name" }, product.name), element("span", { class: "card-size" }, product.size)),
    element("p", { class: "card-price" }, element("b", {}, euro(product.price)), product.listPrice && element("s", {}, euro(product.listPrice))),
    product.available
      ? element("button", { class: "card-add", type: "button", "data-shop-add": product.id, "aria-label": `Add ${product.name} to the cart` })
      : element("span", { class: "card-out" }, "Back soon"));
}
