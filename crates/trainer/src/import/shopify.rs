//! Shopify's products: `{"products": [...]}` of the API or a storefront, or just the list. Variants are a group.

use std::fmt;
use std::io::{BufRead, Read};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::field::Fields;
use super::lines::{LineCount, Lines};
use super::{Draft, Options, ShopifyId, Sink};
use crate::TrainError;

pub(crate) fn read(feed: impl BufRead, options: &Options, sink: &mut Sink) -> Result<(), TrainError> {
    let (feed, line) = Lines::new(feed);
    // Bytes one by one, so that the count of lines is that of the product being read.
    let mut json = serde_json::Deserializer::from_reader(feed.bytes_only());
    let mut failed = None;
    let mut found = false;
    let mut products = Products { options, sink, line: &line, failed: &mut failed, found: &mut found };
    let outcome = (&mut products).deserialize(&mut json);
    if let Some(error) = failed {
        return Err(error);
    }
    match outcome {
        Err(error) => {
            Err(TrainError::Feed { line: error.line() as u64, reason: format!("{error}, export the products again") })
        }
        Ok(()) if !found => {
            Err(TrainError::Feed { line: 1, reason: "no `products`, give Shopify's list of products".into() })
        }
        Ok(()) => Ok(()),
    }
}

impl<R: BufRead> Lines<R> {
    fn bytes_only(self) -> impl Read {
        self
    }
}

/// Walks the document; each product is handed on as soon as it is read.
struct Products<'a, 'b> {
    options: &'a Options,
    sink: &'a mut Sink<'b>,
    line: &'a LineCount,
    failed: &'a mut Option<TrainError>,
    found: &'a mut bool,
}

impl<'de> DeserializeSeed<'de> for &mut Products<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Products<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a list of products")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            if name == "products" {
                members.next_value_seed(&mut *self)?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        *self.found = true;
        loop {
            let Some((line, product)) = items.next_element_seed(Begun { line: self.line })? else { return Ok(()) };
            for draft in drafts(&product, self.options) {
                if let Err(error) = (self.sink)(line, draft) {
                    *self.failed = Some(error);
                    return Err(serde::de::Error::custom("stopped"));
                }
            }
        }
    }
}

/// A product and the line where it begins.
struct Begun<'a> {
    line: &'a LineCount,
}

impl<'de> DeserializeSeed<'de> for Begun<'_> {
    type Value = (u64, Value);
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(u64, Value), D::Error> {
        let line = self.line.get();
        Ok((line, Value::deserialize(deserializer)?))
    }
}

/// The variants of a product, each a product of its own.
fn drafts(product: &Value, options: &Options) -> Vec<Result<Draft, String>> {
    let none = Vec::new();
    let variants = product["variants"].as_array().unwrap_or(&none);
    if !product.is_object() {
        return vec![Err("expected a product with its variants".to_owned())];
    }
    if variants.is_empty() {
        return vec![Err(format!("`{}` has no variants, export whole products", text(&product["id"])))];
    }
    let kept = if options.shopify_id == ShopifyId::Product { &variants[..1] } else { variants };
    kept.iter().map(|variant| draft(product, variant, variants.len(), options)).collect()
}

fn draft(product: &Value, variant: &Value, variants: usize, options: &Options) -> Result<Draft, String> {
    let mut fields = Fields::new();
    let name = text(&product["title"]);
    let own_name = text(&variant["title"]);
    let by_variant = options.shopify_id != ShopifyId::Product;
    fields.set(
        "id",
        &match options.shopify_id {
            ShopifyId::Variant => text(&variant["id"]),
            ShopifyId::Sku => text(&variant["sku"]),
            ShopifyId::Product => text(&product["id"]),
        },
    );
    let told_apart = by_variant && variants > 1 && own_name != "Default Title" && !own_name.is_empty();
    fields.set("name", &if told_apart { format!("{name} · {own_name}") } else { name });
    fields.set("category", &text(&product["product_type"]));
    fields.set("brand", &text(&product["vendor"]));
    fields.set("price", &text(&variant["price"]));
    fields.set("listPrice", &text(&variant["compare_at_price"]));
    for image in [&variant["featured_image"]["src"], &product["image"]["src"], &product["images"][0]["src"]] {
        fields.set("image", &text(image));
    }
    let handle = text(&product["handle"]);
    if !handle.is_empty() {
        let which = if told_apart { format!("?variant={}", text(&variant["id"])) } else { String::new() };
        fields.set("url", &format!("/products/{handle}{which}"));
    }
    if let Some(available) = is_available(product, variant) {
        fields.set("available", if available { "yes" } else { "no" });
    }
    match &product["tags"] {
        Value::Array(tags) => tags.iter().for_each(|tag| fields.set("tag", &text(tag))),
        tags => fields.set("tags", &text(tags)),
    }
    if by_variant && variants > 1 {
        fields.set("group", &text(&product["id"]));
    }
    for (nth, option) in product["options"].as_array().into_iter().flatten().enumerate() {
        let name = text(&option["name"]).to_lowercase().replace(' ', "_");
        if told_apart && !name.is_empty() {
            fields.set(&format!("attributes.{name}"), &text(&variant[format!("option{}", nth + 1)]));
        }
    }
    fields.finish(options.now)
}

/// Whether it can be bought: what a storefront says; else what the API knows of stock and status.
fn is_available(product: &Value, variant: &Value) -> Option<bool> {
    if matches!(product["status"].as_str(), Some("draft" | "archived")) {
        return Some(false);
    }
    let stock = variant["inventory_quantity"].as_f64().map(|stock| stock > 0.0);
    let tracked = variant["inventory_management"].as_str().is_some();
    let sold_anyway = variant["inventory_policy"].as_str() == Some("continue");
    variant["available"].as_bool().or_else(|| stock.map(|stock| stock || sold_anyway || !tracked))
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
