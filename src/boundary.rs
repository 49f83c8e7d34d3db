//! JavaScript values and our own: the one file that knows how they turn into each other.

use serde::Serialize;
use tailorbird_core::json;
use tailorbird_schema::Value;
use wasm_bindgen::JsValue;

/// A value as plain JavaScript objects, arrays and primitives.
pub(crate) fn to_js(value: &Value) -> JsValue {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).unwrap_or(JsValue::NULL)
}

/// The JSON text that the package's facade made of an argument. What it could not write arrives as empty text.
pub(crate) fn from_text(text: &str) -> Value {
    json::parse_value(text).unwrap_or_default()
}

/// Like [`from_text`], but an empty object for anything that is no object: properties and traits always are.
pub(crate) fn map_from_text(text: &str) -> Value {
    match from_text(text) {
        map @ Value::Map(_) => map,
        _ => Value::map(),
    }
}
