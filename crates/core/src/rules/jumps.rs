//! Conditions as jumps: a placement's conditions lie in a row, each test says where to go on, and no stack is needed.

use super::Rules;
use super::condition::{Kind, Nodes, Word};

/// One step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Jump {
    /// What is asked, on which answer it jumps, and the number of what is asked.
    what: u32,
    /// Where it jumps to; where it goes on after a stop.
    pub(super) to: u32,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Asks the bit with this number.
    Bit,
    /// Asks the audience with this number.
    Audience,
    /// Jumps whatever.
    Always,
    /// Stops with this number.
    Stop,
}

/// A stop with this number: nothing more to find.
pub(super) const END: usize = NUMBER as usize;
const NUMBER: u32 = (1 << 29) - 1;

impl Default for Jump {
    /// The end.
    fn default() -> Jump {
        Jump::new(Step::Stop, false, END, 0)
    }
}

impl Jump {
    fn new(step: Step, flag: bool, number: usize, to: u32) -> Jump {
        Jump { what: (step as u32) << 30 | u32::from(flag) << 29 | (number as u32 & NUMBER), to }
    }
    #[inline]
    pub(super) fn step(self) -> Step {
        match self.what >> 30 {
            0 => Step::Bit,
            1 => Step::Audience,
            2 => Step::Always,
            _ => Step::Stop,
        }
    }
    /// The answer on which it jumps; of stops, whether more has to be looked at than the condition.
    #[inline]
    pub(super) fn flag(self) -> bool {
        self.what >> 29 & 1 == 1
    }
    #[inline]
    pub(super) fn number(self) -> usize {
        (self.what & NUMBER) as usize
    }
}

/// Writes the jumps of placements and audiences.
pub(super) struct Writer<'r> {
    rules: &'r Rules,
    /// Which bit each test has.
    bits: &'r [u32],
    pub(super) code: Vec<Jump>,
    /// Where each label stands; jumps name labels until `finish`.
    labels: Vec<u32>,
}

impl<'r> Writer<'r> {
    pub(super) fn new(rules: &'r Rules, bits: &'r [u32]) -> Writer<'r> {
        let code = Vec::with_capacity(rules.code.len() + rules.experiences.len());
        Writer { rules, bits, code, labels: Vec::with_capacity(2 * rules.experiences.len()) }
    }

    /// The conditions of a placement, in order. Stops name the experience, and whether it has more than a condition.
    pub(super) fn placement(&mut self, order: &[u32], more: impl Fn(u32) -> bool) -> u32 {
        let start = self.code.len() as u32;
        for nth in order {
            let Some(experience) = self.rules.experiences.get(*nth as usize) else { continue };
            let next = self.label();
            self.node(self.rules.words(experience.when), false, next);
            self.code.push(Jump::new(Step::Stop, more(*nth), *nth as usize, next));
            self.place(next);
        }
        self.code.push(Jump::default());
        start
    }

    /// The condition of an audience. Stops say whether it holds: 1 or 0.
    pub(super) fn audience(&mut self, words: &[Word]) -> u32 {
        let start = self.code.len() as u32;
        let no = self.label();
        self.node(words, false, no);
        self.code.push(Jump::new(Step::Stop, false, 1, 0));
        self.place(no);
        self.code.push(Jump::new(Step::Stop, false, 0, 0));
        start
    }

    /// Puts the labels' places into the jumps.
    pub(super) fn finish(mut self) -> Vec<Jump> {
        for jump in &mut self.code {
            jump.to = self.labels.get(jump.to as usize).copied().unwrap_or(0);
        }
        self.code
    }

    fn label(&mut self) -> u32 {
        self.labels.push(0);
        self.labels.len() as u32 - 1
    }

    fn place(&mut self, label: u32) {
        if let Some(place) = self.labels.get_mut(label as usize) {
            *place = self.code.len() as u32;
        }
    }

    /// Goes to `label` if the answer of a node is `on`, else falls through.
    fn node(&mut self, node: &[Word], on: bool, label: u32) {
        let Some((word, inner)) = node.split_first() else { return };
        let on = on != word.negated();
        let number = word.number();
        let kind = match word.kind() {
            Kind::Test => {
                let bit = self.bits.get(number).copied().unwrap_or(0) as usize;
                return self.code.push(Jump::new(Step::Bit, on, bit, label));
            }
            Kind::Audience => return self.code.push(Jump::new(Step::Audience, on, number, label)),
            kind => kind,
        };
        // The answer of one part that settles the whole: false for all, true for any.
        let settles = kind == Kind::Any;
        if inner.is_empty() {
            if on != settles {
                self.code.push(Jump::new(Step::Always, false, 0, label));
            }
        } else if on == settles {
            for part in Nodes(inner) {
                self.node(part, settles, label);
            }
        } else {
            let past = self.label();
            let mut parts = Nodes(inner);
            while let Some(part) = parts.next() {
                match parts.0.is_empty() {
                    false => self.node(part, settles, past),
                    true => self.node(part, on, label),
                }
            }
            self.place(past);
        }
    }
}
