// A wall around the module: nothing that goes wrong inside it reaches the page.

/** Whether an instance may still be called. A trap leaves it in an unknown state, so the first one ends it for good. */
export interface Health {
  dead: boolean;
  /** Called once, when a trap ended the instance. */
  died(reason: unknown): void;
}

/**
 * The same exports, each of which answers `undefined` once the instance is dead, and never throws at the page. Where the
 * module called the page and the page calls back in, the call further out ends as well: it would go on with what is broken.
 */
export function guarded(exports: WebAssembly.Exports, health: Health): WebAssembly.Exports {
  let depth = 0;
  const walled: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(exports)) {
    const inner = exports[name] as unknown;
    if (typeof inner !== "function") {
      walled[name] = inner;
      continue;
    }
    walled[name] = (...args: unknown[]) => {
      try {
        depth += 1;
        if (!health.dead) return (inner as (...args: unknown[]) => unknown)(...args);
        if (depth > 1) throw health;
      } catch (reason) {
        if (!health.dead) {
          health.dead = true;
          // On a stack of its own: this one may be used up.
          setTimeout(() => health.died(reason));
        }
        if (depth > 1) throw reason;
      } finally {
        depth -= 1;
      }
    };
  }
  return walled as WebAssembly.Exports;
}
