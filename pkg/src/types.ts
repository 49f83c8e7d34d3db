// What users of the package see: the shapes, with units and meanings.

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
/** Properties, traits and the like: what `JSON.stringify` can write. Dates become ISO text. `any` lets interfaces be given as well. */
export type Properties = Record<string, any>;

/** One purpose's state. `pending`: decide in memory, store nothing, send nothing. */
export type ConsentState = "granted" | "denied" | "pending";
export interface Consent {
  /** Remember a profile on this device and decide from it. */
  personalization?: ConsentState;
  /** Send events. */
  analytics?: ConsentState;
}

/** Which of the page's own signals are listened to; all are on unless switched off. */
export interface Autocapture {
  clicks?: boolean;
  pages?: boolean;
  dataLayer?: boolean;
  jsonLd?: boolean;
  visibility?: boolean;
}

/** What `fetch` would be called with; for tests. Answers a response or a promise of one. */
export type Transport = (url: string, init: { method: "POST"; body: string; keepalive: boolean }) => Promise<{
  status: number;
  headers?: { get(name: string): string | null };
  text?(): Promise<string>;
}>;

export interface StartOptions {
  /** Rules document: its URL, or the object itself. */
  rules?: string | URL | object;
  /** Catalogue: its URL, or the object itself. Default: the rules' `catalog`. */
  catalog?: string | URL | object;
  /** The model's manifest URL. Default: the rules' `model`. */
  model?: string | URL;
  /** Where events go: the origin (or URL prefix) in front of `/v1/b`. Empty or `/`: this origin. Absent: nothing is sent. */
  collector?: string;
  /** Names this shop to the collector. Public by nature. */
  writeKey?: string;
  /**
   * What the shopper has agreed to so far. Default, for each purpose: `settings.consent` of the rules, else pending. What
   * the shopper said to `agent.consent` on an earlier page outweighs it.
   */
  consent?: Consent | ConsentState;
  autocapture?: Autocapture | boolean;
  /** In front of every name this agent stores under. Default `tailorbird`. */
  storagePrefix?: string;
  /** The global that the script tag fills. Default `tailorbird`. */
  globalName?: string;
  /** The WebAssembly module: URL, bytes or a compiled module. */
  wasm?: string | URL | BufferSource | WebAssembly.Module;
  /** Nonce for elements the agent creates, where a policy asks for one. */
  cspNonce?: string;
  /** `flushAt` events or `flushIntervalMs` milliseconds, whichever comes first. Defaults 20 and 5000. */
  sync?: { flushAt?: number; flushIntervalMs?: number };
  /** Slots stay invisible while undecided, at most so many milliseconds in all. Default 300; 0 never hides. */
  holdMs?: number;
  /** For tests: the time in milliseconds. */
  clock?: () => number;
  /** For tests: makes ids repeatable. */
  seed?: number;
  /** For tests: stands in for `fetch`. */
  transport?: Transport;
  /** For tests: is handed the agent before it starts. */
  test?: (agent: Agent) => void;
  /** Log what happens to the console, and open the overlay. */
  debug?: boolean;
}

export interface Decision {
  placement: string;
  experience: string | null;
  variant: string | null;
  /** The block to show; null leaves the page's own markup. */
  block: string | null;
  html: string | null;
  fields: Record<string, Json>;
  /** Ids of the picked products, best first. */
  products: string[];
  reason: "matched" | "default" | "control" | "preview" | "off";
  experiment?: { id: string; variant: string };
}

/** Why one experience of a placement won or lost. */
export interface Explanation {
  experience: string;
  priority: number;
  /** `products`: it would have won but has no product to show. `consent`: it would have, but personalization is denied. */
  outcome: "won" | "lost" | "condition" | "schedule" | "limit" | "traffic" | "products" | "consent" | "off";
  /** `won`: the variant that an experiment drew. */
  variant?: string;
  /** The variants of an experiment, in the order of the rules. */
  variants?: string[];
  /** `lost`: the experience that won instead. */
  to?: string;
  /** `condition`: the part of `when` that did not hold, and the attribute's value. */
  failed?: FailedCondition;
  /** `schedule`: milliseconds. */
  starts?: number;
  ended?: number;
  /** `off`: what is wrong with its rules, where they tell of it. */
  warning?: string;
  /** `limit`: how often it was to be shown, per what, and when it may be again. */
  times?: number;
  per?: "session" | "day" | "visitor";
  freeAt?: number;
  /** Of the one that won: its products, each with what spoke for it. */
  products?: Picked[];
}

/** A product that was picked, and why. */
export interface Picked {
  id: string;
  /** What brought it: the strategy asked for, or a fallback. */
  strategy: string;
  /** A sentence for the shopper: `Because you viewed Meadow hay`. */
  why: string;
  /** What spoke for it the most: a product's id, a category, brand or tag; empty for nothing in particular. */
  because: string;
  /** What that contributed to the score, in the model's units; 0 where no model spoke. */
  weight: number;
  /** Only its order among the picks of one strategy means something. */
  score: number;
}

