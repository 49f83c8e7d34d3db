//! One product of the catalogue, and what conditions and templates see of it.

use super::{Catalog, category_levels};
use crate::json;
use crate::schema::Gather;
use crate::schema::Value;

/// A part of the catalogue's text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span(pub(super) u32, pub(super) u32);

/// Stands for no category, brand or group.
pub(super) const NONE: u32 = u32::MAX;

#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) id: Span,
    pub(super) name: Span,
    pub(super) url: Span,
    pub(super) image: Span,
    /// JSON, read when asked for.
    pub(super) attributes: Span,
    pub(super) category: u32,
    pub(super) brand: u32,
    pub(super) group: u32,
    /// Where in the list of tags its own begin and end.
    pub(super) tags: (u32, u32),
    /// NaN when nobody told.
    pub(super) price: f64,
    pub(super) list_price: f64,
    /// The attribute of this name; 0 when nobody told.
    pub(super) popularity: f32,
    pub(super) rank: u32,
    pub(super) available: bool,
}

/// A product.
#[derive(Debug, Clone, Copy)]
pub struct Product<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) record: &'a Record,
    pub(super) nth: u32,
}

impl<'a> Product<'a> {
    fn text(&self, span: Span) -> &'a str {
        self.catalog.text.get(span.0 as usize..span.1 as usize).unwrap_or_default()
    }
    /// Its number in the catalogue.
    pub(crate) fn nth(&self) -> u32 {
        self.nth
    }
    /// Its id.
    pub fn id(&self) -> &'a str {
        self.text(self.record.id)
    }
    /// Its name.
    pub fn name(&self) -> &'a str {
        self.text(self.record.name)
    }
    /// The address of its page.
    pub fn url(&self) -> Option<&'a str> {
        Some(self.text(self.record.url)).filter(|url| !url.is_empty())
    }
    /// The address of its picture.
    pub fn image(&self) -> Option<&'a str> {
        Some(self.text(self.record.image)).filter(|url| !url.is_empty())
    }
    /// Its category path: `Dogs/Food/Dry`.
    pub fn category(&self) -> Option<&'a str> {
        self.category_number().map(|category| self.catalog.categories.name(category))
    }
    pub(crate) fn category_number(&self) -> Option<u32> {
        (self.record.category != NONE).then_some(self.record.category)
    }
    /// Its brand.
    pub fn brand(&self) -> Option<&'a str> {
        self.brand_number().map(|brand| self.catalog.brands.name(brand))
    }
    pub(crate) fn brand_number(&self) -> Option<u32> {
        (self.record.brand != NONE).then_some(self.record.brand)
    }
    /// What variants of one product share.
    pub fn group(&self) -> Option<&'a str> {
        self.group_number().map(|group| self.catalog.groups.name(group))
    }
    pub(crate) fn group_number(&self) -> Option<u32> {
        (self.record.group != NONE).then_some(self.record.group)
    }
    /// What it costs.
    pub fn price(&self) -> Option<f64> {
        Some(self.record.price).filter(|price| !price.is_nan())
    }
    /// What it costs when not reduced.
    pub fn list_price(&self) -> Option<f64> {
        Some(self.record.list_price).filter(|price| !price.is_nan())
    }
    /// Whether it can be bought now.
    pub fn available(&self) -> bool {
        self.record.available
    }
    /// Its place by popularity, from 0.
    pub(crate) fn rank(&self) -> u32 {
        self.record.rank
    }
    /// Its tags.
    pub fn tags(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let catalog = self.catalog;
        self.tag_numbers().iter().map(|tag| catalog.tags.name(*tag))
    }
    pub(crate) fn tag_numbers(&self) -> &'a [u32] {
        let (from, to) = self.record.tags;
        self.catalog.tag_lists.get(from as usize..to as usize).unwrap_or_default()
    }
    /// Its attributes; an empty object when it has none.
    pub fn attributes(&self) -> Value {
        json::parse_value(self.text(self.record.attributes)).unwrap_or_else(|_| Value::map())
    }

    /// What `products.where` and templates find under a path: the fields of the document, `attributes.<name>`, and
    /// `categories`, every level of `category`.
    ///
    /// `category` is the full path, so it equals only the very category; ancestors are reached by
    /// `"categories": { "$in": ["Dogs"] }` or by `"category": { "$regex": "^Dogs/" }`.
    pub fn field(&self, path: &str) -> Value {
        match path {
            "id" => self.id().into(),
            "name" => self.name().into(),
            "category" => self.category().into(),
            "categories" => category_levels(self.category().unwrap_or_default()).gather().into(),
            "brand" => self.brand().into(),
            "price" => self.price().into(),
            "listPrice" => self.list_price().into(),
            "image" => self.image().into(),
            "url" => self.url().into(),
            "available" => self.available().into(),
            "tags" => self.tags().gather().into(),
            "group" => self.group().into(),
            "attributes" => self.attributes(),
            _ => match path.strip_prefix("attributes.") {
                Some(rest) => self.attributes().at(rest).cloned().unwrap_or_default(),
                None => Value::Null,
            },
        }
    }
}
