// The catalogue as tailorbird reads it.

/** After how many days a pack of food, hay or litter is empty; nothing for what lasts. */
function replenishDays(product) {
  if (!/\/Food|Hay|bedding|litter/.test(`${product.category} ${product.tags}`)) return undefined;
  return /^(4|5|6|7|8|10|12) kg|^1 l|^5 l/.test(product.size) ? 60 : 28;
}

/** catalog.json as text: one product a line, so that a change reads as one. */
export function catalogText(products) {
  const lines = products.map((product) => JSON.stringify({
    id: product.id, name: product.name, category: product.category, brand: product.brand, price: product.price, listPrice: product.listPrice, image: product.image, url: product.url,
    available: product.available, tags: product.tags, group: product.group,
    attributes: { size: product.size, about: product.description, replenishDays: replenishDays(product) },
  }));
  return `{ "version": 1, "currency": "EUR", "products": [\n${lines.join(",\n")}\n] }\n`;
}
