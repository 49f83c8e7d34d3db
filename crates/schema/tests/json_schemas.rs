//! The JSON Schemas that ship: up to date with the types, content with what is right, and not with what is wrong.
//!
//! After a change of the types: `UPDATE=1 cargo test -p tailorbird-schema` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Value, json};
use tailorbird_schema::{catalog_schema, rules_schema};

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(at(path)).unwrap()).unwrap()
}

fn rules() -> Validator {
    jsonschema::validator_for(&rules_schema()).unwrap()
}

fn complaints(validator: &Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|error| format!("{} at {}", error, error.instance_path())).collect()
}

#[test]
fn the_files_that_ship_are_those_that_the_types_make() {
    for (name, schema) in [("rules.schema.json", rules_schema()), ("catalog.schema.json", catalog_schema())] {
        let made = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE").is_some() {
            fs::write(at(name), &made).unwrap();
        }
        let there = fs::read_to_string(at(name)).unwrap_or_default();
        assert!(there == made, "`{name}` is old: run `UPDATE=1 cargo test -p tailorbird-schema` and commit it");
    }
}

/// Validators that are strict, as ajv is by default, refuse formats that JSON Schema does not define, and names that are
/// told twice: as a property and by a pattern.
#[test]
fn strict_validators_take_the_schemas() {
    fn refused(schema: &Value) -> Vec<String> {
        let inside = match schema {
            Value::Array(items) => items.iter().flat_map(refused).collect(),
            Value::Object(members) => members.values().flat_map(refused).collect(),
            _ => Vec::new(),
        };
        let format = schema.get("format").and_then(Value::as_str).map(|format| format!("format {format}"));
        let twice = schema.get("properties").zip(schema.get("patternProperties"));
        format.into_iter().chain(twice.map(|(_, patterns)| patterns.to_string())).chain(inside).collect()
    }
    for schema in [rules_schema(), catalog_schema()] {
        assert_eq!(refused(&schema), [""; 0]);
    }
}

#[test]
fn the_demo_shop_and_the_readme_are_valid() {
    let readme = fs::read_to_string(at("../../README.md")).unwrap();
    let first_rule = readme.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let first_rule: Value = serde_json::from_str(first_rule).unwrap();
    for (name, document) in [("the demo shop", read("../../www/rules.json")), ("the README", first_rule)] {
        assert!(document["$schema"].as_str().is_some_and(|path| path.ends_with("rules.schema.json")), "{name}");
        assert_eq!(complaints(&rules(), &document), [""; 0], "{name}");
    }
    let catalog = jsonschema::validator_for(&catalog_schema()).unwrap();
    assert_eq!(complaints(&catalog, &read("../../www/catalog.json")), [""; 0]);
    for wrong in [json!({ "version": 1 }), json!({ "version": 1, "products": [{ "id": "a" }] }), json!([])] {
        assert!(!catalog.is_valid(&wrong), "{wrong}");
    }
}

/// The cases of one kind, each with the name of its file.
fn cases(kinds: &[&str]) -> Vec<(String, Value)> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(at("../../tests/cases")).unwrap() {
        let path = entry.unwrap().path();
        let file: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        if kinds.contains(&file["kind"].as_str().unwrap_or_default()) {
            for case in file["cases"].as_array().unwrap() {
                cases.push((format!("{}: {}", path.display(), case["name"].as_str().unwrap()), case.clone()));
            }
        }
    }
    cases
}

/// A case's rules; `complete` where its runner does so.
fn document(case: &Value, complete: bool) -> Option<Value> {
    let mut document = match &case["text"] {
        Value::String(text) => serde_json::from_str(text).ok()?,
        Value::Array(lines) => {
            let text: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
            serde_json::from_str(&text.join("\n")).ok()?
        }
        _ => {
            let mut rules = case["rules"].clone();
            if complete {
                rules.as_object_mut()?.entry("version").or_insert(1.into());
            }
            rules
        }
    };
    document.is_object().then(|| document.take())
}

#[test]
fn rules_without_mistakes_are_valid() {
    let (validator, mut valid) = (rules(), 0);
    for (name, case) in cases(&["decide", "problems", "check"]) {
        let fine = match case["expect"].as_array() {
            Some(problems) => problems.is_empty(),
            None => case.get("damaged").is_none(),
        };
        if let Some(document) = document(&case, true).filter(|_| fine) {
            assert_eq!(complaints(&validator, &document), [""; 0], "{name}\n{document}");
            valid += 1;
        }
    }
    for (name, case) in cases(&["condition"]) {
        let experience = json!({ "id": "a", "placement": "p", "show": "b", "when": case["condition"] });
        let document = json!({ "version": 1, "experiences": [experience] });
        assert_eq!(complaints(&validator, &document), [""; 0], "{name}\n{document}");
        valid += 1;
    }
    assert!(valid > 300, "only {valid} documents");
}

/// What has to do with names that the document itself gives, or with what patterns and dates mean, is for `check` alone.
const FOR_CHECK_ALONE: [&str; 17] = [
    "bad-pattern",
    "broken-audience",
    "broken-block",
    "broken-template",
    "cyclic-audience",
    "deep-audience",
    "duplicate-id",
    "duplicate-member",
    "mixed-block",
    "mixed-condition",
    "not-a-date",
    "past-history",
    "unknown-audience",
    "unknown-block",
    "unknown-group",
    "unknown-placement",
    "unknown-template",
];

/// Numbers that have to fit each other are for `check` alone too, and what only the text has twice.
const CASES_FOR_CHECK_ALONE: [&str; 5] = [
    "RFM borders have to rise",
    "a condition written twice: both are looked at, and the experience is off",
    "a namespace whose end comes first",
    "a weight for some variants only",
    "weights that do not add up to 1",
];

#[test]
fn rules_with_mistakes_of_form_are_not_valid() {
    let (validator, mut refused, mut passed) = (rules(), 0, Vec::new());
    for (_, case) in cases(&["problems"]) {
        let problems = case["expect"].as_array().unwrap();
        let of_form = |problem: &Value| !FOR_CHECK_ALONE.contains(&problem["code"].as_str().unwrap_or_default());
        if let Some(document) = document(&case, false).filter(|_| problems.iter().any(of_form)) {
            match validator.is_valid(&document) {
                false => refused += 1,
                true => passed.push(case["name"].as_str().unwrap().to_owned()),
            }
        }
    }
    passed.sort();
    assert_eq!(passed, CASES_FOR_CHECK_ALONE, "{refused} refused");
    assert!(refused > 50, "only {refused}");
}
