//! One visitor's answers, kept up to date: a changed value turns over the tests between old and new, and only the (long: one state whose parts keep each other true)
//! placements whose rules ask one of those are decided again.
//!
//! INVARIANT: every verdict is the one that evaluation from scratch gives for the same facts.

use super::jumps::{END, Jump, Step};
use super::operator::Op;
use super::program::{Bits, Program, bit, copy, has, put};
use super::verdict::{Chance, chance, earlier};
use super::{Lexicon, Rules, Verdict};
use crate::attributes::{Attribute, FAMILIES, Facts, Family, Per, Remembered, Shown};
use crate::schema::{Millis, Value};

/// No symbol of the rules.
const OTHER: u32 = u32::MAX;

/// What is known of an attribute's value.
#[derive(Debug, Clone, PartialEq)]
enum Known {
    Null,
    /// A number, as how many steps lie below it.
    Number(usize),
    /// A text, as its symbol.
    Text(u32),
    /// True, false, a list, an object.
    Else(Value),
}

/// An answer and how long it is good.
#[derive(Debug, Clone, Copy)]
struct Memo {
    verdict: Verdict,
    /// The value of `stamps` for this placement when it was found.
    stamp: u32,
}

/// One visitor's answers for all placements.
#[derive(Debug, Clone)]
pub struct Decider {
    known: Vec<Known>,
    /// Which attributes' values may move with time alone.
    moving: Vec<bool>,
    bits: Bits,
    /// Placements to decide again, as bits.
    dirty: u64,
    /// Per bit how often its placements became dirty.
    stamps: [u32; 64],
    memos: Vec<Option<Memo>>,
    /// Per audience the epoch of its last answer, and that answer in the lowest bit.
    audiences: Vec<u32>,
    /// Moves with every bit turned over.
    epoch: u32,
    /// Per test of the history until when its answer is good.
    did_until: Vec<Option<Millis>>,
    generations: Option<[u32; FAMILIES]>,
    history: u32,
    session: u32,
    now: Millis,
    visitor: String,
}

const ALL_FAMILIES: [Family; FAMILIES] = [
    Family::Visitor,
    Family::Session,
    Family::Page,
    Family::Device,
    Family::Affinity,
    Family::Top,
    Family::Count,
    Family::Days,
    Family::Cart,
    Family::Orders,
    Family::Rfm,
    Family::Stage,
    Family::Model,
    Family::Traits,
    Family::Seen,
    Family::Consent,
    Family::Custom,
];

impl Decider {
    /// A decider that knows nothing of its visitor yet. It belongs to these rules.
    pub fn new(rules: &Rules) -> Decider {
        let program = &rules.program;
        let did_tests = program.did.and_then(|did| program.plans.get(did)).map_or(0, |plan| plan.bits.1 - plan.bits.0);
        Decider {
            known: vec![Known::Null; rules.slots.len()],
            moving: vec![false; rules.slots.len()],
            bits: program.for_null.clone(),
            dirty: u64::MAX,
            stamps: [0; 64],
            memos: vec![None; rules.placements.len()],
            audiences: vec![0; rules.audiences.len()],
            epoch: 1,
            did_until: vec![None; did_tests],
            generations: None,
            history: 0,
            session: 0,
            now: Millis::MIN,
            visitor: String::new(),
        }
    }

    /// Who wins a placement now. Nothing wins a placement that does not exist.
    pub fn verdict(&mut self, rules: &Rules, facts: &dyn Facts, placement: usize) -> Verdict {
        self.learn(rules, facts);
        self.answer(rules, facts, placement)
    }

    /// Takes in what changed since the last time.
    fn learn(&mut self, rules: &Rules, facts: &dyn Facts) {
        let generations = ALL_FAMILIES.map(|family| facts.generation(family));
        let before = self.generations.replace(generations);
        let now = facts.now();
        let later = now != self.now;
        let changed = |family: Family| {
            let at = family as usize;
            before.is_none_or(|before| before.get(at) != generations.get(at))
        };
        if before != Some(generations) || later {
            for (slot, attribute) in rules.slots.iter().enumerate() {
                if rules.program.did == Some(slot) {
                    continue;
                }
                let fresh = changed(attribute.family);
                let Some(moving) = self.moving.get_mut(slot) else { continue };
                if fresh {
                    *moving = facts.moves_with_time(attribute);
                }
                if fresh || later && *moving {
                    self.set(rules, slot, facts.value(attribute));
                }
            }
        }
        let session = facts.session();
        if [Family::Seen, Family::Visitor, Family::Session].into_iter().any(changed) || session != self.session {
            self.dirty |= rules.program.limited;
        }
        if before.is_none() || now < self.now {
            self.dirty = u64::MAX;
        }
        self.ask_history(rules, facts, before.is_none() || session != self.session || now < self.now);
        self.session = session;
        self.now = now;
    }

