// The places of the page that have room for content: which there are, what stood there before, whether they are in use.
import { roomIn, element as slotElement } from "./element.js";
import { safe } from "./safe.js";

/** Elements that name a placement. */
export const MARKED = "[data-tailorbird-slot],tailorbird-slot[name]";
/** A filled slot remembers this; by name, for other copies of this package in the page. */
const FILLED = "__tailorbird";
/** What stood there before, what stands there now, and the markup that it was made of. */
interface Filled { own: Node[]; ours: Node[]; html: string }
type Slot = Element & { room?: Element; [FILLED]?: Filled };
/** Where somebody types or chooses right now. */
const TYPED = "input:focus,textarea:focus,select:focus,[contenteditable]:focus";
/** So often on one page view content comes back that the page has replaced. Then the page is at work there, not we. */
const COMEBACKS = 9;

const touched = new Set<EventTarget>();
const lost = new Map<Slot, number>();
/** What has gone for good is not kept alive; what is only taken out may come back. */
let filled: Pick<WeakRef<Slot>, "deref">[] = [];
/** Browsers of before 2021 know no weak references: there it stays alive. */
const weak = (slot: Slot): typeof filled[0] => (typeof WeakRef === "function" ? new WeakRef(slot) : { deref: () => slot });

/** From now on it is noticed which slots the shopper has begun to use. */
export function watchTouches(): void {
  for (const kind of ["pointerdown", "focusin"]) {
    addEventListener(kind, (event) => event.composedPath().forEach((target) => touched.add(target)), { capture: true, passive: true });
  }
}

/** Another page view begins: every slot may change again. */
export function untouch(): void {
  touched.clear();
  lost.clear();
}

/** All slots that the page has now, in its order; then those in open shadow roots. */
export function slots(): Element[] {
  const found: Element[] = [...document.querySelectorAll(MARKED)];
  for (const element of slotElement()?.all ?? []) {
    if (element.hasAttribute("name") && element.isConnected && element.getRootNode() !== document) found.push(element);
  }
  // What the parser is inside of would go on growing behind our back. The element holds its own content apart.
  return found.filter((slot) => "room" in slot || isWhole(slot));
}

/** Whether the parser is done with an element. */
export function isWhole(slot: Node): boolean {
  if (document.readyState !== "loading") return true;
  for (let node: Node | null = slot; node; node = node.parentNode) if (node.nextSibling) return true;
  return false;
}

/** Whether what was put into a slot is still there: a script may have put something else in its place. */
export function holds(slot: Slot): boolean {
  const { room, [FILLED]: was } = slot;
  if (!was || room) return !!was && room!.parentNode === slot;
  return was.ours.length ? was.ours.some((node) => slot.contains(node)) : !slot.firstChild;
}

/** Whether React, Preact, Vue or Angular made the slot: they stumble where they do not find the nodes that they put there. */
function tended(slot: Element): boolean {
  for (let node: Element | null = slot; node; node = node.parentElement) {
    if (Object.keys(node).some((key) => /^(__(react|vue|ng|k$)|_vnode)/.test(key))) return true;
  }
  return false;
}

/**
 * Puts markup into a slot; without markup, the page's own comes back. Answers whether anything changed; undefined where the
 * shopper is using the slot, unless `anyway`.
 */
export function fill(slot: Slot, html?: string, anyway?: boolean): boolean | undefined {
  const was = slot[FILLED];
  const there = holds(slot);
  if (!there && html !== undefined && tended(slot)) {
    try {
      slot.room ??= roomIn(slot);
    } catch { /* not every element can have one */ }
  }
  const room = slot.room ?? slot;
  // A copy of the slot, as page caches make them, brings what it showed then.
  for (const stray of slot.querySelectorAll(":scope>[slot=tailorbird]")) if (stray !== room) stray.remove();
  if (html === (there ? was!.html : undefined)) {
    // What the page has put in the place of ours is its own already.
    if (!there) delete slot[FILLED];
    return false;
  }
  // Somebody may have begun to type before the script was there, or while a route changes with each letter.
  if ((touched.has(slot) || slot.querySelector(TYPED)) && !anyway) return undefined;
  if (was && !there) {
    const times = (lost.get(slot) ?? 0) + 1;
    if (times > COMEBACKS) return undefined;
    lost.set(slot, times);
  }
  const own = there ? was!.own : room === slot ? [...slot.childNodes] : [];
  const ours = html === undefined ? own : [...safe(html).childNodes];
  room.textContent = "";
  room.append(...ours);
  if (html === undefined) {
    delete slot[FILLED];
    if (room !== slot) room.remove();
  } else {
    if (!was) filled = [...filled.filter((one) => one.deref()?.[FILLED]), weak(slot)];
    slot[FILLED] = { own, ours, html };
    if (room !== slot) slot.append(room);
  }
  return true;
}

/** Puts the page's own content back into every slot. */
export function giveBack(): void {
  for (const one of filled) {
    const slot = one.deref();
    if (slot) fill(slot, undefined, true);
  }
}
