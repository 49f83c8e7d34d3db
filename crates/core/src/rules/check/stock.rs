//! The names that a catalogue knows: categories at every level, brands, tags and products.

use crate::catalog::{Catalog, category_levels};
use crate::rules::Names;

/// What a name of the catalogue stands for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum What {
    Category,
    Brand,
    Tag,
    Product,
}

/// The names of a whole catalogue, or of the parts of one.
#[derive(Debug, Default)]
pub struct Stock {
    categories: Names,
    brands: Names,
    tags: Names,
    products: Names,
}

impl Stock {
    /// Adds the names of a catalogue, or of one more part of it.
    pub fn add(&mut self, catalog: &Catalog) {
        for product in catalog.products() {
            self.products.number(product.id());
            for level in product.category().into_iter().flat_map(category_levels) {
                self.categories.number(level);
            }
            if let Some(brand) = product.brand() {
                self.brands.number(brand);
            }
            for tag in product.tags() {
                self.tags.number(tag);
            }
        }
    }

    pub(super) fn names(&self, what: What) -> &Names {
        match what {
            What::Category => &self.categories,
            What::Brand => &self.brands,
            What::Tag => &self.tags,
            What::Product => &self.products,
        }
    }
}
