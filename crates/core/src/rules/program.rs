//! The rules laid out for speed: tests grouped by attribute, so that a changed value turns over few bits, and placements
//! as lists of conditions over those bits.

use super::Rules;
use super::build::DID;
use super::condition::{Kind, Word};
use super::operator::{Compare, Op, Type};
use super::table::Names;
use crate::schema::Value;

/// A set of small numbers, one bit each.
pub(super) type Bits = Vec<u32>;

/// Whether a bit is set.
#[inline]
pub(super) fn has(bits: &[u32], at: usize) -> bool {
    bits.get(at >> 5).is_some_and(|word| word >> (at & 31) & 1 == 1)
}

/// Sets or clears a bit.
#[inline]
pub(super) fn put(bits: &mut [u32], at: usize, value: bool) {
    if let Some(word) = bits.get_mut(at >> 5) {
        *word = *word & !(1 << (at & 31)) | u32::from(value) << (at & 31);
    }
}

/// Copies the bits from `first` up to `end`.
pub(super) fn copy(to: &mut [u32], from: &[u32], first: usize, end: usize) {
    let mut at = first;
    while at < end {
        let until = (at | 31).min(end - 1) + 1;
        let mask = u32::MAX << (at & 31) & u32::MAX >> (31 - ((until - 1) & 31));
        if let (Some(to), Some(from)) = (to.get_mut(at >> 5), from.get(at >> 5)) {
            *to = *to & !mask | from & mask;
        }
        at = until;
    }
}

/// A number at which a test's answer turns over: at the number itself, or just after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) at: f64,
    pub(super) after: bool,
    pub(super) test: u32,
}

/// An attribute and the tests on it.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    /// Its tests are these: from, up to.
    pub(super) tests: (usize, usize),
    /// Its steps among `Program::steps`.
    pub(super) steps: (usize, usize),
    /// Tests that have to be asked anew for every number, among `Program::dynamic`.
    pub(super) for_numbers: (usize, usize),
    /// Tests that have to be asked anew for every text, among `Program::dynamic`.
    pub(super) for_texts: (usize, usize),
    /// The placements whose rules ask for it.
    pub(super) placements: u64,
}

/// An experience in a placement's list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) experience: u32,
    /// Whether a schedule, a limit or an experiment has to be looked at once its condition holds.
    pub(super) more: bool,
}

/// The bit that stands for a placement in masks. Placements may share one: they are then looked at together.
pub(super) fn bit(placement: usize) -> u64 {
    1 << (placement & 63)
}

/// The rules laid out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Program {
    pub(super) plans: Vec<Plan>,
    /// Per attribute by rising number.
    pub(super) steps: Vec<Step>,
    pub(super) dynamic: Vec<u32>,
    /// The texts that tests compare with.
    pub(super) symbols: Names,
    /// Per symbol where its tests begin in `members`; one more at the end.
    starts: Vec<u32>,
    members: Vec<u32>,
    /// Which tests hold for a missing value; for a number below all steps; for a text that is no symbol.
    pub(super) for_null: Bits,
    pub(super) for_number: Bits,
    pub(super) for_text: Bits,
    /// Per test the placements whose rules ask it.
    pub(super) masks: Vec<u64>,
    /// Per placement its lines.
    pub(super) lines: Vec<Vec<Line>>,
    /// Which attribute stands for the history.
    pub(super) did: Option<usize>,
    /// Placements with limits or experiments.
    pub(super) limited: u64,
}

impl Program {
    /// The tests that hold for a symbol of one attribute, in order.
    pub(super) fn members(&self, symbol: u32, plan: &Plan) -> &[u32] {
        let (Some(from), Some(until)) = (self.starts.get(symbol as usize), self.starts.get(symbol as usize + 1)) else {
            return &[];
        };
        let all = self.members.get(*from as usize..*until as usize).unwrap_or(&[]);
        let (first, end) = plan.tests;
        let from = all.partition_point(|test| (*test as usize) < first);
        let until = all.partition_point(|test| (*test as usize) < end);
        all.get(from..until).unwrap_or(&[])
    }
}

