// `<tailorbird-slot name>`: a slot that tells when it comes, goes or gets another name, wherever in the page it stands.
// Its own content stays its children, so that frameworks find what they rendered; ours stands in a room beside it.

const NAME = "tailorbird-slot";

interface SlotClass extends CustomElementConstructor {
  /** Every such element that is in a document. */
  readonly all: Set<Element>;
  /** Called soon after elements came or changed. */
  readonly changed: Set<() => void>;
}

/** The element's class, once it is defined; shared by all copies of this package in a page. */
export const element = (): SlotClass | undefined => customElements.get(NAME) as SlotClass | undefined;

/** Defines the element unless it is, and calls `changed` when the page's slots changed. */
export function define(changed: () => void): void {
  if (typeof customElements !== "object" || !customElements) return;
  if (!element()) customElements.define(NAME, made());
  element()!.changed?.add(changed);
}

/** Room for our content in an element, beside its own children: those stay where they are and are only not displayed. */
export function roomIn(host: Element): HTMLElement {
  const room = document.createElement("div");
  const [ours, own] = [document.createElement("slot"), document.createElement("slot")];
  ours.name = room.slot = "tailorbird";
  room.style.display = "contents";
  ours.append(own);
  host.attachShadow({ mode: "open" }).append(ours);
  return room;
}

function made(): SlotClass {
  let told = false;
  const all = new Set<Element>();
  const changed = new Set<() => void>();
  const tell = () => {
    if (told) return;
    told = true;
    // Not in the middle of what a framework or the parser is doing.
    setTimeout(() => {
      told = false;
      for (const one of changed) one();
    });
  };
  return class extends HTMLElement {
    static readonly all = all;
    static readonly changed = changed;
    static readonly observedAttributes = ["name"];
    readonly room = roomIn(this);
    connectedCallback() {
      all.add(this);
      tell();
    }
    disconnectedCallback() {
      all.delete(this);
    }
    attributeChangedCallback() {
      tell();
    }
  };
}
