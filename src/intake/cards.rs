//! Product cards in the document: which element stands for which product, in which list, at which place.

use super::teller::Teller;
use crate::reach;
use wasm_bindgen::JsValue;

/// The attribute by which a shop says which product an element shows.
pub(super) const PRODUCT: &str = "data-tailorbird-product";
/// A card is not nested deeper than this below what holds its neighbours.
const CLIMB: u32 = 6;

/// The product that an element itself stands for: by its attribute, or as a link to a product's page.
pub(super) fn product_of(teller: &Teller, element: &JsValue) -> Option<String> {
    let said = reach::attribute(element, PRODUCT);
    if said.is_empty() { teller.product_at(&link(element)) } else { Some(said) }
}

/// Where a link leads, absolute; empty for what is none.
pub(super) fn link(element: &JsValue) -> String {
    let href =
        if matches!(reach::tag(element).as_str(), "a" | "area") { reach::text(element, "href") } else { String::new() };
    if href.starts_with("http") { href } else { String::new() }
}

/// The placement whose slot an element is; empty for what is none.
pub(super) fn placement_of(element: &JsValue) -> String {
    let is_slot = reach::tag(element) == "tailorbird-slot";
    reach::attribute(element, if is_slot { "name" } else { "data-tailorbird-slot" })
}

/// The name of the list around an element: the shop's own, or the slot's. Empty where there is none.
pub(super) fn list_of(element: &JsValue) -> String {
    let Some(holder) = reach::nearest(element, "[data-tailorbird-list],[data-tailorbird-slot],tailorbird-slot") else {
        return String::new();
    };
    let named = reach::attribute(&holder, "data-tailorbird-list");
    if named.is_empty() { placement_of(&holder) } else { named }
}

/// At which place of its list a card stands, from 1; 0 where it has no neighbours that are cards, too.
pub(super) fn position_of(teller: &Teller, card: &JsValue, product: &str) -> u32 {
    let mut element = card.clone();
    for _ in 0..CLIMB {
        let tag = reach::tag(&element);
        if tag.is_empty() {
            break;
        }
        let before = reach::get(&element, "previousElementSibling");
        if is_card_of_other(teller, &before, product)
            || is_card_of_other(teller, &reach::get(&element, "nextElementSibling"), product)
        {
            let mut position = 1;
            let mut neighbour = before;
            while !reach::is_nothing(&neighbour) && position < 1000 {
                position += u32::from(reach::tag(&neighbour) == tag);
                neighbour = reach::get(&neighbour, "previousElementSibling");
            }
            return position;
        }
        element = reach::get(&element, "parentElement");
    }
    0
}

fn is_card_of_other(teller: &Teller, element: &JsValue, product: &str) -> bool {
    let shown = product_of(teller, element).or_else(|| {
        let inner = reach::find(element, "[data-tailorbird-product]").or_else(|| reach::find(element, "a[href]"))?;
        product_of(teller, &inner)
    });
    shown.is_some_and(|shown| shown != product)
}
