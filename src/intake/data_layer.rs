//! The page's data layer: what was pushed before we came, what is pushed now, and an array put in its place.

use super::consent::ConsentMode;
use super::entry::{self, READ, Told};
use super::product::said;
use crate::reach::{self, is_nothing};
use std::cell::{Cell, RefCell};
use tailorbird_core::consent::Said;
use tailorbird_schema::Gather;
use tailorbird_schema::Value;
use wasm_bindgen::JsValue;

/// More entries are not looked at in one go, the newest are; Google's own tag keeps 300.
const MOST: u32 = 1000;
/// How far into an entry that JSON cannot write.
const DEPTH: u32 = 5;

pub(super) struct DataLayer {
    name: String,
    only: JsValue,
    /// Which entries were taken, by identity, so that no array order or trimming confuses us.
    seen: JsValue,
    layer: RefCell<JsValue>,
    length: Cell<f64>,
    waiting: RefCell<Vec<Value>>,
    mode: RefCell<ConsentMode>,
    page_type: Cell<Option<&'static str>>,
}

impl DataLayer {
    pub(super) fn new() -> DataLayer {
        DataLayer {
            name: layer_name(),
            only: reach::literal(READ),
            seen: reach::new("WeakSet", &[]),
            layer: RefCell::new(JsValue::UNDEFINED),
            length: Cell::new(0.0),
            waiting: RefCell::default(),
            mode: RefCell::default(),
            page_type: Cell::new(None),
        }
    }

    /// Takes what was pushed past our ears. Answers the array if it is one whose `push` is not listened to yet.
    pub(super) fn catch_up(&self) -> Option<JsValue> {
        let layer = reach::get(&reach::window(), &self.name);
        if !layer.is_object() {
            return None;
        }
        let is_new = layer != *self.layer.borrow();
        let length = reach::number(&layer, "length");
        if is_new || length != self.length.replace(length) {
            for entry in reach::last_items(&layer, MOST) {
                if reach::call(&self.seen, "has", &[&entry]) == JsValue::FALSE {
                    self.take(&entry);
                }
            }
        }
        is_new.then(|| {
            *self.layer.borrow_mut() = layer.clone();
            layer
        })
    }

    /// Takes the arguments of one `push`, copied now: the page may change its objects right after.
    pub(super) fn pushed(&self, arguments: &JsValue) {
        for entry in reach::items(arguments, MOST) {
            self.take(&entry);
        }
    }

    fn take(&self, entry: &JsValue) {
        if !entry.is_object() {
            return;
        }
        reach::call(&self.seen, "add", &[entry]);
        let copy = match reach::written(entry, &self.only) {
            Some(text) => tailorbird_core::json::parse_value(&text).unwrap_or_default(),
            None => self.copied(entry, DEPTH),
        };
        if !copy.members().is_empty() {
            self.waiting.borrow_mut().push(copy);
        }
    }

    /// Piece by piece, where one bad piece (a throwing getter, a circle) would spoil the whole.
    fn copied(&self, value: &JsValue, depth: u32) -> Value {
        if !value.is_object() {
            let text = reach::written(value, &JsValue::NULL).unwrap_or_default();
            return tailorbird_core::json::parse_value(&text).unwrap_or_default();
        }
        let mut items = Vec::new();
        let mut members = Vec::new();
        if depth > 0 && reach::number(value, "length") > 0.0 {
            for item in reach::items(value, MOST) {
                items.push(self.copied(&item, depth - 1));
            }
        } else if depth > 0 {
            for name in reach::items(&self.only, MOST) {
                let name = name.as_string().unwrap_or_default();
                let member = reach::get(value, &name);
                if !is_nothing(&member) {
                    members.push((name, self.copied(&member, depth - 1)));
                }
            }
        }
        if items.is_empty() { Value::Map(members) } else { Value::List(items) }
    }

    /// Whether anything waits to be read.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.borrow().is_empty()
    }

    /// Reads only what was said of consent; whether there was anything. The page has to be told before its events, and
    /// consent before the page.
    pub(super) fn peek_consent(&self) -> bool {
        let mut mode = self.mode.borrow_mut();
        let mut news = false;
        self.waiting.borrow_mut().retain(|entry| {
            let is_consent = said(entry, "0") == "consent";
            news |= is_consent && entry::read(entry, &mut mode).consent;
            !is_consent
        });
        news
    }

    /// Reads what was taken, in order.
    pub(super) fn read(&self) -> Vec<Told> {
        let waiting = std::mem::take(&mut *self.waiting.borrow_mut());
        let mut mode = self.mode.borrow_mut();
        let told: Vec<Told> = waiting.iter().map(|entry| entry::read(entry, &mut mode)).gather();
        if let Some(kind) = told.iter().rev().find_map(|told| told.page_type) {
            self.page_type.set(Some(kind));
        }
        told
    }

    pub(super) fn consent(&self) -> Said {
        self.mode.borrow().statement()
    }

    pub(super) fn page_type(&self) -> Option<&'static str> {
        self.page_type.get()
    }

    /// What the data layer said of the last page says nothing of the next one.
    pub(super) fn turn_page(&self) {
        self.page_type.set(None);
    }
}

/// `dataLayer`, or the name that the tag's own address gives it (`gtm.js?id=…&l=name`).
fn layer_name() -> String {
    let tag = reach::find(&reach::document(), r#"script[src*="googletagmanager.com/"][src*="l="]"#);
    let source = tag.map(|tag| reach::text(&tag, "src")).unwrap_or_default();
    for (name, value) in super::url::parameters(super::url::parts(&source).query) {
        if name == "l" {
            return value;
        }
    }
    "dataLayer".to_owned()
}
