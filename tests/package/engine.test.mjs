// `tailorbird/engine` with many visitors at once: none sees another's attributes, and the module's memory may grow at any time.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const DIST = new URL("../../pkg/dist/", import.meta.url);
const { createEngine } = await import(new URL("engine.js", DIST));
const wasm = readFileSync(new URL("engine.wasm", DIST));
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

const compiled = async (rules) => {
  const engine = await createEngine({ rules, wasm });
  assert.deepEqual(engine.problems, []);
  return engine;
};

test("the first decision, which comes straight from the text, is that of the compiled rules", async () => {
  const rules = {
    version: 1,
    blocks: { b: { fields: {} } },
    audiences: { many: { "a.b": { $gt: 1 } }, both: { $audience: ["many"], list: "x" } },
    experiences: [
      experience("a-both", { $audience: "both" }),
      experience("a-many", { $audience: "many" }),
      experience("a-null", { a: { $exists: false }, n: null }),
      experience("b-items", { list: { $elemMatch: { $eq: "x" }, $size: 2 } }),
      experience("b-joined", { list: "x,y" }),
      experience("b-object", { a: { b: 2 } }),
      experience("b-dot", { ".a": 1 }),
      experience("b-half", { "\ufffd": 1 }),
      experience("b-letter", { "😀.a": 1 }),
      experience("b-deep", { "1.2.3.4.5.6.7.8.9.10": "here" }),
      experience("c-huge", { n: { $gt: 1e300 } }),
      experience("c-zero", { n: 0, $not: { a: { $type: "object" } } }),
      experience("c-day", { n: { $regex: "^2026-" } }),
      experience("c-odd", { n: "\ud800" }),
      experience("c-none", { n: { $nin: ["x", 1] } }),
    ],
  };
  const cyclic = { list: "x" };
  cyclic.cyclic = cyclic;
  const deep = Array.from({ length: 10 }, (_, nth) => 10 - nth).reduce((inner, name) => ({ [name]: inner }), "here");
  const given = [
    {}, { n: 0 }, { n: -0 }, { n: NaN }, { n: Infinity }, { n: -Infinity }, { n: null, a: undefined }, { n: "\ud800" }, { n: new Date(1.77e12) },
    { n: Number.MAX_VALUE, list: ["x", "y"] }, { a: { b: 2 }, list: "x" }, { a: { b: 2, c: 3 } }, { "a.b": 2, a: { b: 1 } }, { a: { b: 1 }, "a.b": 2 },
    { a: { b: 2 }, "a.b": undefined }, { a: [{ b: 2 }] }, { a: () => 1, list: "x,y" }, cyclic, deep, Object.create({ n: 1e301 }),
    { "": { a: 1 } }, { "\ud800": 1 }, { "😀": { a: 1 } }, { n: "\\ud800" }, { a: { get b() { return 2; } } }, { a: { b: 2, toJSON: () => ({ b: 7 }) } }, { list: ["x", undefined] },
    Object.fromEntries(Array.from({ length: 3000 }, (_, nth) => [nth ? `n${nth}` : "n", nth])),
  ];
  const whole = await compiled(rules);
  for (const [nth, attributes] of given.entries()) {
    const engine = await createEngine({ rules, wasm });
    const visitor = engine.visitor(attributes);
    const right = whole.visitor(attributes).decide();
    const first = visitor.decide();
    assert.deepEqual(first, right, `attributes ${nth}`);
    assert.equal(visitor.decide(), first, "the same answer is the same object");
    engine.free();
  }
  whole.free();
});

test("attributes are those of the moment in which they were handed over", async () => {
  for (const meanwhile of [() => {}, (engine) => engine.problems, (engine) => engine.visitor(), () => new Promise((done) => setTimeout(done, 20))]) {
    const engine = await createEngine({ rules: RULES, wasm });
    const attributes = { ...profile(7), cart: { value: 80 }, likes: "dogs" };
    const visitor = engine.visitor(attributes);
    const right = expected(structuredClone(attributes));
    Object.assign(attributes, { visits: 99, likes: "cats" });
    attributes.cart.value = 0;
    await meanwhile(engine);
    assert.deepEqual(visitor.decide(), right);
    visitor.set({ likes: "birds" });
    assert.deepEqual(visitor.decide(), { ...right, b: "b-birds" });
    engine.free();
  }
});

