// Every placement: what stands there and why each of its experiences won or lost.
import type { Agent, Decision, Explanation } from "../types.js";
import { why } from "../why.js";
import { h } from "./dom.js";
import type { View } from "./view.js";

const SIGNS: Record<Explanation["outcome"], string> = { won: "✓", lost: "↓", condition: "✕", schedule: "◷", limit: "∑", traffic: "◌", products: "∅", consent: "⊘", off: "!" };
const WORDS: Record<Explanation["outcome"], string> = {
  won: "won", lost: "second to another", condition: "condition", schedule: "schedule", limit: "limit", traffic: "not in traffic", products: "no products", consent: "no consent", off: "off",
};

/** What can be previewed. */
export interface Choice { experience: string; variant?: string }

export interface SlotsView extends View {
  /** Opens a placement's lines and scrolls to them. */
  reveal(placement: string): void;
}

/** `look`: a placement was opened. `preview` shows an experience or ends it (null). */
export function slotsView(agent: Agent, look: (placement: string) => void, preview: (choice: Choice | null) => void): SlotsView {
  const here = h("div");
  const elsewhere = h("div");
  const rest = h("details", { class: "rest" }, h("summary", {}, "Placements that this page has no slot for"), elsewhere);
  const field = h("input", { type: "text", "aria-label": "Experience to preview", placeholder: "experience or experience:variant", spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
  const form = h("form", { class: "ask", onsubmit: (event: Event) => {
    event.preventDefault();
    const [experience, variant] = field.value.trim().split(":");
    if (experience) preview(variant ? { experience, variant } : { experience });
  } }, field, h("button", {}, "Preview"));
  const notice = h("p", { class: "faint", role: "note", hidden: true }, "The shopper has not agreed yet: nothing is remembered from page to page. The tab Consent changes that for you.");
  const body = h("div", { class: "view" }, notice, here, rest, form);
  const rows = new Map<string, { row: HTMLDetailsElement; told: string }>();

  function refresh(): void {
    const inPage = new Set(agent.places().map(([placement]) => placement));
    const all = agent.decideAll();
    const known = new Set(Object.keys(all));
    notice.hidden = agent.consent().personalization !== "pending";
    for (const name of inPage) all[name] ??= agent.decide(name);
    for (const [placement, decision] of Object.entries(all)) {
      // The winner first: that is what people look for.
      const reasons = agent.explain(placement).sort((one, other) => Number(other.outcome === "won") - Number(one.outcome === "won"));
      const named = known.has(placement);
      const told = JSON.stringify([decision, reasons, named]);
      const before = rows.get(placement);
      const row = before?.row ?? h("details", { class: "slot" });
      const home = inPage.has(placement) ? here : elsewhere;
      if (row.parentNode !== home) home.append(row);
      if (before?.told === told) continue;
      // What somebody points at stays where it is: only lines that say something else are made anew.
      const focused = (row.getRootNode() as ShadowRoot).activeElement?.getAttribute("data-key");
      row.replaceChildren(...lines(placement, decision, reasons, named));
      if (!before) row.addEventListener("toggle", () => row.open && look(placement));
      if (focused) row.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
      rows.set(placement, { row, told });
    }
    for (const [placement, { row }] of rows) {
      if (placement in all) continue;
      row.remove();
      rows.delete(placement);
    }
    rest.hidden = !elsewhere.firstChild;
    if (!here.firstChild || here.firstElementChild?.className === "empty") {
      here.replaceChildren(h("p", { class: "empty" }, "No slot in this page. Mark one: ", h("code", {}, `<div data-tailorbird-slot="home-hero">`)));
    } else here.querySelector(".empty")?.remove();
  }

  function lines(placement: string, decision: Decision, reasons: Explanation[], named: boolean): HTMLElement[] {
    const { experience, variant, reason, products, block } = decision;
    const what = !named && reason !== "off" ? "not in the rules" : experience ?? { off: "off: there are no rules to decide with", control: "control", default: "default content", matched: "", preview: "" }[reason];
    const facts = [variant && `variant ${variant}`, block && `block ${block}`, products.length > 0 && `${products.length} products`].filter(Boolean).join(" · ");
    return [
      h("summary", { "data-key": placement },
        h("span", { class: "name" }, placement), h("span", { class: `what ${reason}` }, `${what}${variant ? ` · ${variant}` : ""}`)),
      h("div", { class: "inside" },
        facts ? h("p", { class: "faint" }, facts) : null,
        products.length ? h("ul", { class: "products" }, ...products.map((id) => {
          const picked = reasons.find((one) => one.outcome === "won")?.products?.find((pick) => pick.id === id);
          return h("li", {}, h("code", {}, id), picked ? h("span", { class: "faint" }, ` ${picked.why || picked.strategy}`) : null);
        })) : null,
        reasons.length
          ? h("ol", { class: "reasons" }, ...reasons.map((one) => h("li", { class: one.outcome },
            h("span", { class: "sign", title: WORDS[one.outcome], "aria-hidden": "true" }, SIGNS[one.outcome]),
            h("div", {}, h("b", {}, one.experience), h("span", { class: "hidden" }, ` ${WORDS[one.outcome]}: `), h("p", {}, why(one)), choices(placement, decision, one)))))
          : h("p", { class: "faint" }, named || reason === "off" ? "The rules have no experience for this placement." : "The rules have no placement of this name: compare the slot’s name with those in `placements`.")),
    ];
  }

  /** One button for the experience, or one for each of its variants: the one that is previewed is pressed, and pressing it again ends that. */
  function choices(placement: string, decision: Decision, { experience, variants }: Explanation): HTMLElement {
    const forced = decision.reason === "preview" && decision.experience === experience;
    const button = (name: string, choice: Choice, on: boolean) => h("button", {
      class: "try", "aria-pressed": String(on), "data-key": `${placement} ${experience} ${choice.variant ?? ""}`,
      "aria-label": `Preview ${experience}${choice.variant ? `, variant ${choice.variant}` : ""}`, onclick: () => preview(on ? null : choice),
    }, name);
    return h("div", { class: "tries" }, ...(variants?.length
      ? [h("span", { class: "faint", "aria-hidden": "true" }, "Preview"), ...variants.map((variant) => button(variant, { experience, variant }, forced && decision.variant === variant))]
      : [button("Preview", { experience }, forced)]));
  }

  return {
    name: "Slots", body, refresh,
    reveal(placement) {
      const row = rows.get(placement)?.row;
      if (!row) return;
      row.open = true;
      row.scrollIntoView({ block: "nearest" });
      row.querySelector("summary")?.focus();
    },
  };
}
