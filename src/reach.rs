//! Reaching into the page: every read, write and call here has an answer, whatever the page did to its objects.
//!
//! Pages throw from getters, hide DOM methods behind form fields of the same name, and freeze what they like. A thrown
//! exception must not pass through the module, so everything goes through `Reflect`, which also keeps the glue small.

use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = globalThis)]
    static WINDOW: JsValue;
    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = get)]
    fn reflect_get(target: &JsValue, key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = get)]
    fn reflect_item(target: &JsValue, nth: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = set)]
    fn reflect_set(target: &JsValue, key: &str, value: &JsValue) -> Result<bool, JsValue>;
    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = apply)]
    fn reflect_apply(function: &JsValue, this: &JsValue, arguments: &Array) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = construct)]
    fn reflect_construct(function: &JsValue, arguments: &Array) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = JSON, js_name = stringify)]
    fn json_stringify(value: &JsValue, only: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = JSON, js_name = parse)]
    fn json_parse(text: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    pub(crate) fn now() -> f64;
}

/// A member of a JavaScript object, where it is a function.
pub(crate) fn function(of: &JsValue, name: &str) -> Option<js_sys::Function> {
    get(of, name).dyn_into().ok()
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

/// The window.
pub(crate) fn window() -> JsValue {
    WINDOW.with(JsValue::clone)
}

/// The document.
pub(crate) fn document() -> JsValue {
    get(&window(), "document")
}

/// A member; `undefined` where there is none or it throws.
pub(crate) fn get(target: &JsValue, key: &str) -> JsValue {
    reflect_get(target, key).unwrap_or(JsValue::UNDEFINED)
}

/// A member that is text; empty where it is none.
pub(crate) fn text(target: &JsValue, key: &str) -> String {
    get(target, key).as_string().unwrap_or_default()
}

/// A member that is a number; 0 where it is none.
pub(crate) fn number(target: &JsValue, key: &str) -> f64 {
    get(target, key).as_f64().unwrap_or(0.0)
}

/// Sets a member, where it can be set.
pub(crate) fn set(target: &JsValue, key: &str, value: &JsValue) {
    let _ = reflect_set(target, key, value);
}

/// Has `handler` hear what these members of `target` are called for, such as `onclose`.
pub(crate) fn hear(target: &JsValue, members: &[&str], handler: &JsValue) {
    for member in members {
        set(target, member, handler);
    }
}

/// Something of the window's; `None` where there is no such thing, or touching it throws.
pub(crate) fn of_window(name: &str) -> Option<JsValue> {
    Some(get(&window(), name)).filter(|found| !is_nothing(found))
}

/// Whether a member is exactly `true`.
pub(crate) fn is_true(target: &JsValue, key: &str) -> bool {
    get(target, key) == JsValue::TRUE
}

/// Whether there is nothing.
pub(crate) fn is_nothing(value: &JsValue) -> bool {
    value.is_undefined() || value.is_null()
}

/// Calls a method; `undefined` where there is none or it throws.
pub(crate) fn call(target: &JsValue, method: &str, arguments: &[&JsValue]) -> JsValue {
    reflect_apply(&get(target, method), target, &list(arguments)).unwrap_or(JsValue::UNDEFINED)
}

/// Calls a method with one text.
pub(crate) fn ask(target: &JsValue, method: &str, word: &str) -> JsValue {
    call(target, method, &[&JsValue::from_str(word)])
}

/// Calls a function; `undefined` where it throws.
pub(crate) fn call_function(function: &JsValue, arguments: &[&JsValue]) -> JsValue {
    reflect_apply(function, &JsValue::UNDEFINED, &list(arguments)).unwrap_or(JsValue::UNDEFINED)
}

/// `new Name(…)` of the window's; `undefined` where the browser has no such thing.
pub(crate) fn new(name: &str, arguments: &[&JsValue]) -> JsValue {
    reflect_construct(&get(&window(), name), &list(arguments)).unwrap_or(JsValue::UNDEFINED)
}

/// A JavaScript value written as JSON.
pub(crate) fn literal(json: &str) -> JsValue {
    json_parse(json).unwrap_or(JsValue::UNDEFINED)
}

/// A value as JSON text, with only the named members (a list of names); `None` where it cannot be written.
pub(crate) fn written(value: &JsValue, only: &JsValue) -> Option<String> {
    json_stringify(value, only).ok()?.as_string()
}

/// Elements below `root` that a selector names, in the order of the document; at most `most`.
pub(crate) fn all(root: &JsValue, selector: &str, most: u32) -> Vec<JsValue> {
    items(&ask(root, "querySelectorAll", selector), most)
}

/// The items of anything that counts them, at most `most`: the first.
pub(crate) fn items(list: &JsValue, most: u32) -> Vec<JsValue> {
    span(list, 0, most)
}

/// The items of anything that counts them, at most `most`: the last.
pub(crate) fn last_items(list: &JsValue, most: u32) -> Vec<JsValue> {
    span(list, (number(list, "length") as u32).saturating_sub(most), u32::MAX)
}

fn span(list: &JsValue, from: u32, to: u32) -> Vec<JsValue> {
    let mut items = Vec::new();
    for nth in from..to.min(number(list, "length") as u32) {
        items.push(reflect_item(list, nth).unwrap_or(JsValue::UNDEFINED));
    }
    items
}

/// The first element below `root` that a selector names.
pub(crate) fn find(root: &JsValue, selector: &str) -> Option<JsValue> {
    Some(ask(root, "querySelector", selector)).filter(|found| !is_nothing(found))
}

/// The element itself or its nearest ancestor that a selector names.
pub(crate) fn nearest(element: &JsValue, selector: &str) -> Option<JsValue> {
    Some(ask(element, "closest", selector)).filter(|found| !is_nothing(found))
}

/// An attribute's text; empty where there is none.
pub(crate) fn attribute(element: &JsValue, name: &str) -> String {
    ask(element, "getAttribute", name).as_string().unwrap_or_default()
}

/// The element's name in small letters; empty for what is no element.
pub(crate) fn tag(element: &JsValue) -> String {
    text(element, "localName")
}

fn list(values: &[&JsValue]) -> Array {
    let list = Array::new();
    for (nth, value) in values.iter().enumerate() {
        list.set(nth as u32, (*value).clone());
    }
    list
}

/// A listener that leaves when it is dropped.
pub(crate) struct Listener {
    target: JsValue,
    kind: &'static str,
    heard: Hearing,
}

impl Listener {
    /// Listens before everybody else (capturing), so that nobody can keep an event from us.
    pub(crate) fn on(target: &JsValue, kind: &'static str, heard: impl Fn(JsValue) + 'static) -> Listener {
        let listener = Listener { target: target.clone(), kind, heard: many(Box::new(heard)) };
        listener.call("addEventListener");
        listener
    }

    fn call(&self, method: &str) {
        call(&self.target, method, &[&JsValue::from_str(self.kind), self.heard.as_ref(), &JsValue::TRUE]);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.call("removeEventListener");
    }
}

/// Something that happens once, later, unless it is dropped before.
pub(crate) struct Timer {
    id: JsValue,
    _ring: Hearing,
}

impl Timer {
    /// After so many milliseconds.
    pub(crate) fn after(ms: u32, ring: impl Fn() + 'static) -> Timer {
        let ring = many(Box::new(move |_| ring()));
        let id = call(&window(), "setTimeout", &[ring.as_ref(), &JsValue::from(ms)]);
        Timer { id, _ring: ring }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        call(&window(), "clearTimeout", &[&self.id]);
    }
}
