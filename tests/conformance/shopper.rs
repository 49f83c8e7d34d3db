//! A made-up shopper for the property tests: facts that change one at a time, some of them with the clock alone.

use std::collections::BTreeMap;
use tailorbird_core::attributes::{Attribute, Facts, Family, Per, Remembered, Shown};
use tailorbird_core::schema::{Millis, Value};

pub(crate) const DAY: Millis = 86_400_000;

/// Attributes by path; `days.*` hold a moment and answer with the days since then.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shopper {
    pub(crate) now: Millis,
    attributes: BTreeMap<String, Value>,
    generations: BTreeMap<u8, u32>,
    history: Vec<Remembered>,
    session: u32,
    visitor: String,
    shows: Vec<(String, Millis, u32)>,
    assigned: BTreeMap<String, String>,
}

impl Shopper {
    fn moved(&mut self, family: Family) {
        *self.generations.entry(family as u8).or_default() += 1;
    }
    pub(crate) fn set(&mut self, path: &str, value: Value) {
        self.moved(Attribute::parse(path).family);
        self.attributes.insert(path.to_owned(), value);
    }
    pub(crate) fn record(&mut self, event: &str) {
        self.generations.entry(u8::MAX).and_modify(|generation| *generation += 1).or_insert(1);
        let (at, session) = (self.now, self.session);
        self.history.push(Remembered { event: event.to_owned(), at, session, properties: Value::map() });
    }
    pub(crate) fn begin_session(&mut self) {
        self.session += 1;
        self.moved(Family::Session);
    }
    pub(crate) fn become_visitor(&mut self, id: &str) {
        self.visitor = id.to_owned();
        self.moved(Family::Visitor);
    }
    pub(crate) fn show(&mut self, experience: &str) {
        self.shows.push((experience.to_owned(), self.now, self.session));
        self.moved(Family::Seen);
    }
    pub(crate) fn assign(&mut self, experiment: &str, variant: &str) {
        self.assigned.insert(experiment.to_owned(), variant.to_owned());
        self.moved(Family::Seen);
    }
    /// When events happened, for clocks that are to be set to the edge of a window.
    pub(crate) fn moments(&self) -> impl Iterator<Item = Millis> {
        self.history.iter().map(|event| event.at)
    }
}

impl Facts for Shopper {
    fn now(&self) -> Millis {
        self.now
    }
    fn value(&self, attribute: &Attribute) -> Value {
        let value = self.attributes.get(&attribute.path).cloned().unwrap_or_default();
        match (attribute.family, &value) {
            (Family::Days, Value::Number(since)) => Value::Number((self.now as f64 - since) / DAY as f64),
            _ => value,
        }
    }
    fn generation(&self, family: Family) -> u32 {
        self.generations.get(&(family as u8)).copied().unwrap_or_default()
    }
    fn moves_with_time(&self, attribute: &Attribute) -> bool {
        attribute.family == Family::Days
    }
    fn history(&self) -> &[Remembered] {
        &self.history
    }
    fn history_generation(&self) -> u32 {
        self.generations.get(&u8::MAX).copied().unwrap_or_default()
    }
    fn session(&self) -> u32 {
        self.session
    }
    fn visitor_id(&self) -> &str {
        &self.visitor
    }
    fn shown(&self, experience: &str, per: Per) -> Shown {
        let today = self.now.div_euclid(DAY);
        let counts = |(id, at, session): &&(String, Millis, u32)| {
            id == experience
                && match per {
                    Per::Session => *session == self.session,
                    Per::Day => at.div_euclid(DAY) == today,
                    Per::Visitor => true,
                }
        };
        let times = self.shows.iter().filter(counts).count() as u32;
        Shown { times, free_at: (per == Per::Day).then_some((today + 1) * DAY) }
    }
    fn assigned(&self, experiment: &str) -> Option<&str> {
        self.assigned.get(experiment).map(String::as_str)
    }
}
