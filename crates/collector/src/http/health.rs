//! Is it alive, is it ready, what does it count.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::App;

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: events that come now can be stored.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    let reason = if app.is_closing() {
        Some("the collector is about to stop")
    } else if app.metrics.degraded.get() != 0 {
        Some("the disk does not take writes")
    } else {
        None
    };
    match reason {
        None => axum::Json(json!({ "ready": true })).into_response(),
        Some(reason) => {
            (StatusCode::SERVICE_UNAVAILABLE, axum::Json(json!({ "ready": false, "reason": reason }))).into_response()
        }
    }
}

/// `GET /metrics`: Prometheus text.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    app.metrics.body_bytes.set(app.budget.used() as i64);
    let text = app.metrics.text(app.store.waiting(), app.store.bytes_on_disk());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
