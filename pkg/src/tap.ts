// Listens in on a function of the page without standing in its way.

/**
 * Puts a function in front of `owner[name]` that tells `hear` its arguments and then does what the page's own one does,
 * with the same `this`, arguments, answer and exceptions. Answers the function that undoes it; undefined where the page
 * does not let its function be replaced. It is JavaScript, not wasm, so that the page's call goes through even after the
 * module ended.
 */
export function tap(owner: object, name: string, hear: (args: unknown[]) => void): (() => void) | undefined {
  const home = owner as Record<string, unknown>;
  let open = true;
  try {
    const inner = home[name];
    if (typeof inner !== "function") return undefined;
    const own = Object.prototype.hasOwnProperty.call(home, name);
    const outer = function (this: unknown, ...args: unknown[]): unknown {
      if (open) {
        try {
          hear(args);
        } catch { /* ours to bear, not the page's */ }
      }
      return Reflect.apply(inner, this, args);
    };
    home[name] = outer;
    if (home[name] !== outer) return undefined;
    return () => {
      open = false;
      // Somebody who wrapped ours still calls it; then it stays, deaf.
      if (home[name] !== outer) return;
      if (own) home[name] = inner;
      else delete home[name];
    };
  } catch {
    return undefined;
  }
}