test("what is wrong is off in the first decision too, however deep it lies", async () => {
  // Each audience leads to the one before it twice, through as many groups as a document can hold.
  const groups = (inner) => Array.from({ length: 40 }).reduce((inside) => ({ $and: [inside] }), inner);
  const audiences = { n0: { x: 1 } };
  for (let nth = 1; nth < 32; nth += 1) audiences[`n${nth}`] = groups({ $or: [{ $audience: `n${nth - 1}`, y: 1 }, { $audience: `n${nth - 1}` }] });
  const rules = {
    version: 1,
    blocks: { b: { fields: {} } },
    audiences: { ...audiences, one: { $audience: "other" }, other: { $audience: "one" } },
    experiences: [
      experience("a-circle", { $audience: "one" }), experience("a-wrong", { x: 1, $or: [{ x: 1 }, { y: { $qe: 1 } }] }),
      experience("a-deep", { $audience: "n31" }), experience("a-never", {}),
    ],
  };
  const engine = await createEngine({ rules, wasm });
  const visitor = engine.visitor({ x: 1 });
  assert.deepEqual(visitor.decide(), { a: "a-deep" });
  assert.deepEqual(engine.problems.map(({ code }) => code).sort(), ["broken-audience", "cyclic-audience", "unknown-operator"]);
  assert.deepEqual(visitor.decide(), { a: "a-deep" });
  engine.free();
});

test("an engine that is freed compiles nothing later, and whoever still uses it ends nothing", async () => {
  for (const decided of [false, true]) {
    const engine = await createEngine({ rules: RULES, wasm });
    const visitor = engine.visitor(profile(1));
    if (decided) void [visitor.decide(), visitor.decide()];
    engine.free();
    await new Promise((done) => setTimeout(done, 20));
    assert.deepEqual(engine.problems, []);
    visitor.set({ visits: 1 });
    assert.deepEqual(visitor.decide(), decided ? expected(profile(1)) : {});
    visitor.free();
    engine.free();
    assert.throws(() => engine.visitor(), /the engine was freed/);
  }
  const engine = await compiled(RULES);
  assert.deepEqual(engine.visitor(profile(2)).decide(), expected(profile(2)), "others go on");
  engine.free();
});

test("questions to the history with a slip of the pen are off in the first decision too", async () => {
  const did = { event: "X", withinDays: 7, tims: 3 };
  for (const when of [{ $not: { $did: did } }, { $or: [{}, { $did: did }] }, { $not: { $did: { sequence: [{ event: "X", wher: { a: 1 } }], withinDays: 7 } } }]) {
    const engine = await createEngine({ rules: { version: 1, blocks: { b: { fields: {} } }, experiences: [experience("a", when)] }, wasm });
    assert.deepEqual(engine.visitor({}).decide(), { a: null });
    assert.deepEqual(engine.problems.map(({ code }) => code), ["unknown-member"]);
    engine.free();
  }
});

test("a visitor who was ended says and does nothing more, however often, and nobody else is touched", async () => {
  for (const decided of [true, false]) {
    const engine = await createEngine({ rules: RULES, wasm });
    const gone = engine.visitor(profile(1));
    if (decided) gone.set(profile(1));
    const last = decided ? gone.decide() : {};
    gone.free();
    const [other, third] = [engine.visitor(profile(2)), engine.visitor(profile(3))];
    assert.deepEqual([other.decide(), third.decide()], [expected(profile(2)), expected(profile(3))]);
    gone.set({ visits: 99, likes: "birds", name: "7" });
    assert.deepEqual(gone.decide(), last);
    assert.deepEqual(other.decide(), expected(profile(2)));
    gone.free();
    const fourth = engine.visitor(profile(4));
    other.set(profile(5));
    assert.deepEqual(fourth.decide(), expected(profile(4)));
    assert.deepEqual(other.decide(), expected(profile(5)));
    engine.free();
  }
});

