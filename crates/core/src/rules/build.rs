//! Reads conditions into words, tests and attributes. What is written twice the same way becomes one test. (long: one compiler of one language)

use super::coerce::padded_version;
use super::condition::{Condition, Kind, Nodes, Test, Word};
use super::history::question;
use super::operator::{Compare, Op, TYPES};
use super::problem::nearest;
use super::read::Reader;
use super::table::{Names, Table, hash_of};
use crate::attributes::Attribute;
use crate::json::{self, Member, Node};
use crate::letter::folded;
use crate::regex::Regex;
use crate::schema::Value;

/// What a test is made of. Each has a number, so that the same test is found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Make {
    Same,
    SameFolded,
    Once,
    Did,
    Eq,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    InFolded,
    All,
    AllFolded,
    Exists,
    Type,
    Size,
    Elem,
    Regex,
    RegexFolded,
    VersionEqual,
    VersionLess,
    VersionLessOrEqual,
    VersionGreater,
    VersionGreaterOrEqual,
    /// Not a test of its own: turns around what it holds.
    Not,
    /// Not a test of its own: names the list of `In`.
    Group,
}

impl Make {
    /// How it wants two values to compare, if it is one of `$lt`, `$lte`, `$gt` and `$gte`.
    #[inline]
    pub(super) fn order(self) -> Option<Compare> {
        Some(match self {
            Make::Less => Compare::Less,
            Make::LessOrEqual => Compare::LessOrEqual,
            Make::Greater => Compare::Greater,
            Make::GreaterOrEqual => Compare::GreaterOrEqual,
            _ => return None,
        })
    }
}

/// Operators that stand next to a path's value; `true` for those that mean the opposite of what they are made of.
const OPERATORS: [(&str, Make, bool); 29] = [
    ("$eq", Make::Eq, false),
    ("$ne", Make::Eq, true),
    ("$lt", Make::Less, false),
    ("$lte", Make::LessOrEqual, false),
    ("$gt", Make::Greater, false),
    ("$gte", Make::GreaterOrEqual, false),
    ("$in", Make::In, false),
    ("$nin", Make::In, true),
    ("$ini", Make::InFolded, false),
    ("$nini", Make::InFolded, true),
    ("$all", Make::All, false),
    ("$alli", Make::AllFolded, false),
    ("$exists", Make::Exists, false),
    ("$type", Make::Type, false),
    ("$size", Make::Size, false),
    ("$elemMatch", Make::Elem, false),
    ("$regex", Make::Regex, false),
    ("$regexi", Make::RegexFolded, false),
    ("$notRegex", Make::Regex, true),
    ("$notRegexi", Make::RegexFolded, true),
    ("$not", Make::Not, true),
    ("$veq", Make::VersionEqual, false),
    ("$vne", Make::VersionEqual, true),
    ("$vlt", Make::VersionLess, false),
    ("$vlte", Make::VersionLessOrEqual, false),
    ("$vgt", Make::VersionGreater, false),
    ("$vgte", Make::VersionGreaterOrEqual, false),
    ("$inGroup", Make::Group, false),
    ("$notInGroup", Make::Group, true),
];
/// Operators that stand where a path could stand.
const GROUPS: [&str; 6] = ["$and", "$or", "$nor", "$not", "$audience", "$did"];

/// The name of the attribute that stands for the history.
pub(crate) const DID: &str = "$did";

/// What a condition may ask besides its own values.
#[derive(Clone, Copy)]
pub(crate) enum Scope<'s> {
    /// A visitor: audiences of these names, the history.
    Visitor(&'s Names),
    /// A document: nothing.
    Document,
}

/// Takes in conditions.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    pub(crate) slots: Vec<Attribute>,
    pub(crate) tests: Vec<Test>,
    pub(crate) code: Vec<Word>,
    pub(crate) slot_table: Table,
    test_table: Table,
    /// Where each test's operand stands in the text, and what it is made of.
    operands: Vec<(usize, usize, Make)>,
}

/// Whether this is the name of an operator that may stand next to a path's value.
pub(crate) fn is_operator(name: &str) -> bool {
    known_operator(name).is_some()
}

/// Whether a name is a word of the language and no path. Asked once or twice for every test, so without a search for the sign.
pub(super) fn is_word(name: &str) -> bool {
    name.as_bytes().first() == Some(&b'$')
}

