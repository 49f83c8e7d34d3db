//! Reading a document part by part: every problem is collected, nothing stops at the first.

use super::problem::{Problem, Severity, Words, nearest};
use super::table::Names;
use crate::json::{Kind, Member, Members, Node};

/// The text being read and what is wrong with it.
pub(crate) struct Reader<'a> {
    pub(crate) text: &'a str,
    pub(crate) problems: Vec<Problem>,
    /// How many errors there are so far: more of them later mean that what was read in between is bad.
    pub(crate) errors: usize,
    /// How many names may still be compared to find the nearest.
    pub(crate) patience: u32,
    /// How much text of saved groups may still be read: each that is asked for stands for a list of its own.
    pub(crate) groups_left: usize,
}

/// How much text of saved groups is read in all (bytes).
const GROUPS: usize = 32 << 20;

impl<'a> Reader<'a> {
    /// Nothing is wrong yet.
    pub(crate) fn new(text: &'a str, patience: u32) -> Self {
        Reader { text, problems: Vec::new(), errors: 0, patience, groups_left: GROUPS }
    }

    /// Notes an error at a node.
    pub(crate) fn error(&mut self, code: &'static str, node: Node, expected: &'static str) {
        self.note(Problem::error(code, self.text, node.at, node.end, expected));
    }

    /// Notes a name that does not exist, with the nearest one that does.
    pub(crate) fn unknown<'w>(
        &mut self,
        code: &'static str,
        node: Node,
        expected: &'static str,
        candidates: &mut dyn Words<'w>,
    ) {
        let mut problem = Problem::error(code, self.text, node.at, node.end, expected);
        problem.nearest = nearest(node.as_str().unwrap_or(""), candidates, &mut self.patience);
        self.note(problem);
    }

    /// An error at a member's name, not noted yet.
    pub(crate) fn at_name(&self, code: &'static str, member: Member, expected: &'static str) -> Problem {
        Problem::error(code, self.text, member.at, member.end, expected)
    }

    /// Notes a problem.
    pub(crate) fn note(&mut self, problem: Problem) {
        self.errors += usize::from(problem.severity == Severity::Error);
        self.problems.push(problem);
    }

    /// Says which experience the problems from the one with this number on are about.
    pub(crate) fn about(&mut self, first: usize, experience: &str) {
        for problem in self.problems.iter_mut().skip(first) {
            problem.experience.get_or_insert_with(|| experience.to_owned());
        }
    }

    /// The members of an object, after a look at their names: each known, none twice.
    pub(crate) fn members<'d>(&mut self, node: Node<'d>, known: &[&str]) -> Members<'d> {
        for member in self.entries(node) {
            self.known(member, known);
        }
        node.members()
    }

    /// Notes a member whose name is not one of those known here.
    pub(crate) fn known(&mut self, member: Member, known: &[&str]) {
        let name = member.key;
        if known.contains(&name) || name.starts_with('$') || name == "name" || name == "description" {
            return;
        }
        let near = nearest(name, &mut known.iter().copied(), &mut self.patience);
        let mut problem = self.at_name("unknown-member", member, "a member that is known here");
        problem.severity = if near.is_some() { Severity::Error } else { Severity::Warning };
        problem.nearest = near;
        self.note(problem);
    }

    /// The members of an object with names of the user's choice, none twice.
    pub(crate) fn entries<'d>(&mut self, node: Node<'d>) -> Members<'d> {
        if !node.is_map() {
            self.error("wrong-type", node, "an object");
        }
        if node.may_repeat_names() {
            let mut names = Names::default();
            for member in node.members() {
                let known = names.len();
                names.number(member.key);
                if names.len() == known {
                    self.twice(member);
                }
            }
        }
        node.members()
    }

    fn twice(&mut self, member: Member) {
        self.note(self.at_name("duplicate-member", member, "every name once"));
    }

    /// Text.
    pub(crate) fn text<'d>(&mut self, node: Node<'d>) -> Option<&'d str> {
        let text = node.as_str();
        if text.is_none() {
            self.error("wrong-type", node, "text");
        }
        text
    }

    /// Text, owned.
    pub(crate) fn owned(&mut self, node: Node) -> Option<String> {
        self.text(node).map(str::to_owned)
    }

    /// The list that the id of a saved group stands for.
    pub(crate) fn saved_group<'d>(&mut self, node: Node<'d>) -> Option<Node<'d>> {
        let name = self.text(node)?;
        let groups = || node.root().get("savedGroups").into_iter().flat_map(Node::members);
        let (mut found, mut cost) = (None, 0);
        for group in groups().take(self.groups_left) {
            cost += 1;
            if group.key == name {
                found = Some(group.value);
            }
        }
        cost += found.map_or(0, |list| list.end - list.at);
        if cost > self.groups_left || self.groups_left == 0 {
            self.groups_left = 0;
            self.error("too-large", node, "saved groups that are shorter, or asked for in fewer places");
            return None;
        }
        self.groups_left -= cost;
        if found.is_none() {
            self.unknown("unknown-group", node, "the id of a saved group", &mut groups().map(|group| group.key));
        }
        found
    }

    /// Whether it is a list. What is not has no items.
    pub(crate) fn is_list(&mut self, node: Node) -> bool {
        let list = node.kind() == Kind::List;
        if !list {
            self.error("wrong-type", node, "a list");
        }
        list
    }

    /// What `read` makes of the items of a list. What is no list has none.
    pub(crate) fn list<T>(&mut self, node: Node, mut read: impl FnMut(&mut Self, Node) -> Option<T>) -> Vec<T> {
        let mut list = Vec::new();
        if self.is_list(node) {
            for item in node.items() {
                list.extend(read(self, item));
            }
        }
        list
    }

    /// A number between two bounds.
    pub(crate) fn number(&mut self, node: Node, low: f64, high: f64, expected: &'static str) -> Option<f64> {
        match node.as_f64() {
            Some(number) if number >= low && number <= high => return Some(number),
            Some(_) => self.error("out-of-range", node, expected),
            None => self.error("wrong-type", node, expected),
        };
        None
    }

    /// A whole number between two bounds.
    pub(crate) fn whole(&mut self, node: Node, low: u32, high: u32, expected: &'static str) -> Option<u32> {
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
        node: Node,
        words: &[(&'static str, T)],
        expected: &'static str,
    ) -> Option<T> {
        let name = self.text(node)?;
        let found = words.iter().find(|(word, _)| *word == name).map(|(_, value)| *value);
        if found.is_none() {
            self.unknown(code, node, expected, &mut words.iter().map(|(word, _)| *word));
        }
        found
    }
}
