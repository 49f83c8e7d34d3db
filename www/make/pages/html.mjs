// Markup as template literals: values are escaped, markup made by `html` is not.

class Markup {
  constructor(text) {
    this.text = text;
  }
  toString() {
    return this.text;
  }
}

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text for any place in markup. */
export function escape(value) {
  return String(value).replace(/[&<>"']/g, (letter) => ESCAPES[letter]);
}

function written(value) {
  if (value === undefined || value === null || value === false) return "";
  if (Array.isArray(value)) return value.map(written).join("");
  return value instanceof Markup ? value.text : escape(value);
}

/** Markup with escaped values. */
export function html(strings, ...values) {
  return new Markup(strings.reduce((text, part, n) => text + written(values[n - 1]) + part));
}

/** JSON that may stand inside a script element. */
export function jsonScript(value) {
  return new Markup(JSON.stringify(value).replace(/</g, "\\u003c"));
}

/** Lines without the indentation and blank lines that templates leave behind. */
export function tidy(markup) {
  return `${String(markup).split("\n").map((line) => line.trim()).filter(Boolean).join("\n")}\n`;
}
