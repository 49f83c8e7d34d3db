//! What conditions may look at: attribute paths, resolved once, and the facts behind them at one moment.

use crate::schema::{Millis, Value};

/// The first word of an attribute path. Values change per family, so memory of earlier answers is kept per family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Family {
    /// `visitor.*`
    Visitor,
    /// `session.*`
    Session,
    /// `page.*`
    Page,
    /// `device.*`
    Device,
    /// `affinity.*`
    Affinity,
    /// `top.*`
    Top,
    /// `count.*`
    Count,
    /// `days.*`
    Days,
    /// `cart.*`
    Cart,
    /// `orders.*`
    Orders,
    /// `recency`, `frequency`, `monetary`
    Rfm,
    /// `stage`
    Stage,
    /// `intent`, `churn`
    Model,
    /// `traits.*`
    Traits,
    /// `seen.*`
    Seen,
    /// `consent.*`
    Consent,
    /// Anything else, which only the caller's context may know.
    Custom,
}

/// How far back the history behind `$did` reaches. A question that reaches further is an error of the rules.
pub const HISTORY_DAYS: u32 = 90;
/// How many events of one name the history keeps. Asking for more times than that is an error of the rules.
pub const HISTORY_PER_EVENT: u32 = 200;
/// How many exposures of one experience are kept with their moment: the most that a limit per day may ask for.
pub const EXPOSURES_KEPT: u32 = 200;
/// How many bytes the whole history may take; beyond it the oldest events go first.
pub const HISTORY_BYTES: usize = 64 * 1024;

/// How many families there are.
pub const FAMILIES: usize = 17;

/// An attribute path, split once: `affinity.category.Dogs/Food` is family `Affinity`, rest `category.Dogs/Food`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attribute {
    /// The path as written.
    pub path: String,
    /// Which family answers.
    pub family: Family,
    /// Where in `path` the part after the family's name begins (`path.len()` when there is none).
    rest: usize,
}

impl Attribute {
    /// Reads a path. Never fails: an unknown first word is a custom attribute.
    pub fn parse(path: &str) -> Attribute {
        let head = path.split('.').next().unwrap_or("");
        let family = match head {
            "visitor" => Family::Visitor,
            "session" => Family::Session,
            "page" => Family::Page,
            "device" => Family::Device,
            "affinity" => Family::Affinity,
            "top" => Family::Top,
            "count" => Family::Count,
            "days" => Family::Days,
            "cart" => Family::Cart,
            "orders" => Family::Orders,
            "recency" | "frequency" | "monetary" => Family::Rfm,
            "stage" => Family::Stage,
            "intent" | "churn" => Family::Model,
            "traits" => Family::Traits,
            "seen" => Family::Seen,
            "consent" => Family::Consent,
            _ => Family::Custom,
        };
        let rest = (head.len() + 1).min(path.len());
        Attribute { path: path.to_owned(), family, rest }
    }

    /// What follows the family's name: `category.Dogs/Food`. Empty for one-word paths such as `stage`.
    pub fn rest(&self) -> &str {
        self.path.get(self.rest..).unwrap_or("")
    }
}

/// The span an exposure limit counts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// The current session.
    Session,
    /// The shopper's calendar day.
    Day,
    /// For ever.
    Visitor,
}

/// How often an experience was shown within a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shown {
    /// How many times.
    pub times: u32,
    /// When the count starts again: the end of the day; `None` for session and visitor.
    pub free_at: Option<Millis>,
}

/// One event that the profile remembers for `$did`.
#[derive(Debug, Clone, PartialEq)]
pub struct Remembered {
    /// Its name: `Product Viewed`.
    pub event: String,
    /// When it happened.
    pub at: Millis,
    /// In which session, counted from 1.
    pub session: u32,
    /// The properties that were kept (an object).
    pub properties: Value,
}

/// Everything that conditions, limits and experiments may ask at one moment.
///
/// INVARIANT: two calls with the same `now` and the same generations give the same answers. What has no family of its
/// own moves these: `visitor_id` the generation of `Visitor`, `session` that of `Session`, `shown` and `assigned` that of
/// `Seen`. With time alone, `shown` may only fall, and only at the `free_at` that it gave.
pub trait Facts {
    /// The moment of the decision.
    fn now(&self) -> Millis;
    /// The attribute's value; `Null` when there is none.
    fn value(&self, attribute: &Attribute) -> Value;
    /// Moves whenever a value of this family may have changed for a reason other than time.
    fn generation(&self, family: Family) -> u32;
    /// Whether this attribute's value may change with time alone (decay, days since, hour of the day).
    fn moves_with_time(&self, attribute: &Attribute) -> bool;
    /// Remembered events, oldest first.
    fn history(&self) -> &[Remembered];
    /// Moves whenever `history` changes.
    fn history_generation(&self) -> u32;
    /// The current session's number, as in `Remembered::session`.
    fn session(&self) -> u32;
    /// What experiments hash.
    fn visitor_id(&self) -> &str;
    /// How often `experience` was shown.
    fn shown(&self, experience: &str, per: Per) -> Shown;
    /// The variant that an experiment gave this visitor earlier.
    fn assigned(&self, experiment: &str) -> Option<&str>;
}
