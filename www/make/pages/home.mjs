// The first page: a tour strip, the hero and the rows that change with the visitor.
import { ADVICE } from "../advice.mjs";
import { DEPARTMENTS, SHOP } from "../shop.mjs";
import { row } from "./card.mjs";
import { frame } from "./frame.mjs";
import { html } from "./html.mjs";

const TOUR = html`
  <aside class="tour" aria-label="What to try here" data-demo-tour>
    <div class="wrap tour-row">
      <p class="tour-title"><b>See it think, in a minute</b></p>
      <ol class="tour-steps">
        <li data-demo-step="consent"><span>Say yes to being remembered</span></li>
        <li data-demo-step="look"><span>Look at <a href="/rabbits/">three rabbit products</a></span></li>
        <li data-demo-step="back"><span>Come back: it has changed</span></li>
      </ol>
      <button class="tour-open" type="button" data-demo-open>Show me why</button>
    </div>
  </aside>`;

const HERO = html`
  <section class="hero hero--all" aria-label="Welcome">
    <div class="hero-text"><p class="hero-kicker">Hello there</p><h1>Everything for whoever you share the sofa with.</h1><p class="hero-lead">Honest food, toys that last and beds that get slept in: chosen by people with fur on their jumpers.</p><p class="hero-actions"><a class="button" href="#pets">Who lives with you?</a></p></div>
    <img class="hero-picture" src="/pictures/scenes/all.svg" width="1280" height="560" alt="" fetchpriority="high">
  </section>`;

const PROMISES = html`
  <ul class="promises">
    <li><img src="/pictures/emoji/stethoscope.svg" width="44" height="44" alt=""><div><b>Checked by vets</b><span>Every recipe, twice a year</span></div></li>
    <li><img src="/pictures/emoji/delivery-truck.svg" width="44" height="44" alt=""><div><b>There tomorrow</b><span>Ordered by 3 pm</span></div></li>
    <li><img src="/pictures/emoji/package.svg" width="44" height="44" alt=""><div><b>100 days to return</b><span>Opened bags, too</span></div></li>
  </ul>`;

/** Three advice articles as cards. */
function adviceCards(articles) {
  return html`<div class="notes">${articles.map((article) => html`<article class="note note--${article.department.toLowerCase()}"><img src="/pictures/emoji/${article.icon}.svg" width="72" height="72" alt="" loading="lazy"><h3><a href="/advice/${article.slug}/">${article.title}</a></h3><p>${article.teaser}</p></article>`)}</div>`;
}

/** The strip above the footer, a slot on most pages. */
export const PROMISE_STRIP = html`
  <div class="wrap"><div data-tailorbird-slot="newsletter"><section class="strip" aria-label="Our promise"><img src="/pictures/emoji/seedling.svg" width="72" height="72" alt="" loading="lazy"><div><h2>If they do not like it, we take it back.</h2><p>A hundred days, opened or not. What comes back goes to the animal shelter next door.</p></div><a class="button button--quiet" href="/advice/">How we choose</a></section></div></div>`;

/** Home. */
export function homePage(products) {
  const best = (department) => products.find((product) => product.tags.includes("bestseller") && product.category.startsWith(department));
  const fresh = products.filter((product) => product.tags.includes("new") && product.available);
  const article = (slug) => ADVICE.find((one) => one.slug === slug);
  return frame(
    { path: "/", type: "home", title: `${SHOP.name} · ${SHOP.claim}`, description: "Food, toys, care and homes for dogs, cats, rabbits, birds and fish. A demo shop that personalises itself in your browser.",
      jsonLd: [{ "@context": "https://schema.org", "@type": "WebSite", name: SHOP.name, url: `${SHOP.origin}/`, potentialAction: { "@type": "SearchAction", target: `${SHOP.origin}/search/?q={q}`, "query-input": "required name=q" } }] },
    html`
    ${TOUR}
    <div class="wrap">
      <div class="hero-slot" data-tailorbird-slot="home-hero">${HERO}</div>
      <div class="nudge-slot" data-tailorbird-slot="home-nudge">${PROMISES}</div>
    </div>
    <section class="wrap pets" id="pets" aria-labelledby="pets-title">
      <h2 id="pets-title">Who lives with you?</h2>
      <ul>${DEPARTMENTS.map((d) => html`<li><a class="pet pet--${d.theme}" href="/${d.slug}/"><img src="/pictures/emoji/${d.icon}.svg" width="120" height="120" alt=""><b>${d.title}</b></a></li>`)}</ul>
    </section>
    <div class="wrap" data-tailorbird-slot="home-row">${row("Loved this week", "What went out of the door most often.", ["Dogs/Food/Puppy", "Cats/Toys", "Rabbits/Food", "Birds/Homes"].map(best))}</div>
    <section class="advice" aria-labelledby="advice-title"><div class="wrap">
      <h2 id="advice-title">Good to know</h2>
      <div id="advice">${adviceCards([article("puppy-portions"), article("indoor-cat"), article("new-tank")])}</div>
    </div></section>
    <div class="wrap" data-tailorbird-slot="home-recent">${row("Fresh on the shelf", "New this month.", ["Rabbits/Toys", "Cats/Toys", "Birds/Homes", "Fish/Food"].map((prefix) => fresh.find((product) => product.category.startsWith(prefix))), "New")}</div>
    ${PROMISE_STRIP}`,
  );
}
