//! The catalogue of a very big shop: its document names no products, only parts of which the page's own are fetched.

use crate::agent::Agent;
use crate::model::fetch;
use crate::reach;
use std::rc::Rc;
use tailorbird_core::json;
use tailorbird_core::recommend::place_of;
use tailorbird_core::text::cut;
use tailorbird_schema::Gather;
use tailorbird_schema::Value;

/// How many products of the shopper are worth a part.
const MOST_ITEMS: usize = 20;
/// How many cards of a page are.
const MOST_CARDS: u32 = 200;
/// More parts than this no shop has.
const MOST_PARTS: f64 = 1e6;
/// A document that has parts is no longer than this: a long one is not read a second time.
const LONGEST: usize = 10_000;

/// Which parts there are, and which of them came.
#[derive(Default)]
pub(crate) struct Parts {
    count: u32,
    /// The address of a part, but for its number.
    before: String,
    after: String,
    /// How it stands with each part.
    states: Vec<State>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Absent,
    UnderWay,
    Done,
}

impl Parts {
    /// What the document says of parts: `{"parts": {"count": 6250, "path": "catalog-parts/{part}.json"}}`, where the path is
    /// relative to the document's own address.
    pub(crate) fn of(text: &str, address: &str) -> Option<Parts> {
        let document = json::parse_value(text.get(..LONGEST.min(text.len()))?).ok()?;
        let parts = document.get("parts")?;
        let count = parts.get("count").and_then(Value::as_f64).filter(|count| (1.0..=MOST_PARTS).contains(count))?;
        let (before, after) = cut(parts.get("path")?.as_str()?, "{part}")?;
        let folder = address.rsplit_once('/').map_or("", |(folder, _)| folder);
        let before = if before.starts_with('/') { before.to_owned() } else { [folder, "/", before].concat() };
        Some(Parts {
            count: count as u32,
            before,
            after: after.to_owned(),
            states: vec![State::Absent; count as usize],
        })
    }

    /// Whether nothing more can be learned of these products.
    pub(crate) fn done_with(&self, ids: &[String]) -> bool {
        ids.iter().all(|id| self.states.get(place_of(id, self.count).0 as usize) == Some(&State::Done))
    }
}

impl Agent {
    /// Fetches the parts with the products that this page and this shopper are about, and those that decisions missed.
    pub(crate) fn want_parts(&self) {
        let mut ids = {
            let mut mind = self.0.mind.borrow_mut();
            if mind.parts.is_none() {
                return;
            }
            let mut ids = std::mem::take(&mut mind.missing);
            ids.extend(mind.items_of_interest(MOST_ITEMS));
            ids
        };
        ids.extend(cards());
        let addresses: Vec<(u32, String)> = {
            let mut mind = self.0.mind.borrow_mut();
            let Some(parts) = &mut mind.parts else { return };
            let mut fresh = Vec::new();
            for id in &ids {
                let part = place_of(id, parts.count).0;
                if let Some(state) = parts.states.get_mut(part as usize).filter(|state| **state == State::Absent) {
                    *state = State::UnderWay;
                    fresh.push((part, [parts.before.as_str(), &part.to_string(), &parts.after].concat()));
                }
            }
            fresh
        };
        for (part, address) in addresses {
            let got = self.weak(move |agent, bytes: Option<Vec<u8>>| {
                let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
                if text.is_none() {
                    agent.warn("catalog", "a part of the catalogue could not be fetched; its products are not shown");
                }
                if let Some(parts) = &mut agent.0.mind.borrow_mut().parts
                    && let Some(state) = parts.states.get_mut(part as usize)
                {
                    *state = State::Done;
                }
                agent.add_products(text.as_deref());
            });
            fetch(&address, "default", Rc::new(got));
        }
    }
}

/// The products that the page's own markup names.
fn cards() -> Vec<String> {
    let found = reach::all(&reach::document(), "[data-tailorbird-product]", MOST_CARDS);
    found.iter().map(|card| reach::attribute(card, "data-tailorbird-product")).gather()
}
