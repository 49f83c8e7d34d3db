//! Facts written down by hand: attributes in a map, for servers, tests and tools that have no profile.

use crate::attributes::{Attribute, Facts, Family, Per, Remembered, Shown};
use crate::schema::{Millis, Value};

/// A visitor whose attributes are simply given.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    attributes: Value,
    generation: u32,
    /// The moment of the decision.
    pub now: Millis,
    /// What experiments hash.
    pub visitor: String,
    /// The current session's number.
    pub session: u32,
    history: Vec<Remembered>,
    shown: Vec<(String, Per, Shown)>,
    assigned: Vec<(String, String)>,
}

impl Sheet {
    /// A visitor with these attributes (an object; paths lead into it, or name a member with dots in it).
    pub fn new(attributes: Value) -> Sheet {
        Sheet { attributes, ..Sheet::default() }
    }

    /// Sets one attribute: a member of the object whose name may hold dots.
    pub fn set(&mut self, path: &str, value: Value) {
        self.generation += 1;
        if !matches!(self.attributes, Value::Map(_)) {
            self.attributes = Value::map();
        }
        self.attributes.set(path, value);
    }

    /// Replaces all attributes.
    pub fn set_all(&mut self, attributes: Value) {
        self.generation += 1;
        self.attributes = attributes;
    }

    /// Replaces the history, oldest first.
    pub fn set_history(&mut self, history: Vec<Remembered>) {
        self.generation += 1;
        self.history = history;
    }

    /// Says how often an experience was shown within a span.
    pub fn set_shown(&mut self, experience: &str, per: Per, shown: Shown) {
        self.generation += 1;
        self.shown.retain(|(id, other, _)| id != experience || *other != per);
        self.shown.push((experience.to_owned(), per, shown));
    }

    /// Says which variant an experiment gave the visitor earlier.
    pub fn set_assigned(&mut self, experiment: &str, variant: &str) {
        self.generation += 1;
        self.assigned.retain(|(id, _)| id != experiment);
        self.assigned.push((experiment.to_owned(), variant.to_owned()));
    }

    /// Tells that one of the public fields but `now` was changed.
    pub fn touch(&mut self) {
        self.generation += 1;
    }
}

impl Facts for Sheet {
    fn now(&self) -> Millis {
        self.now
    }
    fn value(&self, attribute: &Attribute) -> Value {
        self.attributes.at(&attribute.path).cloned().unwrap_or_default()
    }
    fn generation(&self, _: Family) -> u32 {
        self.generation
    }
    fn moves_with_time(&self, _: &Attribute) -> bool {
        false
    }
    fn history(&self) -> &[Remembered] {
        &self.history
    }
    fn history_generation(&self) -> u32 {
        self.generation
    }
    fn session(&self) -> u32 {
        self.session
    }
    fn visitor_id(&self) -> &str {
        &self.visitor
    }
    fn shown(&self, experience: &str, per: Per) -> Shown {
        let found = self.shown.iter().find(|(id, other, _)| id == experience && *other == per);
        let mut shown = found.map_or(Shown::default(), |(_, _, shown)| *shown);
        // Once the span is over the count starts again.
        if shown.free_at.is_some_and(|free_at| self.now >= free_at) {
            shown = Shown::default();
        }
        shown
    }
    fn assigned(&self, experiment: &str) -> Option<&str> {
        self.assigned.iter().find(|(id, _)| id == experiment).map(|(_, variant)| variant.as_str())
    }
}
