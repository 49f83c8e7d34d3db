// What the shopper agreed to, to be changed here, and what this device keeps because of it.
import type { Agent, Consent, ConsentState } from "../types.js";
import { flat, h, readable } from "./dom.js";
import type { View } from "./view.js";

const PURPOSES: [keyof Consent, string, string][] = [
  ["personalization", "Personalization", "Remember a profile on this device and decide from it."],
  ["analytics", "Analytics", "Send events to the collector."],
];
const STATES: ConsentState[] = ["granted", "pending", "denied"];

/** `changed` is called when something was changed here. */
export function consentView(agent: Agent, changed: () => void): View {
  const radios = new Map<string, HTMLInputElement>();
  const groups = PURPOSES.map(([purpose, title, meaning]) => h("fieldset", {}, h("legend", {}, title), h("p", { class: "faint" }, meaning),
    h("div", { class: "choice" }, ...STATES.map((state) => {
      const input = h("input", { type: "radio", name: purpose, value: state, onchange: () => {
        agent.consent({ [purpose]: state });
        changed();
      } });
      radios.set(`${purpose} ${state}`, input);
      return h("label", {}, input, h("span", {}, state));
    }))));
  const state = h("dl", { class: "facts" });
  const act = (name: string, does: () => unknown) => h("button", { onclick: async () => {
    await does();
    changed();
  } }, name);
  const body = h("div", { class: "view" }, ...groups,
    h("h2", {}, "On this device"), state,
    h("div", { class: "acts" }, act("Send now", () => agent.flush()), act("New visitor", () => agent.reset()), act("Forget all", () => agent.forget())));

  return {
    name: "Consent", body,
    refresh() {
      const consent = agent.consent();
      for (const [purpose] of PURPOSES) for (const one of STATES) radios.get(`${purpose} ${one}`)!.checked = consent[purpose] === one;
      const { visitor, user, delivery } = agent.export() as Record<string, unknown>;
      const lines: [string, unknown][] = [["visitor", visitor], ["user", user], ...flat(delivery ?? {}, "delivery")];
      state.replaceChildren(...lines.filter(([, value]) => value !== null && value !== undefined).map(([path, value]) => h("div", {}, h("dt", {}, path), h("dd", {}, readable(value)))));
    },
  };
}
