//! A small logistic model over attributes: how likely a purchase in this session is, or that the shopper stays away.

use crate::json::Node;
use crate::schema::Value;

/// One attribute and what it adds to the log-odds.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// The attribute's path.
    pub of: String,
    /// How its value is measured.
    pub shape: Shape,
    /// What it adds where that measure is 1.
    pub weight: f64,
}

/// How an attribute's value becomes a number from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// x / (x + half): rises quickly, then levels off; one half at `half`.
    Half(f64),
    /// 1 if it is this text.
    Is(String),
    /// 1 if it is true, or any text or number but 0.
    Set,
}

/// A probability from attributes: 1 / (1 + e^-(bias + sum of terms)). Calibration is already in the weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Odds {
    /// The log-odds where no attribute says anything.
    pub bias: f64,
    /// What attributes add.
    pub terms: Vec<Term>,
}

impl Odds {
    /// Reads `{"bias": b, "terms": [{"of": path, "half": h | "is": text, "weight": w}]}`.
    pub fn read(node: Node) -> Option<Odds> {
        let terms = node.get("terms").into_iter().flat_map(Node::items).map(|term| {
            let shape = match (term.get("half").and_then(Node::as_f64), term.get("is").and_then(Node::as_str)) {
                (Some(half), _) => Shape::Half(half.max(f64::MIN_POSITIVE)),
                (None, Some(text)) => Shape::Is(text.to_owned()),
                (None, None) => Shape::Set,
            };
            let of = term.get("of")?.as_str()?.to_owned();
            Some(Term { of, shape, weight: term.get("weight")?.as_f64()? })
        });
        Some(Odds { bias: node.get("bias")?.as_f64()?, terms: terms.collect::<Option<Vec<_>>>()? })
    }

    /// The probability, given a way to look attributes up. A missing attribute adds nothing.
    pub fn probability(&self, attribute: &mut dyn FnMut(&str) -> Value) -> f64 {
        let mut odds = self.bias;
        for term in &self.terms {
            odds += term.weight * term.shape.of(&attribute(&term.of));
        }
        1.0 / (1.0 + (-odds).exp())
    }
}

impl Shape {
    /// The measure of a value, from 0 to 1; 0 for a missing one.
    pub fn of(&self, value: &Value) -> f64 {
        let holds = match (self, value) {
            (Shape::Half(half), Value::Number(number)) if *number > 0.0 => return number / (number + half),
            (Shape::Is(text), Value::Text(value)) => text == value,
            (Shape::Set, Value::Bool(flag)) => *flag,
            (Shape::Set, Value::Number(number)) => *number != 0.0,
            (Shape::Set, Value::Text(_)) => true,
            _ => false,
        };
        f64::from(u8::from(holds))
    }
}
