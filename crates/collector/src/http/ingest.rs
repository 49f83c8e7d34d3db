//! Taking events: admit, read, judge, commit, answer, in this order.

use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tailorbird_schema::EventKind;
use tokio::sync::SemaphorePermit;

use super::admin::credentials;
use super::judges::{Case, Settled};
use super::not_taken::NotTaken;
use super::receipt::Answer;
use super::{App, body, cors};
use crate::ingest::{Erasure, MAX_BODY_BYTES, Prepared, clock};

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
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    // A key in the headers is checked before the body is read: a flood costs no memory then.
    let admitted = |user: String| {
        let key = app.keys.admit(Some(&user), origin)?;
        app.keys.spend(key, 0).map(|()| key.lane)
    };
    let key = match basic_user(&headers).map(admitted).transpose() {
        Ok(key) => key,
        Err(denied) => {
            body::discard(body).await;
            return Err(denied.into());
        }
    };
    let case = Case {
        body: app.budget.read(&headers, body, MAX_BODY_BYTES).await?,
        kind,
        key,
        origin: origin.map(str::to_owned),
        received_at,
        opted_out: headers.get("sec-gpc").is_some_and(|value| value.as_bytes() == b"1"),
    };
    let answer = match app.judges.settle(case).await? {
        Settled::Stored(answer) => answer,
        Settled::Erases { lane, prepared } => erased(app, lane, prepared).await?,
    };
    app.metrics.events_opted_out.add(answer.opted_out);
    Ok(answer.into_response())
}

/// Stores the events of a request that asks to erase a visitor, and erases.
async fn erased(app: &App, lane: usize, mut prepared: Prepared) -> Result<Answer, NotTaken> {
    let _permit = permit_of(app, &prepared.erasures)?;
    let (answer, received_at) = (Answer::of(&prepared), prepared.received_at);
    let erasures = std::mem::take(&mut prepared.erasures);
    app.store.commit(lane, prepared).await?;
    for erasure in erasures {
        // INVARIANT: answered only once no byte of the id is left here; a sink is told last, to erase what went before.
        app.metrics.events_erased.add(app.store.erase(&erasure.id).await?);
        if app.forwards {
            app.store.commit(lane, erasure.prepared(received_at)).await?;
        }
    }
    Ok(answer)
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

/// The user of Basic auth, which Segment's clients put the write key into.
fn basic_user(headers: &HeaderMap) -> Option<String> {
    let encoded = credentials(headers, "Basic")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let user = decoded.split_once(':').map_or(decoded.as_str(), |(user, _)| user);
    // Clients that put the key into the body may send an empty user.
    (!user.is_empty()).then(|| user.to_owned())
}
