//! The operators of conditions: what each holds for, one value at a time, by the meaning GrowthBook's specification gives.

use super::coerce::{number, order, padded_version, text, truthy};
use super::condition::Condition;
use super::did::Did;
use crate::letter::folded;
use crate::regex::Regex;
use crate::schema::Gather;
use crate::schema::Value;
use core::cmp::Ordering;

/// A test of one value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Op {
    /// No operator: equality that lets `"5"` be 5 and any text be `true`.
    Same(Value),
    /// `$eq`: equality without conversion; lists and objects are never equal.
    Eq(Value),
    /// `$lt`, `$lte`, `$gt`, `$gte`.
    Order(Compare, Value),
    /// `$in`
    In(Vec<Value>),
    /// `$ini`, its texts in lower case.
    InFolded(Vec<Value>),
    /// A text in `$alli`, in lower case.
    SameFolded(String),
    /// `$all` and `$alli`: every condition holds for some item.
    All(Vec<Condition>),
    /// `$exists: true`
    Exists,
    /// `$type`
    Type(Type),
    /// `$size`
    Size(Box<Condition>),
    /// `$elemMatch`
    Elem(Box<Condition>),
    /// `$regex`, `$regexi`
    Regex(Box<Regex>),
    /// `$veq`, `$vlt`, `$vlte`, `$vgt`, `$vgte`, with the padded version and the one as written.
    Version(Compare, String, Value),
    /// `$did`, which asks the history and no attribute.
    Did(Box<Did>),
}

/// How two values have to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Compare {
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Compare::Equal => order.is_eq(),
            Compare::Less => order.is_lt(),
            Compare::LessOrEqual => order.is_le(),
            Compare::Greater => order.is_gt(),
            Compare::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// What `$type` tells apart. A missing value is `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Null,
    Bool,
    Number,
    Text,
    List,
    Map,
    /// What no JSON value is.
    Undefined,
}

/// The names of the types.
pub(crate) const TYPES: [(&str, Type); 7] = [
    ("string", Type::Text),
    ("number", Type::Number),
    ("boolean", Type::Bool),
    ("array", Type::List),
    ("object", Type::Map),
    ("null", Type::Null),
    ("undefined", Type::Undefined),
];

fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Bool,
        Value::Number(_) => Type::Number,
        Value::Text(_) => Type::Text,
        Value::List(_) => Type::List,
        Value::Map(_) => Type::Map,
    }
}

/// Equality of single values without conversion; lists and objects are nobody's equal.
fn identical(value: &Value, other: &Value) -> bool {
    !matches!(value, Value::List(_) | Value::Map(_)) && value == other
}

fn same(value: &Value, expected: &Value) -> bool {
    match expected {
        Value::Null => value.is_null(),
        // Nothing is missing and named so at once: GrowthBook's own `"null"` for missing values is no one's wish.
        Value::Text(expected) => !value.is_null() && text(value) == *expected,
        Value::Number(expected) => number(value) == *expected,
        Value::Bool(expected) => !value.is_null() && truthy(value) == *expected,
        Value::List(_) | Value::Map(_) => value == expected,
    }
}

fn folded_equal(value: &Value, small: &Value) -> bool {
    match (value, small) {
        (Value::Text(value), Value::Text(small)) => folded(value) == *small,
        _ => identical(value, small),
    }
}

/// Whether the value, or one of its items if it is a list, is among `expected`.
fn is_in(value: &Value, expected: &[Value], equal: fn(&Value, &Value) -> bool) -> bool {
    let known = |value: &Value| expected.iter().any(|expected| equal(value, expected));
    match value {
        Value::List(items) => items.iter().any(known),
        _ => known(value),
    }
}

impl Op {
    /// Whether the test holds for a value. Missing values are `Null`.
    pub(crate) fn holds(&self, value: &Value) -> bool {
        match self {
            Op::Same(expected) => same(value, expected),
            Op::Eq(expected) => identical(value, expected),
            Op::Order(compare, expected) => order(value, expected).is_some_and(|order| compare.holds(order)),
            Op::In(expected) => is_in(value, expected, identical),
            Op::InFolded(expected) => is_in(value, expected, folded_equal),
            Op::SameFolded(expected) => !value.is_null() && folded(&text(value)) == *expected,
            Op::All(conditions) => {
                matches!(value, Value::List(_))
                    && conditions
                        .iter()
                        .all(|condition| value.items().iter().any(|item| condition.matches_itself(item)))
            }
            Op::Exists => !value.is_null(),
            Op::Type(expected) => type_of(value) == *expected,
            Op::Size(condition) => match value {
                Value::List(items) => condition.matches_itself(&Value::Number(items.len() as f64)),
                _ => false,
            },
            Op::Elem(condition) => value.items().iter().any(|item| condition.matches(item)),
            Op::Regex(regex) => match value {
                Value::Null => false,
                _ => regex.is_match(&text(value)),
            },
            Op::Version(compare, expected, _) => compare.holds(padded_version(value).as_str().cmp(expected)),
            Op::Did(_) => false,
        }
    }

    /// The operator's name and operand as a person would write them; the name is empty where none is written.
    pub(crate) fn written(&self, negated: bool) -> (&'static str, Value) {
        let pick = |plain: &'static str, opposite: &'static str| if negated { opposite } else { plain };
        let compare = |compare: &Compare, names: [&'static str; 5]| match compare {
            Compare::Equal => names[0],
            Compare::Less => names[1],
            Compare::LessOrEqual => names[2],
            Compare::Greater => names[3],
            Compare::GreaterOrEqual => names[4],
        };
        let list =
            |conditions: &[Condition]| Value::List(conditions.iter().map(Condition::to_value_of_itself).gather());
        match self {
            Op::Same(value) => ("", value.clone()),
            Op::SameFolded(text) => ("", text.as_str().into()),
            Op::Eq(value) => (pick("$eq", "$ne"), value.clone()),
            Op::Order(how, value) => (compare(how, ["$eq", "$lt", "$lte", "$gt", "$gte"]), value.clone()),
            Op::In(values) => (pick("$in", "$nin"), Value::List(values.clone())),
            Op::InFolded(values) => (pick("$ini", "$nini"), Value::List(values.clone())),
            Op::All(conditions) => ("$all", list(conditions)),
            Op::Exists => ("$exists", Value::Bool(!negated)),
            Op::Type(kind) => {
                let name = TYPES.iter().find(|(_, other)| other == kind).map_or("", |(name, _)| name);
                ("$type", name.into())
            }
            Op::Size(condition) => ("$size", condition.to_value_of_itself()),
            Op::Elem(condition) => ("$elemMatch", condition.to_value_of_itself()),
            Op::Regex(regex) if regex.insensitive() => (pick("$regexi", "$notRegexi"), regex.pattern().into()),
            Op::Regex(regex) => (pick("$regex", "$notRegex"), regex.pattern().into()),
            Op::Version(Compare::Equal, _, value) => (pick("$veq", "$vne"), value.clone()),
            Op::Version(how, _, value) => (compare(how, ["$veq", "$vlt", "$vlte", "$vgt", "$vgte"]), value.clone()),
            Op::Did(did) => ("$did", did.to_value()),
        }
    }

    /// Whether `written(true)` names the opposite by itself, so that no `$not` is needed around it.
    pub(crate) fn has_opposite(&self) -> bool {
        matches!(
            self,
            Op::Eq(_) | Op::In(_) | Op::InFolded(_) | Op::Exists | Op::Regex(_) | Op::Version(Compare::Equal, ..)
        )
    }
}
