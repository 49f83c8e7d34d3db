//! One stored event: first only whose and when, later all that the core wants to know.

use serde::Deserialize;
use tailorbird_core::rules::millis_of;
use tailorbird_core::schema::{Event, EventKind, Millis, Value, Word};

/// Whose event it is, and when it happened.
pub(crate) struct Head {
    /// A hash of the visitor's id.
    pub(crate) visitor: u64,
    pub(crate) at: Millis,
    /// Whether it tells what the rules of then showed.
    pub(crate) is_exposure: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
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

fn moment(text: &str) -> Option<Millis> {
    millis_of(text)
        .or_else(|| text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number as Millis))
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
    pub(crate) context: Context<'a>,
}

/// What a line says of page and device.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct Context<'a> {
    page: Value,
    campaign: Value,
    pub(crate) locale: Word<'a>,
    pub(crate) timezone: Word<'a>,
    #[serde(rename = "userAgent")]
    pub(crate) user_agent: Word<'a>,
}

impl<'a> Line<'a> {
    pub(crate) fn read(line: &'a [u8]) -> Option<Line<'a>> {
        serde_json::from_slice(line).ok()
    }

    /// The visitor: anonymous, or known where a server sent the event.
    pub(crate) fn visitor(&self) -> &str {
        if self.anonymous.0.is_empty() { &self.user.0 } else { &self.anonymous.0 }
    }

    /// The event as the core records it.
    pub(crate) fn event(&mut self, at: Millis) -> Option<Event> {
        let kind = EventKind::from_name(&self.kind.0)?;
        let map = |value: &mut Value| match std::mem::take(value) {
            Value::Map(members) => Value::Map(members),
            _ => Value::map(),
        };
        let owned = |word: &Word| (!word.0.is_empty()).then(|| word.0.clone().into_owned());
        let mut context = Value::map();
        if let Value::Map(_) = &self.context.page {
            context.set("page", std::mem::take(&mut self.context.page));
        }
        if let Value::Map(_) = &self.context.campaign {
            context.set("campaign", std::mem::take(&mut self.context.campaign));
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
