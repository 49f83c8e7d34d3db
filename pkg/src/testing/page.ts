// The part of the testing kit that runs in the page: clock, seed, a stand-in for the collector, and a log that outlives
// navigation. It is put in front of the page's own scripts and talks to the agent through its public methods alone.
import type { Agent, Decision, Explanation, StartOptions, TrackOptions } from "../types.js";

/** What `prepare` decided, as JSON. */
export interface Setup {
  /** Milliseconds at which the clock stands; null: the real time, shifted by what `returning` asks for. */
  now: number | null;
  seed: number;
  /** Batches go to the real collector. */
  deliver: boolean;
  /** Above what page and tag say. */
  options: Record<string, unknown>;
}

/** One line of the log. */
export interface Entry {
  at: number;
  kind: "event" | "decision" | "render" | "exposure" | "stage" | "warning" | "delivered";
  path: string;
  detail: { [name: string]: unknown };
}

/** A decision with why each experience of its placement won or lost. */
export interface Explained extends Decision {
  why: Explanation[];
}

export interface InPage {
  settled(patience: number): Promise<void>;
  /** Waits until what the agent keeps is on disk. */
  stored(): Promise<void>;
  log(): Entry[];
  clear(): void;
  now(): number;
  /** Time passes, for this page or only from the next one on. */
  travel(ms: number, arriving?: "with the next page"): void;
  decisions(): Record<string, Explained>;
  shown(placement: string): { text: string; html: string } | null;
  seen(placement: string, patience: number): Promise<void>;
  track(events: { name: string; properties: Record<string, unknown>; before?: number }[]): void;
  /** Calls a method of the agent. */
  call(name: string, ...args: unknown[]): unknown;
}

declare const __TAILORBIRD_SETUP__: Setup;
const KEY = "__tailorbird_kit";
const MOST = 2000;
const LISTENED = ["event", "decision", "render", "exposure", "stage", "warning"] as const;

// Tests may replace the page's timers and its clock; ours are those that were there first.
const later = setTimeout.bind(window);
const realNow = Date.now.bind(Date);

