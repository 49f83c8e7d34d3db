//! The events a profile remembers one by one, for `$did`.

use super::goods::Good;
use super::session::short;
use crate::attributes::{HISTORY_BYTES, HISTORY_DAYS, HISTORY_PER_EVENT, Remembered};
use crate::catalog::{Catalog, category_levels};
use crate::schema::{Event, Millis, Value};

/// What of one event is remembered.
const MOST_BYTES: usize = 2048;
const MOST_MEMBERS: usize = 24;
const MOST_ITEMS: usize = 20;
/// Addresses and prose: long, and nothing that a condition asks for.
const LEFT_OUT: [&str; 8] = ["url", "image_url", "imageUrl", "image", "description", "referrer", "search", "title"];

/// Remembered events.
///
/// INVARIANT: oldest first; not older than [`HISTORY_DAYS`] at the newest event; at most [`HISTORY_PER_EVENT`] by one
/// name; together at most [`HISTORY_BYTES`] by [`size`].
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct History {
    pub(crate) events: Vec<Remembered>,
    bytes: usize,
}

impl History {
    pub(crate) fn record(&mut self, event: &Event, name: &str, session: u32, catalog: &Catalog) {
        let properties = kept_properties(&event.properties, catalog);
        self.remember(Remembered { event: short(name), at: event.at, session, properties });
    }

    fn remember(&mut self, remembered: Remembered) {
        // An event that arrives late stands where it belongs.
        let place = self.events.iter().rposition(|known| known.at <= remembered.at).map_or(0, |nth| nth + 1);
        self.bytes += size(&remembered);
        let most = HISTORY_PER_EVENT as usize;
        let surplus = self.events.len() >= most
            && self.events.iter().filter(|known| known.event == remembered.event).count() >= most;
        let name = surplus.then(|| remembered.event.clone());
        self.events.insert(place, remembered);
        if let Some(nth) = name.and_then(|name| self.events.iter().position(|known| known.event == name)) {
            self.bytes -= size(&self.events.remove(nth));
        }
        self.forget_oldest();
    }

    /// Keeps the bounds of age and bytes.
    fn forget_oldest(&mut self) {
        let Some(newest) = self.events.last().map(|newest| newest.at) else { return };
        let oldest = newest.saturating_sub(Millis::from(HISTORY_DAYS) * 86_400_000);
        let mut gone = 0;
        for known in &self.events {
            if known.at >= oldest && self.bytes <= HISTORY_BYTES {
                break;
            }
            self.bytes -= size(known);
            gone += 1;
        }
        self.events.drain(..gone);
    }

    /// Puts back a stored event; `None` when it is out of order or too much.
    pub(crate) fn restore(&mut self, mut remembered: Remembered) -> Option<()> {
        self.bytes += size(&remembered);
        if self.events.last().is_some_and(|last| last.at > remembered.at) || self.bytes > HISTORY_BYTES {
            return None;
        }
        tell_levels(&mut remembered.properties);
        self.events.push(remembered);
        Some(())
    }

    pub(crate) fn merge(&mut self, other: &History) {
        for theirs in &other.events {
            self.remember(Remembered { session: 0, ..theirs.clone() });
        }
    }

    pub(crate) fn turn_back(&mut self, latest: Millis) {
        for remembered in &mut self.events {
            remembered.at = remembered.at.min(latest);
        }
    }
}

/// What a condition may ask about a past event: short texts, numbers, flags and lists of them, completed from the
/// catalogue, with `categories` for every level of `category`.
fn kept_properties(properties: &Value, catalog: &Catalog) -> Value {
    let mut kept = kept(properties, 0, &mut MOST_BYTES.clone()).unwrap_or_else(Value::map);
    let good = Good::read(properties, catalog);
    for (name, text) in [("category", &*good.category), ("brand", good.brand)] {
        if !text.is_empty() {
            kept.set(name, short(text).into());
        }
    }
    if let (Some(price), None) = (good.price, kept.get("price")) {
        kept.set("price", price.into());
    }
    if !good.tags.is_empty() && kept.get("tags").is_none() {
        kept.set("tags", good.tags.into());
    }
    tell_levels(&mut kept);
    kept
}

/// Adds `categories`; what is saved goes without.
fn tell_levels(properties: &mut Value) {
    let levels = properties.get("category").and_then(Value::as_str);
    if let Some(levels) = levels.map(|path| category_levels(path).collect::<Vec<_>>()) {
        let levels = levels.into();
        properties.set("categories", levels);
    }
}

/// The parts of a value worth remembering, within a budget of bytes.
fn kept(value: &Value, depth: usize, budget: &mut usize) -> Option<Value> {
    let cost = 8 + value.as_str().map_or(0, str::len);
    if cost > *budget || cost > 264 || depth > 3 {
        return None;
    }
    *budget -= cost;
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) | Value::Text(_) | Value::Number(_) => value.clone(),
        Value::List(items) => {
            Value::List(items.iter().take(MOST_ITEMS).filter_map(|item| kept(item, depth + 1, budget)).collect())
        }
        Value::Map(members) => {
            let worth = members.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()) && name.len() <= 64);
            let mut map = Vec::new();
            for (name, value) in worth.take(MOST_MEMBERS) {
                if let Some(value) = kept(value, depth + 1, budget) {
                    *budget = budget.saturating_sub(name.len());
                    map.push((name.clone(), value));
                }
            }
            Value::Map(map)
        }
    })
}

/// About what it takes when saved.
pub(crate) fn size(remembered: &Remembered) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::Text(text) => text.len() + 2,
            Value::List(items) => items.iter().map(|item| 1 + of(item)).sum::<usize>() + 2,
            Value::Map(members) => {
                let saved = members.iter().filter(|(name, _)| name != "categories");
                saved.map(|(name, value)| name.len() + 4 + of(value)).sum::<usize>() + 2
            }
            _ => 6,
        }
    }
    remembered.event.len() + 24 + of(&remembered.properties)
}
