//! The structured data in the document: JSON-LD scripts and microdata, read again when they change.

use super::microdata;
use super::structured::{self, Found};
use crate::reach;
use std::cell::{Cell, Ref, RefCell};
use tailorbird_core::text::position;
use wasm_bindgen::JsValue;

/// Longer scripts describe no shop page.
const LONGEST: usize = 400_000;
/// What can describe something.
const TELLING: &str = r#"[itemscope],script[type="application/ld+json" i]"#;
/// Of more changes at once one will be telling.
const MOST_CHANGES: u32 = 200;

/// What the document says about itself, and which of its pieces are left over from an earlier page of the same document.
#[derive(Default)]
pub(super) struct Structured {
    now: RefCell<Vec<u32>>,
    stale: RefCell<Vec<u32>>,
    found: RefCell<Found>,
    touched: Cell<bool>,
}

impl Structured {
    /// Reads the document again, if it is not as it was.
    pub(super) fn read(&self, address: &str) {
        let document = reach::document();
        let mut pieces = Vec::new();
        let mut has_product = false;
        for script in reach::all(&document, r#"script[type="application/ld+json" i]"#, 50) {
            let piece = reach::text(&script, "textContent");
            has_product |= names_a_product(&piece);
            pieces.push(piece);
        }
        if !has_product {
            microdata::read(&document, &mut pieces);
        }
        let mut marks = Vec::new();
        let mut documents = Vec::new();
        let is_known = |nth: usize, mark: u32| self.now.borrow().get(nth) == Some(&mark);
        let mut same = self.now.borrow().len() == pieces.len();
        for piece in &pieces {
            let mark = fingerprint(piece);
            same &= is_known(marks.len(), mark);
            marks.push(mark);
        }
        if same {
            return;
        }
        for (piece, mark) in pieces.iter().zip(&marks) {
            if piece.len() <= LONGEST && !self.stale.borrow().contains(mark) {
                documents.extend(structured::parsed(piece));
            }
        }
        *self.now.borrow_mut() = marks;
        *self.found.borrow_mut() = structured::read(&documents, address);
    }

    /// Takes note of changes of the document.
    pub(super) fn changed(&self, records: &JsValue) {
        let is_telling = |node: &JsValue| reach::nearest(node, TELLING).is_some();
        let holds = |node: &JsValue| is_telling(node) || reach::find(node, TELLING).is_some();
        let inside = |record: &JsValue| is_telling(&reach::get(record, "target"));
        self.touched.set(self.touched.get() || any(records, &inside) || added(records, &holds));
    }

    /// Whether the document has to be read again since it was asked last: microdata of a long list takes long to read, and
    /// on many pages something else changes all the time. A new route's may come in ways that nobody tells.
    pub(super) fn is_due(&self) -> bool {
        self.touched.take() || *self.now.borrow() == *self.stale.borrow()
    }

    /// Another page of the same document: what is in it now described the last one, until it changes.
    pub(super) fn turn_page(&self) {
        *self.stale.borrow_mut() = self.now.take();
        self.found.take();
    }

    pub(super) fn found(&self) -> Ref<'_, Found> {
        self.found.borrow()
    }

    /// As for the first time.
    pub(super) fn forget(&self) {
        self.now.take();
        self.stale.take();
    }
}

/// Whether JSON-LD seems to describe a product: `"Product"` or `schema.org/ProductGroup"`, but not `"All Products"`.
fn names_a_product(script: &str) -> bool {
    let mut rest = script;
    while let Some(at) = position(rest, "Product") {
        let (before, after) = (rest.get(..at).unwrap_or(""), rest.get(at + 7..).unwrap_or(""));
        let ends = |end: &str| after.strip_prefix(end).is_some_and(|after| after.starts_with('"'));
        if before.ends_with(['"', '/', ':']) && (ends("") || ends("Group") || ends("Model")) {
            return true;
        }
        rest = after;
    }
    false
}

/// Whether something was added that `tells`.
pub(super) fn added(records: &JsValue, tells: &dyn Fn(&JsValue) -> bool) -> bool {
    any(records, &|record| any(&reach::get(record, "addedNodes"), tells))
}

fn any(list: &JsValue, test: &dyn Fn(&JsValue) -> bool) -> bool {
    reach::number(list, "length") > f64::from(MOST_CHANGES) || reach::items(list, MOST_CHANGES).iter().any(test)
}

/// FNV-1a: equal texts have equal marks, and nobody gains by making others collide.
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_ld_describes_a_product_by_its_type_not_by_its_words() {
        for (script, describes) in [
            (r#"{"@type":"Product","name":"Ball"}"#, true),
            (r#"{"@type":["http://schema.org/Product"]}"#, true),
            (r#"{"@type":"ProductGroup"}"#, true),
            (r#"{"@type":"schema:Product"}"#, true),
            (r#"{"@type":"ListItem","name":"All Products"}"#, false),
            (r#"{"@type":"Organization","name":"Pet Products Ltd"}"#, false),
            (r#"{"name":"Products"}"#, false),
            (r#"{"name":"All Products","@type":"Product"}"#, true),
        ] {
            assert_eq!(names_a_product(script), describes, "{script}");
        }
    }
}
