// One product: picture, price, the way into the cart, and what goes with it. Facts for machines as schema.org JSON-LD.
import { euro } from "../products.mjs";
import { categoryUrl, departmentOf, facts, shelf, SHOP } from "../shop.mjs";
import { row } from "./card.mjs";
import { crumbs, crumbsJsonLd, frame } from "./frame.mjs";
import { html } from "./html.mjs";

function productJsonLd(product) {
  return {
    "@context": "https://schema.org", "@type": "Product", productID: product.id, sku: product.id, name: product.name, description: product.description, category: product.category,
    image: SHOP.origin + product.image, url: SHOP.origin + product.url, brand: { "@type": "Brand", name: product.brand },
    offers: { "@type": "Offer", url: SHOP.origin + product.url, price: product.price.toFixed(2), priceCurrency: "EUR", availability: `https://schema.org/${product.available ? "InStock" : "OutOfStock"}` },
  };
}

/** What to show beside it: same department, other shelf. */
function companions(product, products) {
  const [department, need, age] = product.category.split("/");
  const near = products.filter((other) => other.available && other.group !== product.group && other.category.startsWith(`${department}/`));
  const score = (other) => (other.category.split("/")[1] !== need ? 2 : 0) + (age && other.category.endsWith(`/${age}`) ? 3 : 0) + (other.tags.includes("bestseller") ? 1 : 0);
  return near.map((other) => [score(other), other]).sort((a, b) => b[0] - a[0]).map(([, other]) => other).filter((other, n, all) => all.findIndex((one) => one.category === other.category) === n).slice(0, 4);
}

/** What could be taken instead: the same shelf, then the same department. */
function alternatives(product, products) {
  const [department, need] = product.category.split("/");
  const other = products.filter((one) => one.available && one.group !== product.group);
  const near = [product.category, `${department}/${need}`, department].flatMap((shelf) => other.filter((one) => one.category === shelf || one.category.startsWith(`${shelf}/`)));
  return [...new Map(near.map((one) => [one.group, one])).values()].slice(0, 4);
}

/** Every product page as [path, markup]. */
export function productPages(products) {
  return products.map((product) => [product.url, productPage(product, products)]);
}

function productPage(product, products) {
  const department = departmentOf(product.category);
  const parts = product.category.split("/");
  const need = parts.slice(0, 2).join("/");
  const steps = [["Home", "/"], [department.title, categoryUrl(department.key)], [shelf(need).title, categoryUrl(need)], ...(parts[2] ? [[parts[2], categoryUrl(product.category)]] : []), [product.name]];
  const sizes = products.filter((other) => other.group === product.group);
  const saved = product.listPrice ? Math.round((1 - product.price / product.listPrice) * 100) : 0;
  return frame(
    { path: product.url, type: "product", category: product.category, department: department.key, title: `${product.name} by ${product.brand} · ${SHOP.name}`, description: product.description, scripts: ["product.js"],
      jsonLd: [productJsonLd(product), crumbsJsonLd(steps)] },
    html`
    <div class="wrap">
      ${crumbs(steps)}
      <article class="product">
        <div class="product-picture"><img src="${product.image}" width="400" height="400" alt="${product.name} by ${product.brand}" fetchpriority="high">${saved > 0 && html`<span class="flag">−${saved} %</span>`}${product.tags.includes("new") && html`<span class="flag flag--new">New</span>`}</div>
        <div class="product-text">
          <p class="card-brand">${product.brand}</p>
          <h1>${product.name}</h1>
          <p class="lead">${product.description}</p>
          ${sizes.length > 1
            ? html`<ul class="chips sizes" aria-label="Sizes">${sizes.map((size) => html`<li><a href="${size.url}"${size.id === product.id ? html` aria-current="page"` : ""}>${size.size} <small>${euro(size.price)}</small></a></li>`)}</ul>`
            : html`<p class="size">${product.size}</p>`}
          <p class="price"><b>${euro(product.price)}</b>${product.listPrice && html`<s><span class="hidden">instead of </span>${euro(product.listPrice)}</s>`}<small>incl. VAT, plus delivery</small></p>
          ${product.available
            ? html`<form class="buy" data-shop-buy="${product.id}">
              <div class="stepper"><button type="button" data-step="-1" aria-label="One less">−</button><label class="hidden" for="quantity">How many</label><input id="quantity" name="quantity" type="number" min="1" max="20" value="1" inputmode="numeric"><button type="button" data-step="1" aria-label="One more">+</button></div>
              <button class="button button--big" type="submit">Add to cart</button>
            </form>`
            : html`<p class="soldout"><b>Back soon.</b> We expect the next delivery within two weeks.</p>`}
          <div class="promise-slot" data-tailorbird-slot="product-promise"><p class="promise"><b>In stock.</b> Ordered by 3 pm, with you tomorrow.</p></div>
          <ul class="facts">${facts(product).map((fact) => html`<li>${fact}</li>`)}</ul>
          <p class="tags">${product.tags.filter((tag) => tag !== "bestseller" && tag !== "new").map((tag) => html`<a href="/search/?q=${tag}">${tag}</a>`)}</p>
        </div>
      </article>
      <div class="banner-slot" data-tailorbird-slot="product-note"><section class="strip strip--${department.theme}" aria-label="Ask us"><img src="/pictures/emoji/${department.icon}.svg" width="72" height="72" alt=""><div><h2>A question about your ${department.one}?</h2><p>Our advice pages were written with two vets and answer most of them.</p></div><a class="button button--quiet" href="/advice/">Advice</a></section></div>
      <div data-tailorbird-slot="product-row">${row("Goes well with it", "From the shelves beside it.", companions(product, products), "Goes well with it")}</div>
      <div data-tailorbird-slot="product-similar">${row("More of its kind", "From the same shelf.", alternatives(product, products), "From the same shelf")}</div>
    </div>`,
  );
}
