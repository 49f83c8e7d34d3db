//! Where the page has room for content: marked slots, the custom element, and the rules' own selectors.

use crate::reach;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element};

/// An element that shows a placement.
#[derive(Clone)]
pub(crate) struct Slot {
    pub(crate) placement: String,
    pub(crate) element: Element,
}

/// All slots of the page in its order; a placement's `selector` serves where no element names the placement itself.
/// `marked` lists the elements that do (`slots.ts`), those in open shadow roots too.
pub(crate) fn slots(document: &Document, marked: &js_sys::Function, selectors: &[(String, String)]) -> Vec<Slot> {
    let mut found: Vec<Slot> = Vec::new();
    let elements = marked.call0(&JsValue::NULL).ok().and_then(|list| list.dyn_into::<js_sys::Array>().ok());
    for element in elements.iter().flat_map(js_sys::Array::iter) {
        let Ok(element) = element.dyn_into::<Element>() else { continue };
        let name = element.get_attribute("data-tailorbird-slot").or_else(|| element.get_attribute("name"));
        if let Some(placement) = name {
            found.push(Slot { placement, element });
        }
    }
    for (placement, selector) in selectors {
        if found.iter().any(|slot| slot.placement == *placement) {
            continue;
        }
        // A selector that the browser cannot read finds nothing; `check` is the place to complain.
        let Ok(Some(element)) = document.query_selector(selector) else { continue };
        // An element shows one placement: the one that it names, else the first in the rules' order.
        if is_whole(document, &element) && found.iter().all(|slot| slot.element != element) {
            found.push(Slot { placement: placement.clone(), element });
        }
    }
    found
}

/// Whether the parser is done with an element: what it is inside of would go on growing behind our back.
fn is_whole(document: &Document, element: &Element) -> bool {
    let mut node: JsValue = element.into();
    let is_parsing = reach::text(document, "readyState") == "loading";
    while is_parsing && reach::is_nothing(&reach::get(&node, "nextSibling")) {
        node = reach::get(&node, "parentNode");
        if reach::is_nothing(&node) {
            return false;
        }
    }
    true
}
