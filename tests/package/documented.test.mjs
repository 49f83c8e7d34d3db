// docs/page.md leaves nothing out: every option, call and event that the types know is told there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PKG } from "./packed.mjs";

const types = readFileSync(join(PKG, "dist/types.d.ts"), "utf8");
const page = readFileSync(join(PKG, "../docs/page.md"), "utf8");
const told = (text) => new Set([...text.replace(/^```[^]*?^```/gm, "").matchAll(/`([^`]+)`/g)].flatMap(([, code]) => code.split(/[^\w-]+/)));

/** The names of the members of an exported interface, but for those that are not for users. */
function members(name) {
  const body = types.slice(types.indexOf(`export interface ${name} {`)).split("\n}")[0];
  const hidden = [...body.matchAll(/@internal \*\/\s+(\w+)/g)].map(([, member]) => member);
  const names = [...body.matchAll(/^ {4}(?:readonly )?(\w+)\??[(:<]/gm)].map(([, member]) => member);
  assert.ok(names.length > 5, `${name} has ${names.length} members`);
  return new Set(names.filter((member) => !hidden.includes(member)));
}

test("every option, call and event of the agent is in docs/page.md", () => {
  const known = told(page);
  for (const option of members("StartOptions")) if (option !== "test") assert.ok(known.has(option), `option ${option}`);
  for (const call of members("Agent")) assert.ok(known.has(call), `call ${call}`);
  for (const event of members("Events")) assert.ok(known.has(event), `event ${event}`);
});
