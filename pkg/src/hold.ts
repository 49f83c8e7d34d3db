// Keeps slots that are known in the page invisible while nothing is decided, for a moment and no longer.

/** Hides undecided slots; answers the function that shows them. The rest of the page is never touched. */
export function hold(ms: number): () => void {
  // What the shopper already sees is not taken away again: a click or a caret in it would be lost.
  if (performance.getEntriesByType("paint").length) return () => {};
  if (!(ms > 0) || typeof CSSStyleSheet !== "function" || !("adoptedStyleSheets" in document)) return () => {};
  let sheet: CSSStyleSheet | undefined;
  try {
    // A constructed sheet is no inline style: it works under every style policy.
    sheet = new CSSStyleSheet();
    sheet.replaceSync("[data-tailorbird-slot]:not([data-tailorbird-kept]),tailorbird-slot:not([data-tailorbird-kept]){visibility:hidden!important}");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  } catch {
    return () => {};
  }
  const release = () => {
    if (!sheet) return;
    const gone = sheet;
    sheet = undefined;
    clearTimeout(timer);
    // A page that noted the list meanwhile may put it back.
    gone.replaceSync("");
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== gone);
  };
  const timer = setTimeout(release, ms);
  return release;
}
