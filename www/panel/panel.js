// The demo's window into the agent: four tabs beside the shop, drawn anew when something happens.
import { element } from "/shop/element.js";
import { consent, isThere } from "./agent.js";
import { decisions, flash, placeOf, prepare } from "./decisions.js";
import { eventList, heardEvent, heardSync, howMany, restore } from "./events.js";
import { shopper } from "./shopper.js";
import { showTour } from "./tour.js";
import { tryIt } from "./try.js";
import { shift } from "./words.js";

const TABS = [["shopper", "Shopper", shopper], ["decisions", "This page", decisions], ["events", "Events", eventList], ["try", "Try it", tryIt]];
const KEY = "demo-panel";
const demo = window.tailorbirdDemo ?? { offset: 0, heard: [] };
const kept = new Set();
let open = document.documentElement.classList.contains("panel-open");
let tab = remembered() ?? "shopper";
let drawing;

function remembered() {
  try {
    return TABS.find(([name]) => name === sessionStorage.getItem(KEY))?.[0];
  } catch {
    return undefined;
  }
}

const body = element("div", { class: "p-body", id: "p-body", role: "tabpanel", tabindex: 0 });
const chips = element("p", { class: "p-chips" });
const tabs = element("div", { class: "p-tabs", role: "tablist", "aria-label": "Views" }, TABS.map(([name, title]) =>
  element("button", { type: "button", role: "tab", id: `p-tab-${name}`, "aria-controls": "p-body", "data-tab": name, click: () => choose(name), keydown: arrows }, title)));
const close = element("button", { type: "button", class: "p-close", "aria-label": "Close the panel", click: () => setOpen(false) }, "×");
const panel = element("aside", { class: "panel", id: "panel", "aria-label": "What tailorbird sees", keydown: (event) => event.key === "Escape" && setOpen(false) },
  element("header", { class: "p-head" }, element("h2", {}, "What tailorbird sees"), close, chips), tabs, body);
const opener = element("button", { type: "button", class: "panel-opener", "aria-expanded": "false", "aria-controls": "panel", click: () => setOpen(true) },
  element("span", { class: "p-dot", "aria-hidden": "true" }), "What tailorbird sees", element("span", { class: "p-count" }));

function setOpen(now) {
  open = now;
  try {
    if (now) sessionStorage.setItem(KEY, tab);
    else sessionStorage.removeItem(KEY);
  } catch {
    // Then it is closed on the next page.
  }
  document.documentElement.classList.toggle("panel-open", now);
  draw();
  (now ? tabs.querySelector("[aria-selected=true]") : opener).focus();
}

function choose(name) {
  tab = name;
  if (open) {
    try {
      sessionStorage.setItem(KEY, tab);
    } catch {
      // As above.
    }
  }
  body.scrollTop = 0;
  draw();
}

function arrows(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const at = TABS.findIndex(([name]) => name === tab);
  choose(TABS[(at + by + TABS.length) % TABS.length][0]);
  tabs.querySelector("[aria-selected=true]").focus();
}

/** Draws what is open; what the visitor unfolded stays so, and the focus stays where it was. */
function draw() {
  clearTimeout(drawing);
  drawing = undefined;
  showTour();
  opener.hidden = open;
  panel.hidden = !open;
  opener.querySelector(".p-count").textContent = howMany() || "";
  if (!open) return;
  const state = consent();
  chips.replaceChildren(
    element("span", { class: `p-chip p-chip--${state.personalization}` }, state.personalization === "granted" ? "remembers" : state.personalization === "denied" ? "remembers nothing" : "in memory only"),
    element("span", { class: "p-chip" }, `clock: ${shift(demo.offset)}`));
  for (const button of tabs.children) {
    const chosen = button.dataset.tab === tab;
    button.setAttribute("aria-selected", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  }
  body.setAttribute("aria-labelledby", `p-tab-${tab}`);
  const scrolled = body.scrollTop;
  const focused = [...body.querySelectorAll("summary, button, pre")].indexOf(document.activeElement);
  body.replaceChildren(...(isThere() || tab === "try" ? TABS.find(([name]) => name === tab)[2]().filter(Boolean) : [waitingForAgent()]));
  for (const details of body.querySelectorAll("details[data-keep]")) {
    details.open = kept.has(details.dataset.keep);
    details.addEventListener("toggle", () => (details.open ? kept.add(details.dataset.keep) : kept.delete(details.dataset.keep)));
  }
  body.scrollTop = scrolled;
  if (focused >= 0) [...body.querySelectorAll("summary, button, pre")][focused]?.focus({ preventScroll: true });
}

function waitingForAgent() {
  return element("p", { class: "p-empty" }, "The agent is not here (yet). It is served as /tailorbird/tailorbird.js; without it the shop shows its own content and works as always.");
}

function soon() {
  drawing ??= setTimeout(draw, 120);
}

function heard(name, detail) {
  if (name === "event") heardEvent(detail);
  if (name === "sync") heardSync(detail);
  if (name === "render" && open) {
    const place = placeOf(detail?.placement ?? "");
    if (place) flash(place);
  }
  soon();
}

restore();
document.body.append(opener, panel);
for (const [name, detail] of demo.heard.splice(0)) heard(name, detail);
demo.hear = heard;
for (const button of document.querySelectorAll("[data-demo-open]")) {
  button.addEventListener("click", () => {
    choose("decisions");
    setOpen(true);
  });
}
addEventListener("shop-consent", soon);
draw();
await prepare();
draw();
// Time alone changes what is known, such as the minutes a cart was left alone.
setInterval(() => open && !document.hidden && soon(), 20_000);
