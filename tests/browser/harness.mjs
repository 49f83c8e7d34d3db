//! The ground under every browser test: a real Chromium, a real collector, a stage that serves pages with the agent.
//
// Environment: TAILORBIRD_BIN (the program, default target/release or target/debug of this repository),
// TAILORBIRD_DIST (the built agent, default pkg/dist), TAILORBIRD_CHROMIUM (default: chromium on the PATH).

import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, extname, join, normalize, resolve } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const ROOT = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** Where the program, the built agent and the browser are. */
export const BIN = process.env.TAILORBIRD_BIN ?? firstThatExists(['target/release/tailorbird', 'target/debug/tailorbird']);
export const DIST = process.env.TAILORBIRD_DIST ?? join(ROOT, 'pkg/dist');
export const CHROMIUM = process.env.TAILORBIRD_CHROMIUM ?? onPath(['chromium', 'chromium-browser', 'google-chrome']);

/** Chromium as root in a container, talking to nothing but this machine. */
export const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

function firstThatExists(paths) {
  const all = paths.map((path) => join(ROOT, path));
  return all.find((path) => existsSync(path)) ?? all[0];
}

function onPath(names) {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      try {
        accessSync(join(dir, name), constants.X_OK);
        return join(dir, name);
      } catch { /* keep looking */ }
    }
  }
  return undefined;
}

// A test that fails before it closed what it opened must not keep its file from ending. Programs that are still there end with it.
if (process.env.NODE_TEST_CONTEXT) after(() => void setTimeout(() => process.exit(), 30_000).unref());
const children = new Set();
process.on('exit', () => children.forEach((end) => end()));

/** Has a program end with this one, if it did not before. `pid`: negative for all of its group. */
function ownedBy(child, pid = child.pid) {
  const end = () => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch { /* it has ended */ }
  };
  children.add(end);
  child.once('exit', () => children.delete(end));
}

