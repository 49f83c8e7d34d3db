//! The current session: a run of events without a long pause.

use crate::schema::{Event, EventKind, Millis, Value};
use crate::text::cut;

/// Hosts of search engines, by the part before the country: visits from there are `organic`.
const SEARCH_ENGINES: [&str; 9] =
    ["google", "bing", "duckduckgo", "yahoo", "ecosia", "baidu", "yandex", "qwant", "startpage"];

/// Facts of the current session.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Session {
    /// Counted from 1 for each visitor.
    pub number: u32,
    /// When its first event happened.
    pub start: Millis,
    /// When its newest event happened.
    pub last: Millis,
    /// How many pages were seen.
    pub pages: u32,
    /// How often a shopper searched.
    pub searches: u32,
    /// `utm_source`, else the host that linked here.
    pub source: Option<String>,
    /// `utm_medium`, else `organic` or `referral` where another host linked here.
    pub medium: Option<String>,
    /// `utm_campaign`.
    pub campaign: Option<String>,
    /// The host that linked here, when it is not the shop's own.
    pub referrer: Option<String>,
    /// The path of the first page.
    pub landing: Option<String>,
}

impl Session {
    /// Folds in an event of this session. Where the shopper came from is told by the first event that knows.
    pub(crate) fn record(&mut self, event: &Event) {
        self.start = self.start.min(event.at);
        self.last = self.last.max(event.at);
        if event.kind == EventKind::Track && event.name == "Products Searched" {
            self.searches = self.searches.saturating_add(1);
        }
        let page = |name: &str| {
            let told = if event.kind == EventKind::Page { event.properties.get(name) } else { None };
            let told = told.or_else(|| event.context.get("page")?.get(name));
            told.and_then(Value::as_str).filter(|text| !text.is_empty())
        };
        if event.kind == EventKind::Page {
            self.pages = self.pages.saturating_add(1);
        }
        if self.landing.is_none() {
            let landing = page("path").or_else(|| page("url").map(path_of));
            self.landing = landing.map(short);
        }
        if self.source.is_some() {
            return;
        }
        let campaign = |name: &str| {
            let told = event.context.get("campaign")?.get(name)?.as_str()?;
            (!told.is_empty()).then(|| short(told))
        };
        let own_host = page("url").and_then(host_of);
        let referrer = page("referrer").and_then(host_of).filter(|host| own_host.is_none_or(|own| own != *host));
        self.campaign = self.campaign.take().or_else(|| campaign("name"));
        self.medium = self.medium.take().or_else(|| campaign("medium"));
        self.source = campaign("source");
        if let Some(host) = referrer {
            self.referrer.get_or_insert_with(|| short(host));
            if self.source.is_none() {
                self.source = Some(short(host));
                let engine = host.split('.').any(|label| SEARCH_ENGINES.contains(&label));
                self.medium.get_or_insert_with(|| if engine { "organic" } else { "referral" }.to_owned());
            }
        }
    }

    pub(crate) fn turn_back(&mut self, latest: Millis) {
        self.start = self.start.min(latest);
        self.last = self.last.min(latest);
    }
}

/// At most 200 bytes of a text.
pub(crate) fn short(text: &str) -> String {
    let mut end = text.len().min(200);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

/// The host of an absolute URL, without user, port and a leading `www.`.
fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = cut(url, "://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.rsplit('@').next()?.split(':').next()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    (!host.is_empty()).then_some(host)
}

/// The path of a URL.
fn path_of(url: &str) -> &str {
    let rest = cut(url, "://").map_or(url, |(_, rest)| rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"));
    rest.split(['?', '#']).next().unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_addresses() {
        assert_eq!(host_of("https://www.google.com/search?q=a"), Some("google.com"));
        assert_eq!(host_of("https://user:pass@shop.example:8443/x"), Some("shop.example"));
        assert_eq!(host_of("/relative"), None);
        assert_eq!(path_of("https://shop.example"), "/");
        assert_eq!(path_of("https://shop.example/a/b?c#d"), "/a/b");
    }
}
