// Department, shelf and age pages: a banner, ways to narrow down, a grid of cards.
import { AGES, categoryUrl, DEPARTMENTS, departmentOf, shelf, SHOP } from "../shop.mjs";
import { card, row } from "./card.mjs";
import { crumbs, crumbsJsonLd, frame } from "./frame.mjs";
import { PROMISE_STRIP } from "./home.mjs";
import { html } from "./html.mjs";

const BANNERS = {
  Dogs: ["bone", "Not sure how much?", "Portions by weight and age, on one page.", "/advice/puppy-portions/"],
  Cats: ["droplet", "Does she drink enough?", "Four tricks for cats who forget to.", "/advice/cat-water/"],
  Rabbits: ["sheaf-of-rice", "Hay first.", "What belongs on a rabbit's plate, and how much of it.", "/advice/hay-first/"],
  Birds: ["feather", "Keep the beak busy.", "Let them work for half of their food.", "/advice/bird-beaks/"],
  Fish: ["hourglass-done", "New tank?", "The first four weeks decide. Here is the plan.", "/advice/new-tank/"],
};

/** The advice strip inside listings. */
function banner(department) {
  const [icon, title, text, url] = BANNERS[department.key];
  return html`<section class="strip strip--${department.theme}" aria-label="Advice"><img src="/pictures/emoji/${icon}.svg" width="72" height="72" alt=""><div><h2>${title}</h2><p>${text}</p></div><a class="button button--quiet" href="${url}">Read it</a></section>`;
}

function chips(links, path) {
  return html`<ul class="chips">${links.map(([name, url]) => html`<li><a href="${url}"${url === path ? html` aria-current="page"` : ""}>${name}</a></li>`)}</ul>`;
}

function tagFilter(products) {
  const counts = new Map();
  for (const product of products) for (const tag of product.tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  const tags = [...counts].filter(([tag, count]) => count > 1 && count < products.length && tag !== "bestseller" && tag !== "new").sort((a, b) => b[1] - a[1]).slice(0, 6);
  return html`<form class="sift" data-shop-sift>
    <fieldset><legend class="hidden">Show only</legend>${tags.map(([tag, count]) => html`<label class="tick"><input type="checkbox" name="tag" value="${tag}"><span>${tag} <i>${count}</i></span></label>`)}</fieldset>
    <label class="sort">Sort by <select name="sort"><option value="">our order</option><option value="up">price, low to high</option><option value="down">price, high to low</option></select></label>
  </form>`;
}

function listing({ path, category, department, title, lead, steps, links, products, others }) {
  return frame(
    { path, type: "category", category, department: department.key, title: `${title} · ${SHOP.name}`, description: lead, scripts: ["listing.js"], jsonLd: [crumbsJsonLd(steps)] },
    html`
    <div class="wrap">
      ${crumbs(steps)}
      <header class="shelf shelf--${department.theme}"><div><h1>${title}</h1><p>${lead}</p></div><img src="/pictures/scenes/${department.theme}.svg" width="1280" height="560" alt=""></header>
      ${links.map((group) => chips(group, path))}
      <div class="banner-slot" data-tailorbird-slot="category-banner">${banner(department)}</div>
      <section aria-labelledby="goods-title">
        <h2 class="hidden" id="goods-title">Products</h2>
        ${products.length > 5 && tagFilter(products)}
        <p class="count" role="status" data-shop-sift-count>${products.length} products</p>
        <div class="cards" data-shop-goods>${products.map((product, n) => html`<div class="cell" data-tags="${product.tags.join(" ")}" data-price="${product.price}">${card(product, { eager: n < 4 })}</div>`)}</div>
      </section>
      <div data-tailorbird-slot="category-row">${row("Others also took home", "From the neighbouring shelves.", others)}</div>
    </div>
    ${PROMISE_STRIP}`,
  );
}

/** Every listing page as [path, markup]. */
export function categoryPages(products) {
  const pages = [];
  const categories = [...new Set(products.flatMap((product) => product.category.split("/").map((_, n, parts) => parts.slice(0, n + 1).join("/"))))];
  for (const category of categories) {
    const department = departmentOf(category);
    const parts = category.split("/");
    const inside = products.filter((product) => product.category === category || product.category.startsWith(`${category}/`));
    const shelves = categories.filter((other) => other.startsWith(`${department.key}/`) && other.split("/").length === 2);
    const deeper = categories.filter((other) => parts.length > 1 && other.startsWith(`${parts[0]}/${parts[1]}/`));
    const links = [
      [[`All ${department.title.toLowerCase()}`, categoryUrl(department.key)], ...shelves.map((path) => [shelf(path).title, categoryUrl(path)])],
      department.key === "Dogs" && parts.length === 1 ? AGES.map((age) => [age.title, `/dogs/${age.slug}/`]) : [],
      deeper.length ? deeper.map((path) => [path.split("/")[2], categoryUrl(path)]) : [],
    ].filter((group) => group.length);
    const { title, lead } = parts.length === 1 ? department : shelf(`${parts[0]}/${parts[1]}`);
    const age = parts[2];
    const steps = [["Home", "/"], ...parts.map((part, n) => [n === 0 ? department.title : n === 1 ? shelf(parts.slice(0, 2).join("/")).title : part, n === parts.length - 1 ? undefined : categoryUrl(parts.slice(0, n + 1).join("/"))])];
    pages.push([categoryUrl(category), listing({
      path: categoryUrl(category), category, department, steps, links, lead, title: age ? `${title}: ${age.toLowerCase()}` : title, products: inside, others: neighbours(products, category),
    })]);
  }
  for (const age of AGES) {
    const department = DEPARTMENTS[0];
    const path = `/dogs/${age.slug}/`;
    pages.push([path, listing({
      path, category: "Dogs", department, title: age.title, lead: age.lead, steps: [["Home", "/"], ["Dogs", "/dogs/"], [age.title]],
      links: [AGES.map((other) => [other.title, `/dogs/${other.slug}/`]), ["Food", "Toys", "Care", "Beds"].map((need) => [need, `/dogs/${need.toLowerCase()}/${age.slug}/`])],
      products: products.filter((product) => product.category.startsWith("Dogs/") && product.category.endsWith(`/${age.key}`)), others: neighbours(products, "Dogs"),
    })]);
  }
  return pages;
}

/** Four good ones from the same department, other shelves first. */
function neighbours(products, category) {
  const [department, need] = category.split("/");
  const same = products.filter((product) => product.category.startsWith(`${department}/`) && product.available);
  const other = same.filter((product) => product.category.split("/")[1] !== need);
  return (other.length >= 4 ? other : same).filter((product, n, all) => all.findIndex((one) => one.category === product.category) === n).slice(0, 4);
}
