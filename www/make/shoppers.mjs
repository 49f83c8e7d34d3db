// Made-up shoppers: half a year of looks and orders in the demo shop, as a collector would have stored them.
// `node www/make/shoppers.mjs > events.ndjson`. Nobody ever bought anything here; this simulation is what the demo's model learns from.
// The same events every time: no clock, no chance but the numbers below.
import { pathToFileURL } from "node:url";
import { catalogText } from "./catalog.mjs";
import { readProducts } from "./products.mjs";

const HOUSEHOLDS = 3000;
const DAYS = 180;
const DAY = 86_400_000;
const START = Date.UTC(2026, 4, 4);
/** How many of a hundred households keep which animal. */
const ANIMALS = [["Dogs", 38], ["Cats", 26], ["Rabbits", 14], ["Birds", 11], ["Fish", 11]];
const AGES = { Dogs: ["Puppy", "Adult", "Senior"], Cats: ["Kitten", "Adult", "Senior"] };
/** Tags that say nothing about what else one needs. */
const PLAIN = new Set(["dry", "wet", "bestseller", "new", "washable", "puppy", "kitten", "adult", "senior"]);

/** Chance that falls the same way everywhere. */
function dice(seed) {
  let state = seed >>> 0;
  const share = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count) => Math.floor(share() * count);
  /** One of `[thing, weight]`. */
  const weighted = (pairs) => {
    let left = share() * pairs.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [thing, weight] of pairs) if ((left -= weight) < 0) return thing;
    return pairs.at(-1)?.[0];
  };
  return { share, below, weighted, between: (low, high) => low + share() * (high - low) };
}

/** What a shopper can look at, and how the goods belong together. */
function shelves(products) {
  const goods = products.filter((product) => product.available).map((product) => {
    const [department, need, third] = product.category.split("/");
    const age = (AGES[department] ?? []).includes(third) ? third : undefined;
    return { ...product, department, need, age, liked: product.tags.includes("bestseller") ? 3 : 1 };
  });
  const suits = (product, home) => product.department === home.department && (!product.age || product.age === home.age);
  const companions = new Map(goods.map((product) => {
    const near = goods.filter((other) => suits(other, product) && (other.need !== product.need || other.category !== product.category) && other.group !== product.group);
    const shared = (other) => other.tags.filter((tag) => !PLAIN.has(tag) && product.tags.includes(tag)).length;
    const small = (other) => (other.price < 15 ? 2 : 1);
    const scored = near.map((other, n) => [other, (1 + 6 * shared(other)) * small(other) * other.liked, n]);
    return [product.id, scored.sort((a, b) => b[1] - a[1] || a[2] - b[2]).slice(0, 6).map(([other, weight]) => [other, weight])];
  }));
  return { goods, companions, of: (home) => goods.filter((product) => suits(product, home)) };
}

/** The events of all households, oldest first. */
export function shopperEvents(products = readProducts(), days = new Map(JSON.parse(catalogText(products)).products.map((one) => [one.id, one.attributes.replenishDays]))) {
  const shop = shelves(products);
  const events = [];
  for (let number = 1; number <= HOUSEHOLDS; number += 1) household(number, shop, days, events);
  events.sort((a, b) => a.at - b.at || a.who - b.who || a.nth - b.nth);
  return events.map(({ at, event }, n) => {
    const time = new Date(at).toISOString();
    return { ...event, messageId: `simulated-${n}`, timestamp: time, originalTimestamp: time, receivedAt: time, context: { library: { name: "demo simulation" } } };
  });
}

/** One household: its animal, its first visit, and what brings it back. */
function household(number, shop, days, events) {
  const chance = dice(number * 7919);
  const department = chance.weighted(ANIMALS);
  const home = { department, age: AGES[department] ? chance.weighted([[AGES[department][0], 3], [AGES[department][1], 5], [AGES[department][2], 2]]) : undefined };
  const buys = chance.share() < 0.6;
  const tell = teller(number, events);
  let day = chance.between(0, DAYS);
  let stock = visit({ home, shop, chance, tell, at: moment(day, chance), looks: 3 + chance.below(6), buying: buys ? 0.7 : 0 });
  const grown = department === "Dogs" && home.age === "Puppy" ? day + chance.between(60, 240) : Infinity;
  for (;;) {
    const empty = stock ? day + (days.get(stock.id) ?? 40) * chance.between(0.88, 1.08) : Infinity;
    const idle = day + chance.between(4, buys ? 45 : 90);
    day = Math.min(empty, idle);
    if (day > DAYS || (!buys && chance.share() < 0.5)) return;
    if (day > grown && home.age === "Puppy") [home.age, stock] = ["Adult", undefined];
    const again = day === empty;
    const bought = visit({ home, shop, chance, tell, at: moment(day, chance), first: again ? stock : undefined, looks: again ? 1 + chance.below(4) : 2 + chance.below(6), buying: again ? 0.85 : buys ? 0.2 : 0 });
    // Who bought only a toy still has food at home, but not for ever.
    stock = bought ?? (again ? undefined : stock);
  }
}

