//! The types of `rules.json` and the reader that the browser uses describe the same documents.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tailorbird_schema::RulesDocument;

fn cases() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let mut cases = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let text: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let kind = text["kind"].as_str().unwrap_or_default().to_owned();
        for case in text["cases"].as_array().unwrap_or(&Vec::new()) {
            cases.push((kind.clone(), case.clone()));
        }
    }
    cases
}

fn name(case: &Value) -> &str {
    case["name"].as_str().unwrap_or_default()
}

#[test]
fn every_document_without_problems_can_be_read() {
    let mut read = 0;
    for (kind, case) in cases() {
        let fine = match kind.as_str() {
            "decide" => case.get("damaged").is_none(),
            "problems" => case["expect"].as_array().is_some_and(Vec::is_empty) && case.get("rules").is_some(),
            _ => false,
        };
        if fine {
            let mut document = case["rules"].clone();
            document.as_object_mut().unwrap().entry("version").or_insert(1.into());
            let found: Result<RulesDocument, _> = serde_json::from_value(document.clone());
            let found = found.unwrap_or_else(|error| panic!("{}: {error}", name(&case)));
            // What is written back means the same, as far as the types know the document.
            let again: RulesDocument = serde_json::from_value(serde_json::to_value(&found).unwrap()).unwrap();
            assert_eq!(again, found, "{}", name(&case));
            read += 1;
        }
    }
    assert!(read > 90, "only {read} documents");
}

#[test]
fn every_condition_can_be_read() {
    let mut read = 0;
    for (kind, case) in cases() {
        if kind == "condition" {
            let experience = serde_json::json!({ "id": "a", "placement": "p", "when": case["condition"] });
            let document = serde_json::json!({ "version": 1, "experiences": [experience] });
            let found: Result<RulesDocument, _> = serde_json::from_value(document);
            let found = found.unwrap_or_else(|error| panic!("{}: {error}", name(&case)));
            let written = serde_json::to_value(&found).unwrap();
            assert_eq!(in_floats(&written["experiences"][0]["when"]), in_floats(&case["condition"]), "{}", name(&case));
            read += 1;
        }
    }
    assert!(read > 200, "only {read} conditions");
}

/// The same JSON with every number as a float.
fn in_floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(items) => items.iter().map(in_floats).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), in_floats(value))).collect(),
        other => other.clone(),
    }
}
