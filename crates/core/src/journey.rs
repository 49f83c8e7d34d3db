//! Where a visitor stands between first contact and coming back as a customer.

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
}

/// A visitor moved from one stage to another: worth a `Stage Changed` event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageChange {
    /// Where they were.
    pub from: Stage,
    /// Where they are.
    pub to: Stage,
}
