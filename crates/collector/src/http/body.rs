//! Reading request bodies: bounded in bytes, in time, and over all requests together; gzip is cut while it inflates.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::not_taken::NotTaken;

/// How many bytes of bodies all requests together may hold in memory.
const ALL_BYTES: usize = 64 << 20;
/// How long a sender may take for a body.
const PATIENCE: Duration = Duration::from_secs(15);

/// Who has sent more than so many bytes of a body is taken to send the rest.
const SLOW: usize = 16 * 1024;
/// A body of at most so many bytes is small.
const SMALL: usize = 4 * 1024;
/// How much of a body's start, and of its end, is looked at to see whose it is.
const LOOKED_AT: usize = 512;

/// How much of a refused body is read to let its sender finish.
const DISCARDED_BYTES: usize = 8 << 20;
/// How long that may take.
const DISCARD_PATIENCE: Duration = Duration::from_secs(5);

/// The bytes that bodies may still take.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<Semaphore>);

/// A body in memory; dropping it gives its bytes back.
#[derive(Debug)]
pub(crate) struct Held {
    /// The body.
    pub(crate) bytes: Vec<u8>,
    permit: Option<OwnedSemaphorePermit>,
}

/// A body as it came.
#[derive(Debug)]
pub(crate) struct Packed {
    held: Held,
    gzip: bool,
    most: usize,
}

impl Budget {
    /// The whole budget.
    pub(crate) fn new() -> Budget {
        Budget(Arc::new(Semaphore::new(ALL_BYTES)))
    }

    /// How many bytes bodies hold now.
    pub(crate) fn used(&self) -> usize {
        ALL_BYTES.saturating_sub(self.0.available_permits())
    }

    /// Reads a body of at most `most` bytes and leaves it as it came.
    pub(crate) async fn read(&self, headers: &HeaderMap, body: Body, most: usize) -> Result<Packed, NotTaken> {
        let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes().trim_ascii());
        let gzip = match encoding.map(<[u8]>::to_ascii_lowercase).as_deref() {
            None | Some(b"" | b"identity") => false,
            Some(b"gzip" | b"x-gzip") => true,
            Some(_) => {
                let sentence = "the content encoding is not known; send plain JSON or gzip";
                return Err(NotTaken::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence));
            }
        };
        let announced =
            headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > most) {
            discard(body).await;
            return Err(too_large(most));
        }
        let reading = tokio::time::timeout(PATIENCE, self.collect(body, most, announced.unwrap_or(0)));
        let held = reading.await.map_err(|_| {
            NotTaken::new(StatusCode::REQUEST_TIMEOUT, "the body took longer than 15 seconds; send it in one go")
        })??;
        Ok(Packed { held, gzip, most })
    }

    async fn collect(&self, mut body: Body, most: usize, announced: usize) -> Result<Held, NotTaken> {
        // Nothing is set aside for what is only announced, until much of it came: a slow sender costs what it has sent.
        let mut held = Held { bytes: Vec::new(), permit: None };
        while let Some(frame) = body.frame().await {
            let frame =
                frame.map_err(|_| NotTaken::new(StatusCode::BAD_REQUEST, "the body ended early; send it again"))?;
            let Ok(data) = frame.into_data() else { continue };
            if held.bytes.len() + data.len() > most {
                drop(held);
                discard(body).await;
                return Err(too_large(most));
            }
            if let Err(busy) = self.hold(&mut held.permit, data.len()) {
                drop(held);
                discard(body).await;
                return Err(busy);
            }
            if held.bytes.len() + data.len() > SLOW {
                held.bytes.reserve_exact(announced.saturating_sub(held.bytes.len()));
            }
            held.bytes.extend_from_slice(&data);
        }
        Ok(held)
    }

    /// The body, inflated where it came packed; at most as long as it might have come.
    pub(crate) fn inflate(&self, packed: Packed) -> Result<Held, NotTaken> {
        let Packed { held: packed, gzip, most } = packed;
        if !gzip {
            return Ok(packed);
        }
        // What it inflates to is not known before. The system gives memory only for what is written; a buffer that grew
        // step by step would leave all its smaller selves behind.
        let mut held = Held { bytes: Vec::with_capacity(most + 1), permit: None };
        MultiGzDecoder::new(packed.bytes.as_slice())
            .take(most as u64 + 1)
            .read_to_end(&mut held.bytes)
            .map_err(|_| NotTaken::new(StatusCode::BAD_REQUEST, "the body is not gzip, though its headers say so"))?;
        if held.bytes.len() > most {
            return Err(too_large(most));
        }
        self.hold(&mut held.permit, held.bytes.len())?;
        Ok(held)
    }

    fn hold(&self, permit: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> Result<(), NotTaken> {
        let more = Arc::clone(&self.0).try_acquire_many_owned(bytes as u32).map_err(|_| NotTaken::busy())?;
        match permit {
            Some(permit) => permit.merge(more),
            None => *permit = Some(more),
        }
        Ok(())
    }
}

