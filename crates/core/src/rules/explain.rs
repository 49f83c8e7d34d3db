//! Why each experience of a placement won or lost, down to the value that a condition met. Nothing of it runs in decide.

use super::condition::{Kind, Nodes, Word, holds_for, written};
use super::operator::Op;
use super::verdict::{Chance, chance};
use super::{Experience, Rules};
use crate::attributes::{Facts, Per};
use crate::schema::Gather;
use crate::schema::{Millis, Value};

/// The part of a condition that did not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The attribute's path; empty for groups, audiences and `$did`.
    pub path: String,
    /// The operator: `$gte`, `$or`, `$audience`, …; `$eq` where none is written.
    pub operator: String,
    /// What was expected: the operator's operand.
    pub expected: Value,
    /// What was there: the attribute's value, how often it happened for `$did`; `Null` for what is missing.
    pub actual: Value,
    /// The part of the condition as it would be written by itself.
    pub condition: Value,
    /// What failed inside it: every alternative of an `$or`, the audience's own part.
    pub inner: Vec<Failure>,
}

/// How an experience fared.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It won.
    Won {
        /// Its variant, if it is an experiment.
        variant: Option<String>,
    },
    /// It could have won, but this one comes first.
    LostTo(String),
    /// Its condition does not hold.
    ConditionFailed(Failure),
    /// Its time has not come, or is over.
    OutsideSchedule {
        /// When it starts, if that lies ahead.
        starts: Option<Millis>,
        /// When it ended, if that lies behind.
        ended: Option<Millis>,
    },
    /// It was shown often enough.
    LimitReached {
        /// How often.
        times: u32,
        /// Within which span: `session`, `day`, `visitor`.
        per: &'static str,
        /// When it may be shown again, if time alone does that.
        free_at: Option<Millis>,
    },
    /// The visitor is not among the experiment's traffic.
    TrafficNotAllocated,
    /// It would have won, but none of the products that it wants can be shown.
    NoProducts,
    /// It would have won, but the shopper allows no personalization.
    NoConsent,
    /// Something in it is wrong; the problems of reading say what.
    Off,
}

/// One experience of a placement, and how it fared.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The experience's id.
    pub experience: String,
    /// Its priority.
    pub priority: f64,
    /// How it fared.
    pub outcome: Outcome,
}

/// Every experience of a placement with its outcome, best first, those that are off last.
///
/// It evaluates every condition from scratch and shares nothing with [`super::Decider`] but the rules.
pub fn explain(rules: &Rules, facts: &dyn Facts, placement: usize) -> Vec<Explained> {
    let mut winner: Option<&str> = None;
    let mut all = Vec::new();
    for experience in rules.order(placement).iter().filter_map(|nth| rules.experiences.get(*nth as usize)) {
        let outcome = match (outcome(rules, facts, experience), winner) {
            (Outcome::Won { .. }, Some(winner)) => Outcome::LostTo(winner.to_owned()),
            (outcome, _) => outcome,
        };
        if matches!(outcome, Outcome::Won { .. }) {
            winner = Some(&experience.id);
        }
        all.push(Explained { experience: experience.id.clone(), priority: experience.priority, outcome });
    }
    let off = rules.experiences.iter().filter(|experience| experience.off && experience.placement == placement);
    all.extend(off.map(|experience| Explained {
        experience: experience.id.clone(),
        priority: experience.priority,
        outcome: Outcome::Off,
    }));
    all
}

fn outcome(rules: &Rules, facts: &dyn Facts, experience: &Experience) -> Outcome {
    let when = rules.words(experience.when);
    if !holds_for(rules, facts, when) {
        return Outcome::ConditionFailed(failure(rules, facts, when));
    }
    let now = facts.now();
    match chance(experience, facts).0 {
        Chance::Wins(variant) => {
            let variant = variant.and_then(|variant| experience.variants.get(variant));
            Outcome::Won { variant: variant.map(|variant| variant.id.clone()) }
        }
        Chance::Schedule => Outcome::OutsideSchedule {
            starts: experience.from.filter(|from| now < *from),
            ended: experience.until.filter(|until| now >= *until),
        },
        Chance::Limit { times, free_at } => {
            let per = match experience.limit.map(|limit| limit.per) {
                Some(Per::Session) => "session",
                Some(Per::Day) => "day",
                _ => "visitor",
            };
            Outcome::LimitReached { times, per, free_at }
        }
        Chance::Traffic => Outcome::TrafficNotAllocated,
    }
}

