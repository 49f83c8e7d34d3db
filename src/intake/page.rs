//! The page and the device as conditions see them, and Segment's context of an event.

use super::campaign::{self, Campaign};
use super::reach;
use super::scrub;
use super::url;
use tailorbird_schema::Value;

/// The page as conditions see it. Everything private is scrubbed from it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PageFacts {
    /// The address without its fragment.
    pub(crate) url: String,
    /// Its path.
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
    /// Global Privacy Control.
    pub(crate) gpc: bool,
}

/// The address as it stands, with nothing taken out; only for comparing and looking up.
pub(super) fn address() -> String {
    reach::text(&reach::get(&reach::window(), "location"), "href").unwrap_or_default()
}

fn referrer() -> String {
    reach::text(&reach::document(), "referrer").unwrap_or_default()
}

fn title() -> String {
    scrub::text(reach::text(&reach::document(), "title").unwrap_or_default().trim())
}

/// What every page tells of itself; type, product and category are the intake's to add.
pub(super) fn read(address: &str) -> PageFacts {
    let parts = url::parts(address);
    PageFacts {
        url: scrub::url(address),
        path: scrub::path(parts.path),
        title: title(),
        query: url::parameters(parts.query)
            .take(50)
            .map(|(name, value)| {
                let value = scrub::value(&name, &value);
                (name, value)
            })
            .collect(),
        referrer: scrub::url(&referrer()),
        ..PageFacts::default()
    }
}

/// Reads the device.
pub(crate) fn device() -> DeviceFacts {
    let navigator = reach::get(&reach::window(), "navigator");
    let touches = reach::number(&navigator, "maxTouchPoints").unwrap_or(0.0);
    DeviceFacts {
        kind: kind(&reach::text(&navigator, "userAgent").unwrap_or_default(), touches),
        language: reach::text(&navigator, "language").unwrap_or_default(),
        timezone: timezone(),
        utc_offset_minutes: -reach::call(&reach::new("Date", &[]), "getTimezoneOffset", &[]).as_f64().unwrap_or(0.0)
            as i32,
        touch: touches > 0.0,
        gpc: super::consents::privacy_control(),
    }
}

fn timezone() -> String {
    let format = reach::call(&reach::get(&reach::window(), "Intl"), "DateTimeFormat", &[]);
    reach::text(&reach::call(&format, "resolvedOptions", &[]), "timeZone").unwrap_or_default()
}

/// An iPad says that it is a Mac; no Mac has a touch screen.
fn kind(agent: &str, touches: f64) -> &'static str {
    let says = |word| agent.contains(word);
    if says("iPad") || says("Tablet") || (says("Android") && !says("Mobile")) || (says("Macintosh") && touches > 1.0) {
        "tablet"
    } else if says("Mobi") || says("iPhone") || says("Android") {
        "mobile"
    } else {
        "desktop"
    }
}

/// Where the shopper came from to this page.
pub(crate) fn campaign() -> Campaign {
    campaign::read(&address(), &referrer())
}

/// Segment's context of an event on this page, without `library`.
pub(crate) fn context() -> Value {
    let address = address();
    let parts = url::parts(&address);
    let referrer = referrer();
    let search = scrub::query(parts.query);
    let page = Value::from([
        ("path", scrub::path(parts.path).into()),
        ("referrer", scrub::url(&referrer).into()),
        ("search", if search.is_empty() { search } else { ["?", &search].concat() }.into()),
        ("title", title().into()),
        ("url", scrub::url(&address).into()),
    ]);
    let navigator = reach::get(&reach::window(), "navigator");
    let mut context = Value::from([("page", page)]);
    super::product::put(&mut context, "campaign", campaign::read(&address, &referrer).to_context());
    for (name, value) in [
        ("locale", reach::text(&navigator, "language")),
        ("timezone", Some(timezone()).filter(|zone| !zone.is_empty())),
        ("userAgent", reach::text(&navigator, "userAgent")),
    ] {
        super::product::put(&mut context, name, value);
    }
    context
}

#[cfg(test)]
mod tests {
    use super::kind;

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
}
