// The agent as the panel sees it: asked carefully, so that a missing or older one leaves the panel empty, not broken.
import { tell } from "/shop/report.js";

/** Whether the agent runs; before that `window.tailorbird` is a queue. */
export function isThere() {
  return typeof window.tailorbird?.decideAll === "function";
}

/** The answer of one of the agent's methods, or nothing. */
export function ask(method, ...given) {
  try {
    return isThere() ? window.tailorbird[method]?.(...given) : undefined;
  } catch {
    return undefined;
  }
}

/** A call that the agent makes now or once it is there. */
export { tell };

/** Both purposes of consent, `pending` where nothing is known. */
export function consent() {
  const now = ask("consent") ?? ask("attributes")?.consent ?? {};
  return { personalization: now.personalization ?? "pending", analytics: now.analytics ?? "pending" };
}

/** Waits for a promise, but not for long. */
export function briefly(promise, milliseconds = 600) {
  return Promise.race([Promise.resolve(promise).catch(() => undefined), new Promise((done) => setTimeout(done, milliseconds))]);
}
