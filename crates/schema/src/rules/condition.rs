//! Conditions as they are written: groups, audiences, questions to the history, and tests of attributes by path.

use super::OneOrMany;
#[cfg(feature = "schemars")]
use super::form;
use crate::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A condition: every member has to hold. Members that are none of the operators are paths of attributes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ConditionDocument {
    /// All of these have to hold.
    #[serde(rename = "$and", default, skip_serializing_if = "Option::is_none")]
    pub and: Option<Vec<ConditionDocument>>,
    /// One of these has to hold.
    #[serde(rename = "$or", default, skip_serializing_if = "Option::is_none")]
    pub or: Option<Vec<ConditionDocument>>,
    /// None of these may hold.
    #[serde(rename = "$nor", default, skip_serializing_if = "Option::is_none")]
    pub nor: Option<Vec<ConditionDocument>>,
    /// This must not hold.
    #[serde(rename = "$not", default, skip_serializing_if = "Option::is_none")]
    pub not: Option<Box<ConditionDocument>>,
    /// The visitor is in this audience, or in all of these.
    #[serde(rename = "$audience", default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Audiences>,
    /// The visitor did this before.
    #[serde(rename = "$did", default, skip_serializing_if = "Option::is_none")]
    pub did: Option<Box<DidDocument>>,
    /// Tests of attributes, by path: `{ "orders.revenue": { "$gte": 200 } }`.
    #[serde(flatten)]
    pub tests: BTreeMap<String, TestDocument>,
}

/// The ids of audiences.
pub type Audiences = OneOrMany<String>;

/// A condition on a product or an event: every member has to hold. Members that are none of the operators are paths of
/// its fields.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct FieldsConditionDocument {
    /// All of these have to hold.
    #[serde(rename = "$and", default, skip_serializing_if = "Option::is_none")]
    pub and: Option<Vec<FieldsConditionDocument>>,
    /// One of these has to hold.
    #[serde(rename = "$or", default, skip_serializing_if = "Option::is_none")]
    pub or: Option<Vec<FieldsConditionDocument>>,
    /// None of these may hold.
    #[serde(rename = "$nor", default, skip_serializing_if = "Option::is_none")]
    pub nor: Option<Vec<FieldsConditionDocument>>,
    /// This must not hold.
    #[serde(rename = "$not", default, skip_serializing_if = "Option::is_none")]
    pub not: Option<Box<FieldsConditionDocument>>,
    /// Tests of fields, by path: `{ "price": { "$lt": 80 } }`.
    #[serde(flatten)]
    pub tests: BTreeMap<String, TestDocument>,
}

/// What an item of a list has to fulfil: operators on the item itself, or a condition on its fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ElementDocument {
    /// Operators, all of which have to hold.
    Operators(Box<OperatorsDocument>),
    /// A condition on its fields.
    Fields(Box<FieldsConditionDocument>),
}

/// What an attribute has to fulfil: operators, or a value to equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum TestDocument {
    /// The list to equal. It comes first: serde would take a list for operators by position.
    List(Vec<Value>),
    /// Operators, all of which have to hold.
    Operators(Box<OperatorsDocument>),
    /// The value to equal.
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::plain_value"))]
    Value(Value),
}

