// The cart: lines of products with a quantity, kept for the next page, and the sums over them.
import { keep, kept } from "./storage.js";

const KEY = "shop-cart";
const FREE_FROM = 49;
const DELIVERY = 4.9;
const watchers = new Set();

/** The lines: `{ product, quantity }`, in the order they were added. */
export function lines() {
  const stored = kept(KEY, []);
  return Array.isArray(stored) ? stored.filter((line) => line?.product?.id && line.quantity > 0) : [];
}

function store(next) {
  keep(KEY, next.length ? next : undefined);
  for (const watcher of watchers) watcher(next);
}

/** Puts `quantity` more of a product into the cart. */
export function add(product, quantity = 1) {
  const { id, name, brand, category, size, price, url, image } = product;
  const next = lines();
  const line = next.find((other) => other.product.id === id);
  if (line) line.quantity = Math.min(20, line.quantity + quantity);
  else next.push({ product: { id, name, brand, category, size, price, url, image }, quantity });
  store(next);
}

/** Sets how many of a product there are; 0 takes it out. */
export function setQuantity(id, quantity) {
  store(lines().map((line) => (line.product.id === id ? { ...line, quantity: Math.min(20, quantity) } : line)).filter((line) => line.quantity > 0));
}

/** Empties the cart. */
export function clear() {
  store([]);
}

/** Calls `watcher` with the lines now and after every change, also one made in another tab. */
export function watch(watcher) {
  watchers.add(watcher);
  watcher(lines());
}

/** Number of things, value, delivery and total. */
export function sums(of = lines(), delivery = "standard") {
  const items = of.reduce((sum, line) => sum + line.quantity, 0);
  const value = Math.round(of.reduce((sum, line) => sum + line.quantity * line.product.price * 100, 0)) / 100;
  const shipping = !items || value >= FREE_FROM || delivery === "pickup" ? 0 : DELIVERY;
  return { items, value, shipping, total: Math.round((value + shipping) * 100) / 100 };
}

/** Euros as shoppers read them. */
export function euro(amount) {
  return `€${amount.toFixed(2)}`;
}

addEventListener("storage", (event) => {
  if (event.key === KEY) for (const watcher of watchers) watcher(lines());
});
