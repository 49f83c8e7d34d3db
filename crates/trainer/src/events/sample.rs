//! Whole events of some visitors: enough to learn what attributes foretell, however many events there are.

use rustc_hash::FxHashMap;
use tailorbird_core::json;
use tailorbird_core::schema::{Event, EventKind, Millis, Value};

use super::moment::millis;

/// How many events are kept, about.
const MOST: usize = 60_000;

/// Events of visitors, all or none of each.
#[derive(Debug, Default)]
pub struct Sample {
    /// Visitors whose hash has this many zero bits at its end are in.
    bits: u32,
    kept: usize,
    visitors: FxHashMap<u32, Raw>,
}

/// A visitor's hash and events as they came.
type Raw = (u64, Vec<(Millis, Box<[u8]>)>);

/// One visitor's events, oldest first.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The visitor, by any number.
    pub visitor: u32,
    /// The events.
    pub events: Vec<Event>,
}

impl Sample {
    /// Takes an event if its visitor is in the sample. When there are too many, half of the visitors leave.
    pub(crate) fn offer(&mut self, hash: u64, visitor: u32, at: Millis, raw: &[u8]) {
        if hash.trailing_zeros() < self.bits {
            return;
        }
        self.visitors.entry(visitor).or_insert((hash, Vec::new())).1.push((at, raw.into()));
        self.kept += 1;
        if self.kept > MOST {
            self.bits += 1;
            self.visitors.retain(|_, (hash, _)| hash.trailing_zeros() >= self.bits);
            self.kept = self.visitors.values().map(|(_, events)| events.len()).sum();
        }
    }

    /// Gives the visitors other numbers, in which they are told later.
    pub(crate) fn number(&mut self, visitors: &[u32]) {
        let before = std::mem::take(&mut self.visitors);
        self.visitors = before.into_iter().map(|(visitor, raw)| (visitors[visitor as usize], raw)).collect();
    }

    /// The visitors by number, each with its events read.
    pub fn visits(&self) -> Vec<Visit> {
        let mut visits: Vec<Visit> = self
            .visitors
            .iter()
            .map(|(visitor, (_, raw))| {
                let mut events: Vec<Event> = raw.iter().filter_map(|(at, raw)| event(raw, *at)).collect();
                events.sort_by_key(|event| event.at);
                Visit { visitor: *visitor, events }
            })
            .collect();
        visits.sort_by_key(|visit| visit.visitor);
        visits
    }
}

/// A stored event as the core records it.
fn event(raw: &[u8], at: Millis) -> Option<Event> {
    let told = json::parse_value(std::str::from_utf8(raw).ok()?).ok()?;
    let word = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
    let map = |name: &str| told.get(name).filter(|value| matches!(value, Value::Map(_))).cloned();
    let at = word("originalTimestamp").and_then(|moment| millis(&moment)).unwrap_or(at);
    Some(Event {
        kind: EventKind::from_name(told.get("type")?.as_str()?)?,
        message_id: word("messageId").unwrap_or_default(),
        at,
        name: word("event").or_else(|| word("name")).unwrap_or_default(),
        category: word("category"),
        anonymous_id: word("anonymousId").unwrap_or_default(),
        user_id: word("userId"),
        other_id: word("groupId").or_else(|| word("previousId")),
        properties: map("properties").unwrap_or_else(Value::map),
        traits: map("traits").unwrap_or_else(Value::map),
        context: map("context").unwrap_or_else(Value::map),
    })
}
