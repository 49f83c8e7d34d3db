//! `$did`: questions about what the shopper did before, how often, in which order and how long ago.

use super::condition::Condition;
use crate::attributes::{Facts, Remembered};
use crate::schema::Gather;
use crate::schema::{Millis, Value};

/// An event that is looked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Happening {
    pub(crate) event: String,
    pub(crate) only: Option<Condition>,
}

/// How far back a question looks. An event counts while its age is at most the window: to the millisecond, both ends in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Within {
    /// So many milliseconds, with the number as written and whether it was in days.
    Millis(Millis, f64, bool),
    /// The current session.
    Session,
}

/// What has to have happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// The event, so often (once, if nothing is said).
    Times(Happening, Option<Condition>),
    /// All of them, in this order; others may lie in between.
    Sequence(Vec<Happening>),
}

/// One question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Did {
    pub(crate) what: What,
    /// Only what came after the last of these counts.
    pub(crate) without: Vec<Happening>,
    pub(crate) within: Within,
}

/// An answer and how long it lasts if nothing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) holds: bool,
    /// How often it happened; for sequences how many steps of it.
    pub(crate) count: usize,
    /// The first moment at which the answer may be another one.
    pub(crate) until: Option<Millis>,
}

impl Happening {
    fn is(&self, event: &Remembered) -> bool {
        event.event == self.event && self.only.as_ref().is_none_or(|only| only.matches(&event.properties))
    }

    fn to_value(&self) -> Value {
        match &self.only {
            None => self.event.as_str().into(),
            Some(only) => [("event", self.event.as_str().into()), ("where", only.to_value())].into(),
        }
    }
}

impl Did {
    /// The answer from the history, at the facts' moment.
    pub(crate) fn answer(&self, facts: &dyn Facts) -> Answer {
        let history = facts.history();
        let ended = history.iter().rposition(|event| self.without.iter().any(|without| without.is(event)));
        let counts = |event: &&Remembered| match self.within {
            Within::Session => event.session == facts.session(),
            Within::Millis(window, ..) => facts.now().saturating_sub(event.at) <= window,
        };
        let recent = history.iter().skip(ended.map_or(0, |at| at + 1)).filter(counts);
        let mut oldest: Option<Millis> = None;
        let mut met = |event: &Remembered| oldest = Some(oldest.map_or(event.at, |at| at.min(event.at)));
        let (holds, count) = match &self.what {
            What::Times(happening, times) => {
                let count = recent.filter(|event| happening.is(event)).inspect(|event| met(event)).count();
                let enough = |times: &Condition| times.matches_itself(&Value::Number(count as f64));
                (times.as_ref().map_or(count > 0, enough), count)
            }
            What::Sequence(steps) => {
                let mut left = steps.iter().peekable();
                for event in recent {
                    met(event);
                    left.next_if(|step| step.is(event));
                }
                (left.peek().is_none(), steps.len() - left.len())
            }
        };
        let until = match self.within {
            Within::Millis(window, ..) => oldest.map(|at| at.saturating_add(window).saturating_add(1)),
            Within::Session => None,
        };
        Answer { holds, count, until }
    }

    /// The question as a person would write it.
    pub(crate) fn to_value(&self) -> Value {
        let mut value = Value::map();
        match &self.what {
            What::Times(happening, times) => {
                value.set("event", happening.event.as_str().into());
                if let Some(only) = &happening.only {
                    value.set("where", only.to_value());
                }
                if let Some(times) = times {
                    value.set("times", times.to_value_of_itself());
                }
            }
            What::Sequence(steps) => value.set("sequence", Value::List(steps.iter().map(Happening::to_value).gather())),
        }
        match self.without.as_slice() {
            [] => {}
            [one] => value.set("without", one.to_value()),
            many => value.set("without", Value::List(many.iter().map(Happening::to_value).gather())),
        }
        match self.within {
            Within::Session => value.set("within", "session".into()),
            Within::Millis(_, days, true) => value.set("withinDays", days.into()),
            Within::Millis(_, minutes, false) => value.set("withinMinutes", minutes.into()),
        }
        value
    }
}
