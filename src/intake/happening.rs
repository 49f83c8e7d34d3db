//! Something the page told, already in the field's words, and where it was told.

use tailorbird_schema::Value;

/// Who told, so that each event is taken once when several tell the same.
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
    /// A `gtag("event", …)` call to Google Ads alone: what GA4 is told, once more.
    Ads,
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
}