    /// Asks the history again where the answer may be another one.
    fn ask_history(&mut self, rules: &Rules, facts: &dyn Facts, all: bool) {
        let Some(plan) = rules.program.did.and_then(|did| rules.program.plans.get(did)) else { return };
        let generation = facts.history_generation();
        let all = all || generation != self.history;
        self.history = generation;
        for (nth, test) in (plan.bits.0..plan.bits.1).enumerate() {
            let Some(until) = self.did_until.get_mut(nth) else { continue };
            if !all && until.is_none_or(|until| facts.now() < until) {
                continue;
            }
            if let Some(Op::Did(did)) = rules.program.op(rules, test) {
                let answer = did.answer(facts);
                // The same answer, but not for as long: what was promised of the placement's verdict is no longer true.
                if earlier(*until, answer.until) != *until {
                    self.dirty |= rules.program.masks.get(test).copied().unwrap_or(u64::MAX);
                }
                *until = answer.until;
                self.turn(&rules.program, test, answer.holds);
            }
        }
    }

    /// Gives a test its answer.
    #[inline]
    fn turn(&mut self, program: &Program, test: usize, holds: bool) {
        if has(&self.bits, test) != holds {
            put(&mut self.bits, test, holds);
            self.dirty |= program.masks.get(test).copied().unwrap_or(u64::MAX);
        }
    }

    /// Gives an attribute its value.
    fn set(&mut self, rules: &Rules, slot: usize, value: Value) {
        match value {
            Value::Null => self.set_null(rules, slot),
            Value::Number(number) if !number.is_nan() => self.number(rules, slot, number),
            Value::Text(text) => {
                let symbol = rules.program.symbols.find(&text).unwrap_or(OTHER);
                self.text(rules, slot, symbol, &text, None);
            }
            other => self.set_else(rules, slot, other),
        }
    }

    fn set_null(&mut self, rules: &Rules, slot: usize) {
        self.enter(rules, slot, Known::Null, &rules.program.for_null);
    }

    /// Takes an attribute's value for another kind of value: its tests start from what holds for all of that kind.
    fn enter(&mut self, rules: &Rules, slot: usize, kind: Known, start: &Bits) {
        let (Some(known), Some(plan)) = (self.known.get_mut(slot), rules.program.plans.get(slot)) else { return };
        if *known != kind {
            *known = kind;
            copy(&mut self.bits, start, plan.bits.0, plan.bits.1);
            self.dirty |= plan.placements;
        }
    }

    fn set_else(&mut self, rules: &Rules, slot: usize, value: Value) {
        let Some(plan) = rules.program.plans.get(slot) else { return };
        for test in plan.bits.0..plan.bits.1 {
            let holds = rules.program.op(rules, test).is_some_and(|op| op.holds(&value));
            self.turn(&rules.program, test, holds);
        }
        if let Some(known) = self.known.get_mut(slot) {
            *known = Known::Else(value);
        }
    }

    fn number(&mut self, rules: &Rules, slot: usize, number: f64) {
        let program = &rules.program;
        let Some(plan) = program.plans.get(slot) else { return };
        let steps = program.steps.get(plan.steps.0..plan.steps.1).unwrap_or(&[]);
        let before = match self.known.get(slot) {
            Some(Known::Number(passed)) => *passed,
            _ => {
                self.enter(rules, slot, Known::Number(usize::MAX), &program.for_number);
                0
            }
        };
        // Every step between old and new turns its test over; a test that is turned over twice is as before.
        let mut passed = before;
        while let Some(step) = steps.get(passed).filter(|step| step.at < number || step.at == number && !step.after) {
            self.turn(program, step.test as usize, !has(&self.bits, step.test as usize));
            passed += 1;
        }
        while let Some(step) = passed.checked_sub(1).and_then(|last| steps.get(last))
            && (step.at > number || step.at == number && step.after)
        {
            self.turn(program, step.test as usize, !has(&self.bits, step.test as usize));
            passed -= 1;
        }
        if let Some(known) = self.known.get_mut(slot) {
            *known = Known::Number(passed);
        }
        self.ask(rules, plan.for_numbers, &Value::Number(number));
    }

