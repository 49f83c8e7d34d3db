//! Microdata in the document, brought into the form of JSON-LD.

use super::words::among;
use crate::reach;
use tailorbird_core::json;
use tailorbird_schema::Value;
use wasm_bindgen::JsValue;

const ROOTS: &str = r#"[itemtype*="schema.org/Product"]:not([itemprop]),[itemtype*="schema.org/Product"][itemprop~="mainEntity"],[itemtype*="schema.org/BreadcrumbList"],[itemtype*="schema.org/ItemList"]"#;
const MAX_DEPTH: u32 = 4;
const MOST: u32 = 200;

/// Every described thing of the document, as JSON text.
pub(super) fn read(document: &JsValue, pieces: &mut Vec<String>) {
    for root in reach::all(document, ROOTS, MOST) {
        let mut piece = String::new();
        json::write(&item(&root, MAX_DEPTH), &mut piece);
        pieces.push(piece);
    }
}

fn item(root: &JsValue, depth: u32) -> Value {
    let mut item = Value::from([("@type", reach::attribute(root, "itemtype").trim().into())]);
    for element in reach::all(root, "[itemprop]", if depth > 0 { MOST } else { 0 }) {
        // What stands inside a nested thing belongs to that thing.
        let owner = reach::nearest(&reach::get(&element, "parentElement"), "[itemscope]");
        if owner.as_ref() != Some(root) {
            continue;
        }
        let nested = reach::ask(&element, "hasAttribute", "itemscope") == JsValue::TRUE;
        let value = if nested { self::item(&element, depth - 1) } else { said(&element).into() };
        for name in reach::attribute(&element, "itemprop").split(' ') {
            let value = match item.remove(name) {
                None => value.clone(),
                Some(Value::List(mut many)) => {
                    many.push(value.clone());
                    Value::List(many)
                }
                Some(one) => Value::List(vec![one, value.clone()]),
            };
            item.set(name, value);
        }
    }
    item
}

/// What an element says, by its kind.
fn said(element: &JsValue) -> String {
    let content = reach::attribute(element, "content");
    if !content.is_empty() {
        return content;
    }
    let tag = reach::tag(element);
    let name = match tag.as_str() {
        "time" => "dateTime",
        "data" | "meter" => "value",
        tag if among(tag, "a link area") => "href",
        tag if among(tag, "img source video embed iframe") => "src",
        _ => "textContent",
    };
    reach::text(element, name).trim().to_owned()
}
