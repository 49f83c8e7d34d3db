// The picture of one product: its maker's tile, and on it the packaging or thing.
import { BRANDS } from "../brands.mjs";
import { beginDrawing } from "./emoji.mjs";
import * as furniture from "./furniture.mjs";
import * as packages from "./packages.mjs";
import { tile } from "./tile.mjs";

const SHAPES = { ...packages, ...furniture };

/** The whole SVG document. */
export function productPicture(product) {
  const brand = BRANDS[product.brand];
  const shape = SHAPES[product.picture];
  if (!brand) throw new Error(`\`${product.name}\` has the unknown brand \`${product.brand}\``);
  if (!shape) throw new Error(`\`${product.name}\` wants the unknown picture \`${product.picture}\``);
  beginDrawing();
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">${tile(brand, product.id)}${shape(product, brand)}</svg>\n`;
}
