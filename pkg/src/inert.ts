// Markup is only ever parsed where nothing in it runs or loads. The page's Trusted Types see one policy, `tailorbird`;
// it stays in here, so that nobody else's markup can use it.

interface Policy { createHTML(text: string): string; createScriptURL(text: string): string }
let policy: Policy | undefined;
try {
  const types = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }).trustedTypes;
  policy = types?.createPolicy("tailorbird", { createHTML: (text) => text, createScriptURL: (url) => url });
} catch {
  // The page's policy does not list ours: blocks with markup stay out, everything else works.
}

/** What `html` says, where it is in no document: there nothing runs or loads, no style counts and no base. */
export function inert(html: string): DocumentFragment {
  const room = document.implementation.createHTMLDocument("").createElement("template");
  room.innerHTML = policy ? policy.createHTML(html) : html;
  return room.content;
}

/** A URL of our own files, in the form that `script.src` takes here. */
export const scriptUrl = (url: string): string => (policy ? policy.createScriptURL(url) : url);
