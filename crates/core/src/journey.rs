//! Where a visitor stands between first contact and coming back as a customer.

use crate::profile::Profile;

/// The stages, in the order of a customer's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Stage {
    /// Has not shown what they came for.
    #[default]
    Awareness,
    /// Looks around on purpose: three different products viewed, or one in a second session, or a search, or a wish
    /// noted on a list.
    Engagement,
    /// Is buying: something lies in the cart, the checkout has begun, or the first order was placed in this session.
    Transaction,
    /// Is a customer: ordered in an earlier session, or more than once.
    Retention,
}

impl Stage {
    /// The name that conditions compare with.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Awareness => "awareness",
            Stage::Engagement => "engagement",
            Stage::Transaction => "transaction",
            Stage::Retention => "retention",
        }
    }

    /// The stage by this name.
    pub fn from_name(name: &str) -> Option<Stage> {
        let all = [Stage::Awareness, Stage::Engagement, Stage::Transaction, Stage::Retention];
        all.into_iter().find(|stage| stage.name() == name)
    }

    /// Where a visitor with this profile stands. Time alone moves nobody: only events do.
    pub(crate) fn of(profile: &Profile) -> Stage {
        let orders = profile.orders();
        if orders.count > 1 || (orders.count == 1 && orders.last_session < profile.session().number) {
            return Stage::Retention;
        }
        if orders.count == 1 || profile.cart().stage() != "empty" {
            return Stage::Transaction;
        }
        let viewed = profile.viewed().len();
        let asked = profile.count("Products Searched") > 0 || profile.count("Product Added to Wishlist") > 0;
        if asked || viewed >= 3 || (viewed > 0 && profile.session().number > 1) {
            return Stage::Engagement;
        }
        Stage::Awareness
    }
}

/// A visitor moved from one stage to another: worth a `Stage Changed` event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageChange {
    /// Where they were.
    pub from: Stage,
    /// Where they are.
    pub to: Stage,
}
