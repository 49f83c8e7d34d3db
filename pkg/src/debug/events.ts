// What happened, newest first; each event opens to all it says.
import type { Agent, Events } from "../types.js";
import { flat, h, readable } from "./dom.js";
import type { View } from "./view.js";

const MOST = 200;

export function eventsView(agent: Agent, heard: Events["event"][]): View {
  const list = h("div", { class: "events" });
  const empty = h("p", { class: "empty" }, "Nothing has happened yet.");
  const body = h("div", { class: "view" }, list, empty);
  const told = new WeakSet<object>();

  const add = (event: Events["event"]) => {
    if (told.has(event)) return;
    told.add(event);
    const { type, event: name, timestamp } = event;
    const properties = flat(event["properties"] ?? {}).concat(flat(event["traits"] ?? {})).filter(([path]) => path);
    const gist = properties.filter(([path]) => /^(product_id|category|path|experience_id|name|query|order_id|variation_id)$/.test(path)).map(([, value]) => readable(value)).slice(0, 2).join(" · ");
    list.prepend(h("details", { class: "event" },
      h("summary", {}, h("time", {}, String(timestamp ?? "").slice(11, 19)), h("span", { class: "name" }, type === "track" ? readable(name) : readable(type)), h("span", { class: "gist" }, gist)),
      h("dl", { class: "facts" }, ...[...properties, ["messageId", event["messageId"]] as [string, unknown]].map(([path, value]) => h("div", {}, h("dt", {}, path), h("dd", {}, readable(value)))))));
    while (list.childElementCount > MOST) list.lastElementChild!.remove();
    empty.hidden = true;
  };
  heard.slice(-MOST).forEach(add);
  agent.on("event", add);
  return { name: "Events", body, refresh() {} };
}
