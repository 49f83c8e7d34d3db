// Writes the shop: pages and catalogue from the data beside this file, pictures where the emoji package is installed.
// `--check` writes nothing and fails when a page or the catalogue on disk differs from what would be written.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ADVICE } from "./advice.mjs";
import { catalogText } from "./catalog.mjs";
import { AGES, DEPARTMENTS } from "./shop.mjs";
import { readProducts } from "./products.mjs";
import { advicePages, creditsPage } from "./pages/advice.mjs";
import { cartPage, checkoutPage, searchPage, thanksPage } from "./pages/buying.mjs";
import { categoryPages } from "./pages/category.mjs";
import { homePage } from "./pages/home.mjs";
import { productPages } from "./pages/product.mjs";
import { beginDrawing, emoji, emojiInstalled } from "./pictures/emoji.mjs";
import { productPicture } from "./pictures/product.mjs";
import { scenePicture, SCENE_NAMES } from "./pictures/scenes.mjs";

const ROOT = new URL("../", import.meta.url);
const INTERFACE = ["light-bulb", "stethoscope", "delivery-truck", "package", "seedling", "party-popper", "shopping-cart", "wrapped-gift", "bone", "feather", "droplet", "hourglass-done", "sheaf-of-rice", "love-letter", "crown", "pot-of-food", "sparkles", "baby-bottle", "fish", "bell", "carrot", "trophy"];

const products = readProducts();
const files = new Map();
const page = (path, markup) => files.set(`${path.slice(1)}index.html`, markup);

page("/", homePage(products));
for (const [path, markup] of [...categoryPages(products), ...productPages(products), ...advicePages()]) page(path, markup);
page("/search/", searchPage(products));
page("/cart/", cartPage(products));
page("/checkout/", checkoutPage());
page("/thanks/", thanksPage(products));
page("/credits/", creditsPage());
files.set("catalog.json", catalogText(products));

const pictures = new Map([
  ...products.map((product) => [product.image.slice(1), () => productPicture(product)]),
  ...SCENE_NAMES.map((name) => [`pictures/scenes/${name}.svg`, () => scenePicture(name)]),
  ...new Set([...DEPARTMENTS, ...AGES, ...ADVICE].map((one) => one.icon).concat(INTERFACE)),
].map((entry) => (Array.isArray(entry) ? entry : [`pictures/emoji/${entry}.svg`, () => emojiPicture(entry)])));

function emojiPicture(name) {
  beginDrawing();
  return `${emoji(name, 0, 0, 32, ' xmlns="http://www.w3.org/2000/svg"').replace(' x="0" y="0"', "")}\n`;
}

const onDisk = (path) => (existsSync(new URL(path, ROOT)) ? readFileSync(new URL(path, ROOT), "utf8") : undefined);
const checking = process.argv.includes("--check");

if (emojiInstalled()) for (const [path, draw] of pictures) files.set(path, draw());
else {
  const missing = [...pictures.keys()].filter((path) => onDisk(path) === undefined);
  if (missing.length) fail(`${missing.length} pictures are missing, such as \`${missing[0]}\`; run \`npm ci\` in www/make and then this again`);
}

const stale = [...files].filter(([path, text]) => onDisk(path) !== text);
const lost = orphans();
if (checking) {
  if (stale.length || lost.length) fail(`\`${stale[0]?.[0] ?? lost[0]}\` is not what the generator writes (${stale.length + lost.length} such files); run \`node www/make/build.mjs\``);
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(new URL(path, ROOT).pathname), { recursive: true });
    writeFileSync(new URL(path, ROOT), text);
  }
}
console.log(`${products.length} products, ${[...files.keys()].filter((path) => path.endsWith(".html")).length} pages; ${checking ? "all as written" : `${stale.length} files written`}${lost.length ? `; no longer made: ${lost.join(", ")}` : ""}`);

/** Product pages and pictures of products that are gone. */
function orphans() {
  const known = new Set(products.map((product) => product.id));
  const names = (folder) => (existsSync(new URL(folder, ROOT)) ? readdirSync(new URL(folder, ROOT)) : []);
  return [
    ...names("product/").filter((id) => !known.has(id)).map((id) => `product/${id}`),
    ...names("pictures/products/").filter((file) => !known.has(file.replace(/\.svg$/, ""))).map((file) => `pictures/products/${file}`),
  ];
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
