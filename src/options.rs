//! What `start` was told, read from the text that the package's facade makes of it.

use crate::boundary;
use tailorbird_core::consent::{Grant, Said};
use tailorbird_schema::Value;

/// The options that the module itself reads.
pub(crate) struct Options {
    /// Prefix in front of `/v1/b`; `None`: nothing is sent.
    pub(crate) collector: Option<String>,
    pub(crate) write_key: String,
    pub(crate) consent: Option<Said>,
    pub(crate) clicks: bool,
    pub(crate) pages: bool,
    pub(crate) data_layer: bool,
    pub(crate) json_ld: bool,
    pub(crate) visibility: bool,
    pub(crate) prefix: String,
    pub(crate) flush_at: Option<usize>,
    pub(crate) flush_interval: Option<i64>,
    pub(crate) seed: Option<f64>,
}

impl Options {
    pub(crate) fn read(text: &str) -> Options {
        let told = boundary::from_text(text);
        let word = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
        let switch = |name: &str| told.get("autocapture").and_then(|all| all.get(name)?.as_bool()).unwrap_or(true);
        let pace =
            |name: &str| told.get("sync").and_then(|sync| sync.get(name)?.as_f64()).filter(|number| *number >= 1.0);
        Options {
            collector: word("collector"),
            write_key: word("writeKey").unwrap_or_default(),
            consent: told.get("consent").map(said),
            clicks: switch("clicks"),
            pages: switch("pages"),
            data_layer: switch("dataLayer"),
            json_ld: switch("jsonLd"),
            visibility: switch("visibility"),
            prefix: word("storagePrefix")
                .filter(|prefix| !prefix.is_empty())
                .unwrap_or_else(|| "tailorbird".to_owned()),
            flush_at: pace("flushAt").map(|number| number as usize),
            flush_interval: pace("flushIntervalMs").map(|number| number as i64),
            seed: told.get("seed").and_then(Value::as_f64),
        }
    }
}

/// `{"personalization":"granted","analytics":"denied"}`, or one word for both. What is no answer says nothing.
pub(crate) fn said(told: &Value) -> Said {
    let grant = |value: &Value| value.as_str().and_then(Grant::from_name);
    if let Some(both) = grant(told) {
        return Said::both(both);
    }
    let purpose = |name: &str| told.get(name).and_then(grant);
    Said { personalization: purpose("personalization"), analytics: purpose("analytics") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_its_default() {
        let options = Options::read(r#"{"collector":"","autocapture":{"clicks":false},"sync":{"flushAt":0}}"#);
        assert_eq!(options.collector.as_deref(), Some(""));
        assert!(!options.clicks && options.pages && options.visibility);
        assert_eq!((options.flush_at, options.prefix.as_str()), (None, "tailorbird"));
        assert!(Options::read("no json").consent.is_none());
    }

    #[test]
    fn consent_is_read_per_purpose() {
        assert_eq!(said(&Value::from("granted")), Said::both(Grant::Granted));
        let told = Value::from([("analytics", "denied".into()), ("personalization", "perhaps".into())]);
        assert_eq!(said(&told), Said { personalization: None, analytics: Some(Grant::Denied) });
    }
}