/// What failed in a node that does not hold: the first part of an `$and` that does not, all parts of an `$or`.
fn failure(rules: &Rules, facts: &dyn Facts, node: &[Word]) -> Failure {
    let condition = as_written(rules, node);
    let (word, inner) = match node.split_first() {
        Some((word, inner)) => (*word, inner),
        None => (super::experience::always(), &[][..]),
    };
    let group = |operator: &str, expected: Value, inner: Vec<Failure>| Failure {
        path: String::new(),
        operator: operator.to_owned(),
        expected,
        actual: Value::Null,
        condition: condition.clone(),
        inner,
    };
    let content = |value: &Value| value.members().first().map_or(Value::Null, |(_, content)| content.clone());
    match (word.kind(), word.negated()) {
        (Kind::All, false) => {
            let failed = Nodes(inner).find(|node| !holds_for(rules, facts, node)).unwrap_or(&[]);
            failure(rules, facts, failed)
        }
        (Kind::Any, false) => {
            let parts = Nodes(inner).map(|node| failure(rules, facts, node)).gather();
            group("$or", content(&condition), parts)
        }
        (Kind::Any, true) => group("$nor", content(&condition), Vec::new()),
        (Kind::All, true) => group("$not", content(&condition), Vec::new()),
        (Kind::Audience, true) => group("$not", content(&condition), Vec::new()),
        (Kind::Audience, false) => {
            let inner = failure(rules, facts, rules.audience_code(word.number()));
            group("$audience", content(&condition), vec![inner])
        }
        (Kind::Test, negated) => {
            let Some(test) = rules.test(word.number()) else { return group("", Value::Null, Vec::new()) };
            if let Op::Did(did) = &test.op {
                let mut failure = group(if negated { "$not" } else { "$did" }, content(&condition), Vec::new());
                failure.actual = Value::Number(did.answer(facts).count as f64);
                return failure;
            }
            let slot = rules.slots.get(test.slot as usize);
            let (name, operand) = test.op.written(negated);
            let opposite = negated && !test.op.has_opposite();
            Failure {
                path: slot.map_or_else(String::new, |slot| slot.path.clone()),
                operator: match name {
                    _ if opposite => "$not",
                    "" => "$eq",
                    name => name,
                }
                .to_owned(),
                expected: match name {
                    "" => operand,
                    _ if opposite => Value::Map(vec![(name.to_owned(), operand)]),
                    _ => operand,
                },
                actual: slot.map_or(Value::Null, |slot| facts.value(slot)),
                condition,
                inner: Vec::new(),
            }
        }
    }
}

/// A node of the rules as a person would write it.
fn as_written(rules: &Rules, node: &[Word]) -> Value {
    written(
        node,
        &|test| {
            let test = rules.test(test)?;
            Some((rules.slots.get(test.slot as usize)?.path.as_str(), &test.op))
        },
        &|audience| rules.audiences.get(audience).map_or(Value::Null, |audience| audience.id.as_str().into()),
    )
}

impl Failure {
    /// As an object for JavaScript and machines.
    pub fn to_value(&self) -> Value {
        let mut value = Value::from([
            ("path", self.path.as_str().into()),
            ("operator", self.operator.as_str().into()),
            ("expected", self.expected.clone()),
            ("actual", self.actual.clone()),
            ("condition", self.condition.clone()),
        ]);
        if !self.inner.is_empty() {
            value.set("inner", Value::List(self.inner.iter().map(Failure::to_value).gather()));
        }
        value
    }
}

impl Explained {
    /// As an object for JavaScript and machines: `experience`, `priority`, `outcome` and what belongs to the outcome.
    pub fn to_value(&self) -> Value {
        let moment = |at: &Option<Millis>| Value::from(at.map(|at| at as f64));
        let (outcome, more): (&str, Vec<(&str, Value)>) = match &self.outcome {
            Outcome::Won { variant } => ("won", vec![("variant", variant.clone().into())]),
            Outcome::LostTo(other) => ("lost", vec![("to", other.as_str().into())]),
            Outcome::ConditionFailed(failure) => ("condition", vec![("failed", failure.to_value())]),
            Outcome::OutsideSchedule { starts, ended } => {
                ("schedule", vec![("starts", moment(starts)), ("ended", moment(ended))])
            }
            Outcome::LimitReached { times, per, free_at } => {
                ("limit", vec![("times", (*times).into()), ("per", (*per).into()), ("freeAt", moment(free_at))])
            }
            Outcome::TrafficNotAllocated => ("traffic", Vec::new()),
            Outcome::NoProducts => ("products", Vec::new()),
            Outcome::NoConsent => ("consent", Vec::new()),
            Outcome::Off => ("off", Vec::new()),
        };
        let mut value = Value::from([
            ("experience", self.experience.as_str().into()),
            ("priority", self.priority.into()),
            ("outcome", outcome.into()),
        ]);
        for (name, content) in more.into_iter().filter(|(_, content)| !content.is_null()) {
            value.set(name, content);
        }
        value
    }
}
