// Small values that outlive a page: in localStorage, and where that is blocked in the tab's own name, so that the cart still
// reaches the checkout.

const MARK = "whisker-and-wren:";

/** What the tab's name carries, when it is ours. */
function carried() {
  try {
    return window.name.startsWith(MARK) ? JSON.parse(window.name.slice(MARK.length)) : {};
  } catch {
    return {};
  }
}

/** The value kept under `key`, or `otherwise`. */
export function kept(key, otherwise) {
  try {
    const text = localStorage.getItem(key);
    if (text !== null) return JSON.parse(text);
  } catch {
    // Blocked or damaged: look further.
  }
  return carried()[key] ?? otherwise;
}

/** Keeps `value` under `key`; `undefined` forgets it. */
export function keep(key, value) {
  const values = carried();
  delete values[key];
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    if (value !== undefined) values[key] = value;
  }
  if (Object.keys(values).length) window.name = MARK + JSON.stringify(values);
  else if (window.name.startsWith(MARK)) window.name = "";
}
