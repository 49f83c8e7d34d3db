//! Something the page told, already in the field's words, and where it was told.

use tailorbird_schema::Value;

/// Who told. For debugging, and for taking each event once when several tell the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// schema.org data, JSON-LD or microdata.
    Structured,
    /// The page's URL is a product's in the catalogue.
    Catalogue,
    /// A GA4 object in the data layer.
    DataLayer,
    /// A `gtag("event", …)` call.
    Gtag,
    /// Universal Analytics' enhanced e-commerce in the data layer.
    Enhanced,
    /// A click, or a key that stands for one.
    Click,
    /// Product cards that were really seen.
    Visibility,
    /// The parameters of the page's URL.
    Url,
    /// A search form.
    Form,
    /// The page itself, through `track`.
    Api,
}

/// One event that was read from the page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Happening {
    /// Segment's name.
    pub(crate) name: &'static str,
    /// Segment's properties.
    pub(crate) properties: Value,
    /// An id that the same event will have on every visit, where the page gives one.
    pub(crate) message_id: Option<String>,
}

impl Happening {
    pub(crate) fn new(name: &'static str, properties: Value) -> Happening {
        Happening { name, properties, message_id: None }
    }

    /// An order: its number makes it the same order on every reload of the thank-you page.
    pub(crate) fn order(properties: Value) -> Happening {
        let id = properties.get("order_id").and_then(Value::as_str).filter(|id| id.len() <= 80);
        let message_id = id.map(|id| ["order-", id].concat());
        Happening { name: "Order Completed", properties, message_id }
    }
}
