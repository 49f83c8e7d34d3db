//! Where events are handed over to: the URL of `--sink` and of `drain --source`, taken apart.

use std::time::Duration;

use url::Url;

use crate::CollectorError;

/// A NATS JetStream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamAddress {
    /// The servers, `nats://host:port` each.
    pub(crate) servers: Vec<String>,
    /// Who we are there.
    pub(crate) credentials: Option<(String, String)>,
    /// The stream's name.
    pub(crate) stream: String,
    /// Subjects are this, a dot and the event's type.
    pub(crate) subject: String,
    /// How many servers keep each event.
    pub(crate) replicas: usize,
    /// How long the stream recognises a message id that is published again.
    pub(crate) duplicate_window: Duration,
    /// How long the stream keeps events.
    pub(crate) max_age: Duration,
    /// How long an event stays in our own store after the stream acknowledged it.
    pub(crate) safety: Duration,
    /// How many events may be under way.
    pub(crate) inflight: usize,
}

impl StreamAddress {
    /// Reads `nats://[user:password@]host[:port][,host…][?stream=…&subject=…&replicas=…&duplicate_window=…&max_age=…&safety=…&inflight=…]`.
    pub(crate) fn parse(option: &'static str, text: &str) -> Result<StreamAddress, CollectorError> {
        let wrong = |expected: &str| CollectorError::Option {
            option,
            value: without_password(text),
            expected: expected.to_owned(),
        };
        let form = "nats://host:4222,host:4222?stream=TAILORBIRD&replicas=3";
        let rest = text.strip_prefix("nats://").ok_or_else(|| wrong(form))?;
        let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = authority.trim_end_matches('/');
        let (credentials, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(user), hosts),
            None => (None, authority),
        };
        let servers: Vec<String> =
            hosts.split(',').filter(|host| !host.is_empty()).map(|host| format!("nats://{host}")).collect();
        if servers.is_empty() || servers.iter().any(|server| Url::parse(server).is_err()) {
            return Err(wrong(form));
        }
        let credentials = credentials.map(|text| {
            let (user, password) = text.split_once(':').unwrap_or((text, ""));
            (user.to_owned(), password.to_owned())
        });
        let mut address = StreamAddress {
            servers,
            credentials,
            stream: "TAILORBIRD".to_owned(),
            subject: "tailorbird.events".to_owned(),
            replicas: 1,
            duplicate_window: Duration::from_secs(600),
            max_age: Duration::from_secs(7 * 86_400),
            safety: Duration::from_secs(300),
            inflight: 512,
        };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let number = || value.parse::<u64>().map_err(|_| wrong(&format!("a whole number for `{name}`")));
            match name.as_ref() {
                "stream" if is_name(&value) => address.stream = value.into_owned(),
                "subject" if value.split('.').all(is_name) => address.subject = value.into_owned(),
                "replicas" => address.replicas = number()?.clamp(1, 5) as usize,
                "duplicate_window" => address.duplicate_window = Duration::from_secs(number()?),
                "max_age" => address.max_age = Duration::from_secs(number()?),
                "safety" => address.safety = Duration::from_secs(number()?),
                "inflight" => address.inflight = number()?.clamp(1, 10_000) as usize,
                "stream" | "subject" => {
                    return Err(wrong(&format!("letters, digits, `-` and `_` for `{name}`")));
                }
                _ => {
                    let known = "stream, subject, replicas, duplicate_window, max_age, safety, inflight";
                    return Err(wrong(&format!("one of {known} instead of `{name}`")));
                }
            }
        }
        // The stream refuses a window that is longer than it keeps anything.
        address.duplicate_window = address.duplicate_window.min(address.max_age);
        Ok(address)
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The address as it may be shown.
pub(crate) fn without_password(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let text = "nats://me:secret@a:4222,b:4223?stream=SHOP&subject=shop.events&replicas=3&duplicate_window=60&safety=1&max_age=3600&inflight=64";
        let address = StreamAddress::parse("--sink", text).unwrap();
        assert_eq!(address.servers, ["nats://a:4222", "nats://b:4223"]);
        assert_eq!(address.credentials, Some(("me".to_owned(), "secret".to_owned())));
        assert_eq!((address.stream.as_str(), address.subject.as_str(), address.replicas), ("SHOP", "shop.events", 3));
        assert_eq!((address.duplicate_window.as_secs(), address.safety.as_secs(), address.inflight), (60, 1, 64));
        assert_eq!(StreamAddress::parse("--sink", "nats://localhost").unwrap().stream, "TAILORBIRD");
    }

    #[test]
    fn a_wrong_address_says_what_is_expected_and_shows_no_password() {
        for text in ["redis://a", "nats://", "nats://a?replicas=many", "nats://a?stream=A.B", "nats://a?what=1"] {
            assert!(StreamAddress::parse("--sink", text).is_err(), "{text}");
        }
        let error = StreamAddress::parse("--sink", "nats://me:secret@a?what=1").unwrap_err().to_string();
        assert!(error.contains("`what`") && !error.contains("secret"), "{error}");
    }
}
