//! Events in the form of Segment's specification, as JSON text: what is stored, sent and told to other tabs.

use tailorbird_core::json;
use tailorbird_schema::{Event, EventKind, Millis, Value};

/// Where an event carries what its sender said of destinations: Segment has it beside the context.
pub(crate) const INTEGRATIONS: &str = "integrations";

/// The event as Segment's clients write it.
pub(crate) fn value(event: &Event) -> Value {
    let mut out = Value::from([("type", event.kind.name().into()), ("messageId", event.message_id.as_str().into())]);
    let moment = iso(event.at);
    out.set("timestamp", moment.as_str().into());
    out.set("originalTimestamp", moment.into());
    out.set("anonymousId", event.anonymous_id.as_str().into());
    if let Some(user) = &event.user_id {
        out.set("userId", user.as_str().into());
    }
    match event.kind {
        EventKind::Track => out.set("event", event.name.as_str().into()),
        EventKind::Page | EventKind::Screen => {
            if !event.name.is_empty() {
                out.set("name", event.name.as_str().into());
            }
            if let Some(category) = &event.category {
                out.set("category", category.as_str().into());
            }
        }
        EventKind::Group => out.set("groupId", event.other_id.as_deref().into()),
        EventKind::Alias => out.set("previousId", event.other_id.as_deref().into()),
        EventKind::Identify => {}
    }
    if matches!(event.kind, EventKind::Identify | EventKind::Group) {
        out.set("traits", event.traits.clone());
    } else if event.kind != EventKind::Alias {
        out.set("properties", event.properties.clone());
    }
    let mut context = event.context.clone();
    if let Some(integrations) = context.remove(INTEGRATIONS) {
        out.set(INTEGRATIONS, integrations);
    }
    out.set("context", context);
    out
}

/// The event as one line of JSON.
pub(crate) fn text(event: &Event) -> String {
    let mut out = String::with_capacity(512);
    json::write(&value(event), &mut out);
    out
}

/// Reads what [`text`] wrote, in another tab.
pub(crate) fn read(text: &str) -> Option<Event> {
    let told = json::parse_value(text).ok()?;
    let word = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
    let map = |name: &str| told.get(name).cloned().unwrap_or_else(Value::map);
    let kind = EventKind::from_name(told.get("type")?.as_str()?)?;
    Some(Event {
        kind,
        message_id: word("messageId")?,
        at: millis(&told.get("originalTimestamp").cloned().unwrap_or_default())?,
        name: word("event").or_else(|| word("name")).unwrap_or_default(),
        category: word("category"),
        anonymous_id: word("anonymousId")?,
        user_id: word("userId"),
        other_id: word("groupId").or_else(|| word("previousId")),
        properties: map("properties"),
        traits: map("traits"),
        context: map("context"),
    })
}

/// A moment as `2026-09-01T12:30:00.000Z`.
pub(crate) fn iso(at: Millis) -> String {
    // Beyond four-digit years ISO 8601 is read differently by everyone.
    const MOST: Millis = 253_402_300_799_999;
    let mut out = String::with_capacity(24);
    tailorbird_core::outbox::write_time(at.clamp(0, MOST), &mut out);
    out
}

/// The moment that a user named: ISO text or milliseconds.
pub(crate) fn millis(told: &Value) -> Option<Millis> {
    let at = match told {
        Value::Text(text) => js_sys::Date::parse(text),
        Value::Number(number) => *number,
        _ => return None,
    };
    at.is_finite().then_some(at as Millis)
}
