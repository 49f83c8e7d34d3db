// How tailorbird takes part in the peer benchmarks: what is built into pkg/dist, through the public API alone.
// Read by Node (names, files, `translate`, `count`) and bundled into the page, so no node: modules up here.

const NAME = 'tailorbird';
const DIST = '../../../pkg/dist';
const dist = (name) => `${DIST}/${name}`;
/** Everything that was built, by name: the entries share chunks whose names change. Asked for in Node only. */
const everything = () => {
  const { readdirSync } = process.getBuiltinModule('node:fs');
  const files = readdirSync(DIST).filter((name) => /\.(js|wasm)$/.test(name));
  return Object.fromEntries(files.map((name) => [name, dist(name)]));
};

export const size = {
  name: NAME,
  version: '0.1.0',
  deliveries: { 'script tag (js + wasm)': [dist('tailorbird.js'), dist('tailorbird.wasm')] },
};

// ---- decide --------------------------------------------------------------------------------

const OPERATORS = { eq: '$eq', ne: '$ne', gt: '$gt', gte: '$gte', lt: '$lt', lte: '$lte', in: '$in', nin: '$nin' };
const literally = (text) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

function condition(neutral) {
  if (neutral.all) return { $and: neutral.all.map(condition) };
  if (neutral.any) return { $or: neutral.any.map(condition) };
  if (neutral.not) return { $not: condition(neutral.not) };
  const { path, op, value } = neutral;
  return { [path]: op === 'contains' ? { $regex: literally(value) } : { [OPERATORS[op]]: value } };
}

function rulesDocument(rules) {
  const placements = {};
  for (const { placement } of rules) placements[`p${placement}`] = {};
  return JSON.stringify({
    version: 1,
    blocks: { shown: { fields: {} } },
    placements,
    experiences: rules.map(({ id, placement, when }) => ({ id, placement: `p${placement}`, when: condition(when), show: 'shown' })),
  });
}

let engine;

export const decide = {
  name: NAME,
  get assets() { return everything(); },
  // The rules as bytes, as a file or a response has them: text would be turned into bytes again.
  binary: true,
  translate: (rules) => new TextEncoder().encode(rulesDocument(rules)),
  async init() {
    const url = '/ours/engine.js';
    engine = await import(url);
    await engine.load();
  },
  create(payload) {
    const rules = engine.engineNow(payload);
    const names = ['p0', 'p1', 'p2', 'p3', 'p4'];
    return {
      visitor: (profile) => rules.visitor(profile),
      decide(visitor) {
        const winners = visitor.decide();
        return names.map((name) => winners[name] ?? null);
      },
      change: (visitor, delta) => visitor.set(delta),
    };
  },
  extraBytes: () => 0,
};

// ---- track ---------------------------------------------------------------------------------

let agent;

export const track = {
  name: NAME,
  get assets() { return everything(); },
  async start(host) {
    const url = '/ours/index.js';
    const { start } = await import(url);
    agent = await start({
      rules: { version: 1, experiences: [] }, collector: `http://${host}`, writeKey: 'bench', consent: 'granted', autocapture: false,
    });
  },
  track(name, properties) {
    agent.track(name, properties);
  },
  flush() {
    return agent.flush();
  },
  count: (url, body) => (url.pathname === '/v1/b' && body.length
    ? JSON.parse(body).batch.filter((event) => event.event === 'Product Viewed').length : 0),
};

// ---- load ----------------------------------------------------------------------------------

export const load = {
  name: NAME,
  async files({ read, rules }) {
    return {
      '/tag/tailorbird.js': read(dist('tailorbird.js')),
      '/tag/tailorbird.wasm': read(dist('tailorbird.wasm')),
      '/rules.json': rulesDocument(rules),
    };
  },
  // As the README has it, module first.
  html: ({ profile }) => `<link rel="preload" as="fetch" crossorigin href="/tag/tailorbird.wasm">
    <script>window.tailorbird = [(agent) => {
      agent.identify(undefined, ${JSON.stringify(profile)});
      agent.on('ready', () => { mark('usable'); agent.decideAll(); mark('ready'); });
    }];</script>
    <script async src="/tag/tailorbird.js" data-rules="/rules.json" data-consent="granted"></script>`,
};
