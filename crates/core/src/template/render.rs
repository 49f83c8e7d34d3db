//! Fills a template.

use super::escape::Place;
use super::{Node, Template};
use crate::attributes::Attribute;
use crate::json;
use crate::schema::Value;

/// Longer results are cut: loops within loops can grow beyond all measure.
const LONGEST: usize = 256 * 1024;

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
        render(&self.nodes, lookup, None, &mut out);
        out
    }
}

fn render(nodes: &[Node], lookup: &dyn Lookup, round: Option<&Round<'_>>, out: &mut String) {
    for node in nodes {
        if out.len() > LONGEST {
            return;
        }
        match node {
            Node::Literal(text) => out.push_str(text),
            Node::Value { path, default, place } => write_value(&value(path, lookup, round), default, *place, out),
            Node::Each { path, body } => {
                let list = value(path, lookup, round);
                for (nth, item) in list.items().iter().enumerate() {
                    render(body, lookup, Some(&Round { item, nth, outer: round }), out);
                }
            }
            Node::If { path, then, otherwise } => {
                let branch = if counts_as_true(&value(path, lookup, round)) { then } else { otherwise };
                render(branch, lookup, round, out);
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
