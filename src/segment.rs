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

/// Longer events are not taken by collectors.
const LONGEST: usize = 32 << 10;
/// So many products of an event that would be longer fit into it by id, price and quantity.
const MOST_PRODUCTS: usize = 150;

/// The event as one line of JSON. One that is too long for its many products names them, and leaves out what the catalogue
/// knows of them: an order must not be lost for its descriptions.
pub(crate) fn text(event: &Event) -> String {
    let mut whole = value(event);
    let mut out = String::with_capacity(512);
    json::write(&whole, &mut out);
    if out.len() > LONGEST
        && let Some(mut properties) = whole.remove("properties")
        && let Some(Value::List(mut products)) = properties.remove("products")
    {
        products.truncate(MOST_PRODUCTS);
        for product in &mut products {
            if let Value::Map(members) = product {
                members.retain(|(name, _)| matches!(name.as_str(), "product_id" | "sku" | "price" | "quantity"));
            }
        }
        properties.set("products", Value::List(products));
        whole.set("properties", properties);
        out.clear();
        json::write(&whole, &mut out);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_of_many_long_products_keeps_what_was_bought_and_for_how_much() {
        let order = |products: usize, name: &str| Event {
            kind: EventKind::Track,
            message_id: "m".into(),
            at: 0,
            name: "Order Completed".into(),
            category: None,
            anonymous_id: "a".into(),
            user_id: None,
            other_id: None,
            properties: Value::from([
                ("order_id", "o1".into()),
                ("revenue", 5000.0.into()),
                (
                    "products",
                    Value::List(vec![
                        Value::from([
                            ("product_id", "p1".into()),
                            ("name", name.into()),
                            ("quantity", 2.0.into())
                        ]);
                        products
                    ]),
                ),
            ]),
            traits: Value::map(),
            context: Value::map(),
        };
        let properties = |event: &Event| json::parse_value(&text(event)).unwrap().get("properties").cloned().unwrap();
        let short = order(50, "Ball");
        assert_eq!(properties(&short), short.properties);
        for products in [50, 1000] {
            let long = order(products, &"Мяч для собак ".repeat(50));
            assert!(text(&long).len() < LONGEST);
            let told = properties(&long);
            assert_eq!(told.get("revenue"), Some(&5000.0.into()));
            let kept = told.get("products").unwrap().items();
            assert_eq!(kept.len(), products.min(MOST_PRODUCTS));
            assert_eq!(kept.first(), Some(&Value::from([("product_id", "p1".into()), ("quantity", 2.0.into())])));
        }
    }
}
