//! Forces traps into the agent's module: at every export, and in every function that it gave the browser to call.
//
// Nothing of this is in what shoppers download: a script that runs before the page's own puts itself around the exports
// and imports of the module, and marks what the module hands out (listeners, timers, observers, answers) while it runs.

/**
 * Runs in the page before everything else. `plan`: which call traps: `kind`, which one of its kind `nth` (from 1), and
 * where: at its `entry`, or `inside` it, at the first thing it asks of the browser, with everything half done.
 */
export function setTraps(plan) {
  const Instance = WebAssembly.Instance;
  const { f: unreachable } = new Instance(new WebAssembly.Module(new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11,
  ]))).exports;
  const seen = new Map();
  const state = { seen, called: new Set(), told: 0, made: 0, trapped: 0, after: 0, asked: 0, errors: [] };
  window.traps = state;
  const { warn } = console;
  console.warn = (...said) => {
    state.told += String(said[0]).includes('internal error');
    warn(...said);
  };
  addEventListener('error', (event) => state.errors.push(`error: ${event.message}`));
  addEventListener('unhandledrejection', (event) => state.errors.push(`unhandledrejection: ${event.reason}`));

  let depth = 0;
  let kind;
  let armed = '';
  const trap = () => {
    armed = '';
    state.trapped += 1;
    unreachable();
  };
  WebAssembly.Instance = function (module, imports) {
    state.made += 1;
    const asked = {};
    for (const [room, functions] of Object.entries(imports)) {
      asked[room] = {};
      for (const [name, ask] of Object.entries(functions)) {
        asked[room][name] = typeof ask !== 'function' ? ask : function (...args) {
          if (state.trapped) state.asked += 1;
          if (armed === 'inside') trap();
          return ask.apply(this, args);
        };
      }
    }
    const exports = {};
    for (const [name, inner] of Object.entries(new Instance(module, asked).exports)) {
      exports[name] = typeof inner !== 'function' ? inner : (...args) => {
        if (state.trapped) state.after += 1;
        state.called.add(name);
        const outermost = depth === 0;
        const what = outermost ? kind ?? `export ${name}` : `export ${name} in answer to the module`;
        if (outermost) kind = undefined;
        seen.set(what, (seen.get(what) ?? 0) + 1);
        if (what === plan.kind && seen.get(what) === plan.nth && !state.trapped) armed = plan.where;
        depth += 1;
        try {
          if (armed === 'entry') trap();
          return inner(...args);
        } finally {
          depth -= 1;
          // A call that asked nothing of the browser has no inside to trap in.
          if (outermost) armed = '';
        }
      };
    }
    return { exports };
  };

  /** What the module gives away is called by name from now on; what the page gives away is left alone. */
  const known = new WeakMap();
  const marked = (name, then) => {
    if (depth === 0 || typeof then !== 'function') return then;
    const call = function (...args) {
      if (depth === 0) kind = name;
      try {
        return then.apply(this, args);
      } finally {
        if (depth === 0) kind = undefined;
      }
    };
    known.set(then, call);
    return call;
  };
  const around = (home, name, make) => {
    const plain = home[name];
    home[name] = function (...args) {
      return plain.apply(this, make.call(this, args));
    };
  };
  around(EventTarget.prototype, 'addEventListener', function ([type, then, ...more]) {
    return [type, marked(`listener ${type}`, then), ...more];
  });
  around(EventTarget.prototype, 'removeEventListener', ([type, then, ...more]) => [type, known.get(then) ?? then, ...more]);
  for (const name of ['setTimeout', 'setInterval']) around(window, name, ([then, wait, ...more]) => [marked(`${name} ${Math.min(wait, 9999)}`, then), wait, ...more]);
  for (const name of ['queueMicrotask', 'requestAnimationFrame', 'requestIdleCallback']) around(window, name, ([then, ...more]) => [marked(name, then), ...more]);
  for (const name of ['then', 'catch']) around(Promise.prototype, name, (given) => given.map((then) => marked(`promise ${name}`, then)));
  around(LockManager.prototype, 'request', (given) => given.map((then) => marked('lock', then)));
  for (const name of ['MutationObserver', 'IntersectionObserver', 'PerformanceObserver']) {
    const Plain = window[name];
    window[name] = class extends Plain {
      constructor(then, ...more) {
        super(marked(name, then), ...more);
      }
    };
  }
  for (const [home, names] of [
    [IDBRequest, ['onsuccess', 'onerror']], [IDBOpenDBRequest, ['onupgradeneeded', 'onblocked']], [IDBTransaction, ['oncomplete', 'onabort', 'onerror']],
    [IDBDatabase, ['onversionchange']], [BroadcastChannel, ['onmessage']],
  ]) {
    for (const name of names) {
      const { get, set } = Object.getOwnPropertyDescriptor(home.prototype, name);
      Object.defineProperty(home.prototype, name, { configurable: true, get, set(then) { set.call(this, marked(`${home.name} ${name}`, then)); } });
    }
  }
}

