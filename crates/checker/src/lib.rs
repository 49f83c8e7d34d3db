//! `tailorbird check` for Node: the same look at the same documents, in the same words, as in the native program.
//!
//! It is a module of its own, so that nothing of it is in what shoppers download.

use tailorbird_core::rules::check::{Report, Source};
use wasm_bindgen::prelude::wasm_bindgen;

/// The documents to look at; files are read by JavaScript.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Check {
    rules: (String, Vec<u8>),
    catalog: Vec<(String, Vec<u8>)>,
    good: bool,
}

#[wasm_bindgen]
impl Check {
    /// Rules: what people call the file, and its bytes.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(name: String, bytes: Vec<u8>) -> Check {
        Check { rules: (name, bytes), catalog: Vec::new(), good: false }
    }

    /// Adds the catalogue, or a part of it.
    pub fn catalog(&mut self, name: String, bytes: Vec<u8>) {
        self.catalog.push((name, bytes));
    }

    /// What is to be printed, for people or for machines.
    pub fn report(&mut self, json: bool) -> String {
        let catalog: Vec<Source> = self.catalog.iter().map(source).collect();
        let report = Report::new(source(&self.rules), &catalog);
        self.good = report.is_good();
        if json { report.to_json() } else { report.to_text() }
    }

    /// Whether the last report told of no errors.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn good(&self) -> bool {
        self.good
    }
}

fn source((name, bytes): &(String, Vec<u8>)) -> Source<'_> {
    Source { name, bytes }
}

/// The files in which a catalogue that comes in parts has its products, relative to its own.
#[wasm_bindgen(js_name = partsOf)]
#[must_use]
pub fn parts_of(catalog: &[u8]) -> Vec<String> {
    Report::parts_of(catalog)
}
