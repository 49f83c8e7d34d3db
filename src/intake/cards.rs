//! Product cards in the document: which element stands for which product, in which list, at which place.

use super::reach::{self, is_nothing};
use super::teller::Teller;
use wasm_bindgen::JsValue;

/// The attribute by which a shop says which product an element shows.
pub(super) const PRODUCT: &str = "data-tailorbird-product";
/// The attribute by which a shop names a list of products.
pub(super) const LIST: &str = "data-tailorbird-list";
const SLOT: &str = "data-tailorbird-slot";
/// A card is not nested deeper than this below what holds its neighbours.
const CLIMB: u32 = 6;

/// The product that an element itself stands for: by its attribute, or as a link to a product's page.
pub(super) fn product_of(teller: &Teller, element: &JsValue) -> Option<String> {
    if let Some(id) = reach::attribute(element, PRODUCT) {
        return Some(id.trim().to_owned()).filter(|id| !id.is_empty());
    }
    teller.product_at(&link(element)?)
}

/// Where a link leads, absolute.
pub(super) fn link(element: &JsValue) -> Option<String> {
    match reach::tag(element).as_str() {
        "a" | "area" => reach::text(element, "href").filter(|url| url.starts_with("http")),
        _ => None,
    }
}

/// The placement whose slot an element is.
pub(super) fn placement_of(element: &JsValue) -> Option<String> {
    reach::attribute(element, SLOT)
        .or_else(|| (reach::tag(element) == "tailorbird-slot").then(|| reach::attribute(element, "name")).flatten())
        .filter(|name| !name.is_empty())
}

/// The name of the list around an element: the shop's own, or the slot's.
pub(super) fn list_of(element: &JsValue) -> Option<String> {
    let holder = reach::nearest(element, "[data-tailorbird-list],[data-tailorbird-slot],tailorbird-slot")?;
    reach::attribute(&holder, LIST).filter(|name| !name.is_empty()).or_else(|| placement_of(&holder))
}

/// At which place of its list a card stands, from 1; `None` where it has no neighbours that are cards, too.
pub(super) fn position_of(teller: &Teller, card: &JsValue, product: &str) -> Option<u32> {
    let is_other = |neighbour: &JsValue| {
        let shown = product_of(teller, neighbour).or_else(|| {
            let inner =
                reach::find(neighbour, "[data-tailorbird-product]").or_else(|| reach::find(neighbour, "a[href]"))?;
            product_of(teller, &inner)
        });
        shown.is_some_and(|shown| shown != product)
    };
    let mut element = card.clone();
    for _ in 0..CLIMB {
        let before = reach::get(&element, "previousElementSibling");
        let after = reach::get(&element, "nextElementSibling");
        if [&before, &after].into_iter().any(|neighbour| !is_nothing(neighbour) && is_other(neighbour)) {
            let tag = reach::tag(&element);
            let mut position = 1;
            let mut neighbour = before;
            while !is_nothing(&neighbour) && position < 1000 {
                position += u32::from(reach::tag(&neighbour) == tag);
                neighbour = reach::get(&neighbour, "previousElementSibling");
            }
            return Some(position);
        }
        element = reach::get(&element, "parentElement");
        if is_nothing(&element) {
            return None;
        }
    }
    None
}
