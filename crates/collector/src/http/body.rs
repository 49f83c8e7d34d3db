//! Reading request bodies: bounded in bytes, in time, and over all requests together; gzip is cut while it inflates.

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::answer::NotTaken;

/// How many bytes of bodies all requests together may hold in memory.
const ALL_BYTES: usize = 64 << 20;
/// How long a sender may take for a body.
const PATIENCE: Duration = Duration::from_secs(15);

/// How much of a refused body is read to let its sender finish.
const DISCARDED_BYTES: usize = 8 << 20;
/// How long that may take.
const DISCARD_PATIENCE: Duration = Duration::from_secs(5);

/// The bytes that bodies may still take.
#[derive(Debug)]
pub(crate) struct Budget(Semaphore);

/// A body in memory; dropping it gives its bytes back.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    /// The body, inflated.
    pub(crate) bytes: Vec<u8>,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Budget {
    /// The whole budget.
    pub(crate) fn new() -> Budget {
        Budget(Semaphore::new(ALL_BYTES))
    }

    /// How many bytes bodies hold now.
    pub(crate) fn used(&self) -> usize {
        ALL_BYTES.saturating_sub(self.0.available_permits())
    }

    /// Reads a body of at most `most` bytes before and after inflating.
    pub(crate) async fn read(&self, headers: &HeaderMap, body: Body, most: usize) -> Result<Held<'_>, NotTaken> {
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
        if gzip { self.inflate(&held.bytes, most) } else { Ok(held) }
    }

    async fn collect(&self, mut body: Body, most: usize, announced: usize) -> Result<Held<'_>, NotTaken> {
        let mut held = Held { bytes: Vec::with_capacity(announced.min(16 * 1024)), _permit: None };
        while let Some(frame) = body.frame().await {
            let frame =
                frame.map_err(|_| NotTaken::new(StatusCode::BAD_REQUEST, "the body ended early; send it again"))?;
            let Ok(data) = frame.into_data() else { continue };
            if held.bytes.len() + data.len() > most {
                drop(held);
                discard(body).await;
                return Err(too_large(most));
            }
            if let Err(busy) = self.hold(&mut held._permit, data.len()) {
                drop(held);
                discard(body).await;
                return Err(busy);
            }
            held.bytes.extend_from_slice(&data);
        }
        Ok(held)
    }

    fn inflate(&self, packed: &[u8], most: usize) -> Result<Held<'_>, NotTaken> {
        // What it inflates to is not known before; small bodies are the rule, and the buffer grows as needed.
        let mut held = Held { bytes: Vec::with_capacity((packed.len() * 4).min(most)), _permit: None };
        MultiGzDecoder::new(packed)
            .take(most as u64 + 1)
            .read_to_end(&mut held.bytes)
            .map_err(|_| NotTaken::new(StatusCode::BAD_REQUEST, "the body is not gzip, though its headers say so"))?;
        if held.bytes.len() > most {
            return Err(too_large(most));
        }
        self.hold(&mut held._permit, held.bytes.len())?;
        Ok(held)
    }

    fn hold<'a>(&'a self, permit: &mut Option<SemaphorePermit<'a>>, bytes: usize) -> Result<(), NotTaken> {
        let more = self.0.try_acquire_many(bytes as u32).map_err(|_| NotTaken::busy())?;
        match permit {
            Some(permit) => permit.merge(more),
            None => *permit = Some(more),
        }
        Ok(())
    }
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
