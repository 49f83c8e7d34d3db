// Ticks off the three steps of the strip on the home page.
import { ask, consent } from "./agent.js";

/** Shows how far the visitor has come. */
export function showTour() {
  const tour = document.querySelector("[data-demo-tour]");
  if (!tour) return;
  const looks = ask("attributes")?.count?.["Product Viewed"] ?? 0;
  const done = { consent: consent().personalization === "granted", look: looks >= 3, back: looks >= 3 };
  for (const step of tour.querySelectorAll("[data-demo-step]")) step.classList.toggle("done", Boolean(done[step.dataset.demoStep]));
}
