//! Fills a template.

use super::escape::Place;
use super::{Node, Template};
use crate::attributes::Attribute;
use crate::json;
use crate::schema::Value;
use core::cell::Cell;

/// Longer results are cut: loops within loops can grow beyond all measure.
const LONGEST: usize = 256 * 1024;
/// So often loops go round in one result at most, whether they write something or not.
const MOST_ROUNDS: u32 = 5_000;

/// Finds values by path, for what no loop answers.
pub trait Lookup {
    /// The value; `Null` when there is none.
    fn look(&self, path: &Attribute) -> Value;
}

/// The item of a loop and its number.
struct Round<'a> {
    item: &'a Value,
    nth: usize,
    outer: Option<&'a Round<'a>>,
}

impl Template {
    /// The template with every value in its place.
    pub fn render(&self, lookup: &dyn Lookup) -> String {
        let mut out = String::new();
        render(&self.nodes, lookup, None, &Cell::new(MOST_ROUNDS), &mut out);
        out
    }
}

fn render(nodes: &[Node], lookup: &dyn Lookup, round: Option<&Round<'_>>, left: &Cell<u32>, out: &mut String) {
    for node in nodes {
        if out.len() > LONGEST || left.get() == 0 {
            return;
        }
        match node {
            Node::Literal(text) => out.push_str(text),
            Node::Value { path, default, place } => write_value(&value(path, lookup, round), default, *place, out),
            Node::Each { path, body } => {
                let list = value(path, lookup, round);
                for (nth, item) in list.items().iter().enumerate() {
                    left.set(left.get().saturating_sub(1));
                    render(body, lookup, Some(&Round { item, nth, outer: round }), left, out);
                }
            }
            Node::If { path, then, otherwise } => {
                let branch = if counts_as_true(&value(path, lookup, round)) { then } else { otherwise };
                render(branch, lookup, round, left, out);
            }
        }
    }
}

/// The value of a path: of the innermost loop whose item has it, else of the lookup.
fn value(path: &Attribute, lookup: &dyn Lookup, round: Option<&Round<'_>>) -> Value {
    let mut next = round;
    while let Some(round) = next {
        match path.path.as_str() {
            "this" => return round.item.clone(),
            "@index" => return Value::Number(round.nth as f64),
            "@number" => return Value::Number(round.nth as f64 + 1.0),
            name => {
                let name = name.strip_prefix("this.").unwrap_or(name);
                if let Some(found) = round.item.at(name) {
                    return found.clone();
                }
            }
        }
        next = round.outer;
    }
    lookup.look(path)
}

fn write_value(value: &Value, default: &str, place: Place, out: &mut String) {
    let text = plain_text(value);
    place.write(if text.is_empty() { default } else { &text }, out);
}

/// A value as a person would write it: lists with commas, objects not at all.
pub fn plain_text(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Null | Value::Map(_) => {}
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) if number.is_finite() => json::write_number(*number, &mut text),
        Value::Number(_) => {}
        Value::Text(words) => text.push_str(words),
        Value::List(items) => {
            for item in items.iter().map(plain_text).filter(|item| !item.is_empty()) {
                if !text.is_empty() {
                    text.push_str(", ");
                }
                text.push_str(&item);
            }
        }
    }
    text
}

/// Nothing, `false`, 0, an empty text and an empty list count as false.
fn counts_as_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => *number != 0.0,
        Value::Text(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(_) => true,
    }
}
