//! The attributes that docs/rules.md lists: which names exist, and what kind of value each has.

use crate::attributes::{Attribute, Family};
use crate::rules::problem::{nearest, typing_errors};
use crate::schema::{ATTRIBUTES, AttributeKind as Sort};

/// Beginnings of attributes whose rest is a name of the shop's choice.
const OPEN: [(&str, Sort); 7] = [
    ("page.query.", Sort::Text),
    ("affinity.category.", Sort::Number),
    ("affinity.brand.", Sort::Number),
    ("affinity.tag.", Sort::Number),
    ("count.", Sort::Number),
    ("days.", Sort::Number),
    ("seen.", Sort::Number),
];

const CONSENT: &[&str] = &["granted", "denied", "pending"];
const CONSENT_EXPECTED: &str = "`granted`, `denied` or `pending`";

/// Attributes that have one of a few values, these values, and what was expected where there stands another.
const WORDS: [(&str, &[&str], &str); 6] = [
    ("device.type", &["desktop", "tablet", "mobile"], "`desktop`, `tablet` or `mobile`"),
    ("cart.stage", &["empty", "open", "checkout"], "`empty`, `open` or `checkout`"),
    (
        "stage",
        &["awareness", "engagement", "transaction", "retention"],
        "`awareness`, `engagement`, `transaction` or `retention`",
    ),
    ("consent.personalization", CONSENT, CONSENT_EXPECTED),
    ("consent.analytics", CONSENT, CONSENT_EXPECTED),
    // A shop may have types of pages of its own.
    (
        "page.type",
        &["home", "category", "product", "cart", "checkout", "search", "other"],
        "a type of page, such as `category` or `product`",
    ),
];

/// The events that the agent and shops tell of: Segment's specification for shops, version 2, and our own.
const EVENTS: [&str; 33] = [
    "Page Viewed",
    "Products Searched",
    "Product List Viewed",
    "Product List Filtered",
    "Promotion Viewed",
    "Promotion Clicked",
    "Product Clicked",
    "Product Viewed",
    "Product Added",
    "Product Removed",
    "Cart Viewed",
    "Checkout Started",
    "Checkout Step Viewed",
    "Checkout Step Completed",
    "Payment Info Entered",
    "Order Completed",
    "Order Updated",
    "Order Refunded",
    "Order Cancelled",
    "Coupon Entered",
    "Coupon Applied",
    "Coupon Denied",
    "Coupon Removed",
    "Product Added to Wishlist",
    "Product Removed from Wishlist",
    "Wishlist Product Added to Cart",
    "Product Shared",
    "Cart Shared",
    "Product Reviewed",
    "Experience Viewed",
    "Experience Clicked",
    "Experiment Viewed",
    "Stage Changed",
];

/// The known event that a name was hardly meant to differ from: but for one typing error, upper case and what separates words.
pub(super) fn event_meant_by(name: &str) -> Option<&'static str> {
    let plain = |name: &str| -> String {
        name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (known, found) = (EVENTS.contains(&name), plain(name));
    EVENTS.into_iter().find(|event| typing_errors(&found, &plain(event)) <= 1).filter(|_| !known)
}

/// The values that an attribute can have, what to say of others, and whether there may be more; `None` if it has any.
pub(super) fn words_of(path: &str) -> Option<(&'static [&'static str], &'static str, bool)> {
    let (_, words, expected) = WORDS.iter().find(|(name, ..)| *name == path)?;
    Some((words, expected, path == "page.type"))
}

/// The kind of an attribute, `None` if there is no such name.
pub(super) fn sort_if_known(path: &str) -> Option<Sort> {
    if let Some(known) = ATTRIBUTES.iter().find(|known| known.path == path) {
        return Some(known.kind);
    }
    if let Some((_, sort)) = OPEN.iter().find(|(name, _)| path.len() > name.len() && path.starts_with(name)) {
        return Some(*sort);
    }
    let attribute = Attribute::parse(path);
    let open = matches!(attribute.family, Family::Custom | Family::Traits);
    // A family as a whole is an object, and so are the two maps within families.
    let whole = attribute.rest().is_empty()
        || matches!(path, "page.query" | "affinity.category" | "affinity.brand" | "affinity.tag");
    (open || whole).then_some(Sort::Any)
}

/// The known attribute that a path was hardly meant to differ from.
pub(super) fn near_attribute(path: &str, patience: &mut u32) -> Option<String> {
    nearest(path, &mut ATTRIBUTES.iter().map(|known| known.path), patience).or_else(|| near_open(path, patience))
}

/// The same path below the beginning that was meant, where the rest is a name of the shop's choice.
fn near_open(path: &str, patience: &mut u32) -> Option<String> {
    if let Some((head, name)) = path.split_once('.')
        && head != "traits"
        && typing_errors(head, "traits") <= 1
    {
        return Some(["traits.", name].concat());
    }
    // Words as short as `count` are near many that a shop may mean, such as `account`.
    OPEN.iter().filter(|(open, _)| open.len() > 6).find_map(|(open, _)| {
        let parts = open.matches('.').count();
        let (at, _) = path.match_indices('.').nth(parts - 1)?;
        let (start, name) = path.split_at_checked(at + 1)?;
        let near = nearest(start, &mut core::iter::once(*open), patience)?;
        (!name.is_empty()).then(|| [near.as_str(), name].concat())
    })
}

/// The kind of an attribute; anything, if it is not known.
pub(super) fn sort_of(path: &str) -> Sort {
    sort_if_known(path).unwrap_or(Sort::Any)
}
