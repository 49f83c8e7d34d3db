//! The dashboard under `/dashboard/`: three files in the program, and the numbers that they show.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use serde_json::value::RawValue;

use super::App;
use super::admin::authorize;
use super::not_taken::NotTaken;
use crate::ingest::clock;
use crate::store::reader;

/// Nothing but the page's own files; no inline script, no frames around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; \
    base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const MINUTES: i64 = 60;
const LATEST: usize = 30;

/// `GET /dashboard`: to the page.
pub(crate) async fn redirect() -> Redirect {
    Redirect::permanent("/dashboard/")
}

/// `GET /dashboard/`: the page.
pub(crate) async fn page() -> Response {
    file("text/html; charset=utf-8", include_str!("../../dashboard/index.html"))
}

/// `GET /dashboard/dashboard.js`.
pub(crate) async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("../../dashboard/dashboard.js"))
}

/// `GET /dashboard/dashboard.css`.
pub(crate) async fn style() -> Response {
    file("text/css; charset=utf-8", include_str!("../../dashboard/dashboard.css"))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// `GET /v1/overview`: counts, events a minute of the last hour, the latest events.
pub(crate) async fn overview(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, NotTaken> {
    authorize(&app, &headers)?;
    let this_minute = clock::now() / 60_000;
    let first = this_minute - MINUTES + 1;
    let (counted, latest) = app
        .store
        .read(move |db, _| Ok((reader::events_a_minute(db, first * 60_000)?, reader::latest(db, LATEST)?)))
        .await?;
    let minutes: Vec<_> = (first..=this_minute)
        .map(|minute| {
            let events = counted.iter().filter(|(at, _)| *at == minute).map(|(_, events)| events).sum::<i64>();
            json!({ "at": minute * 60_000, "events": events })
        })
        .collect();
    let latest: Vec<Box<RawValue>> = latest.into_iter().filter_map(|text| RawValue::from_string(text).ok()).collect();
    let metrics = &app.metrics;
    let numbers = Numbers {
        stored: metrics.events_stored.get(),
        duplicates: metrics.events_duplicate.get(),
        invalid: metrics.events_rejected.get(),
        opted_out: metrics.events_opted_out.get(),
        waiting: app.store.waiting().0 as u64,
        bytes_on_disk: app.store.bytes_on_disk(),
    };
    let overview = Overview { degraded: metrics.degraded.get() != 0, numbers, minutes, latest };
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(overview)).into_response())
}

#[derive(serde::Serialize)]
struct Overview {
    degraded: bool,
    numbers: Numbers,
    minutes: Vec<serde_json::Value>,
    latest: Vec<Box<RawValue>>,
}

#[derive(serde::Serialize)]
struct Numbers {
    stored: u64,
    duplicates: u64,
    invalid: u64,
    #[serde(rename = "opted out")]
    opted_out: u64,
    waiting: u64,
    #[serde(rename = "bytes on disk")]
    bytes_on_disk: u64,
}
