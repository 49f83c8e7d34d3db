// Browsers compile a function when it is first called. Whoever waits for rules lets the engine read, compile and decide a small
// document meanwhile, so that the real one is not the first, and neither is the first visitor. In the sample is what rules have most
// often: a pattern of each kind, an escape, a path long enough that looking for its dots takes the long way.
import type { Engine } from "./engine.js";

const SAMPLE = `{"version":1,"blocks":{"b":{"fields":{"x":"y"}}},"placements":{"p":{}},"experiences":[{"id":"e","placement":"p","show":"b",
"when":{"$and":[{"f":true},{"$not":{"g":{"$regex":"a.b"},"h":{"$regex":"a\\\\.b"}}}],"$or":[{"a":{"$eq":"x"}},{"b":{"$ne":"y"},"c":{"$in":["x"]},"d":{"$nin":["x"]},"e.following":{"$gt":1,"$lte":9}}]}}]}`;

/** Works through a sample of rules and of every kind of attribute, and forgets it: once straight from the text, once compiled. */
export function warmUp(engineNow: (rules: string) => Engine): void {
  const engine = engineNow(SAMPLE);
  const visitor = engine.visitor({ a: "z", b: "x", c: "x", d: ["y"], e: { following: 5 }, f: true, g: "acd", h: "acb" });
  visitor.decide(0);
  visitor.set({ a: "x", e: { following: 1 }, f: null, g: "b" });
  visitor.decide(1);
  visitor.free();
  engine.free();
}
