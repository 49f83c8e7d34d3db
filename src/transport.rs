//! Batches leave the page here: `fetch` with `keepalive`, or the stand-in of a test.

use tailorbird_core::json;
use tailorbird_schema::Millis;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

/// An answer slower than this counts as none.
const PATIENCE: Millis = 30_000;

/// What came back for a batch.
pub(crate) struct Answer {
    /// The HTTP status; 0 where there was no answer.
    pub(crate) status: u16,
    /// `Retry-After` as the header says it.
    pub(crate) retry_after: Option<String>,
    /// Which events of the batch the collector put aside, by index.
    pub(crate) rejected: Vec<u32>,
}

impl Answer {
    fn none() -> Answer {
        Answer { status: 0, retry_after: None, rejected: Vec::new() }
    }
}

/// Where batches go.
#[derive(Clone)]
pub(crate) struct Transport {
    url: String,
    given: Option<js_sys::Function>,
}

impl Transport {
    /// `collector` is the prefix in front of `/v1/b`; `given` stands in for `fetch`.
    pub(crate) fn new(collector: &str, given: Option<js_sys::Function>) -> Transport {
        Transport { url: [collector.trim_end_matches('/'), "/v1/b"].concat(), given }
    }

    /// Posts `body` and calls `done` once: with the answer, or with status 0 when there was none in time.
    ///
    /// The body goes as `text/plain`: a simple request, so no preflight that would die when the page goes.
    pub(crate) fn send(&self, body: &str, keepalive: bool, done: impl FnOnce(Answer) + 'static) {
        let once = std::rc::Rc::new(std::cell::Cell::new(Some(done)));
        let late = once.clone();
        let timer = crate::clock::after(PATIENCE, move || finish(&late, Answer::none()));
        let lost = once.clone();
        let Ok(promise) = self.request(body, keepalive) else {
            drop(timer);
            return finish(&once, Answer::none());
        };
        let good = Closure::once_into_js(move |response: JsValue| {
            drop(timer);
            read(response, move |answer| finish(&once, answer));
        });
        // The failure's closure is kept alive by the promise alone; it is small and the promise goes soon.
        let bad = Closure::once_into_js(move |_: JsValue| finish(&lost, Answer::none()));
        then(&promise, &good, &bad);
    }

    fn request(&self, body: &str, keepalive: bool) -> Result<JsValue, JsValue> {
        let init = js_sys::Object::new();
        let set = |name: &str, value: JsValue| js_sys::Reflect::set(&init, &name.into(), &value);
        set("method", "POST".into())?;
        set("body", body.into())?;
        set("keepalive", keepalive.into())?;
        set("credentials", "omit".into())?;
        set("mode", "cors".into())?;
        let fetch = match &self.given {
            Some(given) => given.clone(),
            None => js_sys::Reflect::get(&js_sys::global(), &"fetch".into())?.dyn_into()?,
        };
        fetch.call2(&js_sys::global(), &self.url.as_str().into(), &init)
    }
}

fn finish<F: FnOnce(Answer)>(once: &std::cell::Cell<Option<F>>, answer: Answer) {
    if let Some(done) = once.take() {
        done(answer);
    }
}

/// `promise.then(good, bad)` for anything that has a `then`; other values go to `good` at once.
fn then(promise: &JsValue, good: &JsValue, bad: &JsValue) {
    let promise = js_sys::Promise::resolve(promise);
    let call = crate::boundary::function(&promise, "then");
    if let Some(call) = call {
        let _ = call.call2(&promise, good, bad);
    }
}

fn read(response: JsValue, done: impl FnOnce(Answer) + 'static) {
    let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let status = get(&response, "status").as_f64().unwrap_or(0.0) as u16;
    let headers = get(&response, "headers");
    let retry_after = crate::boundary::function(&headers, "get")
        .and_then(|ask| ask.call1(&headers, &"retry-after".into()).ok()?.as_string());
    let body = crate::boundary::function(&response, "text").filter(|_| status == 200);
    let Some(Ok(text)) = body.map(|ask| ask.call0(&response)) else {
        return done(Answer { status, retry_after, rejected: Vec::new() });
    };
    let once = std::rc::Rc::new(std::cell::Cell::new(Some(done)));
    let unread = once.clone();
    let good = Closure::once_into_js(move |text: JsValue| {
        finish(&once, Answer { status, retry_after, rejected: rejected(&text.as_string().unwrap_or_default()) });
    });
    let bad = Closure::once_into_js(move |_: JsValue| {
        finish(&unread, Answer { status, retry_after: None, rejected: Vec::new() });
    });
    then(&text, &good, &bad);
}

/// The indexes in `{"errors":[{"index":3,"reason":"…"}]}`.
fn rejected(text: &str) -> Vec<u32> {
    let body = json::parse_value(text).unwrap_or_default();
    let errors = body.get("errors").map(|errors| errors.items()).unwrap_or_default();
    errors.iter().filter_map(|error| Some(error.get("index")?.as_f64()? as u32)).collect()
}
