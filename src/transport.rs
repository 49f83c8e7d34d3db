//! Batches leave the page here: `fetch` with `keepalive`, or the stand-in of a test.

use crate::reach;
use std::cell::Cell;
use std::rc::Rc;
use tailorbird_core::json;
use tailorbird_schema::Millis;
use wasm_bindgen::{JsCast, JsValue};

/// What came back for a batch.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// `Retry-After` as a span from now.
    pub(crate) retry_after: Option<Millis>,
    pub(crate) body: String,
}

/// Where batches go.
#[derive(Clone)]
pub(crate) struct Transport {
    url: String,
    given: Option<js_sys::Function>,
}

/// A request under way.
pub(crate) struct Request(Option<web_sys::AbortController>);

impl Request {
    /// Gives it up: `done` may still be called, with no answer.
    pub(crate) fn abort(&self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

impl Transport {
    /// `collector` is the prefix in front of `/v1/b`; `given` stands in for `fetch`.
    pub(crate) fn new(collector: &str, given: Option<js_sys::Function>) -> Transport {
        Transport { url: [collector.trim_end_matches('/'), "/v1/b"].concat(), given }
    }

    /// Posts `body` and calls `done` once: with the answer, or with `None` where none came.
    ///
    /// The body goes as `text/plain`: a simple request, so no preflight that would die when the page goes.
    pub(crate) fn send(&self, body: &str, keepalive: bool, done: Box<dyn FnOnce(Option<Answer>)>) -> Request {
        let controller = web_sys::AbortController::new().ok();
        let once: Once = Rc::new(Cell::new(Some(done)));
        match self.request(body, keepalive, controller.as_ref()) {
            Ok(promise) => {
                let lost = once.clone();
                let good = move |response: JsValue| read(&response, once);
                then(&promise, good, move || finish(&lost, None));
            }
            // Later, as any answer: the caller is in the middle of something.
            Err(_) => {
                crate::clock::after(0, move || finish(&once, None)).forget();
            }
        }
        Request(controller)
    }

    fn request(
        &self,
        body: &str,
        keepalive: bool,
        abort: Option<&web_sys::AbortController>,
    ) -> Result<JsValue, JsValue> {
        // The page's address may hold what its events are scrubbed of.
        let init = reach::literal(r#"{"method":"POST","credentials":"omit","referrerPolicy":"strict-origin"}"#);
        reach::set(&init, "body", &body.into());
        reach::set(&init, "keepalive", &keepalive.into());
        if let Some(abort) = abort {
            reach::set(&init, "signal", &abort.signal());
        }
        let fetch = match &self.given {
            Some(given) => given.clone(),
            None => reach::get(&reach::window(), "fetch").dyn_into()?,
        };
        fetch.call2(&JsValue::UNDEFINED, &self.url.as_str().into(), &init)
    }
}

/// Who waits for an answer, until it was given.
type Once = Rc<Cell<Option<Box<dyn FnOnce(Option<Answer>)>>>>;

fn finish(once: &Once, answer: Option<Answer>) {
    if let Some(done) = once.take() {
        done(answer);
    }
}

/// Calls one of the two when `promise` settles; a value that is no promise counts as settled.
pub(crate) fn then(promise: &JsValue, good: impl FnOnce(JsValue) + 'static, bad: impl FnOnce() + 'static) {
    let promise = js_sys::Promise::resolve(promise);
    let good = crate::reach::once(Box::new(good));
    let bad = crate::reach::once(Box::new(move |_| bad()));
    if let Some(call) = crate::reach::function(&promise, "then") {
        let _ = call.call2(&promise, &good, &bad);
    }
}

fn read(response: &JsValue, once: Once) {
    let status = reach::number(response, "status") as u16;
    let headers = reach::get(response, "headers");
    let retry_after = crate::reach::function(&headers, "get")
        .and_then(|ask| ask.call1(&headers, &"retry-after".into()).ok()?.as_string())
        .and_then(|text| span(&text));
    let redirected = reach::is_true(response, "redirected");
    // A request that was sent elsewhere may have lost its body on the way: only the collector's own word counts then.
    let answer =
        move |body: String| (!redirected || says_success(&body)).then_some(Answer { status, retry_after, body });
    let text = crate::reach::function(response, "text").and_then(|ask| ask.call0(response).ok());
    let Some(text) = text else { return finish(&once, answer(String::new())) };
    let unread = once.clone();
    // The head of the answer came, so the collector decided; a body that breaks off takes nothing back.
    then(
        &text,
        move |text| finish(&once, answer(text.as_string().unwrap_or_default())),
        move || finish(&unread, answer(String::new())),
    );
}

fn says_success(body: &str) -> bool {
    let answer = json::parse(body).ok();
    answer.and_then(|answer| answer.get("success")?.as_bool()).unwrap_or(false)
}

/// `Retry-After`: seconds, or a date by the collector's clock.
fn span(text: &str) -> Option<Millis> {
    let seconds = js_sys::Number::parse_float(text);
    if !seconds.is_nan() {
        return Some((seconds.max(0.0) * 1_000.0) as Millis);
    }
    let at = js_sys::Date::parse(text);
    at.is_finite().then(|| (at - js_sys::Date::now()).max(0.0) as Millis)
}
