//! The events a profile remembers one by one, for `$did`.

use crate::schema::Gather;
use std::cell::OnceCell;

use super::goods::Good;
use super::line::Line;
use super::session::short;
use crate::attributes::{HISTORY_BYTES, HISTORY_DAYS, HISTORY_PER_EVENT, Remembered};
use crate::catalog::{Catalog, category_levels};
use crate::schema::{Event, Millis, Value};

/// What of one event is remembered.
const MOST_BYTES: usize = 2048;
const MOST_MEMBERS: usize = 24;
const MOST_ITEMS: usize = 20;
/// The member that holds every level of `category`.
const LEVELS: &str = "categories";
/// Addresses and prose: long, and nothing that a condition asks for.
const LEFT_OUT: [&str; 8] = ["url", "image_url", "imageUrl", "image", "description", "referrer", "search", "title"];

/// Remembered events, each with the text it is saved as.
///
/// INVARIANT: oldest first; not older than [`HISTORY_DAYS`] at the newest event; at most [`HISTORY_PER_EVENT`] by one
/// name; saved, together at most [`HISTORY_BYTES`]. `texts` has one for each of `events`, and `bytes` is the sum of their
/// `most`.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    events: Vec<Remembered>,
    texts: Vec<Text>,
    bytes: usize,
}

/// An event as it is saved, written when somebody asks for it.
#[derive(Debug, Clone)]
struct Text {
    /// Its bytes: at most so many while nobody asked, exactly so many once they were counted.
    most: usize,
    written: OnceCell<Box<str>>,
}

impl Text {
    fn of(remembered: &Remembered) -> Text {
        // Brackets, commas, the time and the session besides the texts.
        let most = 64 + 6 * remembered.event.len() + most_bytes(&remembered.properties);
        Text { most, written: OnceCell::new() }
    }

    fn written(&self, remembered: &Remembered) -> &str {
        self.written.get_or_init(|| written(remembered))
    }
}

/// What was written of a history is no part of it.
impl PartialEq for History {
    fn eq(&self, other: &History) -> bool {
        self.events == other.events
    }
}

impl History {
    pub(crate) fn events(&self) -> &[Remembered] {
        &self.events
    }

    /// Every event as it is saved.
    pub(crate) fn written(&self) -> impl Iterator<Item = &str> {
        self.events.iter().zip(&self.texts).map(|(remembered, text)| text.written(remembered))
    }

    pub(crate) fn record(&mut self, event: &Event, name: &str, session: u32, catalog: &Catalog) {
        let properties = kept_properties(&event.properties, catalog);
        self.remember(Remembered { event: short(name), at: event.at, session, properties });
    }

    fn remember(&mut self, remembered: Remembered) {
        let most = HISTORY_PER_EVENT as usize;
        let same_name = |known: &&Remembered| known.event == remembered.event;
        if self.events.len() >= most
            && self.events.iter().filter(same_name).count() >= most
            && let Some(nth) = self.events.iter().position(|known| known.event == remembered.event)
        {
            self.events.remove(nth);
            self.bytes -= self.texts.remove(nth).most;
        }
        let text = Text::of(&remembered);
        self.place(remembered, text);
        self.forget_oldest();
    }

    /// An event that arrives late stands where it belongs.
    fn place(&mut self, remembered: Remembered, text: Text) {
        let place = self.events.iter().rposition(|known| known.at <= remembered.at).map_or(0, |nth| nth + 1);
        self.bytes += text.most;
        self.texts.insert(place, text);
        self.events.insert(place, remembered);
    }

    /// Counts the bytes exactly, once they might be more than may be saved.
    fn count_bytes(&mut self) {
        if self.bytes > HISTORY_BYTES {
            self.bytes = 0;
            for (remembered, text) in self.events.iter().zip(&mut self.texts) {
                text.most = text.written(remembered).len();
                self.bytes += text.most;
            }
        }
    }

