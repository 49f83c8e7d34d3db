// The checkout: a form that goes nowhere, and the order handed over to the thank-you page.
import { clear, euro, lines, sums } from "./cart.js";
import { element } from "./element.js";
import { asReported, report } from "./report.js";
import { keep } from "./storage.js";
import { showSums } from "./sum.js";

const form = document.querySelector("[data-shop-checkout-form]");
const summary = document.querySelector("[data-shop-summary]");
const all = lines();
const delivery = () => form.elements.delivery.value;

summary.replaceChildren(...(all.length ? all : []).map(({ product, quantity }) => element("li", {}, element("img", { src: product.image, width: 48, height: 48, alt: "" }), `${quantity} × ${product.name}`, element("b", {}, euro(product.price * quantity)))));
if (!all.length) summary.append(element("li", {}, element("a", { href: "/" }, "Your cart is empty: look around")));
showSums(all, delivery());

form.addEventListener("change", () => showSums(all, delivery()));

form.querySelector("[data-shop-fill]").addEventListener("click", () => {
  const invented = { name: "Robin Redbreast", email: "robin@example.com", street: "Hedgerow 7", postcode: "9000", city: "Ghent" };
  for (const [name, value] of Object.entries(invented)) form.elements[name].value = value;
  form.querySelector("[type=submit]").focus();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!all.length) return;
  const { value, shipping, total } = sums(all, delivery());
  const number = `W${Date.now().toString(36).toUpperCase()}`;
  keep("shop-order", {
    told: false, name: form.elements.name.value.trim().split(/\s+/)[0],
    order: { order_id: number, total, revenue: value, shipping, currency: "EUR", products: all.map((line, n) => asReported(line.product, line.quantity, n + 1)) },
  });
  clear();
  location.assign("/thanks/");
});

if (all.length) {
  const { value } = sums(all, delivery());
  report("Checkout Started", { value, currency: "EUR", products: all.map((line, n) => asReported(line.product, line.quantity, n + 1)) });
}