/** A condition that did not hold. */
export interface FailedCondition {
  /** The attribute; empty for `$and`, `$or` and the like, whose parts are `inner`. */
  path: string;
  operator: string;
  expected: Json;
  actual: Json;
  condition: Json;
  inner?: FailedCondition[];
}

export interface Warning {
  code: string;
  message: string;
}

export interface Events {
  ready: { version: string };
  /** As it is sent, in Segment's form. */
  event: { type: string; [name: string]: Json };
  decision: Decision;
  render: Decision;
  exposure: { placement: string; experience: string; variant: string | null };
  sync: { [name: string]: Json };
  stage: { from: string; to: string };
  warning: Warning;
}

/** What each of Segment's calls takes after its own arguments. */
export interface CallOptions {
  timestamp?: Date | string | number;
  context?: Properties;
  messageId?: string;
  /** For destinations behind a Segment-compatible endpoint. */
  integrations?: Properties;
}
/** @deprecated Now `CallOptions`. */
export type TrackOptions = CallOptions;
/** Called soon after the event was taken. As in Segment, it may stand in the place of any argument after the first. */
export type Callback = () => void;
/** The end of an argument list in Segment's way: data, options and a callback, each of which may be missing. */
export type Rest<Data> = [data?: Data | null, options?: CallOptions, done?: Callback] | [data: Data | null | undefined, done: Callback] | [done: Callback];

/** The agent. No method throws because of the page, storage, network or documents. */
export interface Agent {
  /** The package's version. */
  readonly version: string;
  track(event: string, ...properties: Rest<Properties>): void;
  /** `page("Name")`, `page("Category", "Name")`, `page({…})`, each with properties, options and a callback behind. */
  page(...args: [category?: string | null, name?: string | null, ...properties: Rest<Properties>] | [name: string, ...properties: Rest<Properties>] | Rest<Properties>): void;
  identify(userId?: string | number | null, ...traits: Rest<Properties>): void;
  identify(...traits: Rest<Properties>): void;
  group(groupId: string | number, ...traits: Rest<Properties>): void;
  alias(userId: string | number, previousId?: string | number, options?: CallOptions, done?: Callback): void;
  alias(userId: string | number, ...options: [options: CallOptions, done?: Callback] | [done: Callback]): void;
  /**
   * The decision for a placement: shows nothing, counts nothing. `context`: attributes for this answer alone, nested or by
   * path; they go before what is known (`{ "page.type": "cart" }`), and may have names of their own.
   */
  decide(placement: string, options?: { context?: Properties }): Decision;
  /** The decisions for every placement of the rules. */
  decideAll(options?: { context?: Properties }): Record<string, Decision>;
  /** Decides, puts it into the page, counts the exposure once it is visible. Without a name: every slot in the page. */
  render(placement?: string): void;
  /** Every experience of the placement with why it won or lost. */
  explain(placement: string): Explanation[];
  profile(): Record<string, Json>;
  /** What conditions see. */
  attributes(): Record<string, Json>;
  /** With an argument: updates it. Answers the state in force. */
  consent(update?: Consent | ConsentState): Required<Consent>;
  /**
   * All that is stored about this shopper on this device: `profile` as pages read it, `stored` as it is written, `consent`,
   * `kept` (what slots showed last), and in `delivery` how many events wait; what they say is in the profile.
   */
  export(): Record<string, Json>;
  /** Erases this device's profile and queue; `everywhere` asks the collector to erase too, later if it cannot be reached now. */
  forget(options?: { everywhere?: boolean }): Promise<void>;
  /** Sends what waits; settled when the collector answered or could not be reached. */
  flush(): Promise<void>;
  /** Forgets who the visitor is, as on log-out: new anonymous id, empty profile. */
  reset(): void;
  /** Listens; answers the function that stops listening. */
  on<Name extends keyof Events>(name: Name, handler: (detail: Events[Name]) => void): () => void;
  /** Shows an experience, or one of its variants, whatever the rules say; null ends it. No exposure is counted. */
  preview(choice: { experience: string; variant?: string } | null): void;
  /** Runs queued calls: `push(["track", "Product Added", {…}])`. */
  push(...calls: unknown[]): void;
  /** Opens the overlay: slots outlined, each decision and why, profile, events, consent. Its script is loaded only now. */
  debug(): void;
  /** For the overlay: the page's slots with their placements. @internal */
  places(): [placement: string, element: Element][];
  /** For tests: does now what would be done within the next moments. Whether something is still on its way. @internal */
  settle(): boolean;
  /** Ends listening and rendering, and puts the page's own markup back. */
  stop(): void;
}

declare global {
  interface Window {
    /** What the script tag leaves: the agent. Before it runs, the list that takes calls for it; `push` works on both. */
    tailorbird?: Pick<Agent, "push"> & Partial<Agent>;
    /** Options for the script tag that stand above its attributes; set before it runs. */
    tailorbirdOptions?: StartOptions;
  }
}
