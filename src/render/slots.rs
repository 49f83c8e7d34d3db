//! Where the page has room for content: marked slots, the custom element, and the rules' own selectors.

use wasm_bindgen::JsCast;
use web_sys::{Document, Element};

/// An element that shows a placement.
#[derive(Clone)]
pub(crate) struct Slot {
    pub(crate) placement: String,
    pub(crate) element: Element,
}

/// All slots of the document in its order; a placement's `selector` serves where no element names the placement itself.
pub(crate) fn slots(document: &Document, selectors: &[(String, String)]) -> Vec<Slot> {
    let mut found: Vec<Slot> = Vec::new();
    let marked = document.query_selector_all("[data-tailorbird-slot],tailorbird-slot[name]");
    if let Ok(marked) = marked {
        for nth in 0..marked.length() {
            let Some(element) = marked.item(nth).and_then(|node| node.dyn_into::<Element>().ok()) else { continue };
            let name = element.get_attribute("data-tailorbird-slot").or_else(|| element.get_attribute("name"));
            if let Some(placement) = name {
                found.push(Slot { placement, element });
            }
        }
    }
    for (placement, selector) in selectors {
        if found.iter().any(|slot| slot.placement == *placement) {
            continue;
        }
        // A selector that the browser cannot read finds nothing; `check` is the place to complain.
        if let Ok(Some(element)) = document.query_selector(selector) {
            found.push(Slot { placement: placement.clone(), element });
        }
    }
    found
}
