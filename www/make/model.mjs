// Writes www/model: what our own trainer learns from the simulated shoppers of shoppers.mjs.
// `node www/make/model.mjs [PROGRAM]`; `--check` writes nothing and fails when what is committed is not what would be written.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { shopperEvents } from "./shoppers.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MODEL = join(ROOT, "www/model");
const checking = process.argv.includes("--check");
const program = process.argv.slice(2).find((word) => !word.startsWith("--")) ?? ["release", "debug"].map((kind) => join(ROOT, "target", kind, "tailorbird")).find(existsSync);
if (!program) fail("no program in target/release or target/debug; run `cargo build -p tailorbird-cli` or name it");

/** Every file below a folder with its bytes. */
function filesOf(folder) {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(names.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort().map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
}

const fresh = mkdtempSync(join(tmpdir(), "tailorbird-model-"));
process.on("exit", () => rmSync(fresh, { recursive: true, force: true }));

const input = shopperEvents().map((event) => `${JSON.stringify(event)}\n`).join("");
const trained = spawnSync(program, ["train", "--events", "-", "--catalog", join(ROOT, "www/catalog.json"), "--out", fresh], { input, encoding: "utf8" });
if (trained.status !== 0) fail(trained.stderr || `\`${program}\` could not be started`);
const [made, kept] = [filesOf(fresh), filesOf(MODEL)];
const same = made.size === kept.size && [...made].every(([path, bytes]) => kept.get(path)?.equals(bytes));
if (!same && checking) fail("`www/model` is not what training writes; run `node www/make/model.mjs`");
if (!same) {
  rmSync(MODEL, { recursive: true, force: true });
  cpSync(fresh, MODEL, { recursive: true });
}
const bytes = [...made.values()].reduce((sum, file) => sum + file.length, 0);
console.log(`${made.size} files, ${bytes} bytes; ${same ? "as written" : "written"}`);

function fail(message) {
  console.error(message);
  process.exit(1);
}
