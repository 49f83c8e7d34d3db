//! Where the shopper came from: UTM parameters, else the referring host.

use super::{scrub, url};
use tailorbird_schema::Value;

/// What brought the shopper to a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Campaign {
    /// `utm_source`.
    pub(crate) source: Option<String>,
    /// `utm_medium`.
    pub(crate) medium: Option<String>,
    /// `utm_campaign`.
    pub(crate) campaign: Option<String>,
    /// `utm_term`.
    pub(crate) term: Option<String>,
    /// `utm_content`.
    pub(crate) content: Option<String>,
    /// The referring host, without `www.`, if it is not this shop's.
    pub(crate) referrer: Option<String>,
}

impl Campaign {
    /// Segment's `context.campaign`; `None` without any UTM parameter.
    pub(crate) fn to_context(&self) -> Option<Value> {
        let mut campaign = Value::map();
        for (name, value) in [
            ("name", &self.campaign),
            ("source", &self.source),
            ("medium", &self.medium),
            ("term", &self.term),
            ("content", &self.content),
        ] {
            super::product::put(&mut campaign, name, value.clone());
        }
        (!campaign.members().is_empty()).then_some(campaign)
    }
}

/// Reads a page's address and its referrer.
pub(crate) fn read(address: &str, referrer: &str) -> Campaign {
    let here = url::parts(address);
    let mut campaign = Campaign::default();
    for (name, value) in url::parameters(here.query) {
        let slot = match name.to_ascii_lowercase().as_str() {
            "utm_source" => &mut campaign.source,
            "utm_medium" => &mut campaign.medium,
            "utm_campaign" => &mut campaign.campaign,
            "utm_term" => &mut campaign.term,
            "utm_content" => &mut campaign.content,
            _ => continue,
        };
        let value = scrub::text(value.trim());
        if slot.is_none() && !value.is_empty() {
            *slot = Some(value.chars().take(200).collect());
        }
    }
    let from = bare(url::parts(referrer).host);
    campaign.referrer = (!from.is_empty() && from != bare(here.host)).then_some(from);
    campaign
}

fn bare(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    host.strip_prefix("www.").map(str::to_owned).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn campaigns_are_read_and_scrubbed() {
        let found = read(
            "https://s.example/?utm_source=news&UTM_Medium=email&utm_campaign=spring%20sale&utm_content=bob@x.org&utm_term=&utm_source=later",
            "https://www.google.com/search",
        );
        assert_eq!(found.source.as_deref(), Some("news"));
        assert_eq!(found.medium.as_deref(), Some("email"));
        assert_eq!(found.campaign.as_deref(), Some("spring sale"));
        assert_eq!(found.content.as_deref(), Some("redacted"));
        assert_eq!(found.term, None);
        assert_eq!(found.referrer.as_deref(), Some("google.com"));
    }

    #[test]
    fn the_shop_itself_is_no_referrer() {
        for (referrer, wanted) in [
            ("https://www.s.example/x", None),
            ("https://S.example", None),
            ("", None),
            ("https://blog.s.example/", Some("blog.s.example")),
            ("android-app://com.google.android.gm/", Some("com.google.android.gm")),
        ] {
            assert_eq!(read("https://s.example/a", referrer).referrer.as_deref(), wanted, "{referrer}");
        }
        assert_eq!(read("https://s.example/a", "").to_context(), None);
    }
}
