//! Reading a document part by part: every problem is collected, nothing stops at the first.

use super::problem::{Problem, Severity, nearest};
use super::table::{Table, hash_of};
use crate::json::{Kind, Member, Node};

/// The text being read and what is wrong with it.
pub(crate) struct Reader<'a> {
    pub(crate) text: &'a str,
    pub(crate) problems: Vec<Problem>,
    /// How many errors there are so far: more of them later mean that what was read in between is bad.
    pub(crate) errors: usize,
}

impl<'a> Reader<'a> {
    /// Notes an error at a node.
    pub(crate) fn error(&mut self, code: &'static str, node: &Node, expected: &'static str) {
        self.note(Problem::error(code, self.text, node.at, node.end, expected));
    }

    /// Notes a name that does not exist, with the nearest one that does.
    pub(crate) fn unknown<'c>(
        &mut self,
        code: &'static str,
        node: &Node,
        expected: &'static str,
        candidates: impl Iterator<Item = &'c str>,
    ) {
        let mut problem = Problem::error(code, self.text, node.at, node.end, expected);
        problem.nearest = nearest(node.as_str().unwrap_or(""), candidates);
        self.note(problem);
    }

    /// An error at a member's name, not noted yet.
    pub(crate) fn at_name(&self, code: &'static str, member: &Member, expected: &'static str) -> Problem {
        // The name may hold escapes, so its end is looked for in the text.
        let name = self.text.as_bytes().get(member.at..member.value.at).unwrap_or(&[]);
        let length = name.iter().rposition(|byte| *byte == b'"').map_or(0, |quote| quote + 1);
        Problem::error(code, self.text, member.at, member.at + length, expected)
    }

    /// Notes a problem.
    pub(crate) fn note(&mut self, problem: Problem) {
        self.errors += usize::from(problem.severity == Severity::Error);
        self.problems.push(problem);
    }

    /// The members of an object, after a look at their names: each known, none twice.
    pub(crate) fn members<'n>(&mut self, node: &'n Node<'a>, known: &[&str]) -> &'n [Member<'a>] {
        let members = self.entries(node);
        for member in members {
            let name = &*member.key;
            if known.contains(&name) || name.starts_with('$') || matches!(name, "name" | "description") {
                continue;
            }
            let near = nearest(name, known.iter().copied());
            let mut problem = self.at_name("unknown-member", member, "a member that is known here");
            problem.severity = if near.is_some() { Severity::Error } else { Severity::Warning };
            problem.nearest = near;
            self.note(problem);
        }
        members
    }

    /// The members of an object with names of the user's choice, none twice.
    pub(crate) fn entries<'n>(&mut self, node: &'n Node<'a>) -> &'n [Member<'a>] {
        if !node.is_map() {
            self.error("wrong-type", node, "an object");
        }
        let members = node.members();
        if members.len() <= 8 {
            for (nth, member) in members.iter().enumerate() {
                if members.iter().take(nth).any(|earlier| earlier.key == member.key) {
                    self.note(self.at_name("duplicate-member", member, "every name once"));
                }
            }
            return members;
        }
        let mut table = Table::default();
        for (nth, member) in members.iter().enumerate() {
            let hash = hash_of(member.key.as_bytes(), 0);
            let same = |other: u32| members.get(other as usize).is_some_and(|other| other.key == member.key);
            if table.find(hash, same).is_some() {
                self.note(self.at_name("duplicate-member", member, "every name once"));
            } else {
                table.put(hash, nth as u32);
            }
        }
        members
    }

    /// Text.
    pub(crate) fn text<'n>(&mut self, node: &'n Node<'a>) -> Option<&'n str> {
        let text = node.as_str();
        if text.is_none() {
            self.error("wrong-type", node, "text");
        }
        text
    }

    /// Text, owned.
    pub(crate) fn owned(&mut self, node: &Node<'a>) -> Option<String> {
        self.text(node).map(str::to_owned)
    }

    /// A list.
    pub(crate) fn list<'n>(&mut self, node: &'n Node<'a>) -> &'n [Node<'a>] {
        if !matches!(node.kind, Kind::List(_)) {
            self.error("wrong-type", node, "a list");
        }
        node.items()
    }

    /// A number between two bounds.
    pub(crate) fn number(&mut self, node: &Node<'a>, low: f64, high: f64, expected: &'static str) -> Option<f64> {
        match node.as_f64() {
            Some(number) if number >= low && number <= high => return Some(number),
            Some(_) => self.error("out-of-range", node, expected),
            None => self.error("wrong-type", node, expected),
        };
        None
    }

    /// A whole number between two bounds.
    pub(crate) fn whole(&mut self, node: &Node<'a>, low: u32, high: u32, expected: &'static str) -> Option<u32> {
        let number = self.number(node, f64::from(low), f64::from(high), expected)?;
        if number.fract() != 0.0 {
            self.error("out-of-range", node, expected);
            return None;
        }
        Some(number as u32)
    }

    /// One word out of a list, as what it stands for.
    pub(crate) fn word<T: Copy>(
        &mut self,
        code: &'static str,
        node: &Node<'a>,
        words: &[(&'static str, T)],
        expected: &'static str,
    ) -> Option<T> {
        let name = self.text(node)?;
        let found = words.iter().find(|(word, _)| *word == name).map(|(_, value)| *value);
        if found.is_none() {
            self.unknown(code, node, expected, words.iter().map(|(word, _)| *word));
        }
        found
    }
}