/// How a test's answer depends on numbers: what it is below all steps, and where it turns over. `None` if only asking tells.
fn number_steps(op: &Op, mut step: impl FnMut(f64, bool)) -> Option<bool> {
    let mut point = |at: &f64| {
        step(*at, false);
        step(*at, true);
    };
    Some(match op {
        Op::Order(compare, Value::Number(at)) => {
            match compare {
                Compare::Less | Compare::GreaterOrEqual => step(*at, false),
                Compare::LessOrEqual | Compare::Greater => step(*at, true),
                Compare::Equal => return None,
            }
            matches!(compare, Compare::Less | Compare::LessOrEqual)
        }
        Op::Same(Value::Number(at)) | Op::Eq(Value::Number(at)) => {
            point(at);
            false
        }
        Op::In(values) | Op::InFolded(values) => {
            // A number written twice would turn the answer over and back.
            let mut numbers: Vec<f64> = values.iter().filter_map(Value::as_f64).map(|number| number + 0.0).collect();
            numbers.sort_unstable_by(f64::total_cmp);
            numbers.dedup();
            numbers.iter().for_each(point);
            false
        }
        Op::Exists => true,
        Op::Type(kind) => *kind == Type::Number,
        Op::Same(Value::Null | Value::List(_) | Value::Map(_)) | Op::Eq(_) => false,
        Op::All(_) | Op::Elem(_) | Op::Size(_) | Op::Did(_) => false,
        Op::Same(_) | Op::Order(..) | Op::Regex(_) | Op::Version(..) | Op::SameFolded(_) => return None,
    })
}

/// How a test's answer depends on texts: what it is for texts that no test names, and for which it is true. `None` if
/// only asking tells.
fn text_members(op: &Op, mut member: impl FnMut(&str)) -> Option<bool> {
    Some(match op {
        Op::Same(Value::Text(text)) | Op::Eq(Value::Text(text)) => {
            member(text);
            false
        }
        Op::In(values) => {
            values.iter().filter_map(Value::as_str).for_each(member);
            false
        }
        Op::Exists => true,
        Op::Type(kind) => *kind == Type::Text,
        Op::Same(Value::Null | Value::List(_) | Value::Map(_)) | Op::Eq(_) => false,
        Op::All(_) | Op::Elem(_) | Op::Size(_) | Op::Did(_) => false,
        Op::Same(_) | Op::Order(..) | Op::InFolded(_) | Op::Regex(_) | Op::Version(..) | Op::SameFolded(_) => {
            return None;
        }
    })
}

/// Groups the tests by attribute and renumbers them in all conditions.
fn group_tests(rules: &mut Rules) -> Vec<(usize, usize)> {
    let mut ends = vec![0; rules.slots.len()];
    for test in &rules.tests {
        if let Some(count) = ends.get_mut(test.slot as usize) {
            *count += 1;
        }
    }
    let mut total = 0;
    for end in &mut ends {
        total += *end;
        *end = total;
    }
    let starts = core::iter::once(0).chain(ends.iter().copied());
    let ranges: Vec<(usize, usize)> = starts.zip(ends.iter().copied()).collect();
    let mut next: Vec<usize> = ranges.iter().map(|(start, _)| *start).collect();
    let mut place = |slot: u32| {
        let next = next.get_mut(slot as usize)?;
        *next += 1;
        Some(*next - 1)
    };
    let places: Vec<usize> = rules.tests.iter().map(|test| place(test.slot).unwrap_or(0)).collect();
    for word in &mut rules.code {
        if word.kind() == Kind::Test {
            *word = Word::new(Kind::Test, word.negated(), places.get(word.number()).copied().unwrap_or(0));
        }
    }
    let mut order: Vec<(usize, super::condition::Test)> =
        places.into_iter().zip(core::mem::take(&mut rules.tests)).collect();
    order.sort_unstable_by_key(|(place, _)| *place);
    rules.tests = order.into_iter().map(|(_, test)| test).collect();
    ranges
}

/// Lays the rules out. Their tests get new numbers.
pub(super) fn lay_out(rules: &mut Rules) -> Program {
    let ranges = group_tests(rules);
    let count = rules.tests.len();
    let mut program = Program { masks: vec![0; count], ..Program::default() };
    for bits in [&mut program.for_null, &mut program.for_number, &mut program.for_text] {
        *bits = vec![0; count.div_ceil(32)];
    }
    program.did = rules.slots.iter().position(|slot| slot.path == DID);
    let (mut members, mut newest) = (Vec::new(), Vec::new());
    for (slot, tests) in ranges.into_iter().enumerate() {
        let mut plan = Plan { tests, ..Plan::default() };
        if program.did != Some(slot) {
            plan_tests(rules, &mut program, &mut plan, &mut members, &mut newest);
        }
        program.plans.push(plan);
    }
    index(&mut program, &members);
    placements(rules, &mut program);
    program
}

