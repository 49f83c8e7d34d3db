//! One event in the shape of Segment's specification.

use crate::{Millis, Value};

/// Which of Segment's calls an event came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// `track`: something happened; `Event::name` says what.
    Track,
    /// `page`: a page was seen.
    Page,
    /// `screen`: like `page`, from an app.
    Screen,
    /// `identify`: who the visitor is, and traits.
    Identify,
    /// `group`: the account a visitor belongs to.
    Group,
    /// `alias`: two ids are one visitor.
    Alias,
}

impl EventKind {
    /// The name on the wire, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::Track => "track",
            EventKind::Page => "page",
            EventKind::Screen => "screen",
            EventKind::Identify => "identify",
            EventKind::Group => "group",
            EventKind::Alias => "alias",
        }
    }

    /// The kind that a wire name stands for.
    pub fn from_name(name: &str) -> Option<EventKind> {
        Some(match name {
            "track" => EventKind::Track,
            "page" => EventKind::Page,
            "screen" => EventKind::Screen,
            "identify" => EventKind::Identify,
            "group" => EventKind::Group,
            "alias" => EventKind::Alias,
            _ => return None,
        })
    }
}

/// An event as the core records it and the outbox sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Which call it came from.
    pub kind: EventKind,
    /// Unique; the collector stores an id once.
    pub message_id: String,
    /// When it happened by the shopper's clock (`originalTimestamp`).
    pub at: Millis,
    /// `event` of a track call, `name` of a page call; empty otherwise.
    pub name: String,
    /// `category` of a page call.
    pub category: Option<String>,
    /// The anonymous visitor.
    pub anonymous_id: String,
    /// The known visitor.
    pub user_id: Option<String>,
    /// `groupId` of a group call, `previousId` of an alias call.
    pub other_id: Option<String>,
    /// What is known of the happening; always an object.
    pub properties: Value,
    /// What is known of the visitor or group; always an object.
    pub traits: Value,
    /// Page, campaign, locale and the like; always an object.
    pub context: Value,
}
