//! The products an event tells of, completed from the catalogue where the event is brief.

use super::affinity::MAX_NAME;
use crate::catalog::{Catalog, tidy_category};
use crate::schema::Gather;
use crate::schema::Value;
use std::borrow::Cow;

/// More products in one event are not looked at.
pub(crate) const MOST_LINES: usize = 100;

/// A product in an event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Good<'a> {
    pub(crate) id: Cow<'a, str>,
    pub(crate) category: Cow<'a, str>,
    pub(crate) brand: &'a str,
    pub(crate) tags: Vec<&'a str>,
    pub(crate) price: Option<f64>,
    /// As told; `None` when the event does not say.
    pub(crate) quantity: Option<f64>,
}

impl<'a> Good<'a> {
    /// Reads Segment's product fields. What the event says holds; what it leaves out comes from the catalogue.
    pub(crate) fn read(told: &'a Value, catalog: &'a Catalog) -> Good<'a> {
        let text = |name: &str| told.get(name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
        let id = ["product_id", "productId", "id", "sku"].iter().find_map(|name| id_of(told.get(name)?));
        let mut good = Good {
            id: id.unwrap_or_default(),
            category: tidy_category(text("category")),
            brand: text("brand"),
            tags: Vec::new(),
            price: told.get("price").and_then(amount),
            quantity: told.get("quantity").and_then(amount),
        };
        let tags = told.get("tags").map_or(&[][..], Value::items).iter().filter_map(Value::as_str);
        good.tags.extend(tags.filter(|tag| tag.len() <= MAX_NAME).take(20));
        if let Some(product) = catalog.product(&good.id) {
            if good.category.is_empty() {
                good.category = Cow::Borrowed(product.category().unwrap_or_default());
            }
            if good.brand.is_empty() {
                good.brand = product.brand().unwrap_or_default();
            }
            if good.tags.is_empty() {
                good.tags = product.tags().gather();
            }
            good.price = good.price.or(product.price());
        }
        // As for an id: a longer one would be in the cart, and no stored profile with it could be read again.
        if good.category.len() > MAX_NAME {
            good.category = Cow::default();
        }
        good
    }

    /// The list in `products`.
    pub(crate) fn list(properties: &'a Value, catalog: &'a Catalog) -> Vec<Good<'a>> {
        let told = properties.get("products").map_or(&[][..], Value::items);
        told.iter().take(MOST_LINES).map(|told| Good::read(told, catalog)).gather()
    }

    /// What it adds up to in a cart or an order.
    pub(crate) fn value(&self) -> f64 {
        self.price.unwrap_or(0.0) * self.quantity.unwrap_or(1.0)
    }
}

/// An id; shops write numbers too.
pub(crate) fn id_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Text(id) if !id.is_empty() && id.len() <= MAX_NAME => Some(Cow::Borrowed(id)),
        Value::Number(number) => {
            let mut id = String::new();
            crate::json::write_number(*number, &mut id);
            (id.len() <= MAX_NAME).then_some(Cow::Owned(id))
        }
        _ => None,
    }
}

/// An amount of money or pieces, as a number or as text: neither negative nor absurd.
pub(crate) fn amount(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => *number,
        Value::Text(text) => crate::json::read_number(text.trim())?,
        _ => return None,
    };
    (0.0..=1e12).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_as_long_as_a_stored_profile_can_hold() {
        let category = |length: usize| {
            let told = Value::from([("product_id", "p".into()), ("category", "y".repeat(length).as_str().into())]);
            Good::read(&told, &Catalog::default()).category.len()
        };
        assert_eq!((category(MAX_NAME), category(MAX_NAME + 1)), (MAX_NAME, 0));
    }
}
