// What the agent knows of the shopper: interests as bars, then the rest in words.
import { element } from "/shop/element.js";
import { ask } from "./agent.js";
import { plain } from "./words.js";

const STAGES = { awareness: "is looking around", engagement: "is interested", transaction: "is about to buy", retention: "is a customer" };

/** `{ name: number }` as pairs, strongest first. */
function strongest(scores, most) {
  return Object.entries(scores ?? {}).filter(([, score]) => typeof score === "number" && score > 0.005).sort((a, b) => b[1] - a[1]).slice(0, most);
}

function bars(title, scores, most) {
  const list = strongest(scores, most);
  if (!list.length) return undefined;
  const top = list[0][1];
  return element("section", { class: "p-block" },
    element("h3", {}, title),
    element("ul", { class: "p-bars" }, list.map(([name, score]) => {
      const fill = element("i", {});
      fill.style.width = `${Math.max(3, (score / top) * 100)}%`;
      return element("li", {}, element("span", { class: "p-bar-name" }, name), element("span", { class: "p-bar", "aria-hidden": "true" }, fill), element("b", {}, score.toFixed(1)));
    })));
}

function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return known.length ? element("dl", { class: "p-facts" }, known.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])) : undefined;
}

const euros = (amount) => (typeof amount === "number" && amount > 0 ? `€${amount.toFixed(2)}` : undefined);

/** The tab's content. */
export function shopper() {
  const all = ask("attributes") ?? {};
  const { visitor = {}, session = {}, cart = {}, orders = {}, affinity = {}, top = {}, count = {}, traits = {} } = all;
  const known = [bars("Departments and shelves", affinity.category, 6), bars("Makers", affinity.brand, 4), bars("Properties", affinity.tag, 5)].filter(Boolean);
  const visits = visitor.sessions ? `${visitor.sessions === 1 ? "First visit" : `Visit ${visitor.sessions}`}, page ${session.pages ?? 1}` : undefined;
  return [
    element("p", { class: "p-lead" }, element("b", {}, traits.firstName ? `${plain(traits.firstName)} ` : "This shopper "), STAGES[all.stage] ?? "is new here", "."),
    ...(known.length ? known : [element("p", { class: "p-empty" }, "No interests yet. Look at a few products: each look counts 1, each addition to the cart 3, each order 5, and all of it fades by half in 14 days.")]),
    facts([
      ["Visit", visits], ["Came from", session.campaign ?? session.source], ["Typical price", euros(top.price)],
      ["Cart", cart.items ? `${cart.items} ${cart.items === 1 ? "thing" : "things"}, ${euros(cart.value)}${cart.idleMinutes >= 1 ? `, untouched for ${Math.round(cart.idleMinutes)} min` : ""}` : undefined],
      ["Orders", orders.count ? `${orders.count}, ${euros(orders.revenue)}, last ${Math.round((orders.lastDays ?? 0) * 10) / 10} days ago` : undefined],
      ["Running low", Array.isArray(orders.due) && orders.due.length ? plain(orders.due) : undefined],
      ...Object.entries(traits).slice(0, 8).map(([name, value]) => [name, plain(value)]),
      ["Has done", strongest(count, 6).map(([name, times]) => `${name} ×${times}`).join(", ") || undefined],
    ]),
    element("details", { class: "p-raw", "data-keep": "attributes" }, element("summary", {}, "Everything that rules can ask"), element("pre", { tabindex: 0 }, JSON.stringify(all, null, 2))),
  ];
}
