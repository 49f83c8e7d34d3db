// People to be: each one is a handful of calls of the agent's public API, some dated in the past.
import { catalogue } from "/shop/catalog.js";
import { asReported } from "/shop/report.js";

const DAY = 86_400_000;
const ago = (days) => ({ timestamp: new Date(Date.now() - days * DAY).toISOString() });

function order(products, ids, days, number) {
  const lines = ids.map(([id, quantity]) => asReported(products.get(id), quantity));
  const revenue = Math.round(lines.reduce((sum, line) => sum + line.price * line.quantity, 0) * 100) / 100;
  return ["track", "Order Completed", { order_id: number, revenue, total: revenue, currency: "EUR", products: lines }, ago(days)];
}

const look = (products, id, days = 0) => ["track", "Product Viewed", asReported(products.get(id)), ago(days)];

/** The people: what they are called, what is said of them, and their calls. */
export const PERSONAS = [
  {
    name: "Somebody with rabbits", icon: "rabbit-face", text: "Anonymous. Has looked at three rabbit products, just now.",
    calls: (products) => ["clover-hay-first-cut-timothy-hay-1-kg", "burrow-works-meadow-run-2-x-1-m", "burrow-works-willow-ball-trio-3-pieces"].map((id) => look(products, id)),
  },
  {
    name: "Ben and Biscuit", icon: "dog-face", text: "Bought puppy food seven months ago. Biscuit is thirteen months old now.",
    calls: (products) => [
      ["identify", "demo-ben", { firstName: "Ben", pet: "dog", petName: "Biscuit", petAgeMonths: 13 }],
      order(products, [["pawberry-first-bites-chicken-rice-8-kg", 1], ["tumble-teething-ring-trio-3-pieces", 1]], 210, "demo-ben-1"),
    ],
  },
  {
    name: "Ada, running low", icon: "cat-face", text: "Ordered cat food 27 days ago. A bag lasts four weeks.",
    calls: (products) => [
      look(products, "purrcival-manor-house-chicken-2-kg", 28),
      order(products, [["purrcival-manor-house-chicken-2-kg", 1], ["purrcival-catnip-pillows-60-g", 2]], 27, "demo-ada-1"),
    ],
  },
  {
    name: "Mia, gold member", icon: "crown", text: "The till knows her: gold tier, 2350 points.",
    calls: () => [["identify", "demo-mia", { firstName: "Mia", loyaltyTier: "gold", loyaltyPoints: 2350, pet: "cat" }]],
  },
  {
    name: "Noor, who spends a lot", icon: "trophy", text: "Three orders this season, an aquarium among them. Back after a week.",
    calls: (products) => [
      order(products, [["reefline-horizon-180-100-cm", 1]], 40, "demo-noor-1"),
      order(products, [["reefline-quiet-flow-filter-600-l-h", 1], ["reefline-starter-plant-box-8-plants", 2]], 21, "demo-noor-2"),
      order(products, [["reefline-tropical-flakes-1-l", 2]], 8, "demo-noor-3"),
    ],
  },
];

/** The calls of a persona; products that the catalogue does not know are an error that says so. */
export async function callsOf(persona) {
  const products = await catalogue();
  return persona.calls(products);
}
