//! Listening to the page's consent platforms: Global Privacy Control, IAB TCF, Shopify.

use super::consent::{self, ConsentSource};
use crate::reach::{self, is_nothing};
use std::cell::{Cell, RefCell};
use tailorbird_core::consent::Said;
use tailorbird_schema::Value;
use wasm_bindgen::JsValue;

/// When a platform that was not there yet is looked for again, milliseconds after each other; then never more.
const RETRIES: [u32; 6] = [250, 750, 2000, 4000, 8000, 15_000];
const TCF_READ: &str = r#"["eventStatus","gdprApplies","purpose","consents","1","5","6","7","8","listenerId"]"#;

#[derive(Default)]
pub(super) struct Consents {
    said: RefCell<Vec<(ConsentSource, Said)>>,
    asked_tcf: Cell<bool>,
    asked_shopify: Cell<bool>,
    listener: Cell<Option<f64>>,
    tries: Cell<usize>,
}

impl Consents {
    /// Whether this is something that the source did not say before.
    pub(super) fn is_news(&self, source: ConsentSource, statement: Said) -> bool {
        let mut said = self.said.borrow_mut();
        let before = said.iter().position(|(other, _)| *other == source).map(|at| said.swap_remove(at).1);
        said.push((source, statement));
        before.unwrap_or_default() != statement
    }

    /// Asks the TCF platform to call `hear` now and on every change, once there is one.
    pub(super) fn ask_tcf(&self, hear: &JsValue) {
        let platform = reach::get(&reach::window(), "__tcfapi");
        if platform.is_function() && !self.asked_tcf.replace(true) {
            reach::call_function(&platform, &[&"addEventListener".into(), &JsValue::from(2), hear]);
        }
    }

    /// What the TCF platform answered.
    pub(super) fn heard_tcf(&self, data: &JsValue) -> Option<Said> {
        let text = reach::written(data, &reach::literal(TCF_READ))?;
        let data = tailorbird_core::json::parse_value(&text).ok()?;
        if let Some(id) = data.get("listenerId").and_then(Value::as_f64) {
            self.listener.set(Some(id));
        }
        consent::of_tcf(&data)
    }

    /// What Shopify's customer privacy says, if it is a Shopify page; asks for the part to be loaded if it is not there.
    pub(super) fn read_shopify(&self, hear: &JsValue) -> Option<Said> {
        let shopify = reach::get(&reach::window(), "Shopify");
        if is_nothing(&shopify) {
            return None;
        }
        let privacy = reach::get(&shopify, "customerPrivacy");
        if is_nothing(&privacy) {
            if !self.asked_shopify.replace(true) {
                let features = reach::literal(r#"[{"name":"consent-tracking-api","version":"0.1"}]"#);
                reach::call(&shopify, "loadFeatures", &[&features, hear]);
            }
            return None;
        }
        self.asked_shopify.set(true);
        let allowed = |method| reach::call(&privacy, method, &[]).as_bool();
        let visitor = reach::call(&privacy, "currentVisitorConsent", &[]);
        Some(Said {
            personalization: consent::of_shopify(
                allowed("preferencesProcessingAllowed"),
                &reach::text(&visitor, "preferences"),
            ),
            analytics: consent::of_shopify(allowed("analyticsProcessingAllowed"), &reach::text(&visitor, "analytics")),
        })
    }

    /// In how many milliseconds to look again; `None` once it was tried often enough.
    pub(super) fn next_try(&self) -> Option<u32> {
        let wait = RETRIES.get(self.tries.get()).copied();
        self.tries.set(self.tries.get() + 1);
        wait
    }

    /// Leaves the TCF platform.
    pub(super) fn stop(&self, hear: &JsValue) {
        if let Some(id) = self.listener.take() {
            let platform = reach::get(&reach::window(), "__tcfapi");
            reach::call_function(
                &platform,
                &[&"removeEventListener".into(), &JsValue::from(2), hear, &JsValue::from(id)],
            );
        }
    }
}

/// Whether the browser says that its user does not want to be sold or shared.
pub(crate) fn privacy_control() -> bool {
    reach::is_true(&reach::get(&reach::window(), "navigator"), "globalPrivacyControl")
}