/** Between eight and ten in the evening. */
const moment = (day, chance) => START + Math.floor(day) * DAY + Math.floor(chance.between(8, 22) * 3_600_000);

/** One visit: looks from product to product, perhaps a cart, perhaps an order. Tells which food was bought. */
function visit({ home, shop, chance, tell, at, first, looks, buying }) {
  const mine = shop.of(home);
  const isFood = (product) => product.need === "Food" && !product.tags.includes("treats");
  const start = () => chance.weighted(mine.map((product) => [product, product.liked * (isFood(product) ? 3 : 1)]));
  const seen = [];
  let now = at;
  let product = first ?? start();
  tell.page(now, "/");
  for (let nth = 0; nth < looks; nth += 1) {
    now += Math.floor(chance.between(12, 150) * 1000);
    tell.look(now, product);
    seen.push(product);
    product = step(product, seen, mine, shop, chance);
  }
  if (chance.share() >= buying) return undefined;

  const cart = new Map();
  const take = (one) => {
    now += Math.floor(chance.between(5, 40) * 1000);
    tell.add(now, one);
    cart.set(one.id, one);
  };
  const food = first ?? seen.find(isFood);
  if (food) take(chance.share() < 0.25 ? dearer(food, seen, mine, chance) : food);
  else take(seen.at(-1));
  for (const one of [...cart.values()]) {
    const near = shop.companions.get(one.id);
    while (near.length && cart.size < 4 && chance.share() < 0.5) take(chance.weighted(near));
  }
  if (chance.share() < 0.15) return undefined;
  now += Math.floor(chance.between(30, 200) * 1000);
  tell.order(now, [...cart.values()]);
  return [...cart.values()].find(isFood);
}

/** Where one goes from a product. */
function step(product, seen, mine, shop, chance) {
  const pick = (list) => (list.length ? chance.weighted(list.map((one) => (Array.isArray(one) ? one : [one, one.liked]))) : product);
  const other = mine.filter((one) => one.id !== product.id);
  const where = chance.share();
  if (where < 0.14) return pick(other.filter((one) => one.group === product.group));
  if (where < 0.44) return pick(other.filter((one) => one.category === product.category));
  if (where < 0.80) return pick(shop.companions.get(product.id));
  if (where < 0.88) return seen[chance.below(seen.length)];
  return pick(other);
}

/** The better or bigger one that some choose instead. */
function dearer(product, seen, mine, chance) {
  const better = mine.filter((one) => one.category === product.category && !one.tags.includes("treats") && one.price > product.price * 1.05 && one.price < product.price * 3);
  const size = better.filter((one) => one.group === product.group);
  const chosen = chance.weighted([...better.map((one) => [one, one.liked]), ...size.map((one) => [one, 4])]);
  return chosen ?? product;
}

/** Writes what one household does, as the agent tells it. */
function teller(number, events) {
  let orders = 0;
  const said = (product) => ({ product_id: product.id, name: product.name, category: product.category, brand: product.brand, price: product.price });
  const put = (at, event) => events.push({ at, who: number, nth: events.length, event: { ...event, anonymousId: `simulated-household-${number}` } });
  const track = (at, event, properties) => put(at, { type: "track", event, properties });
  const page = (at, path) => put(at, { type: "page", properties: { path } });
  return {
    page,
    look: (at, product) => {
      page(at - 1, product.url);
      track(at, "Product Viewed", said(product));
    },
    add: (at, product) => track(at, "Product Added", { ...said(product), quantity: 1 }),
    order: (at, products) => {
      const lines = products.map((product) => ({ ...said(product), quantity: 1 }));
      const revenue = Math.round(products.reduce((sum, product) => sum + product.price, 0) * 100) / 100;
      track(at - 20_000, "Checkout Started", { products: lines, value: revenue });
      orders += 1;
      track(at, "Order Completed", { order_id: `simulated-${number}-${orders}`, revenue, products: lines });
    },
  };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const event of shopperEvents()) process.stdout.write(`${JSON.stringify(event)}\n`);
}