/** Runs in the page: everything that shoppers and shops do, so that every function of the agent is called. */
export async function everything() {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const agent = window.tailorbird;
  let ready = false;
  agent.on('ready', () => { ready = true; });
  for (let nth = 0; nth < 500 && !ready && !window.traps.told; nth += 1) await pause(20);
  const push = (...given) => window.dataLayer.push(...given);
  push({ event: 'view_item', ecommerce: { currency: 'EUR', items: [{ item_id: 'a', item_name: 'A', price: 3 }] } });
  window.gtag('event', 'add_to_cart', { items: [{ item_id: 'a' }] });
  window.gtag('consent', 'update', { analytics_storage: 'granted', ad_storage: 'granted' });
  document.querySelector('#product').click();
  document.querySelector('[data-tailorbird-slot] a')?.click();
  const input = document.querySelector('input');
  input.value = 'dog';
  input.dispatchEvent(new Event('input', { bubbles: true }));
  input.form.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
  agent.track('Product Viewed', { product_id: 'a' });
  agent.page('shop', 'home');
  agent.identify('u1', { tier: 'gold' });
  agent.group('g1', {});
  agent.alias('u2', 'u1');
  for (const ask of ['profile', 'attributes', 'export', 'consent', 'decideAll', 'places', 'settle']) agent[ask]?.();
  agent.decide('hero', { context: { x: 1 } });
  agent.explain('hero');
  agent.render();
  agent.preview({ experience: 'e' });
  agent.preview(null);
  const other = new BroadcastChannel('tailorbird');
  other.postMessage('h');
  other.postMessage('r1 100 f');
  history.pushState({}, '', '/other?q=dog');
  history.replaceState({}, '', '/third');
  document.body.append(Object.assign(document.createElement('div'), { innerHTML: '<a href="/p/b" data-tailorbird-product="b">B</a><div data-tailorbird-slot="hero">late</div>' }));
  await agent.flush();
  await pause(350);
  dispatchEvent(new PopStateEvent('popstate'));
  dispatchEvent(new Event('scroll'));
  for (const type of ['offline', 'online']) dispatchEvent(new Event(type));
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
  dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  await pause(50);
  agent.consent('denied');
  agent.consent('granted');
  await agent.forget();
  agent.reset();
  agent.track('After All', {});
  await pause(350);
  other.close();
  agent.stop?.();
}

/** Runs in the page afterwards: whether the page's own code goes on as if nothing were there. */
export async function pageWorks() {
  const before = { ...window.own };
  document.querySelector('#own').click();
  const length = window.dataLayer.push({ event: 'own' });
  history.pushState({ mine: 1 }, '', '/mine');
  document.body.append('x');
  const timer = await new Promise((done) => setTimeout(() => done('timer')));
  const fetched = await fetch('/own.json').then((answer) => answer.json());
  const row = await new Promise((done, fail) => {
    const request = indexedDB.open('shop', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('rows');
    request.onerror = fail;
    request.onsuccess = () => {
      const work = request.result.transaction('rows', 'readwrite');
      work.objectStore('rows').put('mine', 1);
      work.oncomplete = () => done('row');
    };
  });
  return {
    clicked: window.own.clicks - before.clicks, pushed: length === window.dataLayer.length, state: history.state?.mine, path: location.pathname,
    changes: window.own.changes > before.changes, timer, fetched: fetched.fine, row,
  };
}
