//! The JSON Schemas that the npm package ships, made from the types: editors complete and underline by them.

use crate::{ATTRIBUTES, AttributeKind, CatalogDocument, RulesDocument};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value as Json, json};

/// The JSON Schema of `rules.json`.
pub fn rules_schema() -> Json {
    let mut schema = schema_of::<RulesDocument>("Rules of tailorbird");
    strict(&mut schema);
    for name in ["ConditionDocument", "FieldsConditionDocument"] {
        if let Some(condition) = schema.pointer_mut(&format!("/definitions/{name}")) {
            only_paths(condition);
        }
    }
    if let Some(Json::Object(known)) = schema.pointer_mut("/definitions/ConditionDocument/properties") {
        known.extend(
            ATTRIBUTES
                .iter()
                .map(|attribute| ((*attribute.path).to_owned(), of_attribute(attribute.kind, attribute.about))),
        );
    }
    schema
}

/// The JSON Schema of `catalog.json`.
pub fn catalog_schema() -> Json {
    schema_of::<CatalogDocument>("A catalogue of tailorbird")
}

/// Editors know this version best.
fn schema_of<T: JsonSchema>(title: &str) -> Json {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    let mut schema = schema.to_value();
    without_formats(&mut schema);
    schema
}

/// Formats such as `double` are no part of JSON Schema, and validators that are strict refuse to know of them.
fn without_formats(schema: &mut Json) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(without_formats),
        Json::Object(members) => {
            members.retain(|name, value| name != "format" || !value.is_string());
            members.values_mut().for_each(without_formats);
        }
        _ => {}
    }
}

/// What may stand next to an attribute, with what it is; its kind is a hint that editors show and nothing refuses.
fn of_attribute(kind: AttributeKind, about: &str) -> Json {
    let kind = match kind {
        AttributeKind::Number => "number",
        AttributeKind::Text => "text",
        AttributeKind::Flag => "true or false",
        AttributeKind::List => "list of texts",
        AttributeKind::Any => "anything",
    };
    json!({ "description": format!("{about} ({kind})"), "allOf": [{ "$ref": "#/definitions/TestDocument" }] })
}

/// A member that is there is not null, and objects have no members but their own and those that are for people.
fn strict(schema: &mut Json) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(strict),
        Json::Object(members) => {
            members.values_mut().for_each(strict);
            // Only what describes a whole object is meant, not a part of a condition on one.
            if members.contains_key("type")
                && let Some(Json::Object(properties)) = members.get_mut("properties")
            {
                properties.values_mut().for_each(not_null);
                if !members.contains_key("additionalProperties") {
                    members.insert("additionalProperties".to_owned(), false.into());
                }
            }
            // As properties and not by a pattern: strict validators refuse names that are both.
            if members.get("additionalProperties") == Some(&false.into())
                && let Some(Json::Object(properties)) = members.get_mut("properties")
            {
                for name in ["name", "description", "$comment"] {
                    properties.entry(name).or_insert(true.into());
                }
            }
        }
        _ => {}
    }
}

fn not_null(schema: &mut Json) {
    let Json::Object(members) = schema else { return };
    let null = json!({ "type": "null" });
    if let Some(Json::Array(kinds)) = members.get_mut("type")
        && kinds.len() == 2
    {
        kinds.retain(|kind| kind != "null");
        let kind = kinds.pop();
        members.extend(kind.map(|kind| ("type".to_owned(), kind)));
    }
    if let Some(Json::Array(choices)) = members.get_mut("anyOf")
        && choices.contains(&null)
    {
        choices.retain(|choice| *choice != null);
    }
    if let Some(Json::Array(values)) = members.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}

/// Names that begin with a dollar sign are operators and no paths.
fn only_paths(condition: &mut Json) {
    let Json::Object(members) = condition else { return };
    members.remove("patternProperties");
    let operators: Vec<Json> = match members.get("properties") {
        Some(Json::Object(known)) => known.keys().map(|name| name.as_str().into()).collect(),
        _ => Vec::new(),
    };
    let names = json!({ "anyOf": [{ "pattern": "^([^$]|$)" }, { "enum": operators }] });
    members.insert("propertyNames".to_owned(), names);
}

/// A value to equal: operators in an object would have been read as such.
pub(super) fn plain_value(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["null", "boolean", "number", "string", "object"], "propertyNames": { "pattern": "^([^$]|$)" } })
}

pub(super) fn comparable(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["boolean", "number", "string"] })
}

pub(super) fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["number", "string"] })
}

pub(super) fn yes(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "const": true })
}

/// A day, or a moment in a zone.
pub(super) fn moment(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}", "examples": ["2026-11-01T00:00:00Z"] })
}

/// A name, and where its share begins and ends.
pub(super) fn namespace(_: &mut SchemaGenerator) -> Schema {
    let share = json!({ "type": "number", "minimum": 0, "maximum": 1 });
    json_schema!({ "type": "array", "items": [{ "type": "string" }, share, share], "minItems": 3, "maxItems": 3 })
}

pub(super) fn shows_something(schema: &mut Schema) {
    let one_of = ["show", "products", "variants"].map(|name| json!({ "required": [name] }));
    schema.insert("anyOf".to_owned(), one_of.to_vec().into());
    schema.insert("dependencies".to_owned(), json!({ "experiment": ["variants"] }));
}

pub(super) fn pins_ids(schema: &mut Schema) {
    schema.insert("if".to_owned(), json!({ "properties": { "strategy": { "const": "pinned" } } }));
    schema.insert("then".to_owned(), json!({ "required": ["ids"] }));
}

pub(super) fn asks_for_one_thing(schema: &mut Schema) {
    let one_of = ["event", "sequence"].map(|name| json!({ "required": [name] }));
    schema.insert("oneOf".to_owned(), one_of.to_vec().into());
}
