//! Cross-origin requests: events may come from any page, without cookies; what a key's origins forbid is refused later.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

/// Lets the page read an answer to an event request.
pub(crate) fn allow(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Retry-After"));
}

/// Answers the browser's question before a request with JSON or Basic auth. Whatever headers a client wants to send are
/// allowed: they carry no authority here beyond the write key, and clients bring headers of their own for retries.
pub(crate) async fn preflight(asked: HeaderMap) -> (StatusCode, HeaderMap) {
    let mut headers = HeaderMap::new();
    allow(&mut headers);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    let usual = || HeaderValue::from_static("Authorization, Content-Type, Content-Encoding");
    let wanted = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned().unwrap_or_else(usual);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted);
    headers.insert(header::VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    (StatusCode::NO_CONTENT, headers)
}
