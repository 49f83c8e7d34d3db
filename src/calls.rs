//! What the page says happened: Segment's calls with the options that all of them take, and the page views that intake notices.

use crate::agent::Agent;
use crate::segment;
use tailorbird_schema::{Event, EventKind, Millis, Value};

/// Longer ids are taken for a mistake; ours is used.
const LONGEST_ID: usize = 100;

impl Agent {
    /// One of Segment's calls. `first` and `second`: a track call's event, a page's category and name, a user's or a
    /// group's id, a new and a previous id. `data`: properties or traits. `options`: `timestamp`, `messageId`, `context`,
    /// `integrations`.
    pub(crate) fn tell(&self, kind: &str, (first, second): (&str, &str), data: Value, options: &Value, at: Millis) {
        let Some(kind) = EventKind::from_name(kind) else { return };
        let listening = self.0.intake.borrow().clone();
        if let Some(listening) = &listening {
            // A route that the page has just taken is the page that it speaks of.
            listening.settle_route();
        }
        let at = options.get("timestamp").and_then(segment::millis).unwrap_or(at);
        let mut event = match kind {
            EventKind::Track => self.0.mind.borrow_mut().event(kind, first, data, at),
            EventKind::Page | EventKind::Screen => self.page_event(first, second, &data, at),
            EventKind::Identify | EventKind::Group | EventKind::Alias => self.known_as(kind, first, second, data, at),
        };
        let id = options.get("messageId").and_then(Value::as_str).unwrap_or_default();
        if !id.is_empty() && id.len() <= LONGEST_ID {
            id.clone_into(&mut event.message_id);
        }
        for (key, value) in options.get("context").map(Value::members).unwrap_or_default() {
            event.context.set(key, value.clone());
        }
        if let Some(integrations) = options.get("integrations") {
            event.context.set(segment::INTEGRATIONS, integrations.clone());
        }
        let listening = listening.filter(|_| kind == EventKind::Track);
        if listening.is_none_or(|listening| listening.told(first, &event.properties)) {
            self.record(event);
        }
    }

    /// An event of our own.
    pub(crate) fn track(&self, name: &str, properties: Value, at: Millis) {
        let event = self.0.mind.borrow_mut().event(EventKind::Track, name, properties, at);
        self.record(event);
    }

    /// A page view that intake noticed.
    pub(crate) fn page_seen(&self) {
        let event = self.page_event("", "", &Value::map(), self.0.clock.now());
        self.record(event);
    }

    fn page_event(&self, category: &str, name: &str, properties: &Value, at: Millis) -> Event {
        let mut mind = self.0.mind.borrow_mut();
        let mut event = mind.event(EventKind::Page, name, Value::map(), at);
        let mut told = event.context.get("page").cloned().unwrap_or_else(Value::map);
        // What kind of page it is cannot be told from its address alone: replay decides by this.
        let page = mind.around.page();
        for (key, fact) in [
            ("page_type", Some(page.kind.as_str())),
            ("page_product", page.product.as_deref()),
            ("page_category", page.category.as_deref()),
            // As Segment's own client does.
            ("name", Some(name)),
            ("category", Some(category)),
        ] {
            if let Some(fact) = fact.filter(|fact| !fact.is_empty()) {
                told.set(key, fact.into());
            }
        }
        for (key, value) in properties.members() {
            told.set(key, value.clone());
        }
        event.properties = told;
        event.category = (!category.is_empty()).then(|| category.to_owned());
        event
    }

    /// `identify`, `group` and `alias`: who the visitor is.
    fn known_as(&self, kind: EventKind, id: &str, previous: &str, traits: Value, at: Millis) -> Event {
        let mut event = self.0.mind.borrow_mut().event(kind, "", Value::map(), at);
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        match kind {
            EventKind::Group => event.other_id = some(id),
            _ if !id.is_empty() => event.user_id = some(id),
            _ => {}
        }
        if kind == EventKind::Alias {
            event.other_id = some(previous).or_else(|| Some(event.anonymous_id.clone()));
        }
        event.traits = traits;
        event
    }
}
