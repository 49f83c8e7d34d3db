//! A verdict, and what stands between a condition that holds and winning: schedule, limit, experiment.

use super::{Experience, Rules};
use crate::attributes::{Facts, Per};
use crate::experiment::{hash, variant_at};
use crate::schema::{Millis, Reason};

/// Who wins a placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The index of the experience that won.
    pub experience: Option<usize>,
    /// The index of its variant, if it is an experiment.
    pub variant: Option<usize>,
    /// `Matched`, `Control` or `Default`.
    pub reason: Reason,
    /// The first moment at which a schedule, a limit or a `$did` may change the verdict. Attributes that move with
    /// time by themselves (`days.*`, `affinity.*`) are not in it.
    pub valid_until: Option<Millis>,
}

/// The earlier of two moments.
pub(super) fn earlier(one: Option<Millis>, other: Option<Millis>) -> Option<Millis> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        _ => one.or(other),
    }
}

/// What keeps an experience whose condition holds from winning, or how it wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chance {
    /// It wins, with this variant if it is an experiment.
    Wins(Option<usize>),
    /// Its time has not come, or is over.
    Schedule,
    /// It was shown often enough.
    Limit { times: u32, free_at: Option<Millis> },
    /// The visitor is not among the experiment's traffic.
    Traffic,
}

/// Whether an experience whose condition holds wins, and until when that is so at least.
pub(super) fn chance(experience: &Experience, facts: &dyn Facts) -> (Chance, Option<Millis>) {
    let now = facts.now();
    if let Some(from) = experience.from.filter(|from| now < *from) {
        return (Chance::Schedule, Some(from));
    }
    if experience.until.is_some_and(|until| now >= until) {
        return (Chance::Schedule, None);
    }
    let mut until = experience.until;
    if let Some(limit) = experience.limit {
        let shown = facts.shown(&experience.id, limit.per);
        if limit.per == Per::Day || shown.times >= limit.times {
            until = earlier(until, shown.free_at);
        }
        if shown.times >= limit.times {
            return (Chance::Limit { times: shown.times, free_at: shown.free_at }, until);
        }
    }
    let Some(experiment) = &experience.experiment else { return (Chance::Wins(None), until) };
    let earlier_one = facts.assigned(&experience.id);
    let sticky = experience.variants.iter().position(|variant| Some(variant.id.as_str()) == earlier_one);
    let visitor = facts.visitor_id();
    let variant = sticky.or_else(|| {
        // Without an id everybody would draw the same: nobody takes part, as with GrowthBook.
        let known = !visitor.is_empty();
        let inside = known && experiment.namespace.as_ref().is_none_or(|namespace| namespace.holds(visitor));
        if inside { variant_at(hash(&experiment.seed, visitor), &experiment.ranges) } else { None }
    });
    (variant.map_or(Chance::Traffic, |variant| Chance::Wins(Some(variant))), until)
}

impl Verdict {
    /// The verdict when nothing wins.
    pub(super) fn nothing(valid_until: Option<Millis>) -> Verdict {
        Verdict { experience: None, variant: None, reason: Reason::Default, valid_until }
    }

    /// The verdict for a winner.
    pub(super) fn win(
        rules: &Rules,
        experience: usize,
        variant: Option<usize>,
        valid_until: Option<Millis>,
    ) -> Verdict {
        let arms = rules.experiences.get(experience).map_or(&[][..], |experience| &experience.variants);
        let control = variant.and_then(|variant| arms.get(variant)).is_some_and(|variant| variant.show.is_none());
        let reason = if control { Reason::Control } else { Reason::Matched };
        Verdict { experience: Some(experience), variant, reason, valid_until }
    }
}
