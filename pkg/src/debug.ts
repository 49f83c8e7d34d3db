// The overlay: what the agent decides in this page and why, what it knows of the shopper, and what was agreed to.
// It is loaded only when somebody asks for it, and asks the agent through its public methods.
import { consentView } from "./debug/consent.js";
import { eventsView } from "./debug/events.js";
import { h } from "./debug/dom.js";
import { outlines } from "./debug/outlines.js";
import { shopperView } from "./debug/shopper.js";
import { slotsView, type Choice } from "./debug/slots.js";
import { styles } from "./debug/styles.js";
import type { View } from "./debug/view.js";
import type { Agent, Events } from "./types.js";

const open = new WeakMap<Agent, () => void>();
const CHANGES = ["event", "decision", "render", "exposure", "stage", "sync"] as const;

/** Opens the overlay, or brings it back. `heard`: the events there were before. */
export function overlay(agent: Agent, heard: Events["event"][] = []): void {
  const opened = open.get(agent);
  if (opened) return opened();

  const host = document.createElement("tailorbird-debug");
  const root = host.attachShadow({ mode: "open" });
  styles(root);

  let again = 0;
  const soon = () => { again ||= requestAnimationFrame(refresh); };
  const unsubscribe = CHANGES.map((name) => agent.on(name, soon));

  const slots = slotsView(agent, (placement) => frames.look(placement), show);
  const views: View[] = [slots, shopperView(agent), eventsView(agent, heard), consentView(agent, soon)];
  let shown = views[0]!;
  const frames = outlines(agent, (placement) => {
    unfold(true);
    choose(slots, false);
    slots.reveal(placement);
  });

  const tabs = views.map((view, nth) => {
    const tab = h("button", { role: "tab", id: `tab-${nth}`, "aria-controls": `view-${nth}`, onclick: () => choose(view) }, view.name);
    Object.assign(view.body, { id: `view-${nth}`, role: "tabpanel", tabIndex: 0 });
    view.body.setAttribute("aria-labelledby", tab.id);
    return tab;
  });
  const bar = h("div", { class: "tabs", role: "tablist", "aria-label": "What to look at", onkeydown: (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    choose(views[(views.indexOf(shown) + step + views.length) % views.length]!);
  } }, ...tabs);
  const preview = h("div", { class: "preview", role: "status", hidden: true });
  const panel = h("section", { class: "panel", "aria-label": "tailorbird overlay", onkeydown: (event: KeyboardEvent) => {
    if (event.key === "Escape") unfold(false);
  } },
    h("header", { class: "head" },
      h("span", { class: "mark", "aria-hidden": "true" }), h("strong", {}, "tailorbird"), h("span", { class: "faint" }, agent.version),
      h("span", { class: "grow" }),
      h("button", { class: "quiet", title: "Fold (Esc)", "aria-label": "Fold the overlay", onclick: () => unfold(false) }, "–"),
      h("button", { class: "quiet", title: "Close", "aria-label": "Close the overlay", onclick: close }, "×")),
    preview, bar, h("div", { class: "views" }, ...views.map((view) => view.body)));
  const pill = h("button", { class: "pill", hidden: true, "aria-label": "Unfold the tailorbird overlay", onclick: () => unfold(true) }, h("span", { class: "mark", "aria-hidden": "true" }), h("span", { class: "pill-text" }, "tailorbird"));
  root.append(frames.layer, panel, pill);
  document.documentElement.append(host);

  function choose(view: View, focus = true): void {
    shown = view;
    views.forEach((one, nth) => {
      one.body.hidden = one !== view;
      tabs[nth]!.setAttribute("aria-selected", String(one === view));
      tabs[nth]!.tabIndex = one === view ? 0 : -1;
      if (one === view && focus) tabs[nth]!.focus();
    });
    refresh();
  }
  function unfold(on: boolean): void {
    panel.hidden = !on;
    pill.hidden = on;
    frames.show(on);
    if (on) refresh();
    (on ? tabs[views.indexOf(shown)]! : pill).focus();
  }
  function refresh(): void {
    again = 0;
    previewed();
    if (panel.hidden) return;
    shown.refresh();
    frames.refresh();
  }
  /** Says what is previewed, with a way to leave. */
  function previewed(): void {
    const forced = Object.values(agent.decideAll()).find((decision) => decision.reason === "preview");
    preview.hidden = !forced;
    pill.classList.toggle("forced", !!forced);
    if (!forced) return;
    preview.replaceChildren(
      h("p", {}, "Preview of ", h("b", {}, forced.experience ?? ""), forced.variant ? ` · ${forced.variant}` : "", h("br"), h("span", { class: "faint" }, "Nothing of it is counted.")),
      h("button", { onclick: leavePreview }, "Leave"));
  }
  /** Previews from now on, or no longer, and says so in the page's address: a reload or a link shows the same. */
  function show(choice: Choice | null): void {
    agent.preview(choice);
    const url = new URL(location.href);
    if (choice) url.searchParams.set("tailorbird_preview", choice.experience + (choice.variant ? `:${choice.variant}` : ""));
    else url.searchParams.delete("tailorbird_preview");
    if (url.href !== location.href) history.replaceState(history.state, "", url);
    refresh();
  }
  function leavePreview(): void {
    show(null);
    tabs[views.indexOf(shown)]!.focus();
  }
  function close(): void {
    cancelAnimationFrame(again);
    for (const off of unsubscribe) off();
    frames.end();
    host.remove();
    open.delete(agent);
  }

  open.set(agent, () => unfold(true));
  choose(slots, false);
  frames.show(true);
}
