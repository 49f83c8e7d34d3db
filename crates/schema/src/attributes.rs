//! The attributes with fixed names that conditions may ask for. Beside them stand families with names of the shop's own:
//! `page.query.*`, `affinity.*`, `count.*`, `days.*`, `seen.*`, `traits.*`, and anything that the caller adds.

/// What kind of value an attribute has, when it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeKind {
    /// A number.
    Number,
    /// Text.
    Text,
    /// True or false.
    Flag,
    /// A list of texts.
    List,
    /// Anything.
    Any,
}

/// An attribute with a fixed name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownAttribute {
    /// Its path: `cart.value`.
    pub path: &'static str,
    /// What kind of value it has.
    pub kind: AttributeKind,
    /// What it is, for people.
    pub about: &'static str,
}

const fn attribute(path: &'static str, kind: AttributeKind, about: &'static str) -> KnownAttribute {
    KnownAttribute { path, kind, about }
}

use AttributeKind::{Any, Flag, List, Number, Text};

/// All attributes with fixed names.
pub const ATTRIBUTES: [KnownAttribute; 49] = [
    attribute("visitor.id", Text, "The visitor's id"),
    attribute("visitor.new", Flag, "In the first session"),
    attribute("visitor.sessions", Number, "Sessions so far, this one included"),
    attribute("visitor.firstSeenDays", Number, "Days since the first visit"),
    attribute("visitor.lastSeenDays", Number, "Days since the previous session"),
    attribute("session.pages", Number, "Pages viewed in this session"),
    attribute("session.minutes", Number, "Minutes since the session began"),
    attribute("session.source", Text, "`utm_source`, or the referrer's host"),
    attribute("session.medium", Text, "`utm_medium`"),
    attribute("session.campaign", Text, "`utm_campaign`"),
    attribute("session.referrer", Text, "Where the session came from"),
    attribute("session.landing", Text, "The first page of the session"),
    attribute("session.searches", Number, "Searches in this session"),
    attribute("page.url", Text, "The page's address"),
    attribute("page.path", Text, "The path of the page's address"),
    attribute("page.type", Text, "home, category, product, cart, checkout, search or other"),
    attribute("page.title", Text, "The page's title"),
    attribute("page.product", Text, "The product that the page shows"),
    attribute("page.category", Text, "The category that the page shows, or its product's"),
    attribute("device.type", Text, "desktop, tablet or mobile"),
    attribute("device.language", Text, "The browser's language: `de-AT`"),
    attribute("device.timezone", Text, "`Europe/Vienna`"),
    attribute("device.hour", Number, "The hour where the shopper is, 0 to 23"),
    attribute("device.weekday", Number, "The weekday where the shopper is, 1 = Monday"),
    attribute("device.touch", Flag, "Whether the device is touched"),
    attribute("top.category", Text, "The category with the highest affinity"),
    attribute("top.brand", Text, "The brand with the highest affinity"),
    attribute("top.price", Number, "The typical price of what was viewed"),
    attribute("cart.items", Number, "Items in the cart"),
    attribute("cart.value", Number, "What the cart is worth"),
    attribute("cart.products", List, "The ids of the products in the cart"),
    attribute("cart.categories", List, "Their categories, at every level"),
    attribute("cart.idleMinutes", Number, "Minutes since the cart last changed"),
    attribute("cart.stage", Text, "empty, open or checkout"),
    attribute("orders.count", Number, "Orders so far"),
    attribute("orders.revenue", Number, "What they were worth"),
    attribute("orders.average", Number, "What one was worth on average"),
    attribute("orders.lastDays", Number, "Days since the last order"),
    attribute("orders.products", List, "The ids of the products ordered"),
    attribute("orders.categories", List, "Their categories, at every level"),
    attribute("orders.due", List, "The ids of the products that run out at home about now"),
    attribute("recency", Number, "1 to 5, 5 for customers who ordered lately"),
    attribute("frequency", Number, "1 to 5, 5 for those who order often"),
    attribute("monetary", Number, "1 to 5, 5 for those who spend much"),
    attribute("stage", Text, "awareness, engagement, transaction or retention"),
    attribute("intent", Number, "The probability of an order in this session, from the model"),
    attribute("churn", Number, "The probability of never coming back, from the model"),
    attribute("consent.personalization", Any, "granted, denied or pending"),
    attribute("consent.analytics", Any, "granted, denied or pending"),
];
