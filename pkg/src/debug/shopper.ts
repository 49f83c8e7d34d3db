// What is known of the shopper: what they like as bars, and every attribute that conditions see.
import type { Agent } from "../types.js";
import { flat, h, readable } from "./dom.js";
import type { View } from "./view.js";

export function shopperView(agent: Agent): View {
  const bars = h("div", { class: "bars" });
  const table = h("dl", { class: "facts" });
  const filter = h("input", { type: "search", placeholder: "Find an attribute", "aria-label": "Find an attribute", oninput: () => refresh() });
  const body = h("div", { class: "view" }, bars, filter, table);

  function refresh(): void {
    const attributes = agent.attributes();
    const liked = flat((attributes["affinity"] as Record<string, unknown> | undefined)?.["category"]).filter((pair): pair is [string, number] => typeof pair[1] === "number" && pair[1] > 0);
    const most = Math.max(...liked.map(([, weight]) => weight), 0);
    bars.replaceChildren(...(most > 0
      ? liked.sort((one, other) => other[1] - one[1]).slice(0, 6).map(([name, weight]) => {
        const fill = h("i");
        fill.style.width = `${Math.max(2, (100 * weight) / most)}%`;
        return h("p", {}, h("span", {}, name), h("span", { class: "track" }, fill), h("b", {}, weight.toFixed(1)));
      })
      : [h("p", { class: "empty" }, "Nothing is known of this shopper’s taste yet.")]));
    const wanted = filter.value.trim().toLowerCase();
    const lines = flat(attributes).filter(([path]) => path.toLowerCase().includes(wanted));
    table.replaceChildren(...lines.map(([path, value]) => h("div", {}, h("dt", {}, path), h("dd", {}, readable(value)))));
  }
  return { name: "Shopper", body, refresh };
}
