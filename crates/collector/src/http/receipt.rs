//! What a client is told about the events of a request that was taken.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::ingest::Prepared;

/// What a client is told about its events.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    success: bool,
    accepted: usize,
    rejected: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) opted_out: usize,
    errors: Vec<EventError>,
    #[serde(skip)]
    status: StatusCode,
}

impl Answer {
    /// The answer for a request whose events get stored.
    pub(super) fn of(prepared: &Prepared) -> Answer {
        let rejects = prepared.rejects.iter();
        let errors: Vec<_> =
            rejects.map(|reject| EventError { index: reject.index, reason: reject.reason.clone() }).collect();
        // One event alone that is invalid is a bad request; its sender must not take 200 for a yes.
        let success = prepared.kind.is_none() || errors.is_empty();
        let status = match success {
            true => StatusCode::OK,
            false if prepared.rejects.iter().any(|reject| reject.too_large) => StatusCode::PAYLOAD_TOO_LARGE,
            false => StatusCode::BAD_REQUEST,
        };
        let accepted = prepared.events.len() + prepared.erasures.len();
        Answer { success, accepted, rejected: errors.len(), opted_out: prepared.opted_out, errors, status }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (self.status, axum::Json(self)).into_response()
    }
}

#[derive(Debug, Serialize)]
struct EventError {
    index: usize,
    reason: String,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}
