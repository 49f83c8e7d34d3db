//! What the trained model is asked for, and the answer of having none.

use crate::attributes::{Attribute, Facts};
use crate::profile::Shopper;
use crate::recommend::{Model, Rhythm};
use crate::rules::Strategy;
use crate::schema::Gather;

/// How many of the session's products the model is told.
const LONGEST_SESSION: usize = 20;

/// What a strategy starts from.
#[derive(Debug, Clone, Default)]
pub struct Ask<'a> {
    /// Products looked at, the latest last: of this session, or the last few of earlier ones.
    pub session: Vec<&'a str>,
    /// The product at hand: the page's, else the one looked at last.
    pub current: Option<&'a str>,
    /// Products in the cart; the one at hand where the cart is empty.
    pub cart: Vec<&'a str>,
    /// How many offers are wanted at most.
    pub limit: usize,
}

/// A product that the model offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The product.
    pub id: String,
    /// How much it is meant; only the order within one answer counts.
    pub score: f64,
    /// The product that spoke for it the most.
    pub because: Option<String>,
    /// What that product contributed to the score.
    pub weight: f32,
}

/// The part of a trained model that decisions ask.
pub trait ModelScores {
    /// Offers for a strategy, best first; none where the model does not know.
    fn offers(&self, strategy: Strategy, ask: &Ask<'_>) -> Vec<Offer>;
    /// How often a product, else its category, is bought again.
    fn rhythm(&self, product: &str, category: &str) -> Option<Rhythm>;
    /// `intent` or `churn` of a visitor.
    fn probability(&self, name: &str, facts: &dyn Facts) -> Option<f64>;
}

/// No model: every strategy that needs one falls back.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoModel;

impl ModelScores for NoModel {
    fn offers(&self, _: Strategy, _: &Ask<'_>) -> Vec<Offer> {
        Vec::new()
    }
    fn rhythm(&self, _: &str, _: &str) -> Option<Rhythm> {
        None
    }
    fn probability(&self, _: &str, _: &dyn Facts) -> Option<f64> {
        None
    }
}

impl ModelScores for Model {
    fn offers(&self, strategy: Strategy, ask: &Ask<'_>) -> Vec<Offer> {
        let picks = match (strategy, ask.current) {
            (Strategy::Next, _) if !ask.session.is_empty() => self.next(&ask.session, false, ask.limit),
            (Strategy::Similar, Some(current)) => self.similar(current, ask.limit),
            (Strategy::Upsell, Some(current)) => self.upsell(current, ask.limit),
            (Strategy::Together, _) if !ask.cart.is_empty() => self.together(&ask.cart, ask.limit),
            (Strategy::Trending, _) => self.trending(ask.limit),
            _ => Vec::new(),
        };
        let offer = |pick: &crate::recommend::Pick<'_>| Offer {
            id: pick.id.to_owned(),
            score: f64::from(pick.score),
            because: pick.because.map(str::to_owned),
            weight: pick.weight,
        };
        picks.iter().map(offer).gather()
    }

    fn rhythm(&self, product: &str, category: &str) -> Option<Rhythm> {
        Model::rhythm(self, product, category)
    }

    fn probability(&self, name: &str, facts: &dyn Facts) -> Option<f64> {
        let mut ask = |path: &str| facts.value(&Attribute::parse(path));
        match name {
            "intent" => self.intent(&mut ask),
            "churn" => self.churn(&mut ask),
            _ => None,
        }
    }
}

impl<M: ModelScores> ModelScores for Option<M> {
    fn offers(&self, strategy: Strategy, ask: &Ask<'_>) -> Vec<Offer> {
        self.as_ref().map(|model| model.offers(strategy, ask)).unwrap_or_default()
    }
    fn rhythm(&self, product: &str, category: &str) -> Option<Rhythm> {
        self.as_ref()?.rhythm(product, category)
    }
    fn probability(&self, name: &str, facts: &dyn Facts) -> Option<f64> {
        self.as_ref()?.probability(name, facts)
    }
}

impl<'a> Ask<'a> {
    /// What this shopper's profile and page say.
    pub fn of(shopper: &Shopper<'a>, limit: usize) -> Ask<'a> {
        let viewed = shopper.profile.viewed();
        let start = shopper.profile.session().start;
        let in_session = viewed.iter().take_while(|viewed| viewed.at >= start).count();
        // Who has just come back is still met by what they looked at last.
        let told = if in_session > 0 { in_session.min(LONGEST_SESSION) } else { 3 };
        let mut session: Vec<&str> = viewed.iter().take(told).map(|viewed| viewed.id.as_str()).rev().gather();
        let page = shopper.around.page().product.as_deref();
        if let Some(page) = page.filter(|page| session.last() != Some(page)) {
            session.retain(|id| *id != page);
            session.push(page);
        }
        let current = session.last().copied();
        let mut cart: Vec<&str> = shopper.profile.cart().lines.iter().map(|line| line.id.as_str()).gather();
        if cart.is_empty() {
            cart.extend(current);
        }
        Ask { session, current, cart, limit }
    }

    /// The products whose neighbours the model needs to know: see `Model::wanted`.
    pub fn items(&self) -> Vec<&'a str> {
        let mut items = self.session.clone();
        items.extend(self.cart.iter().filter(|id| !self.session.contains(id)));
        items
    }
}
