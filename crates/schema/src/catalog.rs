//! `catalog.json`: what a shop sells, as its back end writes it.
//!
//! The browser reads the text itself, product by product; these types are for tools that write or describe the document.

use crate::Value;
use serde::{Deserialize, Serialize};

/// The whole document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct CatalogDocument {
    /// The version of this form; 1.
    pub version: u32,
    /// The currency of every price, an ISO 4217 code: `EUR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What is sold.
    pub products: Vec<ProductDocument>,
    /// Where further products are, for shops with very many of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<PartsDocument>,
}

/// Products in parts, each a document of this form: `tailorbird import --parts` writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct PartsDocument {
    /// How many parts there are. A product is in the one that the hash of its id says.
    pub count: u32,
    /// The address of a part, relative to this document: `catalog-parts/{part}.json`.
    pub path: String,
}

/// One product, or one variant of a product.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProductDocument {
    /// Unique; the `product_id` of events.
    pub id: String,
    /// What shoppers read.
    pub name: String,
    /// The path in the category tree, widest first: `Dogs/Food/Dry`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Who makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// What it costs now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
    /// What it costs when not reduced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_price: Option<f64>,
    /// The address of its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The address of its page; clicks on links to it are clicks on this product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether it can be bought now; without it, yes.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub available: bool,
    /// Free words: `grain-free`, `puppy`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Anything else that conditions may ask for as `attributes.<name>`. `popularity` orders `trending` where no model
    /// is there; `replenishDays` tells the usual days until it is bought again.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "any_object"))]
    pub attributes: Value,
    /// What variants of one product share; a row of products shows one of a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

fn yes() -> bool {
    true
}

fn is_yes(flag: &bool) -> bool {
    *flag
}

#[cfg(feature = "schemars")]
fn any_object(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "object" })
}
