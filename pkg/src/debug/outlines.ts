// Frames around the slots, drawn above the page: the page's own layout is not touched.
import type { Agent } from "../types.js";
import { h } from "./dom.js";

export interface Outlines {
  layer: HTMLElement;
  show(on: boolean): void;
  refresh(): void;
  /** Scrolls to a slot and lets its frame stand out. */
  look(placement: string): void;
  end(): void;
}

/** `pick` is called with the placement whose label was pressed. */
export function outlines(agent: Agent, pick: (placement: string) => void): Outlines {
  const layer = h("div", { class: "frames" });
  const frames = new Map<Element, { box: HTMLElement; label: HTMLElement; placement: string }>();
  let loop = 0;

  function refresh(): void {
    const places = agent.places();
    for (const [element, { box }] of frames) {
      if (places.some(([, place]) => place === element)) continue;
      box.remove();
      frames.delete(element);
    }
    for (const [placement, element] of places) {
      let frame = frames.get(element);
      if (!frame || frame.placement !== placement) {
        frame?.box.remove();
        const label = h("button", { class: "label", tabIndex: -1, onclick: () => pick(placement) });
        const box = h("div", { class: "frame" }, label);
        frames.set(element, (frame = { box, label, placement }));
        layer.append(box);
      }
      const { experience, reason } = agent.decide(placement);
      frame.box.dataset["reason"] = reason;
      frame.label.textContent = `${placement} · ${experience ?? (reason === "off" ? "off" : "default")}`;
    }
  }

  /** Follows the page: scrolling, resizing and whatever moves. Nothing is written while nothing moved. */
  function follow(): void {
    for (const [element, { box }] of frames) {
      const { left, top, width, height } = element.getBoundingClientRect();
      const place = width > 0 && height > 0 ? `${Math.round(left)} ${Math.round(top)} ${Math.round(width)} ${Math.round(height)}` : "";
      if (box.dataset["place"] === place) continue;
      box.dataset["place"] = place;
      box.hidden = !place;
      Object.assign(box.style, { transform: `translate(${Math.round(left)}px,${Math.round(top)}px)`, width: `${width}px`, height: `${height}px` });
      box.classList.toggle("low", top < 22);
    }
    loop = requestAnimationFrame(follow);
  }

  return {
    layer,
    refresh,
    show(on) {
      layer.hidden = !on;
      cancelAnimationFrame(loop);
      if (on) follow();
    },
    look(placement) {
      for (const [element, { box, placement: name }] of frames) {
        box.classList.toggle("chosen", name === placement);
        if (name === placement) element.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
      }
    },
    end: () => cancelAnimationFrame(loop),
  };
}
