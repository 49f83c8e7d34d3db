//! Writes the catalogue: as one document, or for big shops in parts of which a page loads what it shows.

use std::fs::{File, create_dir_all};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use tailorbird_core::recommend::place_of;
use tailorbird_core::schema::ProductDocument;

use crate::TrainError;

/// Takes products one by one.
pub trait Catalogue {
    /// Adds a product.
    ///
    /// # Errors
    /// It cannot be written.
    fn add(&mut self, product: &ProductDocument) -> Result<(), TrainError>;

    /// Writes what is left.
    ///
    /// # Errors
    /// It cannot be written.
    fn finish(&mut self, currency: Option<&str>) -> Result<(), TrainError>;
}

/// One document, a product a line, written as products come.
pub struct Whole<W: Write> {
    out: W,
    count: u64,
}

impl<W: Write> Whole<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Whole<W> {
        Whole { out, count: 0 }
    }
}

impl<W: Write> Catalogue for Whole<W> {
    fn add(&mut self, product: &ProductDocument) -> Result<(), TrainError> {
        let before = if self.count == 0 { "{\"version\":1,\"products\":[\n" } else { ",\n" };
        self.out.write_all(before.as_bytes())?;
        self.count += 1;
        serde_json::to_writer(&mut self.out, product).map_err(std::io::Error::from)?;
        Ok(())
    }

    fn finish(&mut self, currency: Option<&str>) -> Result<(), TrainError> {
        let before = if self.count == 0 { "{\"version\":1,\"products\":[" } else { "\n" };
        // The currency is known for certain only after the last product.
        let currency = currency.map_or(String::new(), |code| format!(",\"currency\":{}", serde_json::json!(code)));
        self.out.write_all(format!("{before}]{currency}}}\n").as_bytes())?;
        self.out.flush()?;
        Ok(())
    }
}

/// How many products a part holds, about.
const PART: usize = 8;

/// Parts by the hash of the product's id. The document itself names no products, only where they are:
/// `{"version":1,"products":[],"parts":{"count":N,"path":"catalog-parts/{part}.json"}}`.
///
/// The part of a product is the first of `place_of(id, N)`; each part is a catalogue document of its own.
pub struct Sharded {
    document: PathBuf,
    products: Vec<(String, Vec<u8>)>,
}

impl Sharded {
    /// Will write the document to `document` and the parts to the folder `catalog-parts` beside it.
    pub fn new(document: &Path) -> Sharded {
        Sharded { document: document.to_owned(), products: Vec::new() }
    }
}

impl Catalogue for Sharded {
    fn add(&mut self, product: &ProductDocument) -> Result<(), TrainError> {
        let written = serde_json::to_vec(product).map_err(std::io::Error::from)?;
        self.products.push((product.id.clone(), written));
        Ok(())
    }

    fn finish(&mut self, currency: Option<&str>) -> Result<(), TrainError> {
        let count = self.products.len().div_ceil(PART).max(1) as u32;
        let mut parts: Vec<Vec<&[u8]>> = vec![Vec::new(); count as usize];
        for (id, product) in &self.products {
            parts[place_of(id, count).0 as usize].push(product);
        }
        let name = self.document.file_stem().unwrap_or_default().to_string_lossy();
        let folder = format!("{name}-parts");
        let beside = self.document.parent().unwrap_or(Path::new("."));
        create_dir_all(beside.join(&folder))?;
        let currency = currency.map_or(String::new(), |code| format!("\"currency\":{},", serde_json::json!(code)));
        for (nth, part) in parts.iter().enumerate() {
            let mut out = BufWriter::new(File::create(beside.join(&folder).join(format!("{nth}.json")))?);
            write!(out, "{{\"version\":1,{currency}\"products\":[")?;
            out.write_all(&part.join(&b",\n"[..]))?;
            out.write_all(b"]}\n")?;
            out.flush()?;
        }
        let path = serde_json::json!(format!("{folder}/{{part}}.json"));
        let document =
            format!("{{\"version\":1,{currency}\"products\":[],\"parts\":{{\"count\":{count},\"path\":{path}}}}}\n");
        std::fs::write(&self.document, document)?;
        Ok(())
    }
}
