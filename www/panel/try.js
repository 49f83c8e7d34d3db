// The time machine, the people to be, and the way back to nobody.
import { element } from "/shop/element.js";
import { keep } from "/shop/storage.js";
import { clear } from "/shop/cart.js";
import { ask, briefly, consent, tell } from "./agent.js";
import { clearEvents } from "./events.js";
import { callsOf, PERSONAS } from "./personas.js";
import { shift } from "./words.js";

const HOUR = 3_600_000;
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const offset = () => window.tailorbirdDemo?.offset ?? 0;

function setClock(milliseconds) {
  try {
    if (milliseconds) localStorage.setItem("demo-clock-offset", String(milliseconds));
    else localStorage.removeItem("demo-clock-offset");
  } catch {
    // Without storage there is no time travel.
  }
}

/** Grants both purposes, as the consent bar would. */
function sayYes() {
  keep("shop-consent", "granted");
  const bar = document.querySelector("[data-shop-consent-bar]");
  if (bar) bar.hidden = true;
  tell("consent", { personalization: "granted", analytics: "granted" });
}

async function travel(milliseconds) {
  await briefly(ask("flush"));
  setClock(milliseconds);
  // A leftover ?days= would set the clock again.
  const url = new URL(location.href);
  url.searchParams.delete("days");
  location.assign(url.href);
  if (url.href === location.href) location.reload();
}

async function startOver() {
  await briefly(ask("forget", {}));
  clear();
  clearEvents();
  setClock(0);
}

async function become(persona, button) {
  button.disabled = true;
  await startOver();
  sayYes();
  const calls = await callsOf(persona);
  // The store opens anew after forgetting, and takes a moment to save.
  await pause(500);
  for (const call of calls) tell(...call);
  await pause(700);
  await briefly(ask("flush"));
  location.assign("/");
}

async function forget() {
  await startOver();
  keep("shop-consent", undefined);
  keep("shop-order", undefined);
  location.assign("/");
}

function choice(name, text, pressed, click) {
  return element("button", { type: "button", class: "p-button", "aria-pressed": pressed === undefined ? undefined : String(pressed), click }, name, text && element("small", {}, text));
}

/** The tab's content. */
export function tryIt() {
  const now = consent();
  const saying = (answer) => () => {
    if (answer === "granted") return sayYes();
    keep("shop-consent", answer);
    tell("consent", { personalization: answer, analytics: answer });
  };
  return [
    element("section", { class: "p-block" }, element("h3", {}, "Be somebody"),
      element("div", { class: "p-people" }, PERSONAS.map((persona) => {
        const button = element("button", { type: "button", class: "p-person", click: () => become(persona, button) },
          element("img", { src: `/pictures/emoji/${persona.icon}.svg`, width: 40, height: 40, alt: "" }), element("span", {}, element("b", {}, persona.name), element("small", {}, persona.text)));
        return button;
      }))),
    element("section", { class: "p-block" }, element("h3", {}, "Let time pass"),
      element("p", { class: "p-small" }, "Interests fade, carts go cold, bags run empty. The shop's clock says ", element("b", {}, shift(offset())), "."),
      element("div", { class: "p-buttons" },
        choice("+ 1 hour", undefined, undefined, () => travel(offset() + HOUR)), choice("+ 1 day", undefined, undefined, () => travel(offset() + 24 * HOUR)),
        choice("+ 27 days", undefined, undefined, () => travel(offset() + 27 * 24 * HOUR)), offset() ? choice("Back to now", undefined, undefined, () => travel(0)) : undefined)),
    element("section", { class: "p-block" }, element("h3", {}, "Privacy"),
      element("p", { class: "p-small" }, `On this device: ${now.personalization}. To the collector: ${now.analytics}.`),
      element("div", { class: "p-buttons" },
        choice("Yes, remember", undefined, now.personalization === "granted", saying("granted")), choice("No", undefined, now.personalization === "denied", saying("denied")),
        choice("Forget me", undefined, undefined, forget))),
  ];
}
