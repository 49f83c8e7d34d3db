// Firefox and Safari drop a page's requests as soon as it may be left, before they tell it so; and the page may stay all the
// same: a file was downloaded, or "back" shows it again.

/** So long a page that is being left is given to go, in milliseconds. */
const WHILE = 300;

/** Whether the network failed, which is no answer of a server. */
export const isLost = (reason: unknown): boolean => reason instanceof TypeError || (reason as Error | undefined)?.name === "AbortError";

/** What `get` brings; where the network failed it is asked once more, by the page that is still there. */
export async function patient<T>(get: () => Promise<T>): Promise<T> {
  try {
    return await get();
  } catch (reason) {
    if (!isLost(reason)) throw reason;
    await new Promise((done) => setTimeout(done, WHILE));
    return get();
  }
}
