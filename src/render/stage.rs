//! What stands in the slots now. What stood there before, and what the shopper is using, is known to `slots.ts`.

use super::slots::{Slot, slots};
use std::cell::RefCell;
use wasm_bindgen::JsValue;
use web_sys::{Document, Element};

/// What became of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// Something else stands there now.
    Changed,
    /// It stood there already.
    Same,
    /// The shopper is using the slot, or the markup could not be read: all stays as it was.
    Refused,
}

/// One slot that shows something of ours.
struct Shown {
    element: Element,
    html: String,
}

/// The slots of one page.
pub(crate) struct Stage {
    shown: RefCell<Vec<Shown>>,
    /// Makes nodes that may enter the page of markup (`safe.ts`).
    safe: js_sys::Function,
    /// Lists the elements that are slots.
    marked: js_sys::Function,
    /// Puts nodes into a slot; without nodes, the page's own come back.
    fill: js_sys::Function,
    /// Forgets what the shopper has touched.
    untouch: js_sys::Function,
}

impl Stage {
    /// `hook` gives the package's functions by name.
    pub(crate) fn new(hook: impl Fn(&str) -> Option<js_sys::Function>) -> Stage {
        let named = |name: &str| hook(name).unwrap_or_else(|| js_sys::Function::new_no_args(""));
        Stage {
            shown: RefCell::default(),
            safe: named("safe"),
            marked: named("slots"),
            fill: named("fill"),
            untouch: named("untouch"),
        }
    }

    /// All slots of the page.
    pub(crate) fn slots(&self, document: &Document, selectors: &[(String, String)]) -> Vec<Slot> {
        slots(document, &self.marked, selectors)
    }

    /// Puts markup into a slot.
    pub(crate) fn show(&self, element: &Element, html: &str) -> Put {
        let mut shown = self.shown.borrow_mut();
        shown.retain(|slot| slot.element.is_connected());
        if shown.iter().any(|slot| slot.element == *element && slot.html == html) {
            return Put::Same;
        }
        let Ok(nodes) = self.safe.call1(&JsValue::NULL, &html.into()) else { return Put::Refused };
        let put = self.fill(element, &nodes, false);
        if put != Put::Refused {
            shown.retain(|slot| slot.element != *element);
            shown.push(Shown { element: element.clone(), html: html.to_owned() });
        }
        put
    }

    /// Puts the page's own markup back into a slot; `anyway`: even if the shopper is using it.
    pub(crate) fn restore(&self, element: &Element, anyway: bool) -> Put {
        let put = self.fill(element, &JsValue::UNDEFINED, anyway);
        if put != Put::Refused {
            self.shown.borrow_mut().retain(|slot| slot.element != *element);
        }
        put
    }

    /// Puts the page's own markup back everywhere.
    pub(crate) fn restore_all(&self) {
        for slot in self.shown.take() {
            self.fill(&slot.element, &JsValue::UNDEFINED, true);
        }
    }

    /// A new page view begins: what was touched may change again.
    pub(crate) fn untouch(&self) {
        let _ = self.untouch.call0(&JsValue::NULL);
    }

    fn fill(&self, element: &Element, nodes: &JsValue, anyway: bool) -> Put {
        let changed = self.fill.call3(&JsValue::NULL, element, nodes, &anyway.into());
        match changed.ok().and_then(|changed| changed.as_bool()) {
            Some(true) => Put::Changed,
            Some(false) => Put::Same,
            None => Put::Refused,
        }
    }
}
