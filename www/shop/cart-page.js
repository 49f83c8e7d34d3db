// The cart page: lines with steppers, and the sum.
import { euro, lines, setQuantity, sums, watch } from "./cart.js";
import { element } from "./element.js";
import { asReported, report } from "./report.js";
import { showSums } from "./sum.js";

const list = document.querySelector("[data-shop-lines]");
const onward = document.querySelector("[data-shop-checkout]");

function change(line, quantity) {
  const difference = quantity - line.quantity;
  if (!difference || quantity > 20) return;
  setQuantity(line.product.id, quantity);
  report(difference > 0 ? "Product Added" : "Product Removed", asReported(line.product, Math.abs(difference)));
}

function shown(line) {
  const { product, quantity } = line;
  const step = (by, sign, words) => element("button", { type: "button", "aria-label": `${words} ${product.name}`, "data-focus": `${product.id}${by}`, click: () => change(line, quantity + by) }, sign);
  return element("article", { class: "line", "aria-label": product.name },
    element("a", { href: product.url, tabindex: -1, "aria-hidden": "true", "data-tailorbird-product": product.id }, element("img", { src: product.image, width: 400, height: 400, alt: "" })),
    element("div", {}, element("p", { class: "line-name" }, element("a", { href: product.url, "data-tailorbird-product": product.id }, product.name)), element("p", { class: "small" }, `${product.brand} · ${product.size} · ${euro(product.price)}`)),
    element("div", { class: "line-tools" },
      element("div", { class: "stepper stepper--small" }, step(-1, "−", "One less of"), element("span", { "aria-label": `${quantity} pieces` }, String(quantity)), step(1, "+", "One more of")),
      element("button", { type: "button", class: "plain", "aria-label": `Remove ${product.name}`, click: () => change(line, 0) }, "Remove"),
      element("b", {}, euro(product.price * quantity))));
}

watch((all) => {
  const focused = document.activeElement?.dataset?.focus;
  list.replaceChildren(...(all.length
    ? all.map(shown)
    : [element("div", { class: "empty" }, element("p", {}, "Nothing in here yet."), element("a", { class: "button", href: "/" }, "Look around"))]));
  if (focused) list.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  showSums(all);
  if (all.length) onward.removeAttribute("aria-disabled");
  else onward.setAttribute("aria-disabled", "true");
});

// Shown once it is complete, so that nothing on it moves.
document.querySelector("[data-shop-ready]").hidden = false;

onward.addEventListener("click", (event) => {
  if (!lines().length) event.preventDefault();
});

const { value } = sums();
report("Cart Viewed", { cart_id: "shop-cart", currency: "EUR", value, products: lines().map((line, n) => asReported(line.product, line.quantity, n + 1)) });