    fn text(&mut self, rules: &Rules, slot: usize, symbol: u32, text: &str, lexicon: Option<(&mut Lexicon, u32)>) {
        let program = &rules.program;
        let Some(plan) = program.plans.get(slot) else { return };
        let before = match self.known.get(slot) {
            Some(Known::Text(before)) => *before,
            _ => {
                self.enter(rules, slot, Known::Text(OTHER), &program.for_text);
                OTHER
            }
        };
        if before != symbol {
            let (mut old, mut new) = (program.members(before, plan), program.members(symbol, plan));
            // Both lists are in order: a test in both stays as it is.
            loop {
                match (old.split_first(), new.split_first()) {
                    (Some((one, rest)), Some((other, others))) if one == other => (old, new) = (rest, others),
                    (Some((one, rest)), other) if other.is_none_or(|(other, _)| one < other) => {
                        self.turn(program, *one as usize, false);
                        old = rest;
                    }
                    (_, Some((other, others))) => {
                        self.turn(program, *other as usize, true);
                        new = others;
                    }
                    _ => break,
                }
            }
            if let Some(known) = self.known.get_mut(slot) {
                *known = Known::Text(symbol);
            }
        }
        if plan.for_texts.0 < plan.for_texts.1 {
            match lexicon {
                None => self.ask(rules, plan.for_texts, &Value::from(text)),
                Some((lexicon, number)) => {
                    let tests = program.dynamic.get(plan.for_texts.0..plan.for_texts.1).unwrap_or(&[]);
                    for (test, holds) in tests.iter().zip(lexicon.answers(rules, slot, number, tests)) {
                        self.turn(program, *test as usize, holds);
                    }
                }
            }
        }
    }

    /// Asks tests that only asking answers.
    fn ask(&mut self, rules: &Rules, (from, until): (usize, usize), value: &Value) {
        for test in rules.program.dynamic.get(from..until).unwrap_or(&[]) {
            let test = *test as usize;
            let holds = rules.program.op(rules, test).is_some_and(|op| op.holds(value));
            self.turn(&rules.program, test, holds);
        }
    }

    /// The remembered answer if it is still good, else a new one.
    fn answer(&mut self, rules: &Rules, facts: &dyn Facts, placement: usize) -> Verdict {
        if self.dirty != 0 {
            self.epoch += 1;
            for (nth, stamp) in self.stamps.iter_mut().enumerate() {
                *stamp = stamp.wrapping_add((self.dirty >> nth & 1) as u32);
            }
            self.dirty = 0;
        }
        let stamp = self.stamps.get(placement & 63).copied().unwrap_or(0);
        if let Some(Some(memo)) = self.memos.get(placement)
            && memo.stamp == stamp
            && memo.verdict.valid_until.is_none_or(|until| facts.now() < until)
        {
            return memo.verdict;
        }
        let mut verdict = self.decide(rules, facts, placement);
        if let Some(plan) = rules.program.did.and_then(|did| rules.program.plans.get(did))
            && plan.placements & bit(placement) != 0
        {
            let masks = rules.program.masks.get(plan.bits.0..plan.bits.1).unwrap_or(&[]);
            for (until, _) in self.did_until.iter().zip(masks).filter(|(_, mask)| **mask & bit(placement) != 0) {
                verdict.valid_until = earlier(verdict.valid_until, *until);
            }
        }
        if let Some(memo) = self.memos.get_mut(placement) {
            *memo = Some(Memo { verdict, stamp });
        }
        verdict
    }

    fn decide(&mut self, rules: &Rules, facts: &dyn Facts, placement: usize) -> Verdict {
        let mut valid_until = None;
        let Some(mut at) = rules.program.placements.get(placement).copied() else { return Verdict::nothing(None) };
        loop {
            let stop = self.run(&rules.program, at);
            let winner = stop.number();
            if winner == END {
                return Verdict::nothing(valid_until);
            }
            if !stop.flag() {
                return Verdict::win(rules, winner, None, valid_until);
            }
            at = stop.to;
            let Some(experience) = rules.experiences.get(winner) else { continue };
            let (chance, until) = chance(experience, facts);
            valid_until = earlier(valid_until, until);
            if let Chance::Wins(variant) = chance {
                return Verdict::win(rules, winner, variant, valid_until);
            }
        }
    }

    /// Follows the jumps from a place to the next stop.
    fn run(&mut self, program: &Program, at: u32) -> Jump {
        let mut at = at as usize;
        loop {
            // Every row of jumps ends with a stop, so there always is one.
            let Some(jump) = program.jumps.get(at).copied() else { return Jump::default() };
            let answer = match jump.step() {
                Step::Bit => has(&self.bits, jump.number()),
                Step::Audience => self.audience(program, jump.number()),
                Step::Always => jump.flag(),
                Step::Stop => return jump,
            };
            at = if answer == jump.flag() { jump.to as usize } else { at + 1 };
        }
    }

