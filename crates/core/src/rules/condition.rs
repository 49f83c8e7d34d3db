//! A condition as a tree in words, and the plain way to evaluate it: no memory, no shortcuts but the first answer.

use super::operator::Op;
use crate::attributes::{Attribute, Facts};
use crate::schema::Gather;
use crate::schema::Value;
use std::borrow::Cow;

/// What a word of a condition's tree stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The test with this number.
    Test,
    /// All of the next so many words' nodes.
    All,
    /// At least one of them.
    Any,
    /// The audience with this number.
    Audience,
}

/// A node of the tree in 32 bits: whether its opposite is meant, its kind, and a number of 29 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(u32);

const NUMBER: u32 = (1 << 29) - 1;

impl Word {
    pub(crate) fn new(kind: Kind, negated: bool, number: usize) -> Word {
        Word(u32::from(negated) << 31 | (kind as u32) << 29 | (number as u32 & NUMBER))
    }
    pub(crate) fn kind(self) -> Kind {
        match self.0 >> 29 & 3 {
            0 => Kind::Test,
            1 => Kind::All,
            2 => Kind::Any,
            _ => Kind::Audience,
        }
    }
    pub(crate) fn negated(self) -> bool {
        self.0 >> 31 == 1
    }
    pub(crate) fn number(self) -> usize {
        (self.0 & NUMBER) as usize
    }
    /// The same with the opposite meaning, if asked for.
    pub(crate) fn negate(self, negate: bool) -> Word {
        Word(self.0 ^ u32::from(negate) << 31)
    }
    /// How many words its node takes.
    pub(crate) fn size(self) -> usize {
        match self.kind() {
            Kind::All | Kind::Any => 1 + self.number(),
            Kind::Test | Kind::Audience => 1,
        }
    }
}

/// The nodes of a group, one after the other.
pub(crate) struct Nodes<'c>(pub(crate) &'c [Word]);

impl<'c> Iterator for Nodes<'c> {
    type Item = &'c [Word];
    fn next(&mut self) -> Option<&'c [Word]> {
        let (node, rest) = self.0.split_at_checked(self.0.first()?.size())?;
        self.0 = rest;
        Some(node)
    }
}

/// Whether a node holds, given which of its tests and audiences hold.
pub(crate) fn holds(node: &[Word], leaf: &mut impl FnMut(Kind, usize) -> bool) -> bool {
    let Some((word, inner)) = node.split_first() else { return true };
    let found = match word.kind() {
        Kind::All => Nodes(inner).all(|node| holds(node, leaf)),
        Kind::Any => Nodes(inner).any(|node| holds(node, leaf)),
        kind => leaf(kind, word.number()),
    };
    found != word.negated()
}

/// A test: which attribute, and what has to hold for its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Test {
    pub(crate) slot: u32,
    pub(crate) op: Op,
}

/// A condition over documents or attributes, such as `products.where`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Condition {
    pub(crate) slots: Vec<Attribute>,
    pub(crate) tests: Vec<Test>,
    pub(crate) code: Vec<Word>,
}

impl Condition {
    /// Whether a document fulfils it. Paths are looked up with [`Value::at`].
    pub fn matches(&self, document: &Value) -> bool {
        self.matches_by(&|path| match path {
            "" => Cow::Borrowed(document),
            _ => document.at(path).map_or(Cow::Owned(Value::Null), Cow::Borrowed),
        })
    }

    /// Whether it holds for the values that `look` finds at its paths; what is missing is `Null`.
    pub fn matches_by<'v>(&self, look: &dyn Fn(&str) -> Cow<'v, Value>) -> bool {
        holds(&self.code, &mut |_, test| {
            let Some(test) = self.tests.get(test) else { return false };
            let path = self.slots.get(test.slot as usize).map_or("", |slot| &slot.path);
            test.op.holds(&look(path))
        })
    }

    /// The paths it looks at.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|slot| slot.path.as_str())
    }

    /// Whether a value itself fulfils it, for conditions that consist of operators alone.
    pub(crate) fn matches_itself(&self, value: &Value) -> bool {
        self.matches(value)
    }

    /// The condition as a person would write it.
    pub fn to_value(&self) -> Value {
        written(&self.code, &|test| self.tests.get(test).map(|test| (self.path(test), &test.op)), &|_| Value::Null)
    }

    /// The operators alone, for a condition on a value itself.
    pub(crate) fn to_value_of_itself(&self) -> Value {
        let mut value = self.to_value();
        value.remove("").unwrap_or(value)
    }

    fn path(&self, test: &Test) -> &str {
        self.slots.get(test.slot as usize).map_or("", |slot| &slot.path)
    }
}

/// A node as a person would write it. `test` tells path and operator, `audience` the id of an audience.
pub(crate) fn written<'c>(
    node: &[Word],
    test: &dyn Fn(usize) -> Option<(&'c str, &'c Op)>,
    audience: &dyn Fn(usize) -> Value,
) -> Value {
    let Some((word, inner)) = node.split_first() else { return Value::map() };
    let negated = word.negated();
    let not = |inner: Value| if negated { Value::from([("$not", inner)]) } else { inner };
    match word.kind() {
        Kind::Audience => not(Value::from([("$audience", audience(word.number()))])),
        Kind::Test => {
            let Some((path, op)) = test(word.number()) else { return Value::Null };
            let (name, operand) = op.written(negated);
            if matches!(op, Op::Did(_)) {
                return not(Value::Map(vec![(name.to_owned(), operand)]));
            }
            let bare = if name.is_empty() { operand } else { Value::Map(vec![(name.to_owned(), operand)]) };
            let tested = if op.has_opposite() { bare } else { not(bare) };
            Value::Map(vec![(path.to_owned(), tested)])
        }
        kind => {
            let parts: Vec<Value> = Nodes(inner).map(|node| written(node, test, audience)).gather();
            if kind == Kind::All && !negated {
                return merged(parts);
            }
            let name = match (kind, negated) {
                (Kind::Any, false) => "$or",
                (Kind::Any, true) => "$nor",
                _ => return Value::from([("$not", merged(parts))]),
            };
            Value::Map(vec![(name.to_owned(), Value::List(parts))])
        }
    }
}

/// Several conditions as one object where their names differ, else as `$and`.
fn merged(parts: Vec<Value>) -> Value {
    let mut all: Vec<(String, Value)> = Vec::new();
    for part in &parts {
        for (name, value) in part.members() {
            match all.iter_mut().find(|(other, _)| other == name) {
                None => all.push((name.clone(), value.clone())),
                // Two operators on one attribute stand side by side.
                Some((_, Value::Map(operators)))
                    if value.members().iter().all(|(op, _)| {
                        op.starts_with('$') && operators.iter().all(|(other, _)| other.starts_with('$') && other != op)
                    }) && !value.members().is_empty()
                        && !name.starts_with('$') =>
                {
                    operators.extend(value.members().iter().cloned());
                }
                Some(_) => return Value::Map(vec![("$and".to_owned(), Value::List(parts))]),
            }
        }
    }
    Value::Map(all)
}

/// Whether a node of the rules holds right now, by the plain way: every test asks the facts.
pub(crate) fn holds_for(rules: &super::Rules, facts: &dyn Facts, node: &[Word]) -> bool {
    holds(node, &mut |kind, number| match kind {
        Kind::Audience => holds_for(rules, facts, rules.audience_code(number)),
        _ => rules.test(number).is_some_and(|test| match &test.op {
            Op::Did(did) => did.answer(facts).holds,
            op => rules.slots.get(test.slot as usize).is_some_and(|slot| op.holds(&facts.value(slot))),
        }),
    })
}
