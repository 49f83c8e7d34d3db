//! What is answered when a request is not taken: the status, a sentence, and when to try again.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::admission::Denied;
use crate::ingest::Refusal;
use crate::store::StoreError;

/// Seconds after which a full queue is worth another try.
const BUSY_SECONDS: u64 = 1;
/// Seconds after which a full or broken disk is worth another try.
const DISK_SECONDS: u64 = 5;

/// A request that is not taken.
#[derive(Debug)]
pub(crate) struct NotTaken {
    status: StatusCode,
    sentence: String,
    retry_after: Option<u64>,
}

impl NotTaken {
    /// An answer for the client to read.
    pub(crate) fn new(status: StatusCode, sentence: impl Into<String>) -> NotTaken {
        NotTaken { status, sentence: sentence.into(), retry_after: None }
    }

    /// An answer that asks to try again.
    pub(crate) fn later(status: StatusCode, seconds: u64, sentence: impl Into<String>) -> NotTaken {
        NotTaken { status, sentence: sentence.into(), retry_after: Some(seconds) }
    }

    /// There is no room in memory or in the queue.
    pub(crate) fn busy() -> NotTaken {
        NotTaken::later(StatusCode::SERVICE_UNAVAILABLE, BUSY_SECONDS, "too much waits for the disk; try again")
    }
}

impl From<Refusal> for NotTaken {
    fn from(refusal: Refusal) -> NotTaken {
        match refusal {
            Refusal::Unreadable(sentence) => NotTaken::new(StatusCode::BAD_REQUEST, sentence),
            Refusal::TooLarge(sentence) => NotTaken::new(StatusCode::PAYLOAD_TOO_LARGE, sentence),
        }
    }
}

impl From<Denied> for NotTaken {
    fn from(denied: Denied) -> NotTaken {
        match denied {
            Denied::NoKey => NotTaken::new(
                StatusCode::UNAUTHORIZED,
                "the write key is missing; send it as the user of Basic auth or as `writeKey` in the body",
            ),
            Denied::WrongKey => NotTaken::new(StatusCode::UNAUTHORIZED, "the write key is not known here"),
            Denied::WrongOrigin(origin) => NotTaken::new(
                StatusCode::FORBIDDEN,
                format!(
                    "the write key may not be used from `{origin}`; its origins are what stands after the `@` of --write-key"
                ),
            ),
            Denied::Budget(seconds) => NotTaken::later(
                StatusCode::TOO_MANY_REQUESTS,
                seconds,
                "the write key sends more than its rate; slow down",
            ),
        }
    }
}

impl From<StoreError> for NotTaken {
    fn from(error: StoreError) -> NotTaken {
        match error {
            StoreError::Busy => NotTaken::busy(),
            StoreError::Disk => NotTaken::later(
                StatusCode::SERVICE_UNAVAILABLE,
                DISK_SECONDS,
                "the disk does not take writes; nothing of this request was stored, try again",
            ),
            StoreError::Read(error) => {
                tracing::error!(%error, "a read failed");
                NotTaken::later(StatusCode::SERVICE_UNAVAILABLE, DISK_SECONDS, "the database cannot be read; try again")
            }
        }
    }
}

impl IntoResponse for NotTaken {
    fn into_response(self) -> Response {
        let body = axum::Json(json!({ "success": false, "error": self.sentence }));
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // Bearer, not Basic: no browser asks its user for a password then.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