test("how large the memory is can be asked of an engine that was freed", async () => {
  const [gone, other] = [await createEngine({ rules: RULES, wasm }), await createEngine({ rules: RULES, wasm })];
  gone.free();
  assert.equal(gone.memory, other.memory);
  assert.ok(other.memory > 0);
  assert.deepEqual(other.visitor(profile(1)).decide(), expected(profile(1)), "others go on");
  other.free();
});

test("what JSON cannot say counts as missing, a bigint as a number, and nothing throws", async () => {
  const rules = {
    version: 1,
    blocks: { b: { fields: {} } },
    experiences: [
      experience("a-big", { n: { $gte: 5 }, "cart.value": 10 }), experience("a-known", { n: { $exists: true } }), experience("a-none", {}),
      experience("b-list", { list: { $elemMatch: { $eq: 7 } } }), experience("b-known", { list: { $exists: true } }), experience("b-none", {}),
    ],
  };
  const round = [7];
  round.push(round);
  const wrong = () => { throw new Error("never told"); };
  const given = [
    [{ n: 5n, cart: { value: 10n }, list: [1, 7n] }, { a: "a-big", b: "b-list" }],
    [{ n: 5, cart: { value: 10n, round }, list: round, other: 1n }, { a: "a-big", b: "b-none" }],
    [{ n: round, list: { toJSON: wrong } }, { a: "a-none", b: "b-none" }],
    [{ get n() { return wrong(); }, list: [7] }, { a: "a-none", b: "b-list" }],
    [{ n: Symbol("n"), list: [Symbol("7"), () => 7] }, { a: "a-none", b: "b-known" }],
    [null, { a: "a-none", b: "b-none" }],
  ];
  for (const [nth, [attributes, right]] of given.entries()) {
    const engine = await createEngine({ rules, wasm });
    assert.deepEqual(engine.visitor(attributes).decide(), right, `attributes ${nth}`);
    const other = engine.visitor({ n: 1, list: [1] });
    other.set(attributes);
    assert.deepEqual(other.decide(), attributes ? right : { a: "a-known", b: "b-known" }, `attributes ${nth}, changed`);
    engine.free();
  }
});

test("null takes away what is nested in it too, however it was handed over", async () => {
  const rules = {
    version: 1,
    blocks: { b: { fields: {} } },
    experiences: [experience("a-cart", { "cart.value": { $gt: 1 } }), experience("b-deep", { "cart.top.name": "x" }), experience("c-other", { cartoon: 1 })],
  };
  const all = { cart: { value: 5, top: { name: "x" } }, cartoon: 1 };
  const dotted = { "cart.value": 5, "cart.top": { name: "x" }, cartoon: 1 };
  const given = [
    [{ cart: null }, { a: null, b: null, c: "c-other" }], [{ cart: undefined }, { a: null, b: null, c: "c-other" }],
    [{ "cart.top": null }, { a: "a-cart", b: null, c: "c-other" }], [{ cart: { top: null } }, { a: "a-cart", b: null, c: "c-other" }],
    [{ cart: null, "cart.value": 2 }, { a: "a-cart", b: null, c: "c-other" }], [{ "cart.value": 2, cart: null }, { a: null, b: null, c: "c-other" }],
    [{ cart: {} }, { a: "a-cart", b: "b-deep", c: "c-other" }],
  ];
  for (const [changed, right] of given) {
    for (const before of [all, dotted]) {
      const engine = await createEngine({ rules, wasm });
      const visitor = engine.visitor(before);
      visitor.set(changed);
      assert.deepEqual(visitor.decide(), right, JSON.stringify(changed));
      engine.free();
    }
  }
});