function install(setup: Setup): void {
  // Navigation begins anew in a new document; what has to outlive it stands in the tab's own store.
  // A log of thousands is written once a turn, and when the page goes.
  let due = false;
  const kept = read() ?? { shift: 0, loads: 0, log: [] as Entry[] };
  kept.loads += 1;
  write();
  addEventListener("pagehide", flush);
  let agent: Agent | undefined;
  let shift = kept.shift;
  const now = () => (setup.now ?? realNow()) + shift;
  let noted = 0;
  const note = (kind: Entry["kind"], detail: unknown) => {
    noted += 1;
    kept.log.push({ at: now(), kind, path: location.pathname, detail: detail as Entry["detail"] });
    if (kept.log.length > MOST) kept.log.shift();
    write();
  };
  let meet!: (agent: Agent) => void;
  const ready = new Promise<Agent>((done) => {
    meet = (met) => {
      agent = met;
      done(met);
    };
  });

  function read(): { shift: number; loads: number; log: Entry[] } | undefined {
    try {
      return JSON.parse(sessionStorage.getItem(KEY) ?? "") ?? undefined;
    } catch {
      return undefined;
    }
  }
  function write(): void {
    if (due) return;
    due = true;
    later(flush);
  }
  function flush(): void {
    due = false;
    try {
      sessionStorage.setItem(KEY, JSON.stringify(kept));
    } catch { /* blocked storage: the log begins anew with every page */ }
  }

  let given: Partial<StartOptions> | undefined = (window as { tailorbirdOptions?: StartOptions }).tailorbirdOptions;
  const ours: Partial<StartOptions> = {
    ...(setup.options as Partial<StartOptions>),
    clock: now,
    // Another page, other ids: a collector that has seen an id takes it for a repetition.
    seed: setup.seed + kept.loads * 1_000_003,
    test(started) {
      for (const name of LISTENED) started.on(name, (detail) => note(name, detail));
      started.on("ready", () => meet(started as Agent));
    },
  };
  if (!setup.deliver) {
    ours.transport = async (_url, { body }) => {
      const batch = (JSON.parse(body) as { batch?: { event?: string; type: string; messageId: string }[] }).batch ?? [];
      for (const { event, type, messageId } of batch) note("delivered", { event: event ?? type, messageId });
      return { status: 200, text: async () => `{"success":true,"accepted":${batch.length},"rejected":0}` };
    };
  }
  Object.defineProperty(window, "tailorbirdOptions", {
    configurable: true,
    get: () => ({ ...given, ...ours }),
    set: (value) => { given = value; },
  });

  const within = <T>(patience: number, what: string, wait: Promise<T>): Promise<T> =>
    Promise.race([wait, new Promise<T>((_, fail) => later(() => fail(new Error(what + warnings())), patience))]);
  const warnings = () => kept.log.filter((entry) => entry.kind === "warning").map((entry) => `\n  warning: ${String(entry.detail["message"])}`).join("");
  const running = (patience: number) => within(patience, `no agent was ready within ${patience} ms: is the tag in this page?`, ready);
  const turn = () => new Promise<void>((done) => later(done));
  const agentNow = (): Agent => {
    if (!agent) throw new Error("the agent is not ready yet: wait for `settled()` first" + warnings());
    return agent;
  };

  const slot = (placement: string) => agentNow().places().find(([name]) => name === placement)?.[1];

  const kit: InPage = {
    async settled(patience) {
      const settling = await running(patience);
      await within(patience, `the document was not parsed within ${patience} ms`, new Promise<void>((done) => {
        if (document.readyState !== "loading") done();
        else document.addEventListener("DOMContentLoaded", () => done(), { once: true });
      }));
      // What came of the last turn may want another one; two quiet turns end it.
      const end = performance.now() + patience;
      for (let quiet = 0; quiet < 2; ) {
        const before = noted;
        const coming = settling.settle();
        await turn();
        quiet = !coming && before === noted ? quiet + 1 : 0;
        if (performance.now() > end) throw new Error(`the page did not settle within ${patience} ms; the last it did: ${JSON.stringify(kept.log[kept.log.length - 1])}`);
      }
    },
    async stored() {
      // A transaction that comes after the agent's ends after it.
      const prefix = ours.storagePrefix ?? given?.storagePrefix ?? "tailorbird";
      for (const { name } of (await indexedDB.databases?.()) ?? []) {
        if (!name?.startsWith(prefix)) continue;
        await new Promise<void>((done) => {
          const asked = indexedDB.open(name);
          asked.onerror = () => done();
          asked.onsuccess = () => {
            const database = asked.result;
            const end = () => {
              database.close();
              done();
            };
            const work = database.transaction([...database.objectStoreNames], "readonly");
            work.oncomplete = work.onabort = end;
            work.objectStore(database.objectStoreNames[0]!).count();
          };
        });
      }
    },
    log: () => kept.log,
    clear() {
      kept.log.length = 0;
      write();
    },
    now,
    travel(ms, arriving) {
      kept.shift += ms;
      // What a page still does on its way out belongs to the time before.
      if (arriving !== "with the next page") shift = kept.shift;
      write();
    },
    decisions() {
      const asked = agentNow();
      const all: Record<string, Explained> = {};
      for (const [placement, decision] of Object.entries(asked.decideAll())) all[placement] = { ...decision, why: asked.explain(placement) };
      return all;
    },
    shown(placement) {
      const element = slot(placement);
      // The custom element keeps its own content as children, and what is shown apart.
      const room = element?.querySelector(":scope > [slot=tailorbird]") ?? element;
      return room ? { text: ((room as HTMLElement).innerText ?? room.textContent ?? "").trim(), html: room.innerHTML } : null;
    },
    async seen(placement, patience) {
      const asked = await running(patience);
      const element = slot(placement);
      if (!element) throw new Error(`there is no slot \`${placement}\` in this page`);
      element.scrollIntoView({ block: "center", behavior: "instant" as ScrollBehavior });
      if (kept.log.some((entry) => entry.kind === "exposure" && entry.detail["placement"] === placement && entry.path === location.pathname)) return;
      await within(patience, `\`${placement}\` was not seen within ${patience} ms: at least half of it has to be visible for a second, and an experience has to stand in it`, new Promise<void>((done) => {
        const off = asked.on("exposure", (exposure) => {
          if (exposure.placement !== placement) return;
          off();
          done();
        });
      }));
    },
    track(events) {
      for (const { name, properties, before } of events) {
        const options: TrackOptions | undefined = before ? { timestamp: now() - before } : undefined;
        agentNow().track(name, properties, options);
      }
    },
    call: (name, ...args) => (agentNow() as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!(...args),
  };
  Object.defineProperty(window, KEY, { value: kit });
}

// Frames have shops of their own; a driver that asks twice gets the first.
if (window.top === window && !(KEY in window)) install(__TAILORBIRD_SETUP__);