/// What an operator is made of, and whether it means the opposite.
pub(super) fn known_operator(name: &str) -> Option<(Make, bool)> {
    // Length and third letter tell most of them apart, without a call for each.
    let (length, letter) = (name.len(), name.as_bytes().get(2));
    let maybe = |other: &str| other.len() == length && other.as_bytes().get(2) == letter;
    let found = OPERATORS.iter().find(|(other, ..)| maybe(other) && *other == name);
    found.map(|(_, make, negated)| (*make, *negated))
}

impl Builder {
    /// The attribute's slot; new paths get the next one.
    fn slot(&mut self, path: &str) -> u32 {
        let hash = hash_of(path.as_bytes(), 0);
        let same = |slot: u32| self.slots.get(slot as usize).is_some_and(|slot| slot.path == path);
        if let Some(slot) = self.slot_table.find(hash, same) {
            return slot;
        }
        let slot = self.slots.len() as u32;
        self.slots.push(Attribute::parse(path));
        self.slot_table.put(hash, slot);
        slot
    }

    /// Adds a test's word. The test is made only if the same one is not there yet.
    fn test(&mut self, reader: &mut Reader, slot: u32, make: Make, operand: Node, negated: bool) {
        let text = reader.text.as_bytes();
        let written = |at: usize, end: usize| text.get(at..end).unwrap_or(&[]);
        let bytes = written(operand.at, operand.end);
        let hash = hash_of(bytes, (slot << 5 | make as u32).wrapping_mul(0x9e37_79b9));
        let found = self.test_table.find(hash, |test| {
            let there = self.operands.get(test as usize).zip(self.tests.get(test as usize));
            there.is_some_and(|((at, end, other), test)| {
                test.slot == slot && *other == make && written(*at, *end) == bytes
            })
        });
        let number = match found {
            Some(number) => number,
            None => {
                let Some(op) = made(reader, make, operand) else { return };
                let number = self.tests.len() as u32;
                self.tests.push(Test { slot, op });
                self.operands.push((operand.at, operand.end, make));
                self.test_table.put(hash, number);
                number
            }
        };
        self.code.push(Word::new(Kind::Test, negated, number as usize));
    }

    /// Opens a group; `close` ends it.
    fn open(&mut self) -> usize {
        self.code.push(Word::new(Kind::All, false, 0));
        self.code.len() - 1
    }

    /// Ends a group that stands directly in a group of the kind `inside`. A group of one is just that one.
    fn close(&mut self, start: usize, kind: Kind, negated: bool, inside: Kind) {
        let size = self.code.len() - start - 1;
        let single = self.code.get(start + 1).is_some_and(|first| first.size() == size);
        if single || (size > 0 && kind == inside && !negated) {
            self.code.remove(start);
            if let Some(first) = self.code.get_mut(start).filter(|_| negated) {
                *first = first.negate(true);
            }
        } else if let Some(header) = self.code.get_mut(start) {
            *header = Word::new(kind, negated, size);
        }
    }

    /// Reads a whole condition; its words are what is added to `code`, always exactly one node.
    pub(crate) fn condition(&mut self, reader: &mut Reader, node: Node, scope: Scope) {
        let start = self.open();
        self.members(reader, node, scope);
        self.close(start, Kind::All, false, Kind::Test);
    }

    /// The members of a condition, all of which have to hold.
    fn members(&mut self, reader: &mut Reader, node: Node, scope: Scope) {
        for member in reader.entries(node) {
            self.member(reader, member, scope, Kind::All);
        }
    }

    /// One of them, in a group of the kind `inside`: exactly one node, unless all of that group have to hold.
    fn member(&mut self, reader: &mut Reader, member: Member, scope: Scope, inside: Kind) {
        let value = member.value;
        if !is_word(member.key) {
            let slot = self.slot(member.key);
            return self.value(reader, slot, value, Make::Same, inside);
        }
        match member.key {
            "$and" => self.group(reader, value, scope, (Kind::All, false), inside),
            // An empty list of alternatives holds, as GrowthBook has it.
            "$or" => self.group(reader, value, scope, (Kind::Any, false), inside),
            "$nor" => self.group(reader, value, scope, (Kind::Any, true), inside),
            "$not" => {
                let start = self.open();
                self.members(reader, value, scope);
                self.close(start, Kind::All, true, inside);
            }
            "$audience" => self.audiences(reader, value, scope, inside),
            "$did" => self.did(reader, value, scope, inside),
            _ => unknown(reader, member),
        }
    }

