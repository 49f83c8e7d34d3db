// What every page does: the number on the cart, buttons that add to it, the consent bar, the letter.
import { add, euro, sums, watch } from "./cart.js";
import { catalogue } from "./catalog.js";
import { askForConsent } from "./consent.js";
import { asReported, report } from "./report.js";
import { say } from "./said.js";

askForConsent();
showDepartment();

/** On a phone the departments scroll sideways: brings the present one into view. */
function showDepartment() {
  const bar = document.querySelector(".departments");
  const here = bar.querySelector("[aria-current]");
  if (here) bar.scrollLeft = here.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
}

watch((lines) => {
  const { items, value } = sums(lines);
  for (const badge of document.querySelectorAll("[data-shop-count]")) {
    const before = badge.textContent;
    badge.textContent = items;
    badge.classList.remove("bump");
    if (before !== "0" && String(items) !== before) requestAnimationFrame(() => badge.classList.add("bump"));
  }
  for (const text of document.querySelectorAll("[data-shop-count-text]")) text.textContent = items ? `, ${items} things for ${euro(value)}` : ", empty";
});

/** Adds a product, tells the agent, and says so. */
async function addToCart(id, quantity) {
  const product = (await catalogue()).get(id);
  if (!product) return say("That did not work. Please try again.");
  add(product, quantity);
  report("Product Added", asReported(product, quantity));
  say(`${product.name} is in your cart.`, { text: "See cart", href: "/cart/" });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-shop-add]");
  if (!button) return;
  button.classList.add("done");
  setTimeout(() => button.classList.remove("done"), 1500);
  await addToCart(button.dataset.shopAdd, 1);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-shop-buy]")) {
    event.preventDefault();
    addToCart(form.dataset.shopBuy, Math.max(1, Math.min(20, Number(form.elements.quantity.value) || 1)));
  } else if (form.matches("[data-shop-letter]")) {
    event.preventDefault();
    form.querySelector("[data-shop-letter-status]").textContent = "Thank you! (Your address went nowhere: this shop is a demo.)";
    form.reset();
    report("Newsletter Subscribed", { list: "sunday-letter" });
  }
});
