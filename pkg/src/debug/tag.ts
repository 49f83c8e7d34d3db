// The overlay for pages with the script tag: leaves itself where the loader looks for it.
import { overlay } from "../debug.js";

(globalThis as unknown as { __tailorbird_debug: typeof overlay }).__tailorbird_debug = overlay;