    fn group(&mut self, reader: &mut Reader, node: Node, scope: Scope, (kind, negated): (Kind, bool), inside: Kind) {
        let start = self.open();
        if reader.is_list(node) {
            for item in node.items() {
                if let Some(member) = item.only_member() {
                    // Alternatives stay as they are written: only what all have to hold is drawn together.
                    self.member(reader, member, scope, if kind == Kind::All { kind } else { Kind::Test });
                    continue;
                }
                let inner = self.open();
                self.members(reader, item, scope);
                self.close(inner, Kind::All, false, kind);
            }
        }
        let kind = if node.is_empty() { Kind::All } else { kind };
        self.close(start, kind, negated, inside);
    }

    /// One audience, or several all of which have to hold: one node, whatever it stands in.
    fn audiences(&mut self, reader: &mut Reader, node: Node, scope: Scope, inside: Kind) {
        let Scope::Visitor(names) = scope else {
            return reader.error("unknown-operator", node, "no `$audience` in a condition on documents");
        };
        if node.as_str().is_some() {
            self.audience(reader, node, names);
        } else if reader.is_list(node) {
            let start = self.open();
            for item in node.items() {
                self.audience(reader, item, names);
            }
            self.close(start, Kind::All, false, inside);
        }
    }

    fn audience(&mut self, reader: &mut Reader, node: Node, names: &Names) {
        let Some(name) = reader.text(node) else { return };
        match names.find(name) {
            Some(number) => self.code.push(Word::new(Kind::Audience, false, number as usize)),
            None => reader.unknown("unknown-audience", node, "the id of an audience", &mut names.iter()),
        }
    }

    /// The value next to a path: operators, or what the attribute has to equal, by `same`.
    fn value(&mut self, reader: &mut Reader, slot: u32, node: Node, same: Make, inside: Kind) {
        if let Some(member) = node.only_member().filter(|member| is_word(member.key)) {
            return self.operator(reader, slot, member, inside);
        }
        let mut named = node.members().map(|member| is_word(member.key));
        let operators = named.next() == Some(true);
        if named.any(|other| other != operators) {
            return reader.error("mixed-condition", node, "either operators or a value to equal, not both at once");
        }
        if !operators {
            return self.test(reader, slot, same, node, false);
        }
        let start = self.open();
        for member in reader.entries(node) {
            self.operator(reader, slot, member, Kind::All);
        }
        self.close(start, Kind::All, false, inside);
    }

    /// An operator next to a path, in a group of the kind `inside`.
    fn operator(&mut self, reader: &mut Reader, slot: u32, member: Member, inside: Kind) {
        let operand = member.value;
        match known_operator(member.key) {
            None => unknown(reader, member),
            Some((Make::Group, negated)) => {
                if let Some(list) = reader.saved_group(operand) {
                    self.test(reader, slot, Make::In, list, negated);
                }
            }
            Some((Make::Not, _)) => {
                let start = self.open();
                self.value(reader, slot, operand, Make::Same, Kind::All);
                self.close(start, Kind::All, true, inside);
            }
            Some((Make::Exists, _)) => match operand.as_bool() {
                None => reader.error("wrong-type", operand, "true or false"),
                // Both spellings are one test: the operand only says which of its answers is meant.
                Some(exists) => self.test(reader, slot, Make::Exists, nothing(operand), !exists),
            },
            Some((make, negated)) => self.test(reader, slot, make, operand, negated),
        }
    }

    fn did(&mut self, reader: &mut Reader, node: Node, scope: Scope, inside: Kind) {
        if matches!(scope, Scope::Document) {
            return reader.error("unknown-operator", node, "no `$did` in a condition on documents");
        }
        let ever = node.members().all(|member| matches!(member.key, "event" | "times"));
        let Some(event) = node.get("event").and_then(Node::as_str).filter(|_| ever) else {
            let slot = self.slot(DID);
            return self.test(reader, slot, Make::Did, node, false);
        };
        // How often ever is counted apart from the history, so that no bound makes it wrong.
        let slot = self.slot(&["count.", event].concat());
        reader.entries(node);
        match node.get("times") {
            Some(times) => self.value(reader, slot, times, Make::Same, inside),
            None => self.test(reader, slot, Make::Once, nothing(node), false),
        }
    }

    fn finish(self) -> Condition {
        debug_assert_eq!(Nodes(&self.code).count(), 1, "a condition is one node");
        Condition { slots: self.slots, tests: self.tests, code: self.code }
    }
}

/// An operand that says nothing, so that all tests with it are the same.
pub(super) fn nothing(mut node: Node) -> Node {
    node.end = node.at;
    node
}

