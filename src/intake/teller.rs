//! Where all sources tell what they found: each event is taken once, joined with the catalogue, and handed on.

use super::happening::{Happening, Source};
use super::once::Once;
use super::product::{said, with_catalogue};
use super::{Lookup, Signal, cards, scrub};
use crate::reach;
use std::cell::RefCell;
use std::rc::Rc;
use tailorbird_schema::Value;
use wasm_bindgen::JsValue;

pub(super) struct Teller {
    lookup: Rc<dyn Lookup>,
    sink: Rc<dyn Fn(Signal)>,
    once: RefCell<Once>,
}

impl Teller {
    pub(super) fn new(lookup: Rc<dyn Lookup>, sink: Rc<dyn Fn(Signal)>) -> Teller {
        Teller { lookup, sink, once: RefCell::default() }
    }

    pub(super) fn signal(&self, signal: Signal) {
        (self.sink)(signal);
    }

    /// Tells an event unless another source told it already.
    pub(super) fn tell(&self, source: Source, mut happening: Happening) {
        scrub::properties(&mut happening.properties);
        let known = self.known(said(&happening.properties, "product_id"));
        happening.properties = with_catalogue(happening.properties, known);
        if self.takes(happening.name, &happening.properties, source) {
            let Happening { name, properties } = happening;
            self.signal(Signal::Track { name: name.to_owned(), properties });
        }
    }

    pub(super) fn track(&self, source: Source, name: &'static str, properties: Value) {
        self.tell(source, Happening { name, properties });
    }

    pub(super) fn takes(&self, name: &str, properties: &Value, source: Source) -> bool {
        self.once.borrow_mut().takes(name, properties, source, reach::now())
    }

    pub(super) fn has_listed(&self, id: &str) -> bool {
        self.once.borrow().has_listed(id)
    }

    pub(super) fn turn_page(&self) {
        self.once.borrow_mut().turn();
    }

    /// The product whose page a URL is.
    pub(super) fn product_at(&self, url: &str) -> Option<String> {
        if url.is_empty() { None } else { self.lookup.by_url(url) }
    }

    /// The placement that an element names, or shows by the rules' selector.
    pub(super) fn placement(&self, element: &JsValue) -> String {
        let named = cards::placement_of(element);
        if named.is_empty() { self.lookup.placement(element).unwrap_or_default() } else { named }
    }

    /// What the catalogue knows of a product, as Segment's fields.
    pub(super) fn known(&self, id: &str) -> Option<Value> {
        if id.is_empty() { None } else { self.lookup.properties(id) }
    }
}