/// Operators next to an attribute's path; all of them have to hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OperatorsDocument {
    /// Equal, without conversion between types.
    #[serde(rename = "$eq", default, skip_serializing_if = "Option::is_none", with = "present")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<Value>"))]
    pub eq: Option<Value>,
    /// Not equal.
    #[serde(rename = "$ne", default, skip_serializing_if = "Option::is_none", with = "present")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<Value>"))]
    pub ne: Option<Value>,
    /// Less than.
    #[serde(rename = "$lt", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::comparable"))]
    pub lt: Option<Value>,
    /// At most.
    #[serde(rename = "$lte", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::comparable"))]
    pub lte: Option<Value>,
    /// More than.
    #[serde(rename = "$gt", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::comparable"))]
    pub gt: Option<Value>,
    /// At least.
    #[serde(rename = "$gte", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::comparable"))]
    pub gte: Option<Value>,
    /// One of these; of a list, one of its items.
    #[serde(rename = "$in", default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<Value>>,
    /// None of these.
    #[serde(rename = "$nin", default, skip_serializing_if = "Option::is_none")]
    pub none_of: Option<Vec<Value>>,
    /// One of these, whatever the letter case.
    #[serde(rename = "$ini", default, skip_serializing_if = "Option::is_none")]
    pub one_of_folded: Option<Vec<Value>>,
    /// None of these, whatever the letter case.
    #[serde(rename = "$nini", default, skip_serializing_if = "Option::is_none")]
    pub none_of_folded: Option<Vec<Value>>,
    /// One of this saved group; of a list, one of its items.
    #[serde(rename = "$inGroup", default, skip_serializing_if = "Option::is_none")]
    pub in_group: Option<String>,
    /// None of this saved group.
    #[serde(rename = "$notInGroup", default, skip_serializing_if = "Option::is_none")]
    pub not_in_group: Option<String>,
    /// A list that has all of these, or an item for each of these conditions.
    #[serde(rename = "$all", default, skip_serializing_if = "Option::is_none")]
    pub all: Option<Vec<TestDocument>>,
    /// The same, whatever the letter case.
    #[serde(rename = "$alli", default, skip_serializing_if = "Option::is_none")]
    pub all_folded: Option<Vec<TestDocument>>,
    /// There at all, or not.
    #[serde(rename = "$exists", default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// The kind of value.
    #[serde(rename = "$type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<TypeDocument>,
    /// How many items a list has.
    #[serde(rename = "$size", default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Box<TestDocument>>,
    /// A list with an item that fulfils this: operators on the item, or a condition on its members.
    #[serde(rename = "$elemMatch", default, skip_serializing_if = "Option::is_none")]
    pub element: Option<ElementDocument>,
    /// Text in which this pattern is found.
    #[serde(rename = "$regex", default, skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// The same, whatever the letter case.
    #[serde(rename = "$regexi", default, skip_serializing_if = "Option::is_none")]
    pub regex_folded: Option<String>,
    /// Not text in which this pattern is found.
    #[serde(rename = "$notRegex", default, skip_serializing_if = "Option::is_none")]
    pub not_regex: Option<String>,
    /// The same, whatever the letter case.
    #[serde(rename = "$notRegexi", default, skip_serializing_if = "Option::is_none")]
    pub not_regex_folded: Option<String>,
    /// Not this.
    #[serde(rename = "$not", default, skip_serializing_if = "Option::is_none")]
    pub not: Option<Box<TestDocument>>,
    /// The same version.
    #[serde(rename = "$veq", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::version"))]
    pub version_is: Option<Value>,
    /// Another version.
    #[serde(rename = "$vne", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::version"))]
    pub version_is_not: Option<Value>,
    /// An earlier version.
    #[serde(rename = "$vlt", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::version"))]
    pub version_before: Option<Value>,
    /// This version or an earlier one.
    #[serde(rename = "$vlte", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::version"))]
    pub version_until: Option<Value>,
    /// A later version.
    #[serde(rename = "$vgt", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::version"))]
    pub version_after: Option<Value>,
    /// This version or a later one.
    #[serde(rename = "$vgte", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::version"))]
    pub version_from: Option<Value>,
}

/// The kinds of JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum TypeDocument {
    /// Text.
    String,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list.
    Array,
    /// An object.
    Object,
    /// Nothing, or null.
    Null,
    /// What no attribute is.
    Undefined,
}

/// What a visitor did: an event so often, or events one after the other.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schemars", schemars(transform = form::asks_for_one_thing))]
pub struct DidDocument {
    /// The event's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Only events whose properties fulfil this.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub only: Option<FieldsConditionDocument>,
    /// How often: a number or operators, below 200. Without it: at least once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<TestDocument>,
    /// Events in this order; others may lie in between.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(length(min = 1)))]
    pub sequence: Vec<HappeningDocument>,
    /// Only what came after the last of these counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<OneOrMany<HappeningDocument>>,
    /// Not longer ago than so many days; at most 90.
    #[cfg_attr(feature = "schemars", schemars(range(min = 0, max = 90)))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_days: Option<f64>,
    /// Not longer ago than so many minutes; at most 129600.
    #[cfg_attr(feature = "schemars", schemars(range(min = 0, max = 129_600)))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_minutes: Option<f64>,
    /// `session`: in this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<WithinDocument>,
}

/// A span that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WithinDocument {
    /// The current session.
    Session,
}

/// An event: its name, or its name and a condition on its properties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum HappeningDocument {
    /// Any event of this name.
    Named(String),
    /// Only those that fulfil a condition.
    Only {
        /// The event's name.
        event: String,
        /// What its properties have to fulfil.
        #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
        only: Option<FieldsConditionDocument>,
    },
}

/// A member that may be null: null is a value to compare with, and not the same as no member.
mod present {
    use crate::Value;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
        Value::deserialize(deserializer).map(Some)
    }
}
