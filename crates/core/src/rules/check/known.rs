//! The attributes of the contract: which names exist, and what kind of value each has.

use crate::attributes::{Attribute, Family};
use crate::schema::{ATTRIBUTES, AttributeKind as Sort};

/// Beginnings of attributes whose rest is a name of the shop's choice.
pub(super) const OPEN: [(&str, Sort); 7] = [
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

/// The values that an attribute can have, what to say of others, and whether there may be more; `None` if it has any.
pub(super) fn words_of(path: &str) -> Option<(&'static [&'static str], &'static str, bool)> {
    let (_, words, expected) = WORDS.iter().find(|(name, ..)| *name == path)?;
    Some((words, expected, path == "page.type"))
}

/// The kind of an attribute, `None` if the contract has no such name.
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

/// The kind of an attribute; anything, if it is not known.
pub(super) fn sort_of(path: &str) -> Sort {
    sort_if_known(path).unwrap_or(Sort::Any)
}
