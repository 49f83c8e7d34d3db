// The consent bar: asks once, keeps the answer, and tells the agent on every page, as a consent manager does.
import { tell } from "./report.js";
import { keep, kept } from "./storage.js";

const KEY = "shop-consent";

/** Wires the bar and passes on an earlier answer. */
export function askForConsent() {
  const bar = document.querySelector("[data-shop-consent-bar]");
  const known = kept(KEY);
  const pass = (answer) => tell("consent", { personalization: answer, analytics: answer });
  if (known === "granted" || known === "denied") pass(known);
  else if (bar) bar.hidden = false;
  for (const button of document.querySelectorAll("[data-shop-consent-choice]")) {
    button.addEventListener("click", () => {
      const answer = button.dataset.shopConsentChoice;
      keep(KEY, answer);
      pass(answer);
      bar.hidden = true;
      dispatchEvent(new CustomEvent("shop-consent", { detail: answer }));
    });
  }
  for (const button of document.querySelectorAll("[data-shop-consent]")) {
    button.addEventListener("click", () => {
      bar.hidden = false;
      bar.querySelector("button").focus();
    });
  }
}
