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

/** A document without a window that holds what `html` says. */
export function inert(html: string): Document {
  return new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");
}

/** A URL of our own files, in the form that `script.src` takes here. */
export const scriptUrl = (url: string): string => (policy ? policy.createScriptURL(url) : url);
