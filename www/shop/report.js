// Tells the personalisation agent what the shopper does, in Segment's words, as any shop would. Without the agent nothing happens.

/** One event. Works before the agent has loaded, and without it. */
export function report(event, properties) {
  tell("track", event, properties);
}

/** One call of any kind. */
export function tell(...call) {
  try {
    (window.tailorbird ??= []).push(call);
  } catch {
    // The shop must not notice.
  }
}

/** A product as Segment's e-commerce events name it. */
export function asReported(product, quantity = 1, position) {
  return {
    product_id: product.id, sku: product.id, name: product.name, brand: product.brand, category: product.category, variant: product.size,
    price: product.price, quantity, currency: "EUR", url: new URL(product.url, location.href).href, image_url: new URL(product.image, location.href).href,
    ...(position === undefined ? {} : { position }),
  };
}
