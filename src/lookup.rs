//! What the page's own signals are looked up in: the catalogue.

use crate::agent::Inner;
use crate::intake::Lookup;
use std::rc::Weak;
use tailorbird_core::catalog::Product;
use tailorbird_schema::Value;
use wasm_bindgen::JsValue;

/// What intake may ask of the catalogue.
pub(crate) struct CatalogLookup(pub(crate) Weak<Inner>);

impl Lookup for CatalogLookup {
    fn by_url(&self, url: &str) -> Option<String> {
        let inner = self.0.upgrade()?;
        let mind = inner.mind.try_borrow().ok()?;
        mind.catalog.product_at(url).map(|product| product.id().to_owned())
    }

    fn properties(&self, id: &str) -> Option<Value> {
        let inner = self.0.upgrade()?;
        let mind = inner.mind.try_borrow().ok()?;
        mind.catalog.product(id).map(|product| product_properties(&product))
    }

    fn placement(&self, element: &JsValue) -> Option<String> {
        let inner = self.0.upgrade()?;
        let all = inner.shown.try_borrow().ok()?;
        let shown = all.iter().find(|shown| AsRef::<JsValue>::as_ref(&shown.element) == element)?;
        Some(shown.decision.placement.clone())
    }
}

/// A product of the catalogue as Segment's product properties.
fn product_properties(product: &Product<'_>) -> Value {
    let mut out = Value::from([("product_id", product.id().into()), ("name", product.name().into())]);
    for (name, value) in [
        ("category", product.category().into()),
        ("brand", product.brand().into()),
        ("price", product.price().into()),
        ("url", product.url().into()),
        ("image_url", product.image().into()),
    ] as [(&str, Value); 5]
    {
        if !value.is_null() {
            out.set(name, value);
        }
    }
    out
}
