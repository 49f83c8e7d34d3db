// Why this page looks as it does: each place with the winner, and every other experience with what it lacked.
import { catalogue } from "/shop/catalog.js";
import { element } from "/shop/element.js";
import { ask } from "./agent.js";
import { fared } from "./words.js";

const REASONS = { matched: "personalised", default: "the page's own content", control: "control group: the page's own content", preview: "preview", off: "decisions are off" };
let selectors = {};
let names = new Map();

/** Reads once what the rules call things; the panel works without, too. */
export async function prepare() {
  names = await catalogue();
  try {
    const rules = await (await fetch("/rules.json")).json();
    selectors = Object.fromEntries(Object.entries(rules.placements ?? {}).filter(([, one]) => one.selector).map(([name, one]) => [name, one.selector]));
  } catch {
    // Placements without a slot are then listed as not on this page.
  }
}

/** The element of a placement on this page. */
export function placeOf(placement) {
  return document.querySelector(`[data-tailorbird-slot="${CSS.escape(placement)}"]`) ?? (selectors[placement] ? document.querySelector(selectors[placement]) : null);
}

const isPersonal = ({ reason }) => reason === "matched" || reason === "preview";

function show(place) {
  place.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  flash(place);
}

/** Draws a frame around a place for a moment. */
export function flash(place) {
  place.classList.remove("demo-changed");
  void place.offsetWidth;
  place.classList.add("demo-changed");
  setTimeout(() => place.classList.remove("demo-changed"), 1800);
}

function oneExperience(one) {
  return element("li", { class: `p-exp p-exp--${one.outcome}` }, element("b", {}, one.experience), element("span", {}, fared(one)));
}

function onePlace(placement, decision) {
  const place = placeOf(placement);
  const explained = ask("explain", placement);
  const list = Array.isArray(explained) ? explained : [];
  const products = (decision.products ?? []).map((id) => [names.get(id)?.name ?? id, place?.querySelector(`.card:has([data-tailorbird-product="${CSS.escape(id)}"]) .card-why`)?.textContent]);
  const won = isPersonal(decision);
  return element("details", { class: "p-place", "data-keep": `place ${placement}` },
    element("summary", {},
      element("span", { class: "p-place-name" }, placement),
      element("span", { class: won ? "p-chip p-chip--won" : "p-chip" }, won ? decision.experience : decision.reason)),
    element("p", { class: "p-small" }, `Shows ${REASONS[decision.reason] ?? decision.reason}`, decision.variant ? `, variant “${decision.variant}”` : "", decision.block ? `, block “${decision.block}”` : "", ". ",
      place && element("button", { type: "button", class: "p-link", click: () => show(place) }, "Point at it")),
    products.length ? element("ul", { class: "p-picks" }, products.map(([name, why]) => element("li", {}, element("b", {}, name), why ? ` ${why}` : ""))) : undefined,
    list.length ? element("ol", { class: "p-exps" }, list.map(oneExperience)) : element("p", { class: "p-small" }, "No experience is written for this place."));
}

/** The tab's content. */
export function decisions() {
  const all = ask("decideAll") ?? {};
  const list = Array.isArray(all) ? all.map((decision) => [decision.placement, decision]) : Object.entries(all);
  const here = list.filter(([placement]) => placeOf(placement));
  const won = here.filter(([, decision]) => isPersonal(decision)).length;
  if (!here.length) return [element("p", { class: "p-empty" }, "Nothing is decided on this page.")];
  return [
    element("p", { class: "p-lead" }, element("b", {}, `${won} of ${here.length}`), " places on this page are personalised. Open one to see why."),
    ...here.map(([placement, decision]) => onePlace(placement, decision)),
  ];
}