    /// Keeps the bounds of age and bytes.
    fn forget_oldest(&mut self) {
        let Some(newest) = self.events.last().map(|newest| newest.at) else { return };
        let oldest = newest.saturating_sub(Millis::from(HISTORY_DAYS) * 86_400_000);
        self.count_bytes();
        let mut gone = 0;
        for (known, text) in self.events.iter().zip(&self.texts) {
            if known.at >= oldest && self.bytes <= HISTORY_BYTES {
                break;
            }
            self.bytes -= text.most;
            gone += 1;
        }
        self.events.drain(..gone);
        self.texts.drain(..gone);
    }

    /// Puts back a stored event where it belongs; whether there is room.
    pub(crate) fn restore(&mut self, mut remembered: Remembered) -> bool {
        let text = Text::of(&remembered);
        tell_levels(&mut remembered.properties);
        self.place(remembered, text);
        self.count_bytes();
        let fits = self.bytes <= HISTORY_BYTES;
        if !fits {
            self.forget_oldest();
        }
        fits
    }

    pub(crate) fn merge(&mut self, other: &History) {
        for theirs in &other.events {
            self.remember(Remembered { session: 0, ..theirs.clone() });
        }
    }

    pub(crate) fn turn_back(&mut self, latest: Millis) {
        self.bytes = 0;
        for (remembered, text) in self.events.iter_mut().zip(&mut self.texts) {
            remembered.at = remembered.at.min(latest);
            *text = Text::of(remembered);
            self.bytes += text.most;
        }
    }
}

/// What a value takes as JSON, at most: every letter may need six, and no number more than 25.
fn most_bytes(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 25,
        Value::Text(text) => 2 + 6 * text.len(),
        Value::List(items) => items.iter().fold(2, |sum, item| sum + 1 + most_bytes(item)),
        Value::Map(members) => {
            members.iter().fold(2, |sum, (name, value)| sum + 4 + 6 * name.len() + most_bytes(value))
        }
    }
}

/// An event as it is saved: without the levels, where its category tells them.
fn written(remembered: &Remembered) -> Box<str> {
    let mut line = Line::new();
    line.text(&remembered.event).whole(remembered.at).whole(Millis::from(remembered.session));
    let told = remembered.properties.get("category").and_then(Value::as_str).is_some();
    line.members(remembered.properties.members().iter().filter(|(name, _)| !told || name != LEVELS));
    line.end().into_boxed_str()
}

/// What a condition may ask about a past event: short texts, numbers, flags and lists of them, completed from the
/// catalogue, with `categories` for every level of `category`.
fn kept_properties(properties: &Value, catalog: &Catalog) -> Value {
    let kept = kept(properties, 0, &mut MOST_BYTES.clone());
    let mut kept = kept.filter(|kept| matches!(kept, Value::Map(_))).unwrap_or_else(Value::map);
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
    if let Some(levels) = levels.map(|path| category_levels(path).gather()) {
        let levels = levels.into();
        properties.set(LEVELS, levels);
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
        Value::Number(number) if !number.is_finite() => return None,
        Value::Bool(_) | Value::Text(_) | Value::Number(_) => value.clone(),
        Value::List(items) => {
            Value::List(items.iter().take(MOST_ITEMS).filter_map(|item| kept(item, depth + 1, budget)).gather())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_is_longer_than_it_is_taken_for() {
        let numbers = [-1.2345678901234567e-6, f64::MIN, f64::MIN_POSITIVE, -1e21, 0.1, f64::NAN].map(Value::Number);
        let texts = ["\u{1}<\"\\\n", "", "ü€😀"].map(Value::from);
        let list = Value::List([Value::Null, Value::Bool(false)].into_iter().chain(numbers).chain(texts).collect());
        let inner = Value::from([("<\u{2}", list.clone()), ("", Value::map())]);
        for properties in [Value::map(), Value::from([("list", list), ("inner", inner), ("category", "A/B".into())])] {
            let event = Remembered { event: "\u{3}<".to_owned(), at: Millis::MIN, session: u32::MAX, properties };
            let text = Text::of(&event);
            assert!(text.written(&event).len() <= text.most, "{}", text.written(&event));
        }
    }
}