/// Lays out the tests of one attribute. `members` are pairs of symbol and test, `newest` each symbol's last test.
fn plan_tests(
    rules: &Rules,
    program: &mut Program,
    plan: &mut Plan,
    members: &mut Vec<(u32, u32)>,
    newest: &mut Vec<u32>,
) {
    let first_step = program.steps.len();
    let (first, end) = plan.tests;
    let (mut for_numbers, mut for_texts) = (Vec::new(), Vec::new());
    for (nth, test) in rules.tests.iter().enumerate().take(end).skip(first) {
        let number = nth as u32;
        put(&mut program.for_null, nth, test.op.holds(&Value::Null));
        let steps = &mut program.steps;
        match number_steps(&test.op, |at, after| steps.push(Step { at, after, test: number })) {
            Some(below) => put(&mut program.for_number, nth, below),
            None => for_numbers.push(number),
        }
        let symbols = &mut program.symbols;
        let member = |text: &str| {
            let symbol = symbols.number(text);
            newest.resize(symbols.len(), u32::MAX);
            // A text written twice is one member.
            if let Some(newest) = newest.get_mut(symbol as usize).filter(|newest| **newest != number) {
                *newest = number;
                members.push((symbol, number));
            }
        };
        match text_members(&test.op, member) {
            Some(other) => put(&mut program.for_text, nth, other),
            None => for_texts.push(number),
        }
    }
    let order = |one: &Step, other: &Step| one.at.total_cmp(&other.at).then(one.after.cmp(&other.after));
    // -0 and 0 are one number: as written apart, they would be out of order.
    let steps = program.steps.get_mut(first_step..).unwrap_or(&mut []);
    steps.iter_mut().for_each(|step| step.at += 0.0);
    steps.sort_unstable_by(order);
    plan.steps = (first_step, program.steps.len());
    let mut append = |list: Vec<u32>| {
        let start = program.dynamic.len();
        program.dynamic.extend(list);
        (start, program.dynamic.len())
    };
    plan.for_numbers = append(for_numbers);
    plan.for_texts = append(for_texts);
}

/// Sorts pairs of symbol and test by symbol; pairs of one symbol stay in order.
fn index(program: &mut Program, pairs: &[(u32, u32)]) {
    let mut starts = vec![0_u32; program.symbols.len() + 1];
    for (symbol, _) in pairs {
        if let Some(count) = starts.get_mut(*symbol as usize + 1) {
            *count += 1;
        }
    }
    let mut total = 0;
    for start in &mut starts {
        total += *start;
        *start = total;
    }
    let mut next = starts.clone();
    program.members = vec![0; pairs.len()];
    for (symbol, test) in pairs {
        let Some(next) = next.get_mut(*symbol as usize) else { continue };
        if let Some(place) = program.members.get_mut(*next as usize) {
            *place = *test;
        }
        *next += 1;
    }
    program.starts = starts;
}

fn placements(rules: &Rules, program: &mut Program) {
    let mut audiences = vec![0_u64; rules.audiences.len()];
    for (placement, order) in rules.orders.iter().enumerate() {
        let mut lines = Vec::new();
        for nth in order {
            let Some(experience) = rules.experiences.get(*nth as usize) else { continue };
            let limited = experience.limit.is_some() || experience.experiment.is_some();
            let more = limited || experience.from.is_some() || experience.until.is_some();
            let (start, end) = experience.when;
            lines.push(Line { start: start as u32, end: end as u32, experience: *nth, more });
            program.limited |= if limited { bit(placement) } else { 0 };
            mark(rules, program, &mut audiences, rules.words(experience.when), bit(placement));
        }
        program.lines.push(lines);
    }
    for plan in &mut program.plans {
        let (first, end) = plan.tests;
        plan.placements = program.masks.get(first..end).unwrap_or(&[]).iter().fold(0, |all, mask| all | mask);
    }
}

/// Marks the tests that words lead to, through audiences too, as asked for by a placement.
fn mark(rules: &Rules, program: &mut Program, audiences: &mut [u64], words: &[Word], bit: u64) {
    for word in words {
        match word.kind() {
            Kind::Test => {
                if let Some(mask) = program.masks.get_mut(word.number()) {
                    *mask |= bit;
                }
            }
            Kind::Audience => {
                // Off audiences are asked for by nothing that is on, so this ends.
                let Some(seen) = audiences.get_mut(word.number()).filter(|seen| **seen & bit == 0) else { continue };
                *seen |= bit;
                mark(rules, program, audiences, rules.audience_code(word.number()), bit);
            }
            Kind::All | Kind::Any => {}
        }
    }
}
