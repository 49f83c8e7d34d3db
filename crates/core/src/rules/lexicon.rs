//! Texts by number, so that a caller hands over each text once, and what tests answered for it is remembered.

use super::Rules;
use super::table::{Names, Table};
use crate::schema::Value;

/// So many texts of its own a lexicon takes in at most.
const MAX_TEXTS: usize = 4096;
/// So many answers it remembers at most.
const MAX_ANSWERS: usize = 1 << 16;

/// Texts by number for one set of rules: first the rules' own symbols, then what callers use besides.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    texts: Names,
    /// Attribute and text, and where their answers begin.
    keys: Vec<(u32, u32, u32)>,
    table: Table,
    answers: Vec<bool>,
}

impl Lexicon {
    /// The number of a text; `None` once there are too many: use [`super::Decider::set_text`] then.
    pub fn number(&mut self, rules: &Rules, text: &str) -> Option<u32> {
        if let Some(symbol) = rules.program.symbols.find(text) {
            return Some(symbol);
        }
        let own = rules.program.symbols.len() as u32;
        if self.texts.len() >= MAX_TEXTS {
            return self.texts.find(text).map(|number| own + number);
        }
        Some(own + self.texts.number(text))
    }

    pub(super) fn is_symbol(&self, rules: &Rules, number: u32) -> bool {
        (number as usize) < rules.program.symbols.len()
    }

    fn text<'t>(&'t self, rules: &'t Rules, number: u32) -> &'t str {
        match number.checked_sub(rules.program.symbols.len() as u32) {
            None => rules.program.symbols.name(number),
            Some(own) => self.texts.name(own),
        }
    }

    /// What an attribute's tests answer for a text.
    pub(super) fn answers(
        &mut self,
        rules: &Rules,
        slot: usize,
        number: u32,
        tests: &[u32],
    ) -> impl Iterator<Item = bool> {
        let slot = slot as u32;
        let hash = (slot.wrapping_mul(0x9e37_79b9) ^ number).wrapping_mul(0x85eb_ca6b);
        let hash = hash ^ hash >> 15;
        let found = self.table.find(hash, |key| {
            self.keys.get(key as usize).is_some_and(|(other, text, _)| *other == slot && *text == number)
        });
        let start = match found.and_then(|key| self.keys.get(key as usize)) {
            Some((_, _, start)) => *start as usize,
            None => {
                if self.answers.len() + tests.len() > MAX_ANSWERS {
                    (self.keys, self.table, self.answers) = (Vec::new(), Table::default(), Vec::new());
                }
                let start = self.answers.len();
                let value = Value::from(self.text(rules, number));
                let holds = |bit: &u32| rules.program.op(rules, *bit as usize).is_some_and(|op| op.holds(&value));
                self.answers.extend(tests.iter().map(holds));
                self.table.put(hash, self.keys.len() as u32);
                self.keys.push((slot, number, start as u32));
                start
            }
        };
        self.answers.get(start..).unwrap_or(&[]).iter().copied()
    }
}