test("in the first decision, too, the later of two attributes that say the same holds", async () => {
  const rules = { version: 1, blocks: { b: { fields: {} } }, experiences: [experience("a-deep", { "a.b.c": 1 }), experience("b-top", { "a.d": 1 })] };
  const whole = await compiled(rules);
  const given = [
    [{ "a.b.c": 1, a: null }, { a: null, b: null }], [{ a: null, "a.b.c": 1 }, { a: "a-deep", b: null }],
    [{ "a.b": { c: 1 }, a: { b: null, d: 1 } }, { a: null, b: "b-top" }], [{ a: { "b.c": 1, b: undefined, d: 1 } }, { a: null, b: "b-top" }],
  ];
  for (const [attributes, right] of given) {
    const engine = await createEngine({ rules, wasm });
    const visitor = engine.visitor(attributes);
    assert.deepEqual(visitor.decide(), right);
    visitor.set({});
    assert.deepEqual(visitor.decide(), right);
    assert.deepEqual(whole.visitor(attributes).decide(), right);
    engine.free();
  }
  whole.free();
});

test("experiments draw by `visitor.id`, at first and later, what the page draws; without an id nobody takes part", async () => {
  const arm = (id, show) => ({ id, weight: 0.5, ...(show ? { show: "b" } : {}) });
  const rules = {
    version: 1,
    blocks: { b: { fields: {} } },
    experiences: [
      { id: "t", placement: "a", priority: 1, variants: [arm("control"), arm("dogs", true)] }, { id: "rest", placement: "a", show: "b" },
      { id: "some", placement: "b", priority: 1, experiment: { coverage: 0.3 }, variants: [arm("x", true), arm("y")] }, { id: "else", placement: "b", show: "b" },
      { id: "spring", placement: "c", variants: [{ id: "x", show: "b" }], experiment: { namespace: ["n", 0, 0.5] } },
    ],
  };
  // The page's, of tests/cases/decide-experiments.json.
  const page = new Map([["visitor-1", "dogs"], ["visitor-3", "control"]]);
  const whole = await compiled(rules);
  const [counts, shares] = [{}, { some: 0, spring: 0 }];
  const all = [...page.keys(), ...Array.from({ length: 400 }, (_, nth) => `user ${nth}`), 7, 0, 8n];
  for (const id of all) {
    const engine = await createEngine({ rules, wasm });
    const visitor = engine.visitor({ visitor: { id } });
    const first = visitor.decide();
    const variant = visitor.variant("a");
    assert.equal(first.a, "t");
    assert.equal(variant, page.get(id) ?? variant);
    counts[variant] = (counts[variant] ?? 0) + 1;
    for (const name of [first.b, first.c]) if (name in shares) shares[name] += 1;
    const other = whole.visitor({ "visitor.id": String(id) });
    assert.deepEqual([other.decide(), other.variant("a"), other.variant("b")], [first, variant, visitor.variant("b")]);
    assert.equal(visitor.decide(), first);
    const late = engine.visitor();
    late.set({ visitor: { id } });
    assert.deepEqual([late.decide(), late.variant("a")], [first, variant]);
    other.free();
    engine.free();
  }
  assert.ok(Math.abs(counts.control / all.length - 0.5) < 0.1 && Math.abs(shares.some / all.length - 0.3) < 0.1, JSON.stringify([counts, shares]));
  assert.ok(Math.abs(shares.spring / all.length - 0.5) < 0.1, JSON.stringify(shares));

  const nobody = { a: "rest", b: "else", c: null };
  for (const attributes of [{}, { id: "x" }, { visitor: "x" }, { visitor: { id: "" } }, { "visitor.id": ["x"] }, { "visitor.id": NaN }, { "visitor.id": "x", visitor: null }]) {
    const engine = await createEngine({ rules, wasm });
    assert.deepEqual([engine.visitor(attributes).decide(), whole.visitor(attributes).decide()], [nobody, nobody], JSON.stringify(attributes));
    engine.free();
  }
  const visitor = whole.visitor({ visitor: { id: "visitor-1", name: "Ann" } });
  assert.equal(visitor.variant("a"), "dogs");
  for (const [changed, right] of [[{ visitor: { name: "Bo" } }, "dogs"], [{ visitor: { id: "visitor-3" } }, "control"], [{ visitor: null }, null], [{ "visitor.id": "visitor-1" }, "dogs"]]) {
    visitor.set(changed);
    assert.equal(visitor.decide().a, right ? "t" : "rest");
    assert.equal(visitor.variant("a"), right);
  }
  assert.equal(visitor.variant("nowhere"), null);
  visitor.free();
  assert.equal(visitor.variant("a"), null);
  whole.free();
});

