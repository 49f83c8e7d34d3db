//! Product feeds become the catalogue: read as a stream, one bad row costs only itself.

mod encoding;
mod field;
mod google_xml;
mod lines;
mod output;
mod shopify;
mod table;

use std::collections::HashSet;
use std::io::BufRead;

use tailorbird_core::recommend::LONGEST_ID;
use tailorbird_core::schema::{Millis, ProductDocument};

use crate::TrainError;

pub use field::Mapping;
pub use output::{Catalogue, Sharded, Whole};

/// The form of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// RSS or Atom with Google's product data.
    GoogleXml,
    /// A table with a line of names: Google's TSV, or any CSV with names that mean something or are mapped.
    Table,
    /// The products of Shopify's API or of a storefront's `products.json`.
    Shopify,
}

impl Form {
    /// The form of a feed that begins like this.
    pub fn of(start: &[u8]) -> Form {
        // What tells the encoding, and the halves of UTF-16, tell nothing of the form.
        let told = |byte: &&u8| !matches!(byte, 0 | 0xef | 0xbb | 0xbf | 0xfe | 0xff) && !byte.is_ascii_whitespace();
        match start.iter().find(told) {
            Some(b'<') => Form::GoogleXml,
            Some(b'{' | b'[') => Form::Shopify,
            _ => Form::Table,
        }
    }
}

/// How a feed is to be read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which column is which field, for tables.
    pub mapping: Mapping,
    /// The currency that prices are in; by default that of the first price that names one.
    pub currency: Option<String>,
    /// What product addresses begin with where the feed has only paths.
    pub base_url: String,
    /// Which of Shopify's ids events will name.
    pub shopify_id: ShopifyId,
    /// When it is: sale prices have their dates.
    pub now: Millis,
}

/// Which of a Shopify variant's ids is the product's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ShopifyId {
    /// The variant's own.
    #[default]
    Variant,
    /// The stock keeping unit.
    Sku,
    /// The product's; then variants are not told apart.
    Product,
}

/// A row that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Where it begins, counted from 1.
    pub line: u64,
    /// What is wrong with it, and what to do.
    pub reason: String,
}

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    /// How many products were written.
    pub products: u64,
    /// How many rows were passed over.
    pub bad: u64,
    /// The currency of all prices.
    pub currency: Option<String>,
}

/// A product on its way: the document, and the currency that its price named.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) product: ProductDocument,
    pub(crate) currency: Option<String>,
}

/// Reads a feed to its end and hands good products to `catalogue` and bad rows to `told`.
///
/// # Errors
/// The feed cannot be read to its end, it is not in the encoding that it says or ends too early, no row is good, or the
/// catalogue cannot be written. One bad row is no error.
pub fn import(
    feed: impl BufRead,
    form: Form,
    options: &Options,
    catalogue: &mut dyn Catalogue,
    mut told: impl FnMut(BadRow),
) -> Result<Imported, TrainError> {
    let feed = encoding::decoded(feed)?;
    let mut judge = Judge { options, seen: HashSet::new(), imported: Imported::default() };
    judge.imported.currency.clone_from(&options.currency);
    let mut sink = |line: u64, draft: Result<Draft, String>| -> Result<(), TrainError> {
        match draft.and_then(|draft| judge.judged(draft)) {
            Ok(product) => catalogue.add(&product)?,
            Err(reason) => {
                judge.imported.bad += 1;
                told(BadRow { line, reason });
            }
        }
        Ok(())
    };
    match form {
        Form::GoogleXml => google_xml::read(feed, options, &mut sink)?,
        Form::Table => table::read(feed, options, &mut sink)?,
        Form::Shopify => shopify::read(feed, options, &mut sink)?,
    }
    if judge.imported.products == 0 {
        return Err(TrainError::NoProducts { bad: judge.imported.bad });
    }
    catalogue.finish(judge.imported.currency.as_deref())?;
    Ok(judge.imported)
}

/// Takes a product, or the reason why there is none, with the line where it began.
pub(crate) type Sink<'a> = dyn FnMut(u64, Result<Draft, String>) -> Result<(), TrainError> + 'a;

struct Judge<'a> {
    options: &'a Options,
    seen: HashSet<String>,
    imported: Imported,
}

impl Judge<'_> {
    fn judged(&mut self, draft: Draft) -> Result<ProductDocument, String> {
        let Draft { mut product, currency } = draft;
        if product.id.is_empty() {
            return Err("no id, every product needs one".to_owned());
        }
        if product.id.len() > LONGEST_ID {
            return Err(format!("an id of {} bytes, at most {LONGEST_ID} are taken", product.id.len()));
        }
        if product.name.is_empty() {
            return Err(format!("`{}` has no name, every product needs one", product.id));
        }
        match (&self.imported.currency, currency) {
            (Some(known), Some(own)) if *known != own => {
                return Err(format!(
                    "`{}` is priced in `{own}`, the catalogue in `{known}`, import one currency at a time",
                    product.id
                ));
            }
            (None, own) => self.imported.currency = own,
            _ => {}
        }
        if self.seen.contains(&product.id) {
            return Err(format!("`{}` was there before, ids must be unique", product.id));
        }
        if let Some(url) = product.url.take() {
            let whole = url.contains("://") || url.starts_with("//");
            product.url = Some(if whole { url } else { format!("{}{url}", self.options.base_url) });
        }
        self.seen.insert(product.id.clone());
        self.imported.products += 1;
        Ok(product)
    }
}
