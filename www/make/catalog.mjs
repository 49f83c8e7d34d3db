// The catalogue as tailorbird reads it.
import { euro } from "./products.mjs";

/** catalog.json as text: one product a line, so that a change reads as one. */
export function catalogText(products) {
  const lines = products.map((product) => JSON.stringify({
    id: product.id, name: product.name, category: product.category, brand: product.brand, price: product.price, listPrice: product.listPrice, image: product.image, url: product.url,
    available: product.available, tags: product.tags, group: product.group,
    attributes: { size: product.size, priceText: euro(product.price), ...(product.listPrice ? { listPriceText: euro(product.listPrice) } : {}), about: product.description },
  }));
  return `{ "version": 1, "currency": "EUR", "products": [\n${lines.join(",\n")}\n] }\n`;
}
