// Browsers compile a wasm function when it is first called. Whoever waits for rules lets the module read, compile and decide a
// small document meanwhile, so that the real one is not the first.
import { Engine } from "../generated/tailorbird.js";

const SAMPLE = `{"version":1,"blocks":{"b":{"fields":{"x":"y"}}},"placements":{"p":{}},"experiences":[{"id":"e","placement":"p","show":"b",
"when":{"$or":[{"a":{"$eq":"x"},"b":{"$ne":"y"},"c":{"$in":["x"]},"d":{"$nin":["x"]},"e":{"$gt":1,"$lte":9}},{"$and":[{"f":true},{"$not":{"g":{"$regex":"a.b"}}}]}]}}]}`;

/** Works through a sample of rules and forgets it. */
export function warmUp(): void {
  const engine = new Engine(new TextEncoder().encode(SAMPLE));
  const visitor = engine.visitor();
  engine.names();
  engine.slots();
  engine.problems();
  engine.decide(visitor, 0, 0);
  engine.set_json(visitor, 0, '["x"]');
  engine.set_text(visitor, 6, "acb");
  engine.decide(visitor, 0, 1);
  engine.free();
}