/** Why these tests cannot run here, in one sentence with what to do; undefined when they can. */
export function missing({ agent = true } = {}) {
  if (!CHROMIUM) return 'no chromium on the PATH: install Debian’s `chromium` or set TAILORBIRD_CHROMIUM';
  if (!existsSync(BIN)) return `no program at \`${BIN}\`: run \`cargo build -p tailorbird-cli\` or set TAILORBIRD_BIN`;
  if (agent && !existsSync(join(DIST, 'tailorbird.js'))) {
    return `no built agent at \`${DIST}\`: run \`cargo xtask pkg\` or set TAILORBIRD_DIST`;
  }
  return undefined;
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks until the answer is truthy; throws with `what` when `timeout` is over. */
export async function until(what, ask, { timeout = 20_000, every = 50 } = {}) {
  const end = Date.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${timeout} ms in vain: ${what}`);
    await sleep(every);
  }
}

/** A port of 127.0.0.1 that nothing listens on. */
export function freePort() {
  return new Promise((done, fail) => {
    const server = createTcpServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** A new empty folder under the system's temporary one. */
export const tempDir = (name) => mkdtemp(join(tmpdir(), `tailorbird-${name}-`));

// --- browser ---------------------------------------------------------------------------------------------------

/** A headless Chromium; `browser.newContext()` is one shopper. */
export function launch({ args = [], ...options } = {}) {
  return chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...args], headless: true, ...options });
}

/** A Chromium with a profile folder of its own that can be killed and started again on the same folder. */
export async function launchMortal(profile, { args = [] } = {}) {
  const child = spawn(
    CHROMIUM,
    ['--headless=new', ...FLAGS, ...args, '--no-default-browser-check', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
    { detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  ownedBy(child, -child.pid);
  let log = '';
  const gone = new Promise((done) => child.once('exit', done));
  const endpoint = await new Promise((done, fail) => {
    child.stderr.on('data', (text) => {
      log += text;
      const found = log.match(/DevTools listening on (ws:\S+)/);
      if (found) done(found[1]);
    });
    child.once('exit', (code) => fail(new Error(`chromium ended with ${code}: ${log.slice(-500)}`)));
    setTimeout(() => fail(new Error(`chromium did not start: ${log.slice(-500)}`)), 20_000).unref();
  });
  const browser = await chromium.connectOverCDP(endpoint);
  return {
    browser,
    context: browser.contexts()[0],
    /** `kill -9` of every process of this browser at once. */
    async kill() {
      process.kill(-child.pid, 'SIGKILL');
      await gone;
      await browser.close().catch(() => {});
    },
    async close() {
      const cdp = await browser.newBrowserCDPSession().catch(() => null);
      await cdp?.send('Browser.close').catch(() => {});
      await Promise.race([gone, sleep(5000)]);
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
      await gone;
    },
  };
}

/**
 * Counts what the page's own code would see go wrong. Call before the first `goto`; `errors` fills while pages run.
 * @param {import('playwright-core').BrowserContext | import('playwright-core').Page} target
 */
export async function watchErrors(target) {
  const errors = [];
  await target.exposeBinding('__pageError', (_source, text) => void errors.push(text));
  await target.addInitScript(() => {
    const tell = (kind, what) => {
      try {
        void window.__pageError(`${kind}: ${what}`);
      } catch { /* the page is going away */ }
    };
    window.addEventListener('error', (event) => tell('error', event.message));
    window.addEventListener('unhandledrejection', (event) => tell('unhandledrejection', String(event.reason)));
  });
  return errors;
}

// --- collector -------------------------------------------------------------------------------------------------

/**
 * Starts `tailorbird serve` on a free port with a data folder of its own and waits until it is ready.
 * @param {{ dataDir?: string, port?: number, site?: string, writeKey?: string, adminToken?: string, args?: string[] }} options
 */
export async function startCollector(options = {}) {
  const dataDir = options.dataDir ?? (await tempDir('data'));
  const port = options.port ?? (await freePort());
  const writeKey = options.writeKey ?? 'test-key';
  const adminToken = options.adminToken ?? 'test-admin';
  const url = `http://127.0.0.1:${port}`;
  const args = ['serve', '--listen', `127.0.0.1:${port}`, '--data', dataDir, '--write-key', writeKey, '--admin-token', adminToken];
  if (options.site) args.push('--site', options.site);
  args.push(...(options.args ?? []));
  let log = '';
  const child = spawn(BIN, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: ROOT });
  ownedBy(child);
  child.stdout.on('data', (text) => (log = (log + text).slice(-20_000)));
  child.stderr.on('data', (text) => (log = (log + text).slice(-20_000)));
  const gone = new Promise((done) => child.once('exit', done));
  let ended = false;
  void gone.then(() => (ended = true));
  const collector = {
    url, port, dataDir, writeKey, adminToken, args,
    pid: child.pid,
    log: () => log,
    /** SIGTERM and wait; the data folder stays unless `remove`. */
    async stop({ remove = false } = {}) {
      if (!ended) child.kill('SIGTERM');
      await Promise.race([gone, sleep(15_000)]);
      if (!ended) child.kill('SIGKILL');
      await gone;
      if (remove) await rm(dataDir, { recursive: true, force: true });
    },
    /** `kill -9` and wait. */
    async kill() {
      if (!ended) child.kill('SIGKILL');
      await gone;
    },
    /** The same collector again, on the same port and data. */
    restart: () => startCollector({ ...options, dataDir, port, writeKey, adminToken }),
    /** Every stored event, in arrival order. */
    events: () => exportedEvents(url, adminToken),
    headers: { authorization: `Bearer ${adminToken}` },
  };
  await until(`the collector on ${url} to be ready`, async () => {
    if (ended) throw new Error(`the collector ended before it was ready:\n${log}`);
    return fetch(`${url}/readyz`).then((answer) => answer.ok, () => false);
  });
  return collector;
}

