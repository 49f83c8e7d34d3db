//! The rules laid out for speed: tests grouped by attribute, one bit each, so that a changed value turns over few bits;
//! and the conditions of each placement as jumps over those bits.

use super::Rules;
use super::build::DID;
use super::condition::{Kind, Word};
use super::jumps::{Jump, Writer};
use super::operator::{Compare, Op, Type};
use super::table::Names;
use crate::order::ordered;
use crate::schema::Gather;
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

/// A number at which a test's answer turns over: at the number itself, or just after it. Tests go by their bits here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) at: f64,
    pub(super) after: bool,
    pub(super) test: u32,
}

/// An attribute and the tests on it.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    /// Its tests have these bits: from, up to.
    pub(super) bits: (usize, usize),
    /// Its steps among `Program::steps`.
    pub(super) steps: (usize, usize),
    /// Tests that have to be asked anew for every number, among `Program::dynamic`.
    pub(super) for_numbers: (usize, usize),
    /// Tests that have to be asked anew for every text, among `Program::dynamic`.
    pub(super) for_texts: (usize, usize),
    /// The placements whose rules ask for it.
    pub(super) placements: u64,
}

/// The bit that stands for a placement in masks. Placements may share one: they are then looked at together.
pub(super) fn bit(placement: usize) -> u64 {
    1 << (placement & 63)
}

/// The rules laid out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Program {
    pub(super) plans: Vec<Plan>,
    /// Which test each bit stands for.
    tests: Vec<u32>,
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
    /// Per bit the placements whose rules ask it.
    pub(super) masks: Vec<u64>,
    /// All conditions.
    pub(super) jumps: Vec<Jump>,
    /// Per placement where its conditions begin.
    pub(super) placements: Vec<u32>,
    /// Per audience where its condition begins.
    pub(super) audiences: Vec<u32>,
    /// Which attribute stands for the history.
    pub(super) did: Option<usize>,
    /// Placements with limits or experiments.
    pub(super) limited: u64,
}

