//! Reads the questions of `$did`, and refuses those that reach past what the history keeps.

use super::build::{document, times};
use super::did::{Did, Happening, What, Within};
use super::read::Reader;
use crate::attributes::{HISTORY_DAYS, HISTORY_PER_EVENT};
use crate::json::{Kind, Node};
use crate::schema::Gather;

/// Reads a question to the history.
pub(super) fn question(reader: &mut Reader, node: Node) -> Option<Did> {
    let errors = reader.errors;
    reader.members(node, &["event", "where", "times", "sequence", "without", "withinDays", "withinMinutes", "within"]);
    let within = window(reader, node, errors);
    let what = match (node.get("event"), node.get("sequence")) {
        (Some(event), None) => {
            let event = reader.owned(event)?;
            let only = node.get("where").and_then(|only| document(reader, only));
            let times = node.get("times").and_then(|node| {
                countable(reader, node);
                times(reader, node)
            });
            What::Times(Happening { event, only }, times)
        }
        (None, Some(sequence)) => {
            for name in ["where", "times"] {
                if let Some(stray) = node.get(name) {
                    reader.error("mixed-condition", stray, "`where` inside the steps of a sequence, and no `times`");
                }
            }
            let steps = reader.list(sequence, happening);
            if steps.is_empty() && errors == reader.errors {
                reader.error("out-of-range", sequence, "at least one event");
            }
            What::Sequence(steps)
        }
        _ => {
            reader.error("missing-member", node, "either `event` or `sequence`");
            return None;
        }
    };
    let without = match node.get("without") {
        None => Vec::new(),
        Some(list) if list.kind() == Kind::List => reader.list(list, happening),
        Some(one) => happening(reader, one).into_iter().gather(),
    };
    (errors == reader.errors).then_some(Did { what, without, within: within? })
}

fn happening(reader: &mut Reader, node: Node) -> Option<Happening> {
    if let Some(name) = node.as_str() {
        return Some(Happening { event: name.to_owned(), only: None });
    }
    if !node.is_map() {
        reader.error("wrong-type", node, "an event's name, or an object with `event` and `where`");
        return None;
    }
    reader.members(node, &["event", "where"]);
    let Some(event) = node.get("event") else {
        reader.error("missing-member", node, "the `event` to look for");
        return None;
    };
    let event = reader.owned(event)?;
    Some(Happening { event, only: node.get("where").and_then(|only| document(reader, only)) })
}

fn window(reader: &mut Reader, node: Node, errors: usize) -> Option<Within> {
    const DAY: f64 = 86_400_000.0;
    let mut window = None;
    for name in ["withinDays", "withinMinutes", "within"] {
        let Some(span) = node.get(name) else { continue };
        if window.is_some() {
            reader.error("mixed-condition", span, "one of `withinDays`, `withinMinutes` and `within`");
        }
        window = Some((name, span));
    }
    let Some((name, span)) = window else {
        // What is wrong with the members' names was told already.
        if reader.errors == errors && (node.get("event").is_some() != node.get("sequence").is_some()) {
            const EXPECTED: &str = "a window, such as `withinDays` of at most 90: that is how far the history reaches";
            reader.error("past-history", node, EXPECTED);
        }
        return None;
    };
    if name == "within" {
        return reader.word("unknown-word", span, &[("session", Within::Session)], "`session`");
    }
    let days = name == "withinDays";
    let number = reader.number(span, 0.0, f64::MAX, "a number that is not negative")?;
    let millis = number * if days { DAY } else { 60_000.0 };
    if millis > f64::from(HISTORY_DAYS) * DAY {
        reader.error("past-history", span, "at most 90 days: that is how far the history reaches");
        return None;
    }
    Some(Within::Millis(millis as i64, number, days))
}

/// Refuses numbers that the history's bound per event could make wrong.
fn countable(reader: &mut Reader, node: Node) {
    if node.as_f64().is_some_and(|times| times >= f64::from(HISTORY_PER_EVENT)) {
        reader.error("past-history", node, "less than 200 times: that is how much of one event the history keeps");
    }
    for item in node.items() {
        countable(reader, item);
    }
    for member in node.members() {
        countable(reader, member.value);
    }
}
