//! The structured data in the document: JSON-LD scripts and microdata, read again when they change.

use super::structured::{self, Found};
use super::{microdata, reach};
use std::cell::{Ref, RefCell};
use wasm_bindgen::JsValue;

const SCRIPTS: &str = r#"script[type="application/ld+json" i]"#;
/// Longer scripts describe no shop page.
const LONGEST: usize = 400_000;

/// What the document says about itself, and which of its pieces are left over from an earlier page of the same document.
#[derive(Default)]
pub(super) struct Structured {
    now: RefCell<Vec<u64>>,
    stale: RefCell<Vec<u64>>,
    found: RefCell<Found>,
}

impl Structured {
    /// Reads the document again; whether anything changed.
    pub(super) fn read(&self, address: &str) -> bool {
        let document = reach::document();
        let mut pieces: Vec<String> = reach::all(&document, SCRIPTS, 50)
            .filter_map(|script| reach::text(&script, "textContent"))
            .filter(|text| text.len() <= LONGEST)
            .collect();
        if !pieces.iter().any(|piece| piece.contains("Product")) {
            pieces.extend(microdata::roots(&document));
        }
        let marks: Vec<u64> = pieces.iter().map(|piece| fingerprint(piece)).collect();
        if *self.now.borrow() == marks {
            return false;
        }
        let stale = self.stale.borrow();
        let fresh = pieces.iter().zip(&marks).filter(|(_, mark)| !stale.contains(mark));
        let documents: Vec<_> = fresh.filter_map(|(piece, _)| structured::parsed(piece)).collect();
        let found = structured::read(&documents, address);
        drop(stale);
        *self.now.borrow_mut() = marks;
        let changed = *self.found.borrow() != found;
        *self.found.borrow_mut() = found;
        changed
    }

    /// Another page of the same document: what is in it now described the last one, until it changes.
    pub(super) fn turn_page(&self) {
        *self.stale.borrow_mut() = self.now.take();
        *self.found.borrow_mut() = Found::default();
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

/// FNV-1a: equal texts have equal marks, and nobody gains by making others collide.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What a `<meta name="tailorbird:…">` says, the shop's own last word on its page.
pub(super) fn said(document: &JsValue, what: &str) -> Option<String> {
    let found = reach::find(document, &["meta[name=\"tailorbird:", what, "\"]"].concat())?;
    reach::attribute(&found, "content").map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
