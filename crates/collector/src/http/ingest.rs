//! Taking events: admit, read, judge, commit, answer, in this order.

use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use tailorbird_schema::EventKind;
use tokio::sync::SemaphorePermit;

use super::admin::credentials;
use super::answer::NotTaken;
use super::{App, body, cors};
use crate::admission::{Denied, Key};
use crate::ingest::{Circumstances, Erasure, MAX_BODY_BYTES, Prepared, clock, open_batch, open_single, prepare};

/// From this size on a body is judged away from the async threads.
const LARGE_BODY: usize = 64 * 1024;

/// Answers a request of one of the event endpoints.
pub(crate) async fn take(app: &App, kind: Option<EventKind>, request: Request) -> Response {
    let started = Instant::now();
    let mut response = match taken(app, kind, request).await {
        Ok(response) => response,
        Err(not_taken) => not_taken.into_response(),
    };
    cors::allow(response.headers_mut());
    app.metrics.answered(response.status().as_u16());
    app.metrics.request_time.observe(started.elapsed());
    response
}

async fn taken(app: &App, kind: Option<EventKind>, request: Request) -> Result<Response, NotTaken> {
    let received_at = clock::now();
    let (parts, body) = request.into_parts();
    let headers = parts.headers;
    // A key in the headers is checked before the body is read: a flood costs no memory then.
    let basic = basic_user(&headers);
    let early = match basic.map(|user| admit(app, Some(&user), &headers)).transpose() {
        Ok(early) => early,
        Err(denied) => {
            body::discard(body).await;
            return Err(denied.into());
        }
    };
    let held = app.budget.read(&headers, body, MAX_BODY_BYTES).await?;
    let opted_out = headers.get("sec-gpc").is_some_and(|value| value.as_bytes() == b"1");
    let judge = || judged(app, &held.bytes, kind, early, &headers, received_at, opted_out);
    let (key, mut prepared) =
        if held.bytes.len() > LARGE_BODY && on_many_threads() { tokio::task::block_in_place(judge)? } else { judge()? };
    drop(held);

    let erasures = std::mem::take(&mut prepared.erasures);
    let permit = permit_of(app, &erasures)?;
    let too_large = prepared.rejects.iter().any(|reject| reject.too_large);
    let (accepted, opted_out) = (prepared.events.len() + erasures.len(), prepared.opted_out);
    let errors: Vec<EventError> = prepared
        .rejects
        .iter()
        .map(|reject| EventError { index: reject.index, reason: reject.reason.clone() })
        .collect();
    app.store.commit(key.lane, prepared).await?;
    for erasure in erasures {
        // INVARIANT: answered only once no byte of the id is left here; a sink is told last, to erase what went before.
        app.metrics.events_erased.add(app.store.erase(&erasure.id).await?);
        if app.forwards {
            app.store.commit(key.lane, erasure.prepared(received_at)).await?;
        }
    }
    drop(permit);
    app.metrics.events_rejected.add(errors.len());
    app.metrics.events_opted_out.add(opted_out);

    // One event alone that is invalid is a bad request; its sender must not take 200 for a yes.
    let success = kind.is_none() || errors.is_empty();
    let status = match success {
        true => StatusCode::OK,
        false if too_large => StatusCode::PAYLOAD_TOO_LARGE,
        false => StatusCode::BAD_REQUEST,
    };
    let answer = Answer { success, accepted, rejected: errors.len(), opted_out, errors };
    Ok((status, axum::Json(answer)).into_response())
}

/// Leave to erase: one visitor a request, few at the same time.
fn permit_of<'a>(app: &'a App, erasures: &[Erasure]) -> Result<Option<SemaphorePermit<'a>>, NotTaken> {
    let Some((first, others)) = erasures.split_first() else { return Ok(None) };
    if others.iter().any(|other| other.id != first.id) {
        return Err(NotTaken::new(StatusCode::BAD_REQUEST, "a request may erase one visitor; send one for each"));
    }
    let busy = |_| NotTaken::later(StatusCode::TOO_MANY_REQUESTS, 5, "others are being erased; try again");
    app.erasures.try_acquire().map(Some).map_err(busy)
}

/// What a client is told about its events.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    success: bool,
    accepted: usize,
    rejected: usize,
    #[serde(skip_serializing_if = "is_zero")]
    opted_out: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<EventError>,
}

#[derive(Debug, Serialize)]
struct EventError {
    index: usize,
    reason: String,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn judged<'a>(
    app: &'a App,
    body: &[u8],
    kind: Option<EventKind>,
    early: Option<&'a Key>,
    headers: &HeaderMap,
    received_at: i64,
    opted_out: bool,
) -> Result<(&'a Key, Prepared), NotTaken> {
    let opened = if kind.is_some() { open_single(body)? } else { open_batch(body)? };
    let key = match early {
        Some(key) => key,
        None => admit(app, opened.write_key.as_deref(), headers)?,
    };
    app.keys.spend(key, opened.len())?;
    let how = Circumstances { received_at, kind, write_key: key.name(), opted_out, import: false };
    Ok((key, prepare(&opened, how, app.store.hasher())))
}

fn admit<'a>(app: &'a App, shown: Option<&str>, headers: &HeaderMap) -> Result<&'a Key, Denied> {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let key = app.keys.admit(shown, origin)?;
    app.keys.spend(key, 0)?;
    Ok(key)
}

/// The user of Basic auth, which Segment's clients put the write key into.
fn basic_user(headers: &HeaderMap) -> Option<String> {
    let encoded = credentials(headers, "Basic")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let user = decoded.split_once(':').map_or(decoded.as_str(), |(user, _)| user);
    // Clients that put the key into the body may send an empty user.
    (!user.is_empty()).then(|| user.to_owned())
}

fn on_many_threads() -> bool {
    tokio::runtime::Handle::current().runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread
}
