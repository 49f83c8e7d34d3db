// Fluent Emoji (MIT, Microsoft) as pieces of larger drawings; only needed when pictures are drawn anew.
import { createRequire } from "node:module";

let icons;
let used = 0;

/** Whether the emoji package is installed beside the generator. */
export function emojiInstalled() {
  try {
    icons ??= createRequire(import.meta.url)("@iconify-json/fluent-emoji-flat/icons.json").icons;
    return true;
  } catch {
    return false;
  }
}

/** Starts the numbering of ids anew, so that one drawing does not depend on those before it. */
export function beginDrawing() {
  used = 0;
}

/** One emoji as a nested drawing, its ids made unique within the picture around it. */
export function emoji(name, x, y, size, extra = "") {
  if (!emojiInstalled()) throw new Error("the emoji package is missing: run `npm ci` in www/make");
  const icon = icons[name];
  if (!icon) throw new Error(`no emoji is called \`${name}\``);
  const mark = `e${used++}`;
  const body = icon.body.replace(/\bid="([^"]+)"/g, `id="${mark}$1"`).replace(/url\(#([^)]+)\)/g, `url(#${mark}$1)`).replace(/href="#([^"]+)"/g, `href="#${mark}$1"`);
  return `<svg x="${x}" y="${y}" width="${size}" height="${size}" viewBox="0 0 32 32"${extra}>${body}</svg>`;
}

/** The same, placed by its middle. */
export function emojiAt(name, cx, cy, size) {
  return emoji(name, cx - size / 2, cy - size / 2, size);
}

/** The same, leaning or mirrored around its middle. */
export function emojiTurned(name, cx, cy, size, { turn = 0, mirror = false } = {}) {
  return `<g transform="translate(${cx} ${cy}) rotate(${turn})${mirror ? " scale(-1 1)" : ""}">${emoji(name, -size / 2, -size / 2, size)}</g>`;
}
