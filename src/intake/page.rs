//! The page and the device as conditions see them, and Segment's context of an event.

use super::product::{mapped, put};
use super::words::{cut, holds_any};
use super::{scrub, url};
use crate::reach;
use tailorbird_schema::Value;

/// The page as conditions see it. Everything private is scrubbed from it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PageFacts {
    /// The address, without any fragment that is no route.
    pub(crate) url: String,
    /// Its path; the route's, where there is one.
    pub(crate) path: String,
    /// home, category, product, cart, checkout, search, other, or the shop's own word for it.
    pub(crate) page_type: String,
    /// The document's title.
    pub(crate) title: String,
    /// The product whose page it is, by the catalogue's id where it is known there.
    pub(crate) product: Option<String>,
    /// The category path: of the product, or of the list.
    pub(crate) category: Option<String>,
    /// The parameters, in order.
    pub(crate) query: Vec<(String, String)>,
    /// Where the document was come to from.
    pub(crate) referrer: String,
}

/// The device as conditions see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceFacts {
    /// desktop, tablet or mobile.
    pub(crate) kind: &'static str,
    /// `de-DE`.
    pub(crate) language: String,
    /// `Europe/Berlin`.
    pub(crate) timezone: String,
    /// Minutes ahead of UTC.
    pub(crate) utc_offset_minutes: i32,
    /// Whether it has a touch screen.
    pub(crate) touch: bool,
}

/// The address as it stands, with nothing taken out; only for comparing and looking up.
pub(super) fn address() -> String {
    reach::text(&reach::get(&reach::window(), "location"), "href")
}

/// What every page tells of itself; type, product and category are the intake's to add.
pub(super) fn read(address: &str) -> PageFacts {
    let document = reach::document();
    let parts = url::parts(address);
    let url = scrub::url(address);
    PageFacts {
        path: scrub::path(parts.path),
        title: scrub::text(reach::text(&document, "title").trim()),
        query: url::all_parameters(&url),
        url,
        referrer: scrub::url(&reach::text(&document, "referrer")),
        ..PageFacts::default()
    }
}

/// Reads the device.
pub(crate) fn device() -> DeviceFacts {
    let navigator = reach::get(&reach::window(), "navigator");
    let touches = reach::number(&navigator, "maxTouchPoints");
    let offset = reach::call(&reach::new("Date", &[]), "getTimezoneOffset", &[]).as_f64().unwrap_or(0.0);
    DeviceFacts {
        kind: kind(&reach::text(&navigator, "userAgent"), touches),
        language: reach::text(&navigator, "language"),
        timezone: timezone(),
        utc_offset_minutes: -offset as i32,
        touch: touches > 0.0,
    }
}

fn timezone() -> String {
    let format = reach::call(&reach::get(&reach::window(), "Intl"), "DateTimeFormat", &[]);
    reach::text(&reach::call(&format, "resolvedOptions", &[]), "timeZone")
}

/// An iPad says that it is a Mac; no Mac has a touch screen.
fn kind(agent: &str, touches: f64) -> &'static str {
    let says = |word| holds_any(agent, word);
    if says("iPad Tablet") || (says("Android") && !says("Mobile")) || (says("Macintosh") && touches > 1.0) {
        "tablet"
    } else if says("Mobi iPhone") {
        "mobile"
    } else {
        "desktop"
    }
}

/// Segment's context of an event on this page, without `library`.
pub(crate) fn context() -> Value {
    let address = address();
    let page = read(&address);
    let search = cut(cut(&page.url, b"?").1, b"#").0;
    let navigator = reach::get(&reach::window(), "navigator");
    let mut context = Value::from([
        ("locale", reach::text(&navigator, "language").into()),
        ("timezone", timezone().into()),
        ("userAgent", reach::text(&navigator, "userAgent").into()),
    ]);
    put(&mut context, "campaign", campaign(&address));
    let page = [
        ("path", page.path.into()),
        ("search", search.into()),
        ("referrer", page.referrer.into()),
        ("title", page.title.into()),
        ("url", page.url.into()),
    ];
    context.set("page", Value::from(page));
    context
}

/// Segment's `context.campaign`; nothing without any UTM parameter.
fn campaign(address: &str) -> Value {
    let mut told = Value::map();
    for (name, value) in url::all_parameters(address) {
        let name = name.to_ascii_lowercase();
        if told.get(&name).is_none() && value.len() <= 500 {
            told.set(&name, scrub::text(&value).into());
        }
    }
    let campaign =
        mapped(&told, "name=utm_campaign source=utm_source medium=utm_medium term=utm_term content=utm_content");
    if campaign.members().is_empty() { Value::Null } else { campaign }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_told_apart() {
        for (agent, touches, wanted) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140", 10.0, "desktop"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605", 0.0, "desktop"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605", 5.0, "tablet"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148", 5.0, "mobile"),
            ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140 Mobile Safari", 5.0, "mobile"),
            ("Mozilla/5.0 (Linux; Android 15; SM-X910) Chrome/140 Safari", 5.0, "tablet"),
            ("", 0.0, "desktop"),
        ] {
            assert_eq!(kind(agent, touches), wanted, "{agent}");
        }
    }

    #[test]
    fn campaigns_are_read_and_scrubbed() {
        let read = |query: &str| campaign(&["https://s.example/?", query].concat());
        assert_eq!(
            read(
                "utm_source=news&UTM_Medium=email&utm_campaign=spring%20sale&utm_content=bob@x.org&utm_term=&utm_source=later"
            ),
            [
                ("name", "spring sale".into()),
                ("source", "news".into()),
                ("medium", "email".into()),
                ("content", "redacted".into()),
            ]
            .into()
        );
        assert_eq!(read("q=1&utm_id=5"), Value::Null);
        assert_eq!(read("utm_source=news#/dogs?sort=price"), [("source", "news".into())].into());
    }
}
