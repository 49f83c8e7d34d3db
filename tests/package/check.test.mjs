// `npx tailorbird check` says what the native program says: the same documents, the same words, the same exit status.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { unpacked } from "./packed.mjs";

const CASES = resolve(dirname(fileURLToPath(import.meta.url)), "../checks");

let packed;
before(() => (packed = unpacked()));
after(() => packed.remove());

const program = () => {
  const { bin } = JSON.parse(readFileSync(join(packed.home, "package.json"), "utf8"));
  return join(packed.home, bin.tailorbird);
};
const run = (args, cwd) => spawnSync(process.execPath, [program(), ...args], { cwd, encoding: "utf8" });

for (const name of readdirSync(CASES)) {
  test(`of ${name} it says what the native program says, for people and for machines`, () => {
    const folder = join(CASES, name);
    const documents = ["rules.json", "catalog.json"].filter((file) => existsSync(join(folder, file)));
    const text = run(["check", ...documents], folder);
    assert.equal(text.stdout, readFileSync(join(folder, "expected.txt"), "utf8"), text.stderr);
    const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
    const json = run(["check", ...documents, "--json"], folder);
    assert.deepEqual(JSON.parse(json.stdout), expected);
    for (const { status } of [text, json]) assert.equal(status, expected.good ? 0 : 1);
  });
}

test("npm finds the program by the package's name", () => {
  const folder = join(packed.folder, "shop");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}");
  writeFileSync(join(folder, "rules.json"), '{ "version": 1 }');
  const npm = (...args) => spawnSync("npm", args, { cwd: folder, encoding: "utf8", env: { ...process.env, npm_config_cache: join(folder, "cache") } });
  const installed = npm("install", "--offline", "--no-audit", "--no-fund", packed.tarball);
  assert.equal(installed.status, 0, installed.stderr);
  const { status, stdout, stderr } = npm("exec", "--offline", "--", "tailorbird", "check", "rules.json");
  assert.equal(status, 0, stderr);
  assert.equal(stdout, "rules.json: all is well with 0 experiences, 0 placements, 0 audiences\n");
});

test("ten thousand levels and ten megabytes end with an answer", () => {
  const file = join(packed.folder, "hostile.json");
  const look = (text) => {
    writeFileSync(file, text);
    return run(["check", "hostile.json"], packed.folder);
  };
  const deep = look(`{"version":1,"experiences":[{"id":"a","placement":"p","when":${'{"$not":'.repeat(1e4)}{}${"}".repeat(1e4)}}]}`);
  assert.equal(deep.status, 1, deep.stderr);
  assert.match(deep.stdout, /nested too deeply, at most 100 levels/);
  const experience = (_, nth) => `{"id":"e${nth}","placement":"p${nth % 200}","show":"b","when":{"x":${nth},"text":"${"y".repeat(900)}"}}`;
  const big = look(`{"version":1,"blocks":{"b":{"html":"x"}},"experiences":[${Array.from({ length: 10_500 }, experience)}]}`);
  assert.equal(big.status, 0, big.stdout + big.stderr);
  const nothing = look("");
  assert.equal(nothing.status, 1);
});

test("shoppers download nothing of it", () => {
  const holds = (name) => readFileSync(join(packed.home, "dist", name), "latin1").includes("shadowed-experience");
  assert.ok(holds("checker.wasm"));
  for (const name of ["tailorbird.wasm", "tailorbird.js", "tailorbird.fallback.js"]) assert.ok(!holds(name), name);
});

test("wrong use and missing files have their own exit status, and say what to do", () => {
  const cases = [
    [[], 2, /Usage: tailorbird check/],
    [["check"], 2, /give the rules/],
    [["check", "a", "b", "c"], 2, /give the rules/],
    [["check", "--jsn", "a"], 2, /--jsn/],
    [["serve"], 2, /native program/],
    [["check", "gone.json"], 1, /gone\.json/],
    [["check", "."], 1, /`\.`/],
  ];
  for (const [args, expected, message] of cases) {
    const { status, stderr, stdout } = run(args, packed.folder);
    assert.equal(status, expected, `${args}: ${stderr}`);
    assert.match(stderr, message);
    assert.equal(stdout, "");
  }
  assert.equal(run(["--help"]).status, 0);
});

test("the schema that editors read is in the package and is printed", () => {
  const shipped = readFileSync(join(packed.home, "dist/rules.schema.json"), "utf8");
  assert.equal(run(["check", "--schema"]).stdout, shipped);
  assert.ok(JSON.parse(shipped).definitions.ConditionDocument);
  assert.ok(JSON.parse(readFileSync(join(packed.home, "dist/catalog.schema.json"), "utf8")).definitions.ProductDocument);
});
