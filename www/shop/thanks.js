// The thank-you page: tells the agent of the order, once however often the page is loaded.
import { euro } from "./cart.js";
import { report } from "./report.js";
import { keep, kept } from "./storage.js";

const last = kept("shop-order");
if (last?.order) {
  const { order, name } = last;
  document.querySelector("[data-shop-order]").textContent = `${name ? `${name}, your` : "Your"} order ${order.order_id} over ${euro(order.total)} is on its imaginary way.`;
  if (!last.told) {
    keep("shop-order", { ...last, told: true });
    report("Order Completed", order);
  }
}