impl Program {
    /// The test that a bit stands for.
    pub(super) fn op<'r>(&self, rules: &'r Rules, bit: usize) -> Option<&'r Op> {
        rules.test(self.tests.get(bit).copied()? as usize).map(|test| &test.op)
    }

    /// The tests that hold for a symbol of one attribute, in order.
    pub(super) fn members(&self, symbol: u32, plan: &Plan) -> &[u32] {
        let start = |nth: u32| self.starts.get(nth as usize);
        // A text that is no symbol has the largest number there is.
        let (Some(from), Some(until)) = (start(symbol), symbol.checked_add(1).and_then(start)) else {
            return &[];
        };
        let all = self.members.get(*from as usize..*until as usize).unwrap_or(&[]);
        let (first, end) = plan.bits;
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
            let numbers: Vec<f64> = values.iter().filter_map(Value::as_f64).gather();
            let mut before = None;
            for nth in ordered(numbers.len(), &|one, other| numbers.get(one) < numbers.get(other)) {
                let number = numbers.get(nth as usize);
                number.filter(|_| before != number).into_iter().for_each(&mut point);
                before = number;
            }
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

/// Gives each test its bit, so that the tests of one attribute are neighbours. Answers each attribute's first and last.
fn group_tests(rules: &Rules) -> (Vec<u32>, Vec<(usize, usize)>) {
    let mut ranges = vec![(0, 0); rules.slots.len()];
    for test in &rules.tests {
        if let Some((_, count)) = ranges.get_mut(test.slot as usize) {
            *count += 1;
        }
    }
    let mut total = 0;
    for (first, end) in &mut ranges {
        (*first, total) = (total, total + *end);
        // Goes up to the end while bits are given away.
        *end = *first;
    }
    let mut bits = Vec::with_capacity(rules.tests.len());
    for test in &rules.tests {
        if let Some((_, next)) = ranges.get_mut(test.slot as usize) {
            bits.push(*next as u32);
            *next += 1;
        }
    }
    (bits, ranges)
}

/// Lays the rules out.
pub(super) fn lay_out(rules: &Rules) -> Program {
    let (bits, ranges) = group_tests(rules);
    let count = rules.tests.len();
    let mut program = Program { masks: vec![0; count], tests: vec![0; count], ..Program::default() };
    for (test, bit) in bits.iter().enumerate() {
        if let Some(place) = program.tests.get_mut(*bit as usize) {
            *place = test as u32;
        }
    }
    for bits in [&mut program.for_null, &mut program.for_number, &mut program.for_text] {
        *bits = vec![0; count.div_ceil(32)];
    }
    program.did = rules.slots.iter().position(|slot| slot.path == DID);
    let (mut members, mut newest) = (Vec::new(), Vec::new());
    for (slot, bits) in ranges.into_iter().enumerate() {
        let mut plan = Plan { bits, ..Plan::default() };
        if program.did != Some(slot) {
            plan_tests(rules, &mut program, &mut plan, &mut members, &mut newest);
        }
        program.plans.push(plan);
    }
    index(&mut program, &members);
    placements(rules, &mut program, &bits);
    program
}

/// Lays out the tests of one attribute. `members` are pairs of symbol and bit, `newest` each symbol's last bit.
fn plan_tests(
    rules: &Rules,
    program: &mut Program,
    plan: &mut Plan,
    members: &mut Vec<(u32, u32)>,
    newest: &mut Vec<u32>,
) {
    let mut steps: Vec<Step> = Vec::new();
    let (mut for_numbers, mut for_texts) = (Vec::new(), Vec::new());
    for bit in plan.bits.0..plan.bits.1 {
        let Some(op) = program.op(rules, bit) else { continue };
        let number = bit as u32;
        put(&mut program.for_null, bit, op.holds(&Value::Null));
        // -0 and 0 are one number.
        match number_steps(op, |at, after| steps.push(Step { at: at + 0.0, after, test: number })) {
            Some(below) => put(&mut program.for_number, bit, below),
            None => for_numbers.push(number),
        }
        let symbols = &mut program.symbols;
        let member = |text: &str| {
            let symbol = symbols.number(text);
            if newest.len() < symbols.len() {
                newest.push(u32::MAX);
            }
            // A text written twice is one member.
            if let Some(newest) = newest.get_mut(symbol as usize).filter(|newest| **newest != number) {
                *newest = number;
                members.push((symbol, number));
            }
        };
        match text_members(op, member) {
            Some(other) => put(&mut program.for_text, bit, other),
            None => for_texts.push(number),
        }
    }
    let key = |nth: usize| steps.get(nth).map_or((0.0, false), |step| (step.at, step.after));
    let order = ordered(steps.len(), &|one, other| key(one) < key(other));
    let first = program.steps.len();
    program.steps.extend(order.iter().filter_map(|nth| steps.get(*nth as usize)));
    plan.steps = (first, program.steps.len());
    let mut append = |list: Vec<u32>| {
        let start = program.dynamic.len();
        program.dynamic.extend(list);
        (start, program.dynamic.len())
    };
    plan.for_numbers = append(for_numbers);
    plan.for_texts = append(for_texts);
}

/// Sorts pairs of symbol and bit by symbol; pairs of one symbol stay in order.
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

fn placements(rules: &Rules, program: &mut Program, bits: &[u32]) {
    let mut writer = Writer::new(rules, bits);
    for audience in &rules.audiences {
        // What is off is asked for by nothing that is on.
        let words = if audience.off { &[] } else { rules.words(audience.when) };
        program.audiences.push(writer.audience(words));
    }
    let limited = |nth: u32| {
        let experience = rules.experiences.get(nth as usize);
        experience.is_some_and(|experience| experience.limit.is_some() || experience.experiment.is_some())
    };
    let more = |nth: u32| {
        let experience = rules.experiences.get(nth as usize);
        limited(nth) || experience.is_some_and(|experience| experience.from.is_some() || experience.until.is_some())
    };
    let mut audiences = vec![0_u64; rules.audiences.len()];
    for (placement, order) in rules.orders.iter().enumerate() {
        program.placements.push(writer.placement(order, more));
        for nth in order {
            program.limited |= if limited(*nth) { bit(placement) } else { 0 };
            let Some(experience) = rules.experiences.get(*nth as usize) else { continue };
            mark(rules, program, bits, &mut audiences, rules.words(experience.when), bit(placement));
        }
    }
    program.jumps = writer.finish();
    for plan in &mut program.plans {
        let masks = program.masks.get(plan.bits.0..plan.bits.1).unwrap_or(&[]);
        plan.placements = masks.iter().fold(0, |all, mask| all | mask);
    }
}

/// Marks the tests that words lead to, through audiences too, as asked for by a placement.
fn mark(rules: &Rules, program: &mut Program, bits: &[u32], audiences: &mut [u64], words: &[Word], placement: u64) {
    for word in words {
        match word.kind() {
            Kind::Test => {
                let bit = bits.get(word.number()).copied().unwrap_or(0);
                if let Some(mask) = program.masks.get_mut(bit as usize) {
                    *mask |= placement;
                }
            }
            Kind::Audience => {
                let Some(seen) = audiences.get_mut(word.number()).filter(|seen| **seen & placement == 0) else {
                    continue;
                };
                *seen |= placement;
                mark(rules, program, bits, audiences, rules.audience_code(word.number()), placement);
            }
            Kind::All | Kind::Any => {}
        }
    }
}