fn unknown(reader: &mut Reader, member: Member) {
    let expected = match member.key {
        name if known_operator(name).is_some() => "an attribute's path around this operator",
        name if GROUPS.contains(&name) => "this operator outside, where an attribute's path could stand",
        _ => "an operator of conditions",
    };
    let names = OPERATORS.iter().map(|(name, ..)| *name).chain(GROUPS);
    let mut problem = reader.at_name("unknown-operator", member, expected);
    problem.nearest = nearest(member.key, &mut names.filter(|name| *name != member.key), &mut reader.patience);
    reader.note(problem);
}

/// Makes a test. `None` if its operand is wrong.
pub(super) fn made(reader: &mut Reader, make: Make, operand: Node) -> Option<Op> {
    let version = match make {
        Make::VersionEqual => Some(Compare::Equal),
        Make::VersionLess => Some(Compare::Less),
        Make::VersionLessOrEqual => Some(Compare::LessOrEqual),
        Make::VersionGreater => Some(Compare::Greater),
        Make::VersionGreaterOrEqual => Some(Compare::GreaterOrEqual),
        _ => None,
    };
    if let Some(compare) = make.order() {
        if matches!(operand.kind(), json::Kind::List | json::Kind::Map | json::Kind::Null) {
            reader.error("wrong-type", operand, "a number or text to compare with");
            return None;
        }
        return Some(Op::Order(compare, operand.to_value()));
    }
    if let Some(compare) = version {
        if operand.as_f64().is_none() {
            reader.text(operand)?;
        }
        let value = operand.to_value();
        return Some(Op::Version(compare, padded_version(&value), value));
    }
    Some(match make {
        Make::Eq => Op::Eq(operand.to_value()),
        Make::In | Make::InFolded => {
            if !reader.is_list(operand) {
                return None;
            }
            let Value::List(mut values) = operand.to_value() else { return None };
            if make == Make::In {
                return Some(Op::In(values));
            }
            for value in &mut values {
                if let Value::Text(text) = value {
                    *text = folded(text);
                }
            }
            Op::InFolded(values)
        }
        Make::All | Make::AllFolded => {
            let errors = reader.errors;
            let same = if make == Make::All { Make::Same } else { Make::SameFolded };
            let conditions = reader.list(operand, |reader, item| itself(reader, item, same));
            if reader.errors > errors {
                return None;
            }
            Op::All(conditions)
        }
        Make::Exists => Op::Exists,
        Make::Type => Op::Type(reader.word("unknown-type", operand, &TYPES, "the name of a JSON type")?),
        Make::Size => Op::Size(Box::new(times(reader, operand)?)),
        Make::Elem => Op::Elem(Box::new(elements(reader, operand)?)),
        Make::Regex | Make::RegexFolded => match Regex::new(reader.text(operand)?, make == Make::RegexFolded) {
            Ok(regex) => Op::Regex(Box::new(regex)),
            Err(refused) => {
                reader.error("bad-pattern", operand, refused.expected);
                return None;
            }
        },
        Make::Once => Op::Order(Compare::GreaterOrEqual, Value::Number(1.0)),
        Make::Did => Op::Did(Box::new(question(reader, operand)?)),
        Make::SameFolded => match operand.as_str() {
            Some(text) => Op::SameFolded(folded(text)),
            None => Op::Same(operand.to_value()),
        },
        _ => Op::Same(operand.to_value()),
    })
}

/// A condition on documents, such as `products.where`. `None` if it is bad.
pub(crate) fn document(reader: &mut Reader, node: Node) -> Option<Condition> {
    let errors = reader.errors;
    let mut builder = Builder::default();
    builder.condition(reader, node, Scope::Document);
    (errors == reader.errors).then(|| builder.finish())
}

/// A condition on a value itself: operators, or what it has to equal.
fn itself(reader: &mut Reader, node: Node, same: Make) -> Option<Condition> {
    let errors = reader.errors;
    let mut builder = Builder::default();
    let slot = builder.slot("");
    builder.value(reader, slot, node, same, Kind::Test);
    (errors == reader.errors).then(|| builder.finish())
}

/// A condition on a number of things.
pub(super) fn times(reader: &mut Reader, node: Node) -> Option<Condition> {
    itself(reader, node, Make::Same)
}

/// What an item of a list has to fulfil: operators on the item, or a condition on its members.
fn elements(reader: &mut Reader, node: Node) -> Option<Condition> {
    match node.members().any(|member| known_operator(member.key).is_some()) {
        true => itself(reader, node, Make::Same),
        false => document(reader, node),
    }
}
