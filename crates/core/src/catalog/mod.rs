//! What a shop sells, kept small: 50,000 products in one text and a few lists of numbers.

mod category;
mod product;
mod read;
mod url;

pub use category::{category_levels, tidy_category};
pub use product::Product;
pub(crate) use url::{address_of, addresses_to_try};

use crate::rules::{Names, Table, hash_of};
use product::Record;

/// All products, with the ways to find them.
///
/// INVARIANT: no two products have the same id; the lists of a category, brand and tag hold product numbers in the
/// order of the document.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Ids, names, addresses and attributes, one after the other.
    text: String,
    records: Vec<Record>,
    tag_lists: Vec<u32>,
    ids: Table,
    addresses: Table,
    categories: Names,
    parents: Vec<Option<u32>>,
    brands: Names,
    tags: Names,
    groups: Names,
    by_category: Vec<Vec<u32>>,
    popular: Vec<u32>,
    currency: String,
    generation: u32,
}

impl Catalog {
    /// How many products there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The currency of all prices; empty where the document does not say.
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// Moves whenever products were added.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The product with this id.
    pub fn product(&self, id: &str) -> Option<Product<'_>> {
        if id.is_empty() {
            return None;
        }
        let same = |nth: u32| self.nth(nth).is_some_and(|product| product.id() == id);
        self.nth(self.ids.find(hash_of(id.as_bytes(), 0), same)?)
    }

    /// The product whose page has this address: host, tracking parameters, a trailing slash and the fragment do not
    /// matter, and of other parameters only those that the catalogue's address has.
    pub fn product_at(&self, url: &str) -> Option<Product<'_>> {
        addresses_to_try(url).iter().find_map(|address| self.with_address(address))
    }

    fn with_address(&self, address: &str) -> Option<Product<'_>> {
        let same =
            |nth: u32| self.nth(nth).and_then(|product| product.url()).is_some_and(|url| address_of(url) == address);
        self.nth(self.addresses.find(hash_of(address.as_bytes(), 0), same)?)
    }

    /// All products, in the order of the document.
    pub fn products(&self) -> impl ExactSizeIterator<Item = Product<'_>> {
        self.records.iter().enumerate().map(|(nth, record)| Product { catalog: self, record, nth: nth as u32 })
    }

    /// The product with this number.
    pub(crate) fn nth(&self, nth: u32) -> Option<Product<'_>> {
        self.records.get(nth as usize).map(|record| Product { catalog: self, record, nth })
    }

    /// Products by popularity, then by the order of the document; popularity is the attribute of that name.
    pub(crate) fn popular(&self) -> &[u32] {
        &self.popular
    }

    /// How many categories there are, at every level.
    pub(crate) fn category_count(&self) -> usize {
        self.categories.len()
    }

    /// The category with this path.
    pub(crate) fn category(&self, path: &str) -> Option<u32> {
        self.categories.find(path)
    }

    /// The category one level up.
    pub(crate) fn parent(&self, category: u32) -> Option<u32> {
        self.parents.get(category as usize).copied().flatten()
    }

    /// Products that stand in this very category.
    pub(crate) fn in_category(&self, category: u32) -> &[u32] {
        self.by_category.get(category as usize).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn brand(&self, name: &str) -> Option<u32> {
        self.brands.find(name)
    }
    pub(crate) fn tag(&self, name: &str) -> Option<u32> {
        self.tags.find(name)
    }
}
