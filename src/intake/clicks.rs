//! Clicks and keys that stand for them: which product, in which list, in which slot.

use super::happening::Source;
use super::teller::Teller;
use super::words::among;
use super::{Signal, cards};
use crate::reach;
use std::cell::RefCell;
use tailorbird_schema::Value;
use wasm_bindgen::JsValue;

/// Controls inside a card that do something else than open the product.
const CONTROLS: &str = "button input select textarea summary option label details";
/// Deeper than this below the window nothing is looked at.
const DEEPEST: u32 = 40;
/// A key and the click that the page makes of it are one.
const TOGETHER_MS: f64 = 500.0;

#[derive(Default)]
pub(super) struct Clicks {
    last: RefCell<(String, f64)>,
}

impl Clicks {
    /// A click with any button or key held, by mouse, finger, key or script. `here`: the product whose page this is.
    pub(super) fn clicked(&self, teller: &Teller, event: &JsValue, here: Option<&str>) {
        let is_second_of_double = reach::number(event, "detail") > 1.0;
        let opens_menu = reach::number(event, "button") > 1.0;
        if !is_second_of_double && !opens_menu {
            self.pressed(teller, event, here);
        }
    }

    /// Enter or space on a card that is no link or button of its own: browsers make no click of it.
    pub(super) fn key_pressed(&self, teller: &Teller, event: &JsValue, here: Option<&str>) {
        if !matches!(reach::text(event, "key").as_str(), "Enter" | " ") {
            return;
        }
        for target in reach::items(&reach::call(event, "composedPath", &[]), 1) {
            let tag = reach::tag(&target);
            let makes_clicks = matches!(tag.as_str(), "a" | "area") || among(&tag, CONTROLS);
            if !makes_clicks && !reach::attribute(&target, cards::PRODUCT).is_empty() {
                self.pressed(teller, event, here);
            }
        }
    }

    fn pressed(&self, teller: &Teller, event: &JsValue, here: Option<&str>) {
        let mut product: Option<(String, JsValue)> = None;
        let mut placement = String::new();
        // What was hit inside the slot; what lies around it is none of its business.
        let mut hit: (bool, Option<String>) = (false, None);
        // Something clickable was hit; a control that does something of its own was hit before any product.
        let (mut clickable, mut elsewhere) = (false, false);
        // From what was hit outwards, through open shadow roots.
        for element in reach::items(&reach::call(event, "composedPath", &[]), DEEPEST) {
            let tag = reach::tag(&element);
            let link = cards::link(&element);
            let control = among(&tag, CONTROLS) || among(&reach::attribute(&element, "role"), "button link");
            if product.is_none() && !elsewhere {
                product = cards::product_of(teller, &element).map(|product| (product, element.clone()));
                // Inside a card most links lead to its product, even when the catalogue does not know their address.
                elsewhere = product.is_none() && control && link.is_empty();
            }
            clickable |= control || !link.is_empty() || product.is_some();
            if placement.is_empty() {
                placement = teller.placement(&element);
                hit = (clickable, product.as_ref().map(|(product, _)| product.clone()));
            }
            if tag == "body" {
                break;
            }
        }
        if let Some((product, card)) = &product {
            // The page's own product was clicked when the shopper came; what is pressed on its page is not the product.
            if here != Some(product.as_str()) && !self.just_told(product) {
                let mut properties = Value::from([("product_id", product.as_str().into())]);
                let position = cards::position_of(teller, card, product);
                if position > 0 {
                    properties.set("position", position.into());
                }
                let list = cards::list_of(card);
                let list = if list.is_empty() { placement.clone() } else { list };
                if !list.is_empty() {
                    properties.set("list_id", list.into());
                }
                teller.track(Source::Click, "Product Clicked", properties);
            }
        }
        if let (true, false, (true, product)) = (clickable, placement.is_empty(), hit) {
            teller.signal(Signal::SlotClick { placement, product });
        }
    }

    fn just_told(&self, product: &str) -> bool {
        let now = reach::now();
        let (before, at) = self.last.replace((product.to_owned(), now));
        before == product && now - at < TOGETHER_MS
    }
}
