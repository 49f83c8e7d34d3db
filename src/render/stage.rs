//! What stands in the slots now. What stood there before, and what the shopper is using, is known to `slots.ts`.

use super::slots::{Slot, slots};
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

/// The slots of one page.
pub(crate) struct Stage {
    /// Lists the elements that are slots.
    marked: js_sys::Function,
    /// Puts markup into a slot; without markup, the page's own comes back.
    fill: js_sys::Function,
    /// Whether what was put into a slot is still there.
    holds: js_sys::Function,
    /// Puts the page's own markup back everywhere.
    give_back: js_sys::Function,
    /// Forgets what the shopper has touched.
    untouch: js_sys::Function,
}

impl Stage {
    /// `hook` gives the package's functions by name.
    pub(crate) fn new(hook: impl Fn(&str) -> Option<js_sys::Function>) -> Stage {
        let named = |name: &str| hook(name).unwrap_or_else(|| js_sys::Function::new_no_args(""));
        Stage {
            marked: named("slots"),
            fill: named("fill"),
            holds: named("holds"),
            give_back: named("giveBack"),
            untouch: named("untouch"),
        }
    }

    /// All slots of the page.
    pub(crate) fn slots(&self, document: &Document, selectors: &[(String, String)]) -> Vec<Slot> {
        slots(document, &self.marked, selectors)
    }

    /// Puts markup into a slot, or without markup the page's own; `anyway`: even if the shopper is using it.
    pub(crate) fn fill(&self, element: &Element, html: Option<&str>, anyway: bool) -> Put {
        let html = html.map_or(JsValue::UNDEFINED, JsValue::from);
        let changed = self.fill.call3(&JsValue::NULL, element, &html, &anyway.into());
        match changed.ok().and_then(|changed| changed.as_bool()) {
            Some(true) => Put::Changed,
            Some(false) => Put::Same,
            None => Put::Refused,
        }
    }

    /// Whether what was put into a slot is still there: scripts of the page may have put something else in its place.
    pub(crate) fn holds(&self, element: &Element) -> bool {
        self.holds.call1(&JsValue::NULL, element).is_ok_and(|holds| holds.is_truthy())
    }

    /// Puts the page's own markup back everywhere.
    pub(crate) fn give_back(&self) {
        let _ = self.give_back.call0(&JsValue::NULL);
    }

    /// A new page view begins: what was touched may change again.
    pub(crate) fn untouch(&self) {
        let _ = self.untouch.call0(&JsValue::NULL);
    }
}
