#!/usr/bin/env node
// `npx tailorbird check`: reads the files, has the wasm look at them, and prints what the native program prints.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { Check, initSync, partsOf } from "../generated/checker.js";

const USAGE = `Find what is wrong with rules before anybody sees them

Usage: tailorbird check <rules.json> [catalog.json]

Arguments:
  <rules.json>    The rules
  [catalog.json]  The catalogue: names that it does not know are told too

Options:
      --json    Print one JSON object for machines instead of text
      --schema  Print the JSON Schema of rules instead, by which editors complete and underline
  -h, --help    Print help

Exit status: 0 all is well, 1 the input is bad, 2 wrong use.
`;
const OPTIONS = { json: { type: "boolean" }, schema: { type: "boolean" }, help: { type: "boolean", short: "h" }, version: { type: "boolean" } };
/** More bytes of a file are not read; longer rules are refused anyway. */
const MOST_BYTES = 256 << 20;

/** Why it ends, for the user, with the exit status that scripts see. */
class Failure extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The words that were given, or why they make no sense. */
function words() {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new Failure(2, `${error.message}\n\n${USAGE}`);
  }
}

function read(path) {
  try {
    return readFileSync(path).subarray(0, MOST_BYTES);
  } catch (error) {
    throw new Failure(1, `\`${path}\`: ${error.message}`);
  }
}

/** Looks at the documents and answers what is to be printed, and the exit status. */
function checked(rules, catalog, json) {
  initSync({ module: read(new URL("./checker.wasm", import.meta.url)) });
  const check = new Check(rules, read(rules));
  if (catalog !== undefined) {
    const document = read(catalog);
    check.catalog(catalog, document);
    for (const part of partsOf(document).map((name) => join(dirname(catalog), name))) check.catalog(part, read(part));
  }
  const text = check.report(json);
  return { text, status: check.good ? 0 : 1 };
}

function answer() {
  const { values, positionals } = words();
  if (values.version) return { text: `tailorbird ${__VERSION__}\n`, status: 0 };
  if (values.help) return { text: USAGE, status: 0 };
  const [verb, rules, catalog, ...more] = positionals;
  if (verb !== undefined && verb !== "check") throw new Failure(2, `\`${verb}\` is not in this package: only \`check\` is, all else is in the native program\n\n${USAGE}`);
  if (values.schema) return { text: readFileSync(new URL("./rules.schema.json", import.meta.url), "utf8"), status: 0 };
  if (rules === undefined || more.length > 0) throw new Failure(2, `give the rules, and the catalogue if you like\n\n${USAGE}`);
  return checked(rules, catalog, values.json === true);
}

try {
  const { text, status } = answer();
  // A reader such as `head` may have read enough.
  process.stdout.on("error", () => process.exit(status));
  process.exitCode = status;
  process.stdout.write(text);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`tailorbird: ${error.message}\n`);
  process.exitCode = error.status;
}
