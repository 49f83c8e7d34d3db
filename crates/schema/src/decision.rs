//! What was decided for one placement.

use crate::Value;

/// Why a decision is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// An experience won.
    Matched,
    /// No experience held; the placement's default, or the page's own markup.
    Default,
    /// An experiment put the visitor into a variant that shows nothing of its own.
    Control,
    /// Forced by `preview`.
    Preview,
    /// Decisions are off: no rules, damaged rules, consent denied.
    Off,
}

impl Reason {
    /// The name that users see.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Matched => "matched",
            Reason::Default => "default",
            Reason::Control => "control",
            Reason::Preview => "preview",
            Reason::Off => "off",
        }
    }
}

/// The experiment behind a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExperimentRef {
    /// The experience's id.
    pub id: String,
    /// The variant's id.
    pub variant: String,
}

/// The answer for one placement. Pure data: nothing was shown or counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The placement asked for.
    pub placement: String,
    /// The experience that won.
    pub experience: Option<String>,
    /// The variant, where the experience is an experiment.
    pub variant: Option<String>,
    /// The block to show; `None` leaves the page's own markup.
    pub block: Option<String>,
    /// The block filled in: every value escaped for the place it stands in.
    pub html: Option<String>,
    /// The block's fields, filled in.
    pub fields: Value,
    /// Ids of the picked products, best first.
    pub products: Vec<String>,
    /// Why.
    pub reason: Reason,
    /// The experiment behind it.
    pub experiment: Option<ExperimentRef>,
}
