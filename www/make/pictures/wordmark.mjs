// A maker's name as an outline, so that it looks the same on every machine.
import { readFileSync } from "node:fs";

const MARKS = JSON.parse(readFileSync(new URL("wordmarks.json", import.meta.url), "utf8"));

/** The name of `brand`, fitted into a box and centred on it. */
export function wordmark(brand, cx, cy, width, height, colour) {
  const mark = MARKS[brand];
  const scale = Math.min(width / mark.width, height / mark.height);
  const x = cx - (mark.width * scale) / 2;
  const y = cy - (mark.height * scale) / 2;
  return `<path transform="translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${scale.toFixed(4)})" fill="${colour}" d="${mark.d}"/>`;
}
