//! One stored event, skimmed for what learning needs; everything else is passed over unread.

use tailorbird_core::schema::{LAST_MOMENT, Millis, Word};

use super::moment::millis;

/// An event as one line of NDJSON holds it.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"), expecting = "an object")]
pub(crate) struct Line<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: Word<'a>,
    pub(crate) event: Word<'a>,
    #[serde(rename = "anonymousId")]
    pub(crate) anonymous: Word<'a>,
    #[serde(rename = "userId")]
    pub(crate) user: Word<'a>,
    timestamp: Word<'a>,
    #[serde(rename = "originalTimestamp")]
    original: Word<'a>,
    #[serde(rename = "receivedAt")]
    received: Word<'a>,
    pub(crate) properties: Option<Properties<'a>>,
}

/// What an event says of products: one in its own members, more in `products`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Properties<'a> {
    product_id: Word<'a>,
    category: Word<'a>,
    price: Word<'a>,
    pub(crate) order_id: Word<'a>,
    products: Option<Vec<Named<'a>>>,
}

/// A product of an event.
#[derive(Debug, Default, Clone, serde::Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Named<'a> {
    #[serde(rename = "product_id")]
    pub(crate) id: Word<'a>,
    pub(crate) category: Word<'a>,
    pub(crate) price: Word<'a>,
}

impl<'a> Line<'a> {
    /// When it happened: by the corrected clock, else by the shopper's; never after it arrived. One clock that is years
    /// ahead would make everything else too old to count.
    pub(crate) fn at(&self) -> Option<Millis> {
        let moment = |word: &Word| {
            let told = word.number().map(|number| number as Millis).or_else(|| millis(&word.0));
            told.filter(|at| (0..=LAST_MOMENT).contains(at))
        };
        let received = moment(&self.received);
        let told = moment(&self.timestamp).or_else(|| moment(&self.original));
        told.map_or(received, |at| Some(received.map_or(at, |received| at.min(received))))
    }

    /// The product that the event is about.
    pub(crate) fn product(&self) -> Option<Named<'a>> {
        let told = self.properties.as_ref()?;
        let (id, category, price) = (told.product_id.clone(), told.category.clone(), told.price.clone());
        (!id.0.is_empty()).then_some(Named { id, category, price })
    }

    /// The products that the event lists.
    pub(crate) fn listed(&self) -> &[Named<'a>] {
        self.properties.as_ref().and_then(|told| told.products.as_deref()).unwrap_or(&[])
    }
}
