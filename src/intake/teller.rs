//! Where all sources tell what they found: each event is taken once, joined with the catalogue, and handed on.

use super::happening::{Happening, Source};
use super::once::Once;
use super::product::with_catalogue;
use super::{Lookup, Signal, reach};
use std::cell::RefCell;
use std::rc::Rc;
use tailorbird_schema::Value;

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
    pub(super) fn track(&self, source: Source, mut happening: Happening) {
        let id = happening.properties.get("product_id").and_then(Value::as_str);
        if let Some(known) = id.and_then(|id| self.lookup.properties(id)) {
            happening.properties = with_catalogue(happening.properties, Some(known));
        }
        if self.takes(happening.name, &happening.properties, source) {
            let Happening { name, properties, message_id } = happening;
            self.signal(Signal::Track { name: name.to_owned(), properties, source, message_id });
        }
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

    /// The product whose page a URL is, first as written, then without parameters.
    pub(super) fn product_at(&self, url: &str) -> Option<String> {
        let url = url.split('#').next().unwrap_or("");
        let bare = || url.split_once('?').and_then(|(bare, _)| self.lookup.by_url(bare));
        if url.is_empty() { None } else { self.lookup.by_url(url).or_else(bare) }
    }

    /// What the catalogue knows of a product, as Segment's fields.
    pub(super) fn known(&self, id: &str) -> Option<Value> {
        self.lookup.properties(id)
    }
}
