//! Microdata in the document, brought into the form of JSON-LD.

use super::reach;
use tailorbird_core::json;
use tailorbird_schema::Value;
use wasm_bindgen::JsValue;

const ROOTS: &str = r#"[itemscope][itemtype*="schema.org/Product"]:not([itemprop]),[itemscope][itemtype*="schema.org/BreadcrumbList"],[itemscope][itemtype*="schema.org/ItemList"]"#;
const MAX_DEPTH: u32 = 4;
const MOST: u32 = 200;

/// Every described thing of the document, as JSON text.
pub(super) fn roots(document: &JsValue) -> Vec<String> {
    let written = |root: JsValue| {
        let mut text = String::new();
        json::write(&item(&root, MAX_DEPTH), &mut text);
        text
    };
    reach::all(document, ROOTS, 50).map(written).collect()
}

fn item(root: &JsValue, depth: u32) -> Value {
    let mut members: Vec<(String, Value)> = Vec::new();
    members.push(("@type".to_owned(), reach::attribute(root, "itemtype").unwrap_or_default().trim().into()));
    if let Some(id) = reach::attribute(root, "itemid") {
        members.push(("@id".to_owned(), id.into()));
    }
    if depth == 0 {
        return Value::Map(members);
    }
    for element in reach::all(root, "[itemprop]", MOST) {
        // What stands inside a nested thing belongs to that thing.
        let owner = reach::nearest(&reach::get(&element, "parentElement"), "[itemscope]");
        if owner.as_ref() != Some(root) {
            continue;
        }
        let value = match reach::attribute(&element, "itemscope") {
            Some(_) => item(&element, depth - 1),
            None => said(&element).into(),
        };
        for name in reach::attribute(&element, "itemprop").unwrap_or_default().split_whitespace() {
            match members.iter_mut().find(|(other, _)| other == name) {
                None => members.push((name.to_owned(), value.clone())),
                Some((_, Value::List(many))) => many.push(value.clone()),
                Some((_, slot)) => *slot = Value::List(vec![std::mem::take(slot), value.clone()]),
            }
        }
    }
    Value::Map(members)
}

/// What an element says, by its kind.
fn said(element: &JsValue) -> Option<String> {
    if let Some(content) = reach::attribute(element, "content") {
        return Some(content);
    }
    let name = match reach::tag(element).as_str() {
        "a" | "link" | "area" => "href",
        "img" | "source" | "video" | "embed" | "iframe" => "src",
        "time" => "datetime",
        "data" | "meter" => "value",
        _ => "textContent",
    };
    reach::text(element, name).or_else(|| reach::attribute(element, name)).map(|text| text.trim().to_owned())
}
