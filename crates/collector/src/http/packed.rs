//! Files that lie there as they are leave as gzip for clients that take it: packed once, kept in memory within bounds.

use std::collections::{HashMap, VecDeque};
use std::io::Write;
use std::sync::{Mutex, MutexGuard};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header, request};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt;

/// Smaller files gain nothing.
const SMALLEST: usize = 1_024;
/// Larger files are left as they are.
const LARGEST: usize = 8 << 20;
/// How many packed bytes are kept.
const KEPT: usize = 32 << 20;

/// The packed files, by path and ETag.
#[derive(Debug, Default)]
pub(crate) struct Packed(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    files: HashMap<String, Bytes>,
    order: VecDeque<String>,
    bytes: usize,
}

impl Packed {
    /// The answer as gzip, where that is wanted and of use; otherwise the answer.
    pub(crate) async fn answer(&self, asked: &request::Parts, answer: Response) -> Response {
        let Some(tag) = packable(asked, &answer) else { return answer };
        let name = format!("{} {tag}", asked.uri.path());
        let known = self.kept().files.get(&name).cloned();
        let (mut parts, body) = answer.into_parts();
        let packed = match known {
            Some(packed) => packed,
            None => {
                let Ok(plain) = body.collect().await.map(|body| body.to_bytes()) else {
                    return Response::from_parts(parts, Body::empty());
                };
                let work = plain.clone();
                match tokio::task::spawn_blocking(move || gzip(&work)).await {
                    Ok(Some(packed)) => self.kept().add(name, packed),
                    _ => return Response::from_parts(parts, Body::from(plain)),
                }
            }
        };
        parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(packed.len()));
        // A range would be one of other bytes, and a strong tag would promise the same ones.
        parts.headers.remove(header::ACCEPT_RANGES);
        if let Ok(weak) = HeaderValue::try_from(format!("W/{tag}")) {
            parts.headers.insert(header::ETAG, weak);
        }
        Response::from_parts(parts, Body::from(packed))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Kept {
    fn add(&mut self, name: String, packed: Bytes) -> Bytes {
        if self.files.insert(name.clone(), packed.clone()).is_none() {
            self.bytes += packed.len();
            self.order.push_back(name);
        }
        while self.bytes > KEPT {
            let Some(oldest) = self.order.pop_front() else { break };
            self.bytes -= self.files.remove(&oldest).map_or(0, |gone| gone.len());
        }
        packed
    }
}

/// The ETag of an answer that is to be packed.
fn packable(asked: &request::Parts, answer: &Response) -> Option<String> {
    let headers = answer.headers();
    let whole = asked.method == Method::GET && answer.status() == StatusCode::OK;
    let taken = whole && takes_gzip(&asked.headers) && !headers.contains_key(header::CONTENT_ENCODING);
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let kind = text(header::CONTENT_TYPE)?;
    let gains =
        kind.starts_with("text/") || ["javascript", "json", "xml", "wasm"].iter().any(|name| kind.contains(name));
    let bytes: usize = text(header::CONTENT_LENGTH)?.parse().ok()?;
    let tag = text(header::ETAG)?;
    (taken && gains && (SMALLEST..=LARGEST).contains(&bytes)).then(|| tag.to_owned())
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|value| value.split(',')).any(|offer| {
        let (name, quality) = offer.split_once(';').unwrap_or((offer, ""));
        let refused = quality.trim().strip_prefix("q=").is_some_and(|quality| quality.parse() == Ok(0.0));
        ["gzip", "x-gzip", "*"].contains(&name.trim().to_ascii_lowercase().as_str()) && !refused
    })
}

/// The bytes packed; nothing where that makes them no smaller.
fn gzip(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 2), Compression::new(6));
    encoder.write_all(plain).ok()?;
    let packed = encoder.finish().ok()?;
    (packed.len() < plain.len()).then(|| Bytes::from(packed))
}