    /// Whether an audience holds; it is asked once an epoch.
    fn audience(&mut self, program: &Program, audience: usize) -> bool {
        let epoch = self.epoch & 0x7fff_ffff;
        match self.audiences.get(audience) {
            Some(memo) if memo >> 1 == epoch => return memo & 1 == 1,
            _ => {}
        }
        let start = program.audiences.get(audience).copied();
        let found = start.is_some_and(|start| self.run(program, start).number() == 1);
        if let Some(memo) = self.audiences.get_mut(audience) {
            *memo = epoch << 1 | u32::from(found);
        }
        found
    }
}

/// The direct way in, for callers that hold attributes themselves and know which changed: servers, tools, the page's
/// own context. Slots come from [`Rules::slot`]. History, limits and assignments are taken as empty.
impl Decider {
    /// Sets an attribute to a number. NaN counts as missing.
    pub fn set_number(&mut self, rules: &Rules, slot: u32, number: f64) {
        match number.is_nan() {
            true => self.set_null(rules, slot as usize),
            false => self.number(rules, slot as usize, number),
        }
    }

    /// Sets an attribute to a text.
    pub fn set_text(&mut self, rules: &Rules, slot: u32, text: &str) {
        let symbol = rules.program.symbols.find(text).unwrap_or(OTHER);
        self.text(rules, slot as usize, symbol, text, None);
    }

    /// Sets an attribute to a text that the lexicon knows by number. What its tests answered for it is remembered there.
    pub fn set_symbol(&mut self, rules: &Rules, lexicon: &mut Lexicon, slot: u32, number: u32) {
        let symbol = if lexicon.is_symbol(rules, number) { number } else { OTHER };
        self.text(rules, slot as usize, symbol, "", Some((lexicon, number)));
    }

    /// Sets an attribute to true or false.
    pub fn set_bool(&mut self, rules: &Rules, slot: u32, flag: bool) {
        self.set_else(rules, slot as usize, Value::Bool(flag));
    }

    /// Sets an attribute to any value.
    pub fn set_value(&mut self, rules: &Rules, slot: u32, value: Value) {
        self.set(rules, slot as usize, value);
    }

    /// Takes an attribute as missing.
    pub fn clear(&mut self, rules: &Rules, slot: u32) {
        self.set_null(rules, slot as usize);
    }

    /// Sets what experiments hash.
    pub fn set_visitor(&mut self, rules: &Rules, visitor: &str) {
        self.visitor = visitor.to_owned();
        self.dirty |= rules.program.limited;
    }

    /// Who wins a placement, by the attributes set so far.
    pub fn verdict_now(&mut self, rules: &Rules, placement: usize, now: Millis) -> Verdict {
        if now < self.now {
            self.dirty = u64::MAX;
        }
        let visitor = core::mem::take(&mut self.visitor);
        let facts = Alone { now, visitor: &visitor, attributes: &[] };
        if self.now == Millis::MIN {
            self.ask_history(rules, &facts, true);
        }
        self.now = now;
        let verdict = self.answer(rules, &facts, placement);
        self.visitor = visitor;
        verdict
    }
}

/// A visitor of whom nothing is known but the id and a list of attributes.
#[derive(Debug, Clone, Copy)]
pub struct Alone<'v> {
    /// The moment of the decision.
    pub now: Millis,
    /// What experiments hash.
    pub visitor: &'v str,
    /// By turns the path of an attribute and its value; no path stands here twice.
    pub attributes: &'v [Value],
}

impl Facts for Alone<'_> {
    fn now(&self) -> Millis {
        self.now
    }
    fn value(&self, attribute: &Attribute) -> Value {
        let mut pairs = self.attributes.chunks_exact(2);
        let found = pairs.find(|pair| pair.first().and_then(Value::as_str) == Some(&attribute.path));
        found.and_then(|pair| pair.last().cloned()).unwrap_or_default()
    }
    fn generation(&self, _: Family) -> u32 {
        0
    }
    fn moves_with_time(&self, _: &Attribute) -> bool {
        false
    }
    fn history(&self) -> &[Remembered] {
        &[]
    }
    fn history_generation(&self) -> u32 {
        0
    }
    fn session(&self) -> u32 {
        0
    }
    fn visitor_id(&self) -> &str {
        self.visitor
    }
    fn shown(&self, _: &str, _: Per) -> Shown {
        Shown::default()
    }
    fn assigned(&self, _: &str) -> Option<&str> {
        None
    }
}
