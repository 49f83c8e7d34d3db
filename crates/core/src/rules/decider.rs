//! One visitor's answers.

use super::{Rules, Verdict, plain};
use crate::attributes::Facts;

/// One visitor's answers for all placements.
#[derive(Debug, Clone, Default)]
pub struct Decider {}

impl Decider {
    /// A decider that knows nothing of its visitor yet.
    pub fn new(_rules: &Rules) -> Decider {
        Decider {}
    }

    /// Who wins a placement now.
    pub fn verdict(&mut self, rules: &Rules, facts: &dyn Facts, placement: usize) -> Verdict {
        plain::verdict(rules, facts, placement)
    }
}
