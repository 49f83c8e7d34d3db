// Finds products by words in name, maker, category and tags, best match first. The agent reads the search from the URL
// by itself, so nothing is reported here.
import { card } from "./card.js";
import { catalogue } from "./catalog.js";
import { element } from "./element.js";

const query = (new URLSearchParams(location.search).get("q") ?? "").trim().slice(0, 80);
const title = document.querySelector("[data-shop-search-title]");
const count = document.querySelector("[data-shop-search-count]");
const results = document.querySelector("[data-shop-results]");
const found = document.querySelector("[data-shop-found]");
document.querySelector("#find").value = query;

function score(product, words) {
  const fields = [[product.name, 4], [product.brand, 3], [product.category, 2], [product.tags.join(" "), 2], [product.attributes?.about ?? "", 1]];
  let sum = 0;
  for (const word of words) {
    const best = Math.max(...fields.map(([text, weight]) => (text.toLowerCase().includes(word) ? weight : 0)));
    if (!best) return 0;
    sum += best;
  }
  return sum;
}

/** `dogs` finds what `dog` finds. */
const wordsOf = (text) => text.toLowerCase().split(/[^\p{L}\p{N}-]+/u).filter(Boolean).map((word) => (word.length > 3 ? word.replace(/(ies|s)$/, "") : word));

async function search() {
  if (!query) {
    found.hidden = false;
    count.textContent = "What are you looking for? Type it into the field above.";
    return;
  }
  title.textContent = `“${query}”`;
  document.title = `${query} · ${document.title}`;
  const words = wordsOf(query);
  const hits = [...(await catalogue()).values()].map((product) => [score(product, words), product]).filter(([points]) => points).sort((a, b) => b[0] - a[0]).map(([, product]) => product);
  count.textContent = hits.length === 1 ? "1 product" : `${hits.length} products`;
  results.replaceChildren(...hits.slice(0, 40).map(card));
  found.hidden = false;
  if (!hits.length) results.replaceWith(element("p", { class: "empty" }, "Nothing by that name. Perhaps something below?"));
}

search();
