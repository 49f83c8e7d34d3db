// The catalogue, fetched once and only when a page needs it.

let products;

/** All products by id; empty when the catalogue cannot be read. */
export function catalogue() {
  products ??= fetch("/catalog.json")
    .then((answer) => (answer.ok ? answer.json() : { products: [] }))
    .then((document) => new Map(document.products.map((product) => [product.id, { ...product, size: product.attributes?.size ?? "" }])))
    .catch(() => new Map());
  return products;
}
