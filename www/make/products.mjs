// The goods, read from the lines of products/*.txt.
import { readFileSync } from "node:fs";

const FILES = ["dogs", "cats", "rabbits", "birds", "fish"];
const COLUMNS = ["category", "brand", "name", "size", "price", "list", "picture", "emoji", "tags", "description"];

/** Text as part of a URL. */
export function slug(text) {
  return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/×/g, "x").replace(/['’]/g, "").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}

/** Euros as shoppers read them. */
export function euro(amount) {
  return `€${amount.toFixed(2)}`;
}

function readLine(line, file, number) {
  const parts = line.split("|").map((part) => part.trim());
  if (parts.length !== COLUMNS.length) throw new Error(`${file} line ${number}: ${parts.length} columns where ${COLUMNS.length} were expected`);
  const row = Object.fromEntries(COLUMNS.map((name, n) => [name, parts[n]]));
  const tags = row.tags.split(",").map((tag) => tag.trim());
  const title = `${row.brand} ${row.name}`;
  return {
    id: slug(`${row.brand} ${row.name} ${row.size}`),
    name: row.name,
    title,
    size: row.size,
    category: row.category,
    brand: row.brand,
    price: Number(row.price),
    listPrice: row.list ? Number(row.list) : undefined,
    picture: row.picture,
    emoji: row.emoji,
    tags: tags.filter((tag) => !tag.startsWith("!")),
    available: !tags.includes("!out"),
    description: row.description,
    group: slug(title),
  };
}

/** Every product in the order of the files. */
export function readProducts() {
  const products = FILES.flatMap((file) =>
    readFileSync(new URL(`products/${file}.txt`, import.meta.url), "utf8").split("\n")
      .map((line, n) => [line, n + 1])
      .filter(([line]) => line.trim() && !line.startsWith("#"))
      .map(([line, number]) => readLine(line, `products/${file}.txt`, number)));
  const seen = new Set();
  for (const product of products) {
    if (seen.has(product.id)) throw new Error(`two products are called \`${product.id}\``);
    seen.add(product.id);
    product.url = `/product/${product.id}/`;
    product.image = `/pictures/products/${product.id}.svg`;
  }
  return products;
}
