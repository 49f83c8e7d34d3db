//! One entry of the data layer: what it means, whatever tag plan wrote it.

use super::consent::ConsentMode;
use super::happening::{Happening, Source};
use super::product::said;
use super::{commerce, page_type};
use tailorbird_schema::Value;

/// What an entry told.
#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    /// In which form it was told.
    pub(crate) source: Source,
    /// Events, in order.
    pub(crate) events: Vec<Happening>,
    /// What kind of page it says this is.
    pub(crate) page_type: Option<&'static str>,
    /// Whether it changed what Consent Mode says.
    pub(crate) consent: bool,
}

/// The only members of an entry that are ever read: everything else, with the personal data that shops push there,
/// is never copied. A JSON array, for the second argument of `JSON.stringify`.
pub(crate) const READ: &str = r#"["0","1","2","event","ecommerce","items","item_id","item_name","item_brand","item_category","item_category2","item_category3","item_category4","item_category5","item_list_id","item_list_name","item_variant","item_url","item_image","index","price","quantity","coupon","affiliation","discount","currency","value","transaction_id","tax","shipping","payment_type","shipping_tier","search_term","send_to","method","promotion_id","promotion_name","creative_name","creative_slot","location_id","page_type","pageType","pagetype","ecomm_pagetype","page","type","analytics_storage","personalization_storage","region","detail","click","add","remove","checkout","purchase","refund","impressions","promoView","promoClick","promotions","products","actionField","id","name","brand","category","variant","position","list","step","revenue","currencyCode","creative"]"#;

/// Reads one entry. INVARIANT: nothing but the entry itself is looked at, so an `ecommerce` object of an earlier entry,
/// cleared or not, never leaks into a later event.
pub(crate) fn read(entry: &Value, consent: &mut ConsentMode) -> Told {
    let mut told = Told { source: Source::DataLayer, events: Vec::new(), page_type: None, consent: false };
    // gtag pushes its arguments; JSON makes an object of them.
    if let Some(command) = entry.get("0").and_then(Value::as_str) {
        let empty = Value::map();
        let (subject, parameters) = (entry.get("1").unwrap_or(&Value::Null), entry.get("2").unwrap_or(&empty));
        match (command, subject) {
            ("event", Value::Text(name)) => {
                told.page_type = page_type_of(parameters);
                told.source = if is_for_ads(parameters) { Source::Ads } else { Source::Gtag };
                told.events = commerce::read(name, parameters);
                // A remarketing list needs no order number; what has none is no order of its own.
                let is_order =
                    |told: &Happening| told.name != "Order Completed" || told.properties.get("order_id").is_some();
                told.events.retain(|one| told.source == Source::Gtag || is_order(one));
            }
            ("consent", Value::Text(kind)) => told.consent = consent.read(kind, parameters),
            ("config", _) => told.page_type = page_type_of(parameters),
            ("set", _) => told.page_type = page_type_of(subject).or_else(|| page_type_of(parameters)),
            _ => {}
        }
        return told;
    }
    let page = entry.get("page");
    told.page_type = page_type_of(entry)
        .or_else(|| page.and_then(page_type_of))
        .or_else(|| page_type::from_word(said(page?, "type")));
    let ecommerce = entry.get("ecommerce").filter(|own| matches!(own, Value::Map(_)));
    if let Some(name) = entry.get("event").and_then(Value::as_str) {
        // Some shops leave the nesting out, as gtag does.
        told.events = commerce::read(name, ecommerce.unwrap_or(entry));
    }
    // The older form has no `items`; its body is the better one, even under one of GA4's names.
    if let Some(ecommerce) = ecommerce.filter(|own| own.get("items").is_none()) {
        let older = commerce::read_enhanced(ecommerce);
        if !older.is_empty() {
            (told.source, told.events) = (Source::Enhanced, older);
        }
    }
    told
}

/// Whether a call goes to Google's advertising and nowhere else.
fn is_for_ads(parameters: &Value) -> bool {
    let to = parameters.get("send_to").unwrap_or(&Value::Null);
    let is_ads = |to: &Value| to.as_str().is_some_and(|to| to.starts_with("AW-") || to.starts_with("DC-"));
    is_ads(to) || (!to.items().is_empty() && to.items().iter().all(is_ads))
}

fn page_type_of(members: &Value) -> Option<&'static str> {
    "page_type pageType pagetype ecomm_pagetype".split(' ').find_map(|name| page_type::from_word(said(members, name)))
}

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
