//! The page's data layer: what was pushed before we came, what is pushed now, and an array put in its place.

use super::consent::{ConsentMode, Statement};
use super::entry::{self, READ, Told};
use super::reach::{self, is_nothing};
use std::cell::{Cell, RefCell};
use tailorbird_schema::Value;
use wasm_bindgen::JsValue;

/// More entries are not looked at in one go; Google's own tag keeps 300.
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
        let length = reach::number(&layer, "length").unwrap_or(0.0);
        if is_new || length != self.length.replace(length) {
            for entry in reach::items(layer.clone(), MOST) {
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
        for entry in reach::items(arguments.clone(), MOST) {
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
        if let Some(text) = value.as_string() {
            return Value::Text(text);
        }
        if let Some(number) = value.as_f64() {
            return Value::Number(number);
        }
        if depth == 0 || !value.is_object() {
            return value.as_bool().into();
        }
        if js_sys::Array::is_array(value) {
            return Value::List(reach::items(value.clone(), MOST).map(|item| self.copied(&item, depth - 1)).collect());
        }
        let mut members = Vec::new();
        for name in reach::items(self.only.clone(), MOST).filter_map(|name| name.as_string()) {
            let member = reach::get(value, &name);
            if !is_nothing(&member) {
                members.push((name, self.copied(&member, depth - 1)));
            }
        }
        Value::Map(members)
    }

    /// Whether anything waits to be read.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.borrow().is_empty()
    }

    /// Reads only what was said of consent; whether there was anything. The page has to be told before its events, and
    /// consent before the page.
    pub(super) fn peek_consent(&self) -> bool {
        let mut mode = self.mode.borrow_mut();
        let mut said = false;
        self.waiting.borrow_mut().retain(|entry| {
            let is_consent = entry.get("0").and_then(Value::as_str) == Some("consent");
            said |= is_consent && entry::read(entry, &mut mode).consent;
            !is_consent
        });
        said
    }

    /// Reads what was taken, in order.
    pub(super) fn read(&self) -> Vec<Told> {
        let waiting = std::mem::take(&mut *self.waiting.borrow_mut());
        let mut mode = self.mode.borrow_mut();
        let told: Vec<Told> = waiting.iter().map(|entry| entry::read(entry, &mut mode)).collect();
        if let Some(kind) = told.iter().rev().find_map(|told| told.page_type) {
            self.page_type.set(Some(kind));
        }
        told
    }

    pub(super) fn consent(&self) -> Statement {
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
    let source = reach::find(&reach::document(), r#"script[src*="googletagmanager.com/"][src*="l="]"#)
        .and_then(|script| reach::text(&script, "src"))
        .unwrap_or_default();
    let parts = super::url::parts(&source);
    let named = super::url::parameters(parts.query).find(|(name, value)| name == "l" && !value.is_empty());
    named.map(|(_, name)| name).unwrap_or_else(|| "dataLayer".to_owned())
}
