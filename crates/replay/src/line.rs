//! One stored event: first only whose and when, later all that the core wants to know.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use tailorbird_core::rules::millis_of;
use tailorbird_core::schema::{Event, EventKind, LAST_MOMENT, Millis, Value, Word};

/// Whose event it is, and when it happened.
pub(crate) struct Head {
    /// A hash of the visitor's id.
    pub(crate) visitor: u64,
    pub(crate) at: Millis,
    /// Whether it tells what the rules of then showed.
    pub(crate) is_exposure: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"), expecting = "an object")]
struct Short<'a> {
    event: Word<'a>,
    #[serde(rename = "anonymousId")]
    anonymous: Word<'a>,
    #[serde(rename = "userId")]
    user: Word<'a>,
    timestamp: Word<'a>,
    #[serde(rename = "originalTimestamp")]
    original: Word<'a>,
    #[serde(rename = "receivedAt")]
    received: Word<'a>,
}

/// Reads a line as far as needed to put it where it belongs.
pub(crate) fn head(line: &[u8]) -> Result<Head, String> {
    let short: Short = serde_json::from_slice(line).map_err(|error| format!("not an event: {error}"))?;
    let who = if short.anonymous.0.is_empty() { &short.user.0 } else { &short.anonymous.0 };
    if who.is_empty() {
        return Err("neither `anonymousId` nor `userId`".to_owned());
    }
    // The shopper's own clock first: it is the one that the browser decided by.
    let told = [&short.original, &short.timestamp, &short.received];
    let Some(at) = told.into_iter().find_map(|word| moment(&word.0)) else {
        return Err("no time: neither `originalTimestamp` nor `timestamp`".to_owned());
    };
    let is_exposure = matches!(short.event.0.as_ref(), "Experience Viewed" | "Experiment Viewed");
    Ok(Head { visitor: hash(who.as_bytes()), at, is_exposure })
}

/// A time that calendars know, which the core asks for too: no sum of two of them is too large.
fn moment(text: &str) -> Option<Millis> {
    let number = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number as Millis);
    millis_of(text).or_else(number).filter(|at| (0..=LAST_MOMENT).contains(at))
}

fn hash(bytes: &[u8]) -> u64 {
    use std::hash::Hasher;
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// All of a line that matters.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Line<'a> {
    #[serde(rename = "type")]
    kind: Word<'a>,
    event: Word<'a>,
    name: Word<'a>,
    category: Word<'a>,
    #[serde(rename = "anonymousId")]
    anonymous: Word<'a>,
    #[serde(rename = "userId")]
    user: Word<'a>,
    #[serde(rename = "groupId")]
    group: Word<'a>,
    #[serde(rename = "previousId")]
    previous: Word<'a>,
    properties: Value,
    traits: Value,
    #[serde(deserialize_with = "object")]
    pub(crate) context: Context<'a>,
}

/// What a line says of page and device.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Context<'a> {
    #[serde(deserialize_with = "object")]
    pub(crate) page: PageWords<'a>,
    #[serde(deserialize_with = "object")]
    campaign: Campaign<'a>,
    pub(crate) locale: Word<'a>,
    pub(crate) timezone: Word<'a>,
    #[serde(rename = "userAgent")]
    pub(crate) user_agent: Word<'a>,
}

/// The page that an event happened on. Texts stay in the line: most events are on a page that is known already.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct PageWords<'a> {
    pub(crate) url: Word<'a>,
    pub(crate) path: Word<'a>,
    pub(crate) title: Word<'a>,
    referrer: Word<'a>,
}

/// The advertisement that brought the visitor.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Campaign<'a> {
    name: Word<'a>,
    medium: Word<'a>,
    source: Word<'a>,
}

/// Reads an object; anything else is as good as none.
fn object<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(AnyObject(PhantomData))
}

struct AnyObject<T>(PhantomData<T>);

impl<'de, T: Default + Deserialize<'de>> Visitor<'de> for AnyObject<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<T, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(T::default())
    }
    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_u64<E>(self, _: u64) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_i64<E>(self, _: i64) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_str<E>(self, _: &str) -> Result<T, E> {
        Ok(T::default())
    }
}

impl<'a> Line<'a> {
    pub(crate) fn read(line: &'a [u8]) -> Option<Line<'a>> {
        serde_json::from_slice(line).ok()
    }

    /// The visitor: anonymous, or known where a server sent the event.
    pub(crate) fn visitor(&self) -> &str {
        if self.anonymous.0.is_empty() { &self.user.0 } else { &self.anonymous.0 }
    }

    /// Whether it may tell where the visitor came from, also in the middle of a session.
    pub(crate) fn tells_origin(&self) -> bool {
        let Context { page, campaign, .. } = &self.context;
        let from_elsewhere = || origin(&page.referrer.0) != origin(&page.url.0);
        (!page.referrer.0.is_empty() && from_elsewhere())
            || [&campaign.name, &campaign.medium, &campaign.source].iter().any(|word| !word.0.is_empty())
    }

    /// The event as the core records it, with page and campaign only if they are asked for.
    pub(crate) fn event(&mut self, at: Millis, with_origin: bool) -> Option<Event> {
        let kind = EventKind::from_name(&self.kind.0)?;
        let map = |value: &mut Value| match std::mem::take(value) {
            Value::Map(members) => Value::Map(members),
            _ => Value::map(),
        };
        let owned = |word: &Word| (!word.0.is_empty()).then(|| word.0.clone().into_owned());
        let mut context = Value::map();
        if with_origin {
            let Context { page, campaign, .. } = &self.context;
            let page = [("url", &page.url), ("path", &page.path), ("referrer", &page.referrer)];
            context.set("page", Value::from(page.map(|(name, word)| (name, Value::from(word.0.as_ref())))));
            let campaign = [("name", &campaign.name), ("medium", &campaign.medium), ("source", &campaign.source)];
            context.set("campaign", Value::from(campaign.map(|(name, word)| (name, Value::from(word.0.as_ref())))));
        }
        Some(Event {
            kind,
            message_id: String::new(),
            at,
            name: owned(&self.event).or_else(|| owned(&self.name)).unwrap_or_default(),
            category: owned(&self.category),
            anonymous_id: self.visitor().to_owned(),
            user_id: owned(&self.user),
            other_id: owned(&self.group).or_else(|| owned(&self.previous)),
            properties: map(&mut self.properties),
            traits: map(&mut self.traits),
            context,
        })
    }
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |at| host + at);
    &url[..end]
}