/** Reads `GET /v1/export` page by page. */
export async function exportedEvents(url, adminToken, { limit = 5000 } = {}) {
  const events = [];
  let cursor = '';
  do {
    const answer = await fetch(`${url}/v1/export?limit=${limit}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, {
      headers: { authorization: `Bearer ${adminToken}` },
    });
    if (!answer.ok) throw new Error(`export answered ${answer.status}: ${await answer.text()}`);
    const text = await answer.text();
    for (const line of text.split('\n')) if (line) events.push(JSON.parse(line));
    cursor = answer.headers.get('x-next-cursor') ?? '';
  } while (cursor);
  return events;
}

// --- stage -----------------------------------------------------------------------------------------------------

const TYPES = {
  '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json',
  '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.map': 'application/json',
};

/** Rules that show nothing: for tests of delivery. */
export const EMPTY_RULES = { version: 1, settings: { consent: { personalization: 'granted', analytics: 'granted' } }, experiences: [] };

/**
 * A page with the script tag. `options` become `data-` attributes in kebab case.
 * @param {{ collector?: string, writeKey?: string, rules?: string, options?: Record<string, string>, head?: string, body?: string, nonce?: string }} page
 */
export function html({ collector, writeKey = 'test-key', rules = '/tailorbird/rules.json', options = {}, head = '', body = '', nonce } = {}) {
  const data = { rules, collector, writeKey, ...options };
  const attributes = Object.entries(data)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}="${String(value).replace(/&/g, '&amp;').replace(/"/g, '&quot;')}"`)
    .join('');
  const once = nonce ? ` nonce="${nonce}"` : '';
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Stage</title>${head}
<script${once}>window.tailorbird=window.tailorbird||[];</script>
<script async${once} src="/tailorbird/tailorbird.js"${attributes}></script>
</head><body>${body}</body></html>`;
}

/** Some tests ask for addresses that are none. */
function pathOf(address) {
  try {
    return decodeURIComponent(new URL(address, 'http://stage').pathname);
  } catch {
    return address;
  }
}

/**
 * A static server: `pages` maps a path to text, to `{ status?, headers?, body }` or to a function of the request that
 * returns one of them; `/tailorbird/*` comes from the built agent, all else from `site`. Pages can be swapped while it runs.
 */
export async function startStage({ pages = {}, dist = DIST, site, headers = {}, port = 0 } = {}) {
  const requests = [];
  const stage = { pages: { '/tailorbird/rules.json': JSON.stringify(EMPTY_RULES), '/favicon.ico': { status: 204, body: '' }, ...pages }, headers, requests };
  const server = createServer(async (request, response) => {
    const path = pathOf(request.url);
    requests.push({ method: request.method, path, at: Date.now() });
    let found = stage.pages[path];
    try {
      if (typeof found === 'function') found = await found(request, response);
    } catch (reason) {
      // A page that is closed while it sends has nobody left to answer.
      if (request.destroyed && !request.complete) return;
      throw reason;
    }
    if (response.writableEnded || found === null) return;
    if (found === undefined) {
      const root = path.startsWith('/tailorbird/') ? dist : site;
      const file = root && join(root, normalize(path.startsWith('/tailorbird/') ? path.slice('/tailorbird'.length) : path.endsWith('/') ? `${path}index.html` : path));
      const body = file && (await readFile(file).catch(() => undefined));
      found = body === undefined ? { status: 404, body: `no such file: ${path}` } : { body, headers: { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' } };
    } else if (typeof found === 'string') {
      found = { body: found, headers: { 'content-type': TYPES[extname(path)] ?? TYPES['.html'] } };
    }
    response.writeHead(found.status ?? 200, { 'cache-control': 'no-cache', ...stage.headers, ...found.headers });
    response.end(found.body);
  });
  await new Promise((done) => server.listen(port, '127.0.0.1', done));
  stage.url = `http://127.0.0.1:${server.address().port}`;
  stage.close = () => new Promise((done) => {
    server.closeAllConnections();
    server.close(done);
  });
  return stage;
}

/** Waits until the agent is ready: its module runs and its store is open. Calls made before wait in the page. */
export async function agentReady(page, { global = 'tailorbird', timeout = 20_000 } = {}) {
  await page.waitForFunction((name) => typeof window[name]?.on === 'function' && typeof window[name]?.flush === 'function', global, { timeout });
  await page.evaluate((name) => new Promise((done) => window[name].on('ready', done)), global);
}
