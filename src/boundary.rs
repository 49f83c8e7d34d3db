//! JavaScript values and our own: the one file that knows how they turn into each other.

use serde::Serialize;
use tailorbird_core::json;
use tailorbird_schema::Value;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

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

/// A member of a JavaScript object, where it is a function.
pub(crate) fn function(of: &JsValue, name: &str) -> Option<js_sys::Function> {
    use wasm_bindgen::JsCast;
    crate::reach::get(of, name).dyn_into().ok()
}

/// A function that the page may call as often as it likes, as long as this lives.
pub(crate) type Hearing = Closure<dyn Fn(JsValue)>;

/// A function for the page to call with one argument, of one type for all, as [`once`] is.
pub(crate) fn many(heard: Box<dyn Fn(JsValue)>) -> Hearing {
    Closure::wrap(heard)
}

/// A function for the page to call once with one argument. Boxed, so that the code around it is there a single time.
pub(crate) fn once(then: Box<dyn FnOnce(JsValue)>) -> JsValue {
    Closure::once_into_js(then)
}
