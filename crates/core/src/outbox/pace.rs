//! When the next request may leave: backoff with full jitter, `Retry-After`, and what an HTTP status means.

use super::words::Config;
use crate::json;
use crate::schema::Millis;

/// A `Retry-After` beyond this is taken for a mistake of some clock.
pub(super) const LONGEST: Millis = 24 * 3_600_000;
/// The least wait after a failure, so that no jitter makes a hot loop.
const LEAST: Millis = 250;

/// A collector that does not answer with JSON may say so much, in bytes.
const LONGEST_WORD: usize = 16;

/// What the collector's answer means for a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Durable there; so many of it in quarantine.
    Taken(usize),
    /// Try the same again later.
    Later,
    /// Not the collector's answer: as [`Meaning::Later`], and somebody may have to look at the address.
    Strange,
    /// Something in it is bad: find out what by halves.
    Bad,
    /// The key or the address is wrong: nothing in the batch can mend it.
    Refused,
}

/// Reads an answer.
pub(super) fn meaning(status: u16, body: &str) -> Meaning {
    match status {
        // A page: some proxy, portal or service worker answered in the collector's place.
        200..=299 if body.bytes().find(|byte| !byte.is_ascii_whitespace()) == Some(b'<') => Meaning::Strange,
        200..=299 => {
            let answer = json::parse(body).ok();
            let answer = answer.as_ref();
            if answer.and_then(|node| node.get("success")).and_then(json::Node::as_bool) == Some(false) {
                return Meaning::Later;
            }
            // Some collectors say nothing, or a word. Sentences are told by portals, errors by proxies.
            if (answer.is_none() && body.len() > LONGEST_WORD) || answer.is_some_and(|node| node.get("error").is_some())
            {
                return Meaning::Strange;
            }
            let rejected = answer.and_then(|node| node.get("rejected")).and_then(json::Node::as_f64);
            Meaning::Taken(rejected.unwrap_or(0.0) as usize)
        }
        400 | 413 | 422 => Meaning::Bad,
        408 | 429 => Meaning::Later,
        401..=499 => Meaning::Refused,
        _ => Meaning::Later,
    }
}

/// The gate in front of the network.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Failures in a row.
    pub(super) failures: u32,
    /// Refusals of key or address in a row.
    refusals: u32,
    /// Our own patience: nothing leaves before, except what would otherwise be lost.
    pub(super) backoff: Millis,
    /// The collector's word: nothing leaves before.
    pub(super) ordered: Millis,
}

impl Pace {
    /// When the gate opens.
    pub(super) fn opens(&self) -> Millis {
        self.backoff.max(self.ordered)
    }

    /// A failure that time may mend.
    pub(super) fn fail(&mut self, config: &Config, now: Millis, chance: f64) {
        let doubled = config.retry_first << self.failures.min(20);
        self.failures += 1;
        let span = (doubled.min(config.retry_most) - LEAST).max(0);
        self.backoff = now + LEAST + (span as f64 * chance) as Millis;
    }

    /// The key or the address is wrong: somebody has to mend it, which takes longer each time.
    pub(super) fn refuse(&mut self, config: &Config, now: Millis) {
        let doubled = config.refused_wait << self.refusals.min(10);
        self.refusals += 1;
        self.backoff = now + doubled.min(LONGEST);
    }

    /// The collector answered and took something.
    pub(super) fn succeed(&mut self) {
        self.failures = 0;
        self.refusals = 0;
        self.backoff = 0;
    }

    /// Takes over a moment that the collector named, here or to another tab. Returns whether it closes the gate.
    pub(super) fn order(&mut self, until: Millis, now: Millis) -> bool {
        let sane = until > now && until <= now + LONGEST;
        if sane {
            self.ordered = self.ordered.max(until);
        }
        sane
    }

    /// The clock was set back by so much: what was near stays near.
    pub(super) fn shift(&mut self, back: Millis) {
        self.backoff -= back;
        self.ordered -= back;
    }
}
