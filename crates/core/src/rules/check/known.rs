//! The attributes of the contract: which names exist, and what kind of value each has.

use crate::attributes::{Attribute, Family};

/// What kind of value an attribute has, when it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Number,
    Text,
    /// True or false.
    Flag,
    /// A list of texts.
    List,
    /// Anything: the shop's own attributes.
    Any,
}

/// The attributes with fixed names.
pub(super) const FIXED: [(&str, Sort); 48] = [
    ("visitor.id", Sort::Text),
    ("visitor.new", Sort::Flag),
    ("visitor.sessions", Sort::Number),
    ("visitor.firstSeenDays", Sort::Number),
    ("visitor.lastSeenDays", Sort::Number),
    ("session.pages", Sort::Number),
    ("session.minutes", Sort::Number),
    ("session.source", Sort::Text),
    ("session.medium", Sort::Text),
    ("session.campaign", Sort::Text),
    ("session.referrer", Sort::Text),
    ("session.landing", Sort::Text),
    ("session.searches", Sort::Any),
    ("page.url", Sort::Text),
    ("page.path", Sort::Text),
    ("page.type", Sort::Text),
    ("page.title", Sort::Text),
    ("page.product", Sort::Text),
    ("page.category", Sort::Text),
    ("device.type", Sort::Text),
    ("device.language", Sort::Text),
    ("device.timezone", Sort::Text),
    ("device.hour", Sort::Number),
    ("device.weekday", Sort::Number),
    ("device.touch", Sort::Flag),
    ("top.category", Sort::Text),
    ("top.brand", Sort::Text),
    ("top.price", Sort::Number),
    ("cart.items", Sort::Number),
    ("cart.value", Sort::Number),
    ("cart.products", Sort::List),
    ("cart.categories", Sort::List),
    ("cart.idleMinutes", Sort::Number),
    ("cart.stage", Sort::Text),
    ("orders.count", Sort::Number),
    ("orders.revenue", Sort::Number),
    ("orders.average", Sort::Number),
    ("orders.lastDays", Sort::Number),
    ("orders.products", Sort::List),
    ("orders.categories", Sort::List),
    ("recency", Sort::Number),
    ("frequency", Sort::Number),
    ("monetary", Sort::Number),
    ("stage", Sort::Text),
    ("intent", Sort::Number),
    ("churn", Sort::Number),
    ("consent.personalization", Sort::Any),
    ("consent.analytics", Sort::Any),
];

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

/// The kind of an attribute, `None` if the contract has no such name.
pub(super) fn sort_if_known(path: &str) -> Option<Sort> {
    if let Some((_, sort)) = FIXED.iter().find(|(name, _)| *name == path) {
        return Some(*sort);
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
