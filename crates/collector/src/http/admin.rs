//! What only the holder of the admin token may do: export, import, one visitor's data, the quarantine.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use subtle::ConstantTimeEq;

use super::App;
use super::not_taken::NotTaken;
use crate::ingest::{Circumstances, clock, open_lines, prepare};
use crate::store::quarantine::Row;
use crate::store::reader::{self, Page};
use crate::store::{StoreError, quarantine};

const DEFAULT_LIMIT: usize = 1_000;
/// A page ends at 8 MB in any case.
const MOST: usize = 100_000;
/// The largest body of an import.
const IMPORT_BYTES: usize = 4 << 20;

/// How a list is paged.
#[derive(Debug)]
struct Paging {
    limit: usize,
    cursor: i64,
}

impl Paging {
    /// Reads `limit` and `cursor`; an empty one counts as not given.
    fn read(query: Option<&str>) -> Result<Paging, NotTaken> {
        let mut paging = Paging { limit: DEFAULT_LIMIT, cursor: 0 };
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let wrong = |expected: &str| {
                let shown: String = value.chars().take(40).collect();
                let sentence = format!("`{name}` is `{shown}`; give {expected}");
                NotTaken::new(StatusCode::BAD_REQUEST, sentence)
            };
            match name.as_ref() {
                _ if value.is_empty() => {}
                "limit" => {
                    let limit = value.parse::<usize>().ok().filter(|limit| *limit > 0);
                    paging.limit = limit.ok_or_else(|| wrong("a whole number of at least 1"))?.min(MOST);
                }
                "cursor" => {
                    let cursor = value.parse::<i64>().ok().filter(|cursor| *cursor >= 0);
                    paging.cursor = cursor.ok_or_else(|| wrong("what stood in the header `X-Next-Cursor`"))?;
                }
                _ => {}
            }
        }
        Ok(paging)
    }
}

