//! What stands in the slots now, and what stood there before.

use super::safe_html::safe_nodes;
use gloo_events::EventListener;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, Node};

/// One slot that shows something of ours.
struct Shown {
    element: Element,
    /// The page's own markup, to be put back.
    original: Vec<Node>,
    html: String,
    /// Whether the shopper has begun to do something with it.
    touched: Rc<Cell<bool>>,
    _listeners: [EventListener; 2],
}

/// The slots of one page.
pub(crate) struct Stage {
    shown: RefCell<Vec<Shown>>,
    /// Makes an inert document of markup.
    parse: js_sys::Function,
}

impl Stage {
    pub(crate) fn new(parse: js_sys::Function) -> Stage {
        Stage { shown: RefCell::default(), parse }
    }

    /// Puts markup into a slot. `false`: it stands there already, could not be read, or the shopper is using the slot.
    pub(crate) fn show(&self, document: &Document, element: &Element, html: &str) -> bool {
        let mut shown = self.shown.borrow_mut();
        shown.retain(|slot| slot.element.is_connected());
        let at = shown.iter().position(|slot| slot.element == *element);
        if at.and_then(|at| shown.get(at)).is_some_and(|slot| slot.html == html || slot.touched.get()) {
            return false;
        }
        let Some(nodes) = safe_nodes(document, &self.parse, html) else { return false };
        let current = children(element);
        // What the loader put there from the last visit is ours, not the page's: it keeps the original for us.
        let original = taken_by_loader(element).unwrap_or_else(|| current.clone());
        for node in &current {
            let _ = element.remove_child(node);
        }
        let _ = element.append_child(&nodes);
        match at.and_then(|at| shown.get_mut(at)) {
            Some(slot) => html.clone_into(&mut slot.html),
            None => {
                let touched = Rc::new(Cell::new(false));
                let listeners = ["focusin", "pointerdown"].map(|name| {
                    let touched = touched.clone();
                    EventListener::new(element, name, move |_| touched.set(true))
                });
                shown.push(Shown {
                    element: element.clone(),
                    original,
                    html: html.to_owned(),
                    touched,
                    _listeners: listeners,
                });
            }
        }
        true
    }

    /// Puts the page's own markup back into a slot. `false`: it stands there already.
    pub(crate) fn restore(&self, element: &Element) -> bool {
        let mut shown = self.shown.borrow_mut();
        let Some(at) = shown.iter().position(|slot| slot.element == *element) else { return false };
        let slot = shown.swap_remove(at);
        put_back(&slot);
        true
    }

    /// Puts the page's own markup back everywhere.
    pub(crate) fn restore_all(&self) {
        for slot in self.shown.take() {
            put_back(&slot);
        }
    }

    /// A new page view begins: what was touched may change again.
    pub(crate) fn untouch(&self) {
        for slot in self.shown.borrow().iter() {
            slot.touched.set(false);
        }
    }
}

fn put_back(slot: &Shown) {
    for node in children(&slot.element) {
        let _ = slot.element.remove_child(&node);
    }
    for node in &slot.original {
        let _ = slot.element.append_child(node);
    }
}

fn children(element: &Element) -> Vec<Node> {
    let list = element.child_nodes();
    (0..list.length()).filter_map(|nth| list.item(nth)).collect()
}

fn taken_by_loader(element: &Element) -> Option<Vec<Node>> {
    let taken = js_sys::Reflect::get(element, &"__tailorbird".into()).ok()?.dyn_into::<js_sys::Array>().ok()?;
    let _ = js_sys::Reflect::delete_property(element, &"__tailorbird".into());
    Some(taken.iter().filter_map(|node| node.dyn_into().ok()).collect())
}
