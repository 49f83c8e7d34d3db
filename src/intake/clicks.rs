//! Clicks and keys that stand for them: which product, in which list, in which slot.

use super::happening::{Happening, Source};
use super::product::put;
use super::reach::{self, is_nothing};
use super::teller::Teller;
use super::{Signal, cards, scrub};
use std::cell::RefCell;
use tailorbird_schema::Value;
use wasm_bindgen::JsValue;

/// Controls inside a card that do something else than open the product.
const CONTROLS: [&str; 8] = ["button", "input", "select", "textarea", "summary", "option", "label", "details"];
/// Deeper than this below the window nothing is looked at.
const DEEPEST: u32 = 40;
/// A key and the click that the page makes of it are one.
const TOGETHER_MS: f64 = 500.0;

#[derive(Default)]
pub(super) struct Clicks {
    last: RefCell<(Option<String>, f64)>,
}

/// What a click means.
#[derive(Default)]
struct Meaning {
    product: Option<(String, JsValue)>,
    placement: Option<String>,
    href: Option<String>,
    clickable: bool,
}

impl Clicks {
    /// A click with any button or key held, by mouse, finger, key or script.
    pub(super) fn clicked(&self, teller: &Teller, event: &JsValue, here: Option<&str>) {
        let is_second_of_double = reach::number(event, "detail").is_some_and(|nth| nth > 1.0);
        let is_context_menu = reach::number(event, "button").is_some_and(|button| button > 1.0);
        if !is_second_of_double && !is_context_menu {
            self.told(teller, meaning(teller, event), here);
        }
    }

    /// Enter or space on a card that is no link or button of its own: browsers make no click of it.
    pub(super) fn key_pressed(&self, teller: &Teller, event: &JsValue, here: Option<&str>) {
        if !matches!(reach::text(event, "key").as_deref(), Some("Enter" | " ")) {
            return;
        }
        let target = path_of(event).next().unwrap_or(JsValue::UNDEFINED);
        let makes_clicks = matches!(
            reach::tag(&target).as_str(),
            "a" | "area" | "button" | "summary" | "input" | "select" | "textarea"
        );
        if !makes_clicks && reach::attribute(&target, cards::PRODUCT).is_some() {
            self.told(teller, meaning(teller, event), here);
        }
    }

    /// `here`: the product whose page this is. It was clicked when the shopper came; all that is pressed on its page is
    /// not the product.
    fn told(&self, teller: &Teller, meaning: Meaning, here: Option<&str>) {
        let Meaning { product, placement, href, clickable } = meaning;
        if let Some((product, card)) = product.as_ref().filter(|(product, _)| here != Some(product.as_str())) {
            let now = reach::now();
            let before = self.last.replace((Some(product.clone()), now));
            if before.0.as_ref() == Some(product) && now - before.1 < TOGETHER_MS {
                return;
            }
            let mut properties = Value::from([("product_id", product.as_str().into())]);
            put(&mut properties, "position", cards::position_of(teller, card, product));
            put(&mut properties, "list_id", cards::list_of(card).or_else(|| placement.clone()));
            teller.track(Source::Click, Happening::new("Product Clicked", properties));
        }
        if let (true, Some(placement)) = (clickable, placement) {
            let product = product.map(|(product, _)| product);
            teller.signal(Signal::SlotClick { placement, product, href: href.as_deref().map(scrub::url) });
        }
    }
}

/// From what was hit outwards, through open shadow roots.
fn path_of(event: &JsValue) -> impl Iterator<Item = JsValue> + use<> {
    reach::items(reach::call(event, "composedPath", &[]), DEEPEST)
}

fn meaning(teller: &Teller, event: &JsValue) -> Meaning {
    let mut meaning = Meaning::default();
    // A control, or a link elsewhere, that was hit before any product.
    let mut elsewhere = false;
    for element in path_of(event) {
        if is_nothing(&reach::get(&element, "localName")) {
            continue;
        }
        let href = cards::link(&element);
        let tag = reach::tag(&element);
        let acts = href.is_some()
            || CONTROLS.contains(&tag.as_str())
            || reach::attribute(&element, "role").is_some_and(|role| role == "button" || role == "link");
        meaning.clickable |= acts;
        if meaning.product.is_none() && !elsewhere {
            match cards::product_of(teller, &element) {
                Some(product) => {
                    meaning.clickable = true;
                    meaning.product = Some((product, element.clone()));
                }
                // Inside a card most links lead to its product, even when the catalogue does not know their address.
                None => elsewhere = acts && href.is_none(),
            }
        }
        if meaning.href.is_none() {
            meaning.href = href;
        }
        if meaning.placement.is_none() {
            meaning.placement = cards::placement_of(&element);
        }
        if tag == "body" {
            break;
        }
    }
    meaning
}
