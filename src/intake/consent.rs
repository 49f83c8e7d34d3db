//! What consent platforms say, in the agent's two purposes.

use super::product::said;
use tailorbird_core::consent::{Grant, Said};
use tailorbird_schema::Value;

/// Who spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConsentSource {
    /// Google Consent Mode in the data layer.
    ConsentMode,
    /// IAB TCF, `__tcfapi`.
    Tcf,
    /// Shopify's customer privacy.
    Shopify,
    /// Global Privacy Control of the browser.
    Gpc,
}

/// Google Consent Mode, as far as it was told.
#[derive(Debug, Default)]
pub(crate) struct ConsentMode {
    purposes: [Purpose; 2],
}

#[derive(Debug, Default, Clone, Copy)]
struct Purpose {
    default: Option<bool>,
    /// A default for some region contradicts the general one, and which region this is cannot be known here.
    contradicted: bool,
    update: Option<bool>,
}

impl ConsentMode {
    /// Takes `gtag("consent", kind, settings)`; whether that said anything about our purposes.
    pub(crate) fn read(&mut self, kind: &str, settings: &Value) -> bool {
        let mut news = false;
        for (purpose, name) in self.purposes.iter_mut().zip(["personalization_storage", "analytics_storage"]) {
            let word = said(settings, name);
            let granted = word == "granted";
            if !granted && word != "denied" {
                continue;
            }
            news = true;
            match kind {
                "default" if settings.get("region").is_some() => purpose.contradicted |= !granted,
                "default" => purpose.default = Some(granted),
                "update" => purpose.update = Some(granted),
                _ => news = false,
            }
        }
        news
    }

    /// What holds now. A denied default is what a shop says before its shopper was asked: no statement. Taking it for a
    /// refusal would erase a returning shopper's profile on every page.
    pub(crate) fn statement(&self) -> Said {
        let [personalization, analytics] = self.purposes.map(|purpose| {
            let default = purpose.default.filter(|granted| *granted && !purpose.contradicted);
            purpose.update.or(default).map(answer)
        });
        Said { personalization, analytics }
    }
}

fn answer(granted: bool) -> Grant {
    if granted { Grant::Granted } else { Grant::Denied }
}

/// IAB TCF's `TCData`: a profile needs purposes 1 (storage) and 5 (profiles), and 6 (their use) must not be refused;
/// sending events needs 1 and one of 7 (measure ads) and 8 (measure content). `None` before there is an answer, and
/// where the GDPR does not apply.
pub(crate) fn of_tcf(data: &Value) -> Option<Said> {
    let settled = matches!(said(data, "eventStatus"), "tcloaded" | "useractioncomplete");
    if !settled || data.get("gdprApplies").and_then(Value::as_bool) == Some(false) {
        return None;
    }
    let consents = data.get("purpose")?.get("consents")?;
    let purpose = |number: &str| consents.get(number).and_then(Value::as_bool);
    let given = |number: &str| purpose(number) == Some(true);
    Some(Said {
        personalization: Some(answer(given("1") && given("5") && purpose("6") != Some(false))),
        analytics: Some(answer(given("1") && (given("7") || given("8")))),
    })
}

/// Shopify, for one purpose: what is allowed, and what the visitor chose (`yes`, `no`, or nothing yet). What is not
/// allowed only because nobody was asked yet is no statement.
pub(crate) fn of_shopify(allowed: Option<bool>, chosen: &str) -> Option<Grant> {
    (allowed == Some(true) || chosen == "no").then(|| answer(allowed == Some(true)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tailorbird_core::json::parse_value;

    #[test]
    fn consent_mode_says_what_it_says_and_no_more() {
        for (calls, personalization, analytics) in [
            (
                &[("default", r#"{"analytics_storage":"denied","personalization_storage":"denied"}"#)] as &[_],
                None,
                None,
            ),
            (&[("default", r#"{"analytics_storage":"granted"}"#)], None, Some(Grant::Granted)),
            (
                &[
                    ("default", r#"{"analytics_storage":"granted"}"#),
                    ("default", r#"{"analytics_storage":"denied","region":["DE"]}"#),
                ],
                None,
                None,
            ),
            (&[("default", r#"{"analytics_storage":"granted","region":["US"]}"#)], None, None),
            (
                &[
                    ("default", r#"{"analytics_storage":"denied"}"#),
                    ("update", r#"{"analytics_storage":"granted","personalization_storage":"granted"}"#),
                ],
                Some(Grant::Granted),
                Some(Grant::Granted),
            ),
            (
                &[("update", r#"{"analytics_storage":"granted"}"#), ("update", r#"{"analytics_storage":"denied"}"#)],
                None,
                Some(Grant::Denied),
            ),
            (&[("update", r#"{"ad_storage":"granted"}"#)], None, None),
            (
                &[
                    ("update", r#"{"analytics_storage":true}"#),
                    ("update", "[]"),
                    ("nonsense", r#"{"analytics_storage":"granted"}"#),
                ],
                None,
                None,
            ),
        ] {
            let mut mode = ConsentMode::default();
            for (kind, settings) in calls {
                mode.read(kind, &parse_value(settings).unwrap());
            }
            assert_eq!(mode.statement(), Said { personalization, analytics }, "{calls:?}");
        }
    }

    #[test]
    fn tcf_purposes_become_ours() {
        let data = |status: &str, gdpr: &str, consents: &str| {
            of_tcf(
                &parse_value(&format!(
                    r#"{{"eventStatus":"{status}","gdprApplies":{gdpr},"purpose":{{"consents":{consents}}}}}"#
                ))
                .unwrap(),
            )
        };
        let said = |personalization, analytics| {
            Some(Said { personalization: Some(answer(personalization)), analytics: Some(answer(analytics)) })
        };
        for (status, gdpr, consents, wanted) in [
            ("tcloaded", "true", r#"{"1":true,"5":true,"7":true}"#, said(true, true)),
            ("useractioncomplete", "true", r#"{"1":true,"5":true,"6":true,"7":true,"8":true}"#, said(true, true)),
            ("tcloaded", "true", r#"{"1":true,"8":true}"#, said(false, true)),
            ("tcloaded", "true", r#"{"1":true,"5":true,"6":false}"#, said(false, false)),
            ("tcloaded", "true", r#"{"5":true,"7":true}"#, said(false, false)),
            ("tcloaded", "true", "{}", said(false, false)),
            ("cmpuishown", "true", r#"{"1":true,"5":true,"7":true}"#, None),
            ("tcloaded", "false", r#"{"1":true,"5":true,"7":true}"#, None),
            ("tcloaded", "null", r#"{"1":true,"7":true}"#, said(false, true)),
        ] {
            assert_eq!(data(status, gdpr, consents), wanted, "{status} {gdpr} {consents}");
        }
        assert_eq!(of_tcf(&Value::Null), None);
    }

    #[test]
    fn shopify_s_silence_is_no_refusal() {
        for (allowed, chosen, wanted) in [
            (Some(true), "", Some(Grant::Granted)),
            (Some(true), "yes", Some(Grant::Granted)),
            (Some(false), "", None),
            (Some(false), "no", Some(Grant::Denied)),
            (None, "no", Some(Grant::Denied)),
            (None, "", None),
        ] {
            assert_eq!(of_shopify(allowed, chosen), wanted);
        }
    }
}
