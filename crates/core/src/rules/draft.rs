//! Rules of which the conditions are not compiled yet: good for a first decision straight from the text, which looks only
//! at what stands before the winner, while compiling looks at everything.
//!
//! INVARIANT: it finds the winner that the compiled rules find for the same facts. What is wrong in a condition turns its
//! experience off, so a winner's condition is read as a whole before it wins; one that does not hold needs no such look.
//! Rules with saved groups are compiled at once.

use super::audience::referred;
use super::build::{Builder, Make, Scope, is_word, known_operator, made, nothing};
use super::document::{Outline, compile, in_order, opened, outline};
use super::history::question;
use super::operator::Op;
use super::problem::{PATIENCE, Problem};
use super::read::Reader;
use super::table::Names;
use super::verdict::{Chance, chance};
use super::{Experience, Rules};
use crate::attributes::{Attribute, Facts};
use crate::json::{Document, Marks, Member, Node};
use crate::schema::Gather;
use crate::schema::Value;

/// Reads a rules document: everything that is right, and every problem with the rest. Never fails, never panics.
///
/// A document that is no JSON, or of a version not known here, gives rules without placements.
pub fn read(text: &str) -> (Rules, Vec<Problem>) {
    read_bytes(text.as_bytes())
}

/// Reads a rules document from bytes, which may not even be text.
pub fn read_bytes(bytes: &[u8]) -> (Rules, Vec<Problem>) {
    let mut draft = Draft::new(bytes.to_vec());
    let problems = draft.compile();
    (draft.into_rules(), problems)
}

/// A rules document on its way to being compiled.
#[derive(Debug, Default)]
pub struct Draft {
    text: String,
    /// What was found in the text; `None` if it is no document of a known version.
    marks: Option<Marks>,
    outline: Outline,
    problems: Vec<Problem>,
    /// How many names may still be compared to find the nearest.
    patience: u32,
}

impl Draft {
    /// Reads everything but the conditions. Never fails, never panics, as [`super::read`].
    pub fn new(bytes: Vec<u8>) -> Draft {
        let mut draft = Draft::default();
        match String::from_utf8(bytes) {
            Ok(text) => draft.text = text,
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                draft.problems.push(Problem::error("not-text", "", at, at + 1, "UTF-8"));
                return draft;
            }
        }
        let mut reader = Reader::new(&draft.text, PATIENCE);
        let mut has_groups = false;
        if let Some(document) = opened(&mut reader) {
            outline(&mut reader, document.root(), &mut draft.outline);
            has_groups = document.get("savedGroups").is_some();
            draft.marks = Some(document.into_marks());
        }
        (draft.problems, draft.patience) = (reader.problems, reader.patience);
        if has_groups {
            // How much of them is read depends on all conditions together.
            draft.problems = draft.compile();
        }
        draft
    }

    /// The text of the document. Once the rules are compiled nothing in here needs it.
    pub fn take_text(&mut self) -> String {
        core::mem::take(&mut self.text)
    }

    /// The rules: before they are compiled, those parts that are no condition.
    pub fn rules(&self) -> &Rules {
        &self.outline.rules
    }

    /// The rules, for good.
    pub fn into_rules(self) -> Rules {
        self.outline.rules
    }

    /// Per placement the index of the experience that wins; `None` once the rules are compiled, and where they are no document.
    pub fn winners(&mut self, facts: &dyn Facts) -> Option<Vec<Option<usize>>> {
        let marks = self.marks.take()?;
        let document = marks.over(&self.text);
        let outline = &self.outline;
        let audiences = vec![None; outline.rules.audiences.len()];
        let mut plain = Plain {
            reader: Reader::new(&self.text, self.patience),
            document: &document,
            outline,
            facts,
            audiences,
            paths: Names::default(),
            values: Vec::new(),
            patterns: Names::default(),
            regexes: Vec::new(),
        };
        let winners = outline.rules.orders.iter().map(|order| plain.winner(order)).gather();
        self.marks = Some(document.into_marks());
        Some(winners)
    }

    /// Compiles the rules, and tells all problems: as [`super::read`] does. The second time there is nothing left to do.
    pub fn compile(&mut self) -> Vec<Problem> {
        let mut problems = core::mem::take(&mut self.problems);
        if let Some(marks) = self.marks.take() {
            let mut reader = Reader::new(&self.text, self.patience);
            compile(&mut reader, &marks.over(&self.text), &mut self.outline);
            problems.append(&mut reader.problems);
        }
        in_order(problems)
    }
}

/// Evaluation from the text.
struct Plain<'a> {
    /// Takes in what is wrong; nobody asks it but whether anything is.
    reader: Reader<'a>,
    document: &'a Document<'a>,
    outline: &'a Outline,
    facts: &'a dyn Facts,
    /// What each audience answered.
    audiences: Vec<Option<bool>>,
    /// The attributes asked for so far, and their values.
    paths: Names,
    values: Vec<Value>,
    /// The patterns met so far, as they are written, and their tests.
    patterns: Names,
    regexes: Vec<Option<Op>>,
}

