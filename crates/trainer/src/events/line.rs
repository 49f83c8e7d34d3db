//! One stored event, skimmed for what learning needs; everything else is passed over unread.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use tailorbird_core::schema::Millis;

use super::moment::millis;

/// Text, or a number where a careless client wrote one; empty for anything else.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Word<'a>(pub(crate) Cow<'a, str>);

impl Word<'_> {
    pub(crate) fn number(&self) -> Option<f64> {
        self.0.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }
}

/// An event as one line of NDJSON holds it.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
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
    /// When it happened: by the corrected clock, else by the shopper's, else when it arrived.
    pub(crate) fn at(&self) -> Option<Millis> {
        [&self.timestamp, &self.original, &self.received].into_iter().find_map(|word| match word.number() {
            Some(number) => Some(number as Millis),
            None => millis(&word.0),
        })
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

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Word<'a>, D::Error> {
        deserializer.deserialize_any(AnyWord)
    }
}

struct AnyWord;

impl<'de> Visitor<'de> for AnyWord {
    type Value = Word<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("text")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Owned(text.to_owned())))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Owned(number.to_string())))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Owned(number.to_string())))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Owned(number.to_string())))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Word<'de>, E> {
        Ok(Word::default())
    }
    fn visit_unit<E>(self) -> Result<Word<'de>, E> {
        Ok(Word::default())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Word<'de>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Word::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Word<'de>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Word::default())
    }
}
