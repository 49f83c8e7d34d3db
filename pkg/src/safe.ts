// Markup from rules becomes nodes: parsed where nothing runs or loads, then rebuilt from an allow-list.
//
// Templates have escaped every value already. This is the second wall: even a rules file written by an attacker gets no
// script, no event handler and no active URL into the page. What was kept since the last visit goes the same way.
import { inert } from "./inert.js";

const words = (list: string) => new Set(list.split(" "));
/** Elements that may stand in a block. What is not listed loses its tag and keeps its content … */
const ELEMENTS = words(
  "a abbr address article aside b bdi bdo blockquote br button caption cite code col colgroup data dd del details dfn div dl dt em " +
  "figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd label li main mark meter nav ol p picture pre progress q rp " +
  "rt ruby s samp section small source span strong sub summary sup table tbody td tfoot th thead time tr u ul var wbr",
);
/** … except these, which go with all they hold. */
const SWALLOWED = words(
  "script style iframe frame frameset object embed applet noscript noembed noframes template svg math textarea select title head base link " +
  "meta xmp plaintext param portal fencedframe audio video canvas",
);
/** Attributes that may stand on any of them; `aria-*` and `data-*` too. Neither `style` nor `id` nor `name`. */
const ATTRIBUTES = words(
  "abbr align alt class colspan datetime decoding dir disabled draggable fetchpriority height hidden high lang loading low max media min " +
  "open optimum rel reversed role rowspan scope sizes span start tabindex target title translate type valign value width",
);
/** Attributes that hold one URL. */
const URLS = words("href src cite poster");
const DEEPEST = 60;

/** Comments and the like, and tags: whether one closes, and its name. */
const MARKUP = /<(?:!--(?:-?>|[^]*?(?:--!?>|$))|[!?][^>]*>?|\/(?:>|[^a-z>][^>]*>?)|(\/?)([a-z][^\t\n\f\r />]*))/gi;
/** An attribute as browsers read it, with what stands before it. */
const ATTRIBUTE = /([\t\n\f\r /]*)([^\t\n\f\r />][^\t\n\f\r />=]*)(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:"[^"]*(?:"|$)|'[^']*(?:'|$)|[^\t\n\f\r >"'][^\t\n\f\r >]*|(?=>|$)))?/y;
/** Elements whose content is no markup. */
const PLAIN = words("script style textarea title xmp iframe noembed noframes");

/**
 * A strict policy has browsers report `style` and `on…` attributes while they are parsed, inert or not. They would not pass anyway, so
 * they get a name that nobody minds. Safety does not rest on this.
 */
function unreported(html: string): string {
  let [out, done, foreign] = ["", 0, false];
  MARKUP.lastIndex = 0;
  for (let tag; (tag = MARKUP.exec(html)); ) {
    const [, closes, given] = tag;
    if (!given) continue;
    ATTRIBUTE.lastIndex = MARKUP.lastIndex;
    for (let attribute; (attribute = ATTRIBUTE.exec(html)); ) {
      if (/^(style|on[a-z]+)$/i.test(attribute[2]!)) {
        const at = attribute.index + attribute[1]!.length;
        out += html.slice(done, at) + "x-";
        done = at;
      }
      MARKUP.lastIndex = ATTRIBUTE.lastIndex;
    }
    const name = given.toLowerCase();
    // Most of our elements end a drawing that holds them.
    if (/^(svg|math)$/.test(name)) foreign = !closes;
    else if (foreign && name !== "a" && ELEMENTS.has(name)) foreign = false;
    else if (!foreign && !closes && PLAIN.has(name)) {
      const end = html.toLowerCase().indexOf(`</${name}`, MARKUP.lastIndex);
      if (end < 0) break;
      MARKUP.lastIndex = end;
    }
  }
  return out + html.slice(done);
}

/** The nodes of `html` that may enter the page. */
export function safe(html: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  rebuild(inert(unreported(html)), fragment, 0);
  return fragment;
}

function rebuild(from: Node, into: Node, depth: number): void {
  if (depth > DEEPEST) return;
  for (let node = from.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === 3) into.appendChild(document.createTextNode(node.nodeValue ?? ""));
    if (node.nodeType !== 1) continue;
    const { localName } = node as Element;
    if (ELEMENTS.has(localName)) {
      const made = document.createElement(localName);
      copyAttributes(node as Element, made);
      rebuild(node, made, depth + 1);
      into.appendChild(made);
    } else if (!SWALLOWED.has(localName)) rebuild(node, into, depth + 1);
  }
}

function copyAttributes(from: Element, to: Element): void {
  for (const name of from.getAttributeNames()) {
    const value = from.getAttribute(name)!;
    const fine = URLS.has(name)
      ? safeUrl(value, name === "src")
      : name === "srcset"
        ? value.split(",").every((part) => safeUrl(part.trimStart(), true))
        : ATTRIBUTES.has(name) || /^(aria|data)-(?!tailorbird-slot$)/.test(name);
    if (fine) to.setAttribute(name, value);
  }
  // A page opened in a new tab must not reach back into the shop.
  if (to.hasAttribute("target")) to.setAttribute("rel", "noopener");
}

/** Whether a URL leads where a shop's link may lead: relative, http(s), mailto, tel, sms; pictures also `data:image/`. */
export function safeUrl(url: string, picture: boolean): boolean {
  // Browsers skip control characters and spaces inside a scheme; so does this look at it.
  const plain = url.replace(/[\0- \x7f]/g, "").slice(0, 40).toLowerCase();
  const [, scheme] = /^([^:/?#]*):/.exec(plain) ?? [];
  return scheme === undefined || /^(https?|mailto|tel|sms)$/.test(scheme) || (picture && /^data:image\/(png|jpeg|gif|webp|avif);/.test(plain));
}
