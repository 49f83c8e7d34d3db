// What the tag costs a page: the demo shop with and without it, on a slow phone (4x CPU) and a slow line (1.6 Mbit/s,
// 150 ms), at a first visit and at a repeat visit. Prints medians; `--runs N` (default 5).
import { DIST, launch, missing, startCollector } from "../../tests/browser/harness.mjs";
import { visits } from "./visits.mjs";

const why = missing();
if (why) {
  console.error(why);
  process.exit(1);
}
const at = process.argv.indexOf("--runs");
const runs = at > 0 ? Number(process.argv[at + 1]) : 5;
const shop = await startCollector({ site: new URL("../../www", import.meta.url).pathname, writeKey: "demo", args: ["--agent", DIST] });
const browser = await launch();
try {
  const rows = await visits({ browser, shop: shop.url, runs, slow: true });
  const head = ["visit", "tag", "layout shift", "of it in slots", "long tasks", "longest", "blocking", "first paint", "largest paint"];
  const lines = rows.map((row) => [row.visit, row.tag ? "with" : "without", row.shift.toFixed(4), row.ours.toFixed(4), row.longTasks, `${row.longest} ms`, `${row.blocking} ms`, `${row.firstPaint} ms`, `${row.largestPaint} ms`].map(String));
  const widths = head.map((name, nth) => Math.max(name.length, ...lines.map((line) => line[nth].length)));
  const written = (line) => `| ${line.map((cell, nth) => (nth < 2 ? cell.padEnd(widths[nth]) : cell.padStart(widths[nth]))).join(" | ")} |`;
  console.log([`Medians of ${runs} runs, 4x CPU, 1.6 Mbit/s, 150 ms, Chromium ${browser.version()}:`, "", written(head), written(widths.map((width) => "-".repeat(width))), ...lines.map(written)].join("\n"));
} finally {
  await browser.close();
  await shop.stop({ remove: true });
}
