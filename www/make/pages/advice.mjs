// The advice pages: one overview and short articles.
import { ADVICE } from "../advice.mjs";
import { DEPARTMENTS, SHOP } from "../shop.mjs";
import { crumbs, frame } from "./frame.mjs";
import { html } from "./html.mjs";

/** Overview and articles as [path, markup]. */
export function advicePages() {
  const overview = frame(
    { path: "/advice/", type: "other", department: "Advice", title: `Advice · ${SHOP.name}`, description: "Short answers for people with animals." },
    html`<div class="wrap">${crumbs([["Home", "/"], ["Advice"]])}<h1 class="page-title">Good to know</h1><p class="lead">Short answers, written with two vets and a parrot.</p>
      ${DEPARTMENTS.map((d) => html`<section class="advice-group" aria-label="${d.title}"><h2><img src="/pictures/emoji/${d.icon}.svg" width="36" height="36" alt=""> ${d.title}</h2><div class="notes">${ADVICE.filter((a) => a.department === d.key).map((a) => html`<article class="note note--${d.theme}"><img src="/pictures/emoji/${a.icon}.svg" width="72" height="72" alt="" loading="lazy"><h3><a href="/advice/${a.slug}/">${a.title}</a></h3><p>${a.teaser}</p></article>`)}</div></section>`)}
    </div>`,
  );
  return [["/advice/", overview], ...ADVICE.map((article) => {
    const department = DEPARTMENTS.find((d) => d.key === article.department);
    return [`/advice/${article.slug}/`, frame(
      { path: `/advice/${article.slug}/`, type: "other", category: article.department, department: "Advice", title: `${article.title} · ${SHOP.name}`, description: article.teaser },
      html`<div class="wrap">${crumbs([["Home", "/"], ["Advice", "/advice/"], [article.title]])}
        <article class="story story--${department.theme}"><img src="/pictures/emoji/${article.icon}.svg" width="120" height="120" alt=""><h1>${article.title}</h1><p class="lead">${article.teaser}</p>${article.text.map((paragraph) => html`<p>${paragraph}</p>`)}<p><a class="button" href="/${department.slug}/">To ${department.title.toLowerCase()}</a></p></article></div>`,
    )];
  })];
}

/** Where pictures and fonts come from, for shoppers who ask. */
export function creditsPage() {
  return frame(
    { path: "/credits/", type: "other", title: `Credits · ${SHOP.name}`, description: "Pictures, fonts and their licences." },
    html`<div class="wrap">${crumbs([["Home", "/"], ["Credits"]])}<article class="story"><h1>Whose work this is</h1>
      <p>Animals, fruit and tools in our pictures are <a href="https://github.com/microsoft/fluentui-emoji">Fluent Emoji</a>, © Microsoft Corporation, under the <a href="/licences/fluent-emoji-mit.txt">MIT licence</a>. The bags, beds, hills and patterns around them were drawn for this shop.</p>
      <p>Headlines are set in <a href="https://github.com/ateliertriay/bricolage">Bricolage Grotesque</a> and text in <a href="https://github.com/erikdkennedy/figtree">Figtree</a>, both under the <a href="/licences/bricolage-grotesque-ofl.txt">SIL Open Font License</a> (<a href="/licences/figtree-ofl.txt">Figtree's copy</a>).</p>
      <p>The makers on the packages are invented, as are all products. Their names are drawn from Fraunces, Fredoka, Domine, Lobster, Archivo Black, Baloo 2, Bitter, Comfortaa, Righteous, Pacifico, Lilita One and Poppins, all under the SIL Open Font License.</p></article></div>`,
  );
}
