// Events as they leave: what happened, and whether the collector has it.
import { element } from "/shop/element.js";
import { consent } from "./agent.js";

const KEY = "demo-panel-events";
const MOST = 60;
let events = [];
let status = { waiting: undefined, failures: 0 };

/** Brings back what earlier pages of this tab saw. */
export function restore() {
  try {
    const stored = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    if (Array.isArray(stored)) events = stored;
  } catch {
    events = [];
  }
}

function store() {
  try {
    // Without a yes nothing is kept, not even by this panel.
    if (consent().analytics === "granted") sessionStorage.setItem(KEY, JSON.stringify(events));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Then the list begins anew on the next page.
  }
}

/** Forgets the list. */
export function clearEvents() {
  events = [];
  store();
}

/** One event of the agent's. */
export function heardEvent(event) {
  if (!event || events.some((known) => known.messageId && known.messageId === event.messageId)) return;
  events.push({ ...event, sent: false });
  events = events.slice(-MOST);
  store();
}

/** What the agent says of its queue: `waiting` is how many are not delivered yet; they are the newest ones. */
export function heardSync(detail) {
  status = { ...status, ...detail };
  if (typeof detail?.waiting === "number") {
    events.forEach((event, n) => {
      event.sent ||= n < events.length - detail.waiting;
    });
    store();
  }
}

/** How many the panel knows of. */
export function howMany() {
  return events.length;
}

function about(event) {
  const { properties = {}, traits = {}, type, name } = event;
  if (type === "identify") return Object.entries(traits).map(([key, value]) => `${key}: ${value}`).join(", ");
  if (type === "page") return properties.path ?? name ?? "";
  return properties.name ?? properties.product_id ?? properties.query ?? properties.experience_id ?? properties.placement_id ?? (properties.from && `${properties.from} → ${properties.to}`) ?? (properties.products?.length ? `${properties.products.length} products` : "") ?? "";
}

function oneEvent(event, state) {
  const time = new Date(event.originalTimestamp ?? event.timestamp ?? Date.now());
  const what = event.type === "page" ? "Page" : event.event ?? event.type;
  return element("details", { class: "p-event", "data-keep": `event ${event.messageId}` },
    element("summary", {},
      element("time", {}, time.toLocaleTimeString("en-GB")),
      element("span", { class: "p-event-name" }, element("b", {}, what), element("span", {}, about(event))),
      element("span", { class: `p-state p-state--${state}` }, state)),
    element("pre", { tabindex: 0 }, JSON.stringify({ ...event, sent: undefined }, null, 2)));
}

/** The tab's content. */
export function eventList() {
  const { analytics } = consent();
  const state = (event) => (event.sent ? "sent" : analytics === "granted" ? "waiting" : analytics === "denied" ? "not sent" : "held");
  const waiting = events.filter((event) => !event.sent).length;
  const lead = analytics === "pending"
    ? "Nothing has left this page: the shopper was asked and has not answered yet."
    : analytics === "denied" ? "The shopper said no: nothing is sent and nothing is kept."
      : waiting ? `${waiting} on the way. They leave in batches, survive a crash and wait for the network.` : "The collector has all of them, and has said so.";
  return [
    element("p", { class: "p-lead" }, lead, status.failures ? element("span", { class: "p-small" }, ` The collector did not answer ${status.failures} times; trying again.`) : undefined),
    ...(events.length ? [...events].reverse().map((event) => oneEvent(event, state(event))) : [element("p", { class: "p-empty" }, "No events yet.")]),
  ];
}
