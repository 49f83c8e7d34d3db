// `tailorbird/engine` with many visitors at once: none sees another's attributes, and the module's memory may grow at any time.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const DIST = new URL("../../pkg/dist/", import.meta.url);
const { createEngine } = await import(new URL("engine.js", DIST));
const wasm = readFileSync(new URL("tailorbird.wasm", DIST));
const experience = (id, when) => ({ id, placement: id[0], when, show: "b" });
const RULES = {
  version: 1,
  blocks: { b: { fields: {} } },
  placements: { a: {}, b: {}, c: {} },
  experiences: [
    experience("a-new", { visits: { $lt: 3 } }),
    experience("b-dogs", { likes: "dogs", "cart.value": { $gte: 50 } }),
    experience("b-birds", { likes: "birds" }),
    experience("c-name", { name: { $regex: "7$" } }),
  ],
};
const expected = ({ visits, likes, name, cart }) => ({
  a: visits < 3 ? "a-new" : null,
  b: likes === "dogs" && cart.value >= 50 ? "b-dogs" : likes === "birds" ? "b-birds" : null,
  c: name.endsWith("7") ? "c-name" : null,
});
const profile = (nth) => ({ visits: nth % 7, likes: ["dogs", "birds", "cats"][nth % 3], name: `visitor ${nth}`, cart: { value: nth % 100 } });

test("visitors who are told things in turn stay apart", async () => {
  const engine = await createEngine({ rules: RULES, wasm });
  const [one, other] = [profile(0), profile(1)];
  const first = engine.visitor(one);
  const second = engine.visitor(other);
  assert.deepEqual([first.decide(), second.decide()], [expected(one), expected(other)]);
  first.set({ likes: "birds" });
  second.set({ visits: 9 });
  first.set({ visits: 1 });
  assert.deepEqual(second.decide(), expected({ ...other, visits: 9 }));
  assert.deepEqual(first.decide(), expected({ ...one, likes: "birds", visits: 1 }));
  second.set({ name: "17" });
  second.free();
  assert.deepEqual(engine.visitor(other).decide(), expected(other), "what a visitor left undecided goes with them");
  engine.free();
});

test("five thousand visitors, more memory than there was", async () => {
  const engine = await createEngine({ rules: RULES, wasm });
  const before = engine.memory;
  const visitors = Array.from({ length: 5000 }, (_, nth) => engine.visitor(profile(nth)));
  assert.ok(engine.memory > before, "the memory did not grow: more visitors are needed here");
  for (const [nth, visitor] of visitors.entries()) assert.deepEqual(visitor.decide(), expected(profile(nth)), `visitor ${nth}`);
  for (const [nth, visitor] of visitors.entries()) {
    const next = profile(nth + 1);
    visitor.set(next);
    assert.deepEqual(visitor.decide(), expected(next), `visitor ${nth}, changed`);
  }
  engine.free();
});

test("rules come as an object, as text or as bytes, and decide the same", async () => {
  const text = JSON.stringify({ ...RULES, experiences: [...RULES.experiences, experience("a-größer", { visits: { $gte: 3 } })] });
  for (const rules of [JSON.parse(text), text, new TextEncoder().encode(text)]) {
    const engine = await createEngine({ rules, wasm });
    const visitor = engine.visitor(profile(3));
    assert.deepEqual(visitor.decide(), { ...expected(profile(3)), a: "a-größer" });
    visitor.set({ visits: 1 });
    assert.deepEqual(visitor.decide(), { ...expected(profile(3)), a: "a-new" });
    engine.free();
  }
  const engine = await createEngine({ rules: new Uint8Array([0x7b, 0xff]), wasm });
  assert.equal(engine.problems[0]?.code, "not-text");
  engine.free();
});
