// The sum box of cart and checkout.
import { euro, sums } from "./cart.js";
import { element } from "./element.js";

/** Fills the sum boxes of the page. */
export function showSums(lines, delivery) {
  const { value, shipping, total } = sums(lines, delivery);
  const pair = (name, amount, style) => [element("dt", { class: style }, name), element("dd", { class: style }, amount)];
  for (const box of document.querySelectorAll("[data-shop-sum]")) {
    box.replaceChildren(...pair("Goods", euro(value)), ...pair("Delivery", shipping ? euro(shipping) : "free"), ...pair("Total", euro(total), "total"));
  }
}