impl Packed {
    /// Whether it is so small that judging it costs no more than handing it over.
    pub(crate) fn is_small(&self) -> bool {
        !self.gzip && self.held.bytes.len() <= SMALL
    }

    /// The write key that stands where clients put it, as far as that can be told without inflating or reading it all.
    pub(crate) fn likely_key(&self) -> Option<String> {
        let bytes = &self.held.bytes;
        if self.gzip {
            let mut start = Vec::with_capacity(LOOKED_AT);
            let read = MultiGzDecoder::new(bytes.as_slice()).take(LOOKED_AT as u64).read_to_end(&mut start);
            return key_in(&start).filter(|_| read.is_ok());
        }
        key_in(&bytes[bytes.len().saturating_sub(LOOKED_AT)..]).or_else(|| key_in(&bytes[..bytes.len().min(LOOKED_AT)]))
    }
}

/// The text behind the last `"writeKey":` of some JSON.
fn key_in(bytes: &[u8]) -> Option<String> {
    let name = br#""writeKey""#;
    let found = memchr::memmem::rfind(bytes, name)?;
    let rest = bytes[found + name.len()..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"")?;
    let key = &rest[..memchr::memchr(b'"', rest)?];
    String::from_utf8(key.to_vec()).ok()
}

/// Reads the rest of a body that is refused and keeps nothing of it: closing on a client that still sends would reset
/// the connection, and the client would see a broken network, not the answer.
pub(crate) async fn discard(mut body: Body) {
    let reading = async {
        let mut bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, |data| data.len());
            if bytes > DISCARDED_BYTES {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DISCARD_PATIENCE, reading).await;
}

fn too_large(most: usize) -> NotTaken {
    let sentence = format!("the body has more than {most} bytes; send fewer events at once");
    NotTaken::new(StatusCode::PAYLOAD_TOO_LARGE, sentence)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use axum::response::IntoResponse;

    use super::*;

    fn packed(text: &str, gzip: bool) -> Packed {
        let mut bytes = text.as_bytes().to_vec();
        if gzip {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(&bytes).unwrap();
            bytes = encoder.finish().unwrap();
        }
        Packed { held: Held { bytes, permit: None }, gzip, most: 1 << 20 }
    }

    /// A body of which the first bytes come at once and the rest never.
    struct Slow(Option<bytes::Bytes>);

    impl hyper::body::Body for Slow {
        type Data = bytes::Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<bytes::Bytes>, Self::Error>>> {
            match self.0.take() {
                Some(bytes) => std::task::Poll::Ready(Some(Ok(hyper::body::Frame::data(bytes)))),
                None => std::task::Poll::Pending,
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_end_is_given_up_after_its_time_and_gives_its_bytes_back() {
        let budget = Budget::new();
        let (headers, began) = (HeaderMap::new(), tokio::time::Instant::now());
        let body = Body::new(Slow(Some(bytes::Bytes::from_static(b"{\"batch\":"))));
        let reading = budget.read(&headers, body, 1_000);
        let watching = async {
            tokio::time::sleep(PATIENCE / 2).await;
            budget.used()
        };
        let (read, held) = tokio::join!(reading, watching);
        assert_eq!(read.unwrap_err().into_response().status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!((held, budget.used(), began.elapsed()), (9, 0, PATIENCE));
    }

    #[test]
    fn the_key_is_seen_at_both_ends_of_a_plain_body_and_at_the_start_of_a_packed_one() {
        let long = "1,".repeat(40_000);
        let first = format!(r#"{{"writeKey": "FIRST","batch":[{long}1]}}"#);
        let last = format!(r#"{{"batch":[{long}1],"sentAt":"x","writeKey":"LAST"}}"#);
        let within = format!(r#"{{"batch":[{long}{{"writeKey":"WITHIN"}},{long}1]}}"#);
        assert_eq!(packed(&first, false).likely_key().as_deref(), Some("FIRST"));
        assert_eq!(packed(&last, false).likely_key().as_deref(), Some("LAST"));
        assert_eq!(packed(&within, false).likely_key(), None);
        assert_eq!(packed(&first, true).likely_key().as_deref(), Some("FIRST"));
        assert_eq!(packed(&last, true).likely_key(), None);
        let mut cut = packed(&first, true);
        cut.held.bytes.truncate(12);
        assert_eq!(cut.likely_key(), None);
        for odd in [r#""writeKey""#, r#""writeKey":"#, r#""writeKey":7}"#, r#""writeKey":"cut"#, ""] {
            assert_eq!(packed(odd, false).likely_key(), None, "{odd}");
        }
    }
}
