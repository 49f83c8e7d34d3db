// A short message at the foot of the page, spoken by screen readers too.
import { element } from "./element.js";

let region;
let timer;

/** Says `text` for a few seconds, with a link to go on. */
export function say(text, link) {
  region ??= document.body.appendChild(element("div", { role: "status", "aria-live": "polite" }));
  clearTimeout(timer);
  region.replaceChildren(element("p", { class: "said" }, text, link && element("a", { href: link.href }, link.text)));
  timer = setTimeout(() => region.replaceChildren(), 4000);
}