impl Plain<'_> {
    /// The first experience of an order that wins.
    fn winner(&mut self, order: &[u32]) -> Option<usize> {
        let Outline { rules, conditions, .. } = self.outline;
        let mut order = order.iter().map(|nth| *nth as usize);
        order.find(|nth| match (rules.experiences.get(*nth), conditions.get(*nth)) {
            (Some(experience), Some(condition)) => self.wins(experience, *condition),
            _ => false,
        })
    }

    fn wins(&mut self, experience: &Experience, condition: Option<usize>) -> bool {
        let condition = condition.map(|index| self.document.node(index));
        condition.is_none_or(|node| self.all(node) && self.is_sound(node))
            && matches!(chance(experience, self.facts).0, Chance::Wins(_))
    }

    /// Whether nothing is wrong with a condition.
    fn is_sound(&mut self, node: Node) -> bool {
        let errors = self.reader.errors;
        let mut builder = Builder::default();
        builder.condition(&mut self.reader, node, Scope::Visitor(&self.outline.audiences));
        let is_off = |nth: usize| self.outline.rules.audiences.get(nth).is_none_or(|audience| audience.off);
        errors == self.reader.errors && !referred(&builder.code).any(is_off)
    }

    /// Whether all members of a condition hold.
    fn all(&mut self, node: Node) -> bool {
        match node.only_member() {
            Some(member) => self.member(member),
            None => node.members().all(|member| self.member(member)),
        }
    }

    fn member(&mut self, member: Member) -> bool {
        let value = member.value;
        if !is_word(member.key) {
            return self.value(member.key, value);
        }
        match member.key {
            "$and" => value.items().all(|item| self.all(item)),
            "$or" => self.any(value),
            "$nor" => !self.any(value),
            "$not" => !self.all(value),
            "$audience" => match value.as_str() {
                Some(name) => self.audience(name),
                None => value.items().all(|item| item.as_str().is_some_and(|name| self.audience(name))),
            },
            "$did" => self.did(value),
            _ => false,
        }
    }

    /// Whether at least one of a list holds; an empty one does.
    fn any(&mut self, list: Node) -> bool {
        list.is_empty() || list.items().any(|item| self.all(item))
    }

    fn audience(&mut self, name: &str) -> bool {
        let Some(number) = self.outline.audiences.find(name).map(|number| number as usize) else { return false };
        if let Some(Some(known)) = self.audiences.get(number) {
            return *known;
        }
        let audience = self.outline.rules.audiences.get(number).filter(|audience| !audience.off);
        let holds = audience.is_some_and(|audience| self.all(self.document.node(audience.index)));
        if let Some(memo) = self.audiences.get_mut(number) {
            *memo = Some(holds);
        }
        holds
    }

    fn did(&mut self, node: Node) -> bool {
        let ever = node.members().all(|member| matches!(member.key, "event" | "times"));
        let Some(event) = node.get("event").and_then(Node::as_str).filter(|_| ever) else {
            return question(&mut self.reader, node).is_some_and(|did| did.answer(self.facts).holds);
        };
        let path = ["count.", event].concat();
        match node.get("times") {
            Some(times) => self.value(&path, times),
            None => self.test(&path, Make::Once, nothing(node)),
        }
    }

    /// Whether an attribute has what stands next to its path: operators, or a value to equal.
    fn value(&mut self, path: &str, node: Node) -> bool {
        if let Some(member) = node.only_member().filter(|member| is_word(member.key)) {
            return self.operator(path, member);
        }
        match node.members().next().is_some_and(|member| is_word(member.key)) {
            true => node.members().all(|member| self.operator(path, member)),
            false => self.test(path, Make::Same, node),
        }
    }

    fn operator(&mut self, path: &str, member: Member) -> bool {
        let operand = member.value;
        match known_operator(member.key) {
            None => false,
            Some((Make::Not, _)) => !self.value(path, operand),
            Some((Make::Exists, _)) => self.test(path, Make::Exists, operand) == (operand.as_bool() == Some(true)),
            Some((make, negated)) => self.test(path, make, operand) != negated,
        }
    }

    fn test(&mut self, path: &str, make: Make, operand: Node) -> bool {
        let known = self.values.len();
        let number = self.paths.number(path) as usize;
        if number == known {
            self.values.push(self.facts.value(&Attribute::parse(path)));
        }
        let Some(value) = self.values.get(number) else { return false };
        // What most tests are, without making one that is asked once.
        if let (Value::Number(value), Some(compare), Some(operand)) = (value, make.order(), operand.as_f64()) {
            return value.partial_cmp(&operand).is_some_and(|order| compare.holds(order));
        }
        match (make, value) {
            (Make::Eq | Make::Same, Value::Bool(value)) if operand.as_bool().is_some() => {
                operand.as_bool() == Some(*value)
            }
            (Make::In, Value::Text(text)) => operand.items().any(|item| item.as_str() == Some(text)),
            (Make::Eq | Make::Same, Value::Text(text)) if operand.as_str().is_some() => operand.as_str() == Some(text),
            // Making a pattern takes the longest, and few patterns stand in many rules.
            (Make::Regex, _) => {
                let number = self.patterns.number(operand.raw()) as usize;
                if number == self.regexes.len() {
                    self.regexes.push(made(&mut self.reader, make, operand));
                }
                self.regexes.get(number).and_then(Option::as_ref).is_some_and(|op| op.holds(value))
            }
            _ => made(&mut self.reader, make, operand).is_some_and(|op| op.holds(value)),
        }
    }
}