test("a variant is that of what was set last, and of conditions on the id too", async () => {
  const rules = { version: 1, blocks: { b: { fields: {} } }, experiences: [{ id: "t", placement: "a", when: { x: 1, "visitor.id": "ann" }, variants: [{ id: "only", show: "b" }] }] };
  const engine = await compiled(rules);
  const [visitor, other] = [engine.visitor({ visitor: { id: "ann" } }), engine.visitor()];
  visitor.set({ x: 1 });
  other.set({ x: 2 });
  visitor.set({ y: 1 });
  assert.deepEqual([visitor.variant("a"), visitor.decide(), other.decide()], ["only", { a: "t" }, { a: null }]);
  visitor.set({ x: 2 });
  assert.deepEqual([visitor.variant("a"), visitor.decide()], [null, { a: null }]);
  engine.free();
});

test("whatever moment is asked for ends nothing", async () => {
  const engine = await createEngine({ rules: RULES, wasm });
  for (const now of [5n, new Date(), "5", null, {}]) {
    const visitor = engine.visitor(profile(1));
    assert.deepEqual([visitor.decide(now), visitor.variant("a", now), visitor.decide(now)], [expected(profile(1)), null, expected(profile(1))]);
  }
  engine.free();
});

test("places of visitors who were ended are taken again, at once and by one each", async () => {
  const engine = await compiled(RULES);
  let visitors = Array.from({ length: 3000 }, (_, nth) => engine.visitor(profile(nth)));
  const before = engine.memory;
  for (let round = 1; round < 4; round += 1) {
    for (const [nth, visitor] of visitors.entries()) if (nth % 2) visitor.free();
    visitors = visitors.map((visitor, nth) => (nth % 2 ? engine.visitor(profile(nth + round)) : visitor));
    for (const [nth, visitor] of visitors.entries()) assert.deepEqual(visitor.decide(), expected(profile(nth % 2 ? nth + round : nth)));
  }
  assert.equal(engine.memory, before);
  engine.free();
});

test("Node finds the module beside its script; another module is told of, and decides all the same", () => {
  const program = (name) => `
    import { readFileSync } from "node:fs";
    import { createEngine } from ${JSON.stringify(new URL("engine.js", DIST).href)};
    ${name ? `const wasm = readFileSync(new URL(${JSON.stringify(new URL(name, DIST).href)}));` : "const wasm = undefined;"}
    const compiled = [];
    for (const what of ["compile", "Module"]) {
      const before = WebAssembly[what];
      WebAssembly[what] = new Proxy(before, { apply: (...all) => (compiled.push(what), Reflect.apply(...all)) });
    }
    const engine = await createEngine({ rules: ${JSON.stringify(JSON.stringify(RULES))}, wasm });
    console.log(JSON.stringify([engine.visitor({ visits: 1 }).decide().a, compiled.length]));`;
  const run = (name) => spawnSync(process.execPath, ["--input-type=module", "--eval", program(name)], { encoding: "utf8" });
  const beside = run();
  assert.deepEqual([JSON.parse(beside.stdout), beside.stderr], [["a-new", 1], ""]);
  const other = run("tailorbird.wasm");
  assert.deepEqual(JSON.parse(other.stdout), ["a-new", 1]);
  assert.match(other.stderr, /runs as JavaScript, which is slower: `wasm` has to be tailorbird\/engine\.wasm \(LinkError/);
});
