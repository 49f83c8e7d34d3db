//! Write keys: who may send, from where, and how much.

use std::sync::Mutex;
use std::time::Instant;

use subtle::ConstantTimeEq;

use super::bucket::Bucket;
use crate::CollectorError;

/// Why a request is not let in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// No key was shown.
    NoKey,
    /// The key is not known.
    WrongKey,
    /// The key may not be used from this origin.
    WrongOrigin(String),
    /// The key's budget is used up; try again after so many seconds.
    Budget(u64),
}

/// All keys; with none given, everybody may send.
#[derive(Debug)]
pub(crate) struct Keys {
    keys: Vec<Key>,
    open: bool,
    started: Instant,
}

/// One key.
#[derive(Debug)]
pub(crate) struct Key {
    text: String,
    /// Where browsers may use it; empty: anywhere.
    origins: Vec<String>,
    bucket: Option<Mutex<Bucket>>,
    /// Its lane in the queue.
    pub(crate) lane: usize,
}

impl Keys {
    /// Reads keys of the form `KEY` or `KEY@ORIGIN,ORIGIN`.
    pub(crate) fn parse(given: &[String], rate: Option<u32>) -> Result<Keys, CollectorError> {
        let mut keys = Vec::with_capacity(given.len());
        for (lane, value) in given.iter().enumerate() {
            let wrong = |expected: &str| CollectorError::Option {
                option: "--write-key",
                value: value.clone(),
                expected: expected.to_owned(),
            };
            let (text, origins) = match value.split_once('@') {
                Some((text, origins)) => (text, origins.split(',').map(str::to_owned).collect()),
                None => (value.as_str(), Vec::new()),
            };
            if text.is_empty() || text.len() > 256 {
                return Err(wrong("KEY or KEY@https://shop.example,https://www.shop.example"));
            }
            if text.contains(':') {
                return Err(wrong("a key without `:`, behind which Basic auth takes the rest for a password"));
            }
            if keys.iter().any(|known: &Key| known.text == text) {
                return Err(wrong("each key once, with all its origins: KEY@https://shop.example,https://…"));
            }
            // What no browser ever sends would shut every browser out.
            for origin in &origins {
                match as_browsers_send(origin) {
                    Some(sent) if sent == *origin => {}
                    Some(sent) => return Err(wrong(&format!("the origin `{sent}` instead of `{origin}`"))),
                    None => return Err(wrong("origins such as https://shop.example after the `@`")),
                }
            }
            keys.push(Key {
                text: text.to_owned(),
                origins,
                bucket: rate.map(|rate| Mutex::new(Bucket::new(rate))),
                lane,
            });
        }
        let open = keys.is_empty();
        if open {
            let bucket = rate.map(|rate| Mutex::new(Bucket::new(rate)));
            keys.push(Key { text: String::new(), origins: Vec::new(), bucket, lane: 0 });
        }
        Ok(Keys { keys, open, started: Instant::now() })
    }

    /// Whether any key is taken.
    pub(crate) fn open(&self) -> bool {
        self.open
    }

    /// How many lanes the queue needs.
    pub(crate) fn lanes(&self) -> usize {
        self.keys.len()
    }

    /// The key of a lane.
    pub(crate) fn of_lane(&self, lane: usize) -> Option<&Key> {
        self.keys.get(lane)
    }

    /// The lane of who shows this key, if it is known; no leave to send.
    pub(crate) fn lane_of(&self, shown: &str) -> Option<usize> {
        self.find(shown).map(|key| key.lane)
    }

    fn find(&self, shown: &str) -> Option<&Key> {
        self.keys.iter().find(|key| bool::from(key.text.as_bytes().ct_eq(shown.as_bytes())))
    }

    /// The key behind what a request showed.
    pub(crate) fn admit(&self, shown: Option<&str>, origin: Option<&str>) -> Result<&Key, Denied> {
        if self.open {
            return self.keys.first().ok_or(Denied::NoKey);
        }
        let shown = shown.ok_or(Denied::NoKey)?;
        let key = self.find(shown).ok_or(Denied::WrongKey)?;
        match origin {
            Some(origin) if !key.origins.is_empty() && !key.origins.iter().any(|allowed| allowed == origin) => {
                Err(Denied::WrongOrigin(origin.to_owned()))
            }
            _ => Ok(key),
        }
    }

    /// Takes a request's events out of the key's budget.
    pub(crate) fn spend(&self, key: &Key, events: usize) -> Result<(), Denied> {
        let Some(bucket) = &key.bucket else { return Ok(()) };
        let now = self.started.elapsed().as_secs_f64();
        let mut bucket = bucket.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        bucket.take(events, now).map_err(Denied::Budget)
    }
}

impl Key {
    /// The key as it is noted on events; none when everybody may send.
    pub(crate) fn name(&self) -> Option<&str> {
        (!self.text.is_empty()).then_some(self.text.as_str())
    }
}

/// The origin of an address as browsers send it: in small letters, without a path or the usual port.
fn as_browsers_send(origin: &str) -> Option<String> {
    let url = url::Url::parse(origin).ok().filter(|url| ["http", "https"].contains(&url.scheme()))?;
    if url.host_str().is_none_or(|host| host.contains('*')) {
        return None;
    }
    Some(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(given: &[&str]) -> Keys {
        Keys::parse(&given.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>(), None).unwrap()
    }

    #[test]
    fn only_known_keys_from_their_origins_are_let_in() {
        let keys = keys(&["A", "B@https://shop.example,https://www.shop.example"]);
        assert_eq!(keys.admit(Some("A"), Some("https://anything.example")).unwrap().lane, 0);
        assert_eq!(keys.admit(Some("B"), Some("https://www.shop.example")).unwrap().lane, 1);
        assert_eq!(keys.admit(Some("B"), None).unwrap().name(), Some("B"));
        let evil = "https://evil.example";
        assert_eq!(keys.admit(Some("B"), Some(evil)).unwrap_err(), Denied::WrongOrigin(evil.to_owned()));
        assert_eq!(keys.admit(Some("C"), None).unwrap_err(), Denied::WrongKey);
        assert_eq!(keys.admit(None, None).unwrap_err(), Denied::NoKey);
    }

    #[test]
    fn without_keys_everybody_may_send() {
        let keys = keys(&[]);
        assert!(keys.open());
        assert_eq!(keys.admit(None, None).unwrap().name(), None);
    }

    #[test]
    fn a_key_that_cannot_be_meant_is_an_error() {
        for bad in [
            "",
            "@https://shop.example",
            "KEY@shop.example",
            "KEY@",
            "KEY@https://shop.example/",
            "KEY@https://shop.example,https://shop.example/shop",
            "KEY@https://Shop.example",
            "KEY@https://shop.example:443",
            "KEY@https://*.shop.example",
            "K:EY",
        ] {
            assert!(Keys::parse(&[bad.to_owned()], None).is_err(), "{bad}");
        }
        let error = Keys::parse(&["KEY@https://Shop.example/".to_owned()], None).unwrap_err().to_string();
        assert!(error.contains("the origin `https://shop.example` instead of `https://Shop.example/`"), "{error}");
        let twice = ["KEY".to_owned(), "KEY@https://shop.example".to_owned()];
        assert!(Keys::parse(&twice, None).is_err(), "the second would never count");
    }
}