/// `GET /v1/export`: stored events in arrival order.
pub(crate) async fn export(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, NotTaken> {
    authorize(&app, &headers)?;
    let Paging { limit, cursor } = Paging::read(query.as_deref())?;
    let page = app.store.read(move |db, _| reader::events(db, cursor, limit)).await?;
    Ok(ndjson(page))
}

/// `GET /v1/visitors/{id}`: everything that is stored about one visitor.
pub(crate) async fn visitor(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, NotTaken> {
    authorize(&app, &headers)?;
    let Paging { limit, cursor } = Paging::read(query.as_deref())?;
    let page = app.store.read(move |db, hasher| reader::visitor_events(db, hasher, &id, cursor, limit)).await?;
    Ok(ndjson(page))
}

/// `DELETE /v1/visitors/{id}`: erases one visitor; answers when no byte of the id is left.
pub(crate) async fn erase(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, NotTaken> {
    authorize(&app, &headers)?;
    if id.is_empty() {
        return Err(NotTaken::new(StatusCode::BAD_REQUEST, "the visitor's id is empty"));
    }
    let erased = app.store.erase(&id).await?;
    app.metrics.events_erased.add(erased);
    Ok(axum::Json(json!({ "success": true, "erased": erased })).into_response())
}

/// `POST /v1/import`: takes stored events (NDJSON) back as they are, times included.
pub(crate) async fn import(State(app): State<Arc<App>>, request: Request) -> Result<Response, NotTaken> {
    let (parts, body) = request.into_parts();
    authorize(&app, &parts.headers)?;
    let held = app.budget.inflate(app.budget.read(&parts.headers, body, IMPORT_BYTES).await?)?;
    let how = Circumstances { received_at: clock::now(), kind: None, write_key: None, opted_out: false, import: true };
    let prepared = prepare(&open_lines(&held.bytes)?, how, app.store.hasher());
    drop(held);
    let (accepted, rejected) = (prepared.events.len(), prepared.rejects.len());
    let errors: Vec<_> =
        prepared.rejects.iter().map(|reject| json!({ "index": reject.index, "reason": reject.reason })).collect();
    let outcome = app.store.commit(0, prepared).await?;
    Ok(axum::Json(json!({
        "success": true, "accepted": accepted, "duplicates": outcome.duplicates, "rejected": rejected, "errors": errors,
    }))
    .into_response())
}

/// `GET /v1/quarantine`: invalid events with their reasons, oldest first.
pub(crate) async fn quarantine(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, NotTaken> {
    authorize(&app, &headers)?;
    let Paging { limit, cursor } = Paging::read(query.as_deref())?;
    let limit = limit.min(DEFAULT_LIMIT);
    let mut rows = app.store.read(move |db, _| quarantine::page(db, cursor, limit + 1)).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(|row| row.id) } else { None };
    let lines = rows.iter().map(|row| line_of(row).to_string() + "\n").collect();
    Ok(ndjson(Page { lines, next }))
}

fn line_of(row: &Row) -> serde_json::Value {
    let event = serde_json::from_str(&row.text).unwrap_or_else(|_| serde_json::Value::from(row.text.as_str()));
    json!({
        "id": row.id, "receivedAt": clock::format(row.received_at), "index": row.index, "reason": row.reason,
        "endpoint": row.kind, "writeKey": row.write_key, "whole": row.whole, "event": event,
    })
}

/// Which invalid events are to be judged again: all, some by number, or mended ones in place of the kept ones.
#[derive(Debug, Default, Deserialize)]
struct ReplayOrder {
    ids: Option<Vec<i64>>,
    events: Option<Vec<Mended>>,
}

#[derive(Debug, Deserialize)]
struct Mended {
    id: i64,
    event: serde_json::Value,
}

/// `POST /v1/quarantine/replay`: judges invalid events again; those that are valid now are stored and leave.
pub(crate) async fn replay(State(app): State<Arc<App>>, request: Request) -> Result<Response, NotTaken> {
    let (parts, body) = request.into_parts();
    authorize(&app, &parts.headers)?;
    let held = app.budget.inflate(app.budget.read(&parts.headers, body, IMPORT_BYTES).await?)?;
    let order: ReplayOrder = if held.bytes.iter().all(u8::is_ascii_whitespace) {
        ReplayOrder::default()
    } else {
        serde_json::from_slice(&held.bytes).map_err(|error| {
            let sentence =
                format!("the body cannot be read ({error}); send {{\"ids\":[…]}}, {{\"events\":[…]}} or nothing");
            NotTaken::new(StatusCode::BAD_REQUEST, sentence)
        })?
    };
    drop(held);
    let (mut replayed, mut errors, mut cursor) = (0, Vec::new(), 0);
    loop {
        let mut rows = app.store.read(move |db, _| quarantine::page(db, cursor, 200)).await?;
        let Some(last) = rows.last() else { break };
        cursor = last.id;
        rows.retain(|row| order.ids.as_ref().is_none_or(|ids| ids.contains(&row.id)));
        for row in &mut rows {
            if let Some(mended) = order.events.iter().flatten().find(|mended| mended.id == row.id) {
                row.text = mended.event.to_string();
                row.whole = true;
            }
        }
        if order.events.is_some() && order.ids.is_none() {
            rows.retain(|row| order.events.iter().flatten().any(|mended| mended.id == row.id));
        }
        let mut done = Vec::new();
        for row in rows {
            match replayed_row(&app, &row).await? {
                Ok(()) => done.push(row.id),
                Err(reason) => errors.push(json!({ "id": row.id, "reason": reason })),
            }
        }
        replayed += app.store.let_go(move |db| quarantine::delete(db, &done)).await?;
    }
    errors.truncate(1_000);
    Ok(axum::Json(json!({ "success": true, "replayed": replayed, "rejected": errors.len(), "errors": errors }))
        .into_response())
}

/// Stores an invalid event if it is valid now; otherwise says what is still wrong with it.
async fn replayed_row(app: &App, row: &Row) -> Result<Result<(), String>, StoreError> {
    if !row.whole {
        return Ok(Err(
            "only the start of the event was kept; replay it with {\"events\":[{\"id\",\"event\"}]}".to_owned()
        ));
    }
    let how = Circumstances {
        received_at: row.received_at,
        kind: row.kind.as_deref().and_then(tailorbird_schema::EventKind::from_name),
        write_key: row.write_key.as_deref(),
        opted_out: false,
        import: false,
    };
    let mut prepared = match open_lines(row.text.as_bytes()) {
        Ok(opened) => prepare(&opened, how, app.store.hasher()),
        Err(_) => return Ok(Err("the event is not JSON".to_owned())),
    };
    match prepared.rejects.pop() {
        Some(reject) => Ok(Err(reject.reason)),
        None => app.store.commit(0, prepared).await.map(|_| Ok(())),
    }
}

fn ndjson(page: Page) -> Response {
    let mut response = page.lines.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(next) = page.next {
        headers.insert("x-next-cursor", HeaderValue::from(next));
    }
    response
}

/// Lets only the admin token through.
pub(crate) fn authorize(app: &App, headers: &HeaderMap) -> Result<(), NotTaken> {
    let Some(expected) = &app.admin_token else {
        let sentence = "this is closed; start the collector with --admin-token to open it";
        return Err(NotTaken::new(StatusCode::FORBIDDEN, sentence));
    };
    let shown = credentials(headers, "Bearer");
    // INVARIANT: compared in constant time; the answer tells nothing about how much of a guess was right.
    match shown {
        Some(shown) if bool::from(shown.as_bytes().ct_eq(expected.as_bytes())) => Ok(()),
        _ => Err(NotTaken::new(StatusCode::UNAUTHORIZED, "send `Authorization: Bearer <admin token>`")),
    }
}

/// What stands behind the scheme of `Authorization`; the scheme's case does not matter.
pub(super) fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (given, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}
