//! Reads conditions into words, tests and attributes. What is written twice the same way becomes one test.

use super::coerce::{folded, padded_version};
use super::condition::{Condition, Kind, Nodes, Test, Word};
use super::did::{Did, Happening, What, Within};
use super::operator::{Compare, Op, TYPES};
use super::problem::nearest;
use super::read::Reader;
use super::table::{Names, Table, hash_of};
use crate::attributes::{Attribute, HISTORY_DAYS, HISTORY_PER_EVENT};
use crate::json::{self, Member, Node};
use crate::regex::Regex;
use crate::schema::Value;

/// Operators that stand next to a path's value.
const OPERATORS: [&str; 29] = [
    "$eq",
    "$ne",
    "$lt",
    "$lte",
    "$gt",
    "$gte",
    "$in",
    "$nin",
    "$ini",
    "$nini",
    "$all",
    "$alli",
    "$exists",
    "$type",
    "$size",
    "$elemMatch",
    "$regex",
    "$regexi",
    "$notRegex",
    "$notRegexi",
    "$not",
    "$veq",
    "$vne",
    "$vlt",
    "$vlte",
    "$vgt",
    "$vgte",
    "$inGroup",
    "$notInGroup",
];
/// Operators that stand where a path could stand.
const GROUPS: [&str; 6] = ["$and", "$or", "$nor", "$not", "$audience", "$did"];

/// Where the attribute of every `$did` stands among the slots.
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
#[derive(Default)]
pub(crate) struct Builder {
    pub(crate) slots: Vec<Attribute>,
    pub(crate) tests: Vec<Test>,
    pub(crate) code: Vec<Word>,
    slot_table: Table,
    test_table: Table,
    /// Where each test's operand stands in the text, and under which operator.
    operands: Vec<(usize, usize, &'static str)>,
}

impl Builder {
    /// The attribute's slot; new paths get the next one.
    fn slot(&mut self, path: &str) -> u32 {
        let hash = hash_of(path.as_bytes(), 1);
        let same = |slot: u32| self.slots.get(slot as usize).is_some_and(|slot| slot.path == path);
        self.slot_table.find(hash, same).unwrap_or_else(|| {
            let slot = self.slots.len() as u32;
            self.slots.push(Attribute::parse(path));
            self.slot_table.put(hash, slot);
            slot
        })
    }

    /// Adds a test's word. `op` is made only if the same test is not there yet.
    fn test<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        place: Place,
        operand: &Node<'a>,
        make: impl FnOnce(&mut Reader<'a>) -> Option<Op>,
    ) {
        let Place { slot, operator, negated } = place;
        let written = |at: usize, end: usize| reader.text.as_bytes().get(at..end).unwrap_or(&[]);
        let bytes = written(operand.at, operand.end);
        let hash = hash_of(bytes, slot.wrapping_mul(0x9e37_79b9) ^ hash_of(operator.as_bytes(), 2));
        let found = self.test_table.find(hash, |test| {
            let there = self.operands.get(test as usize).zip(self.tests.get(test as usize));
            there.is_some_and(|((at, end, other), test)| {
                test.slot == slot && *other == operator && written(*at, *end) == bytes
            })
        });
        let number = found.or_else(|| {
            let op = make(reader)?;
            let number = self.tests.len() as u32;
            self.tests.push(Test { slot, op });
            self.operands.push((operand.at, operand.end, operator));
            self.test_table.put(hash, number);
            Some(number)
        });
        if let Some(number) = number {
            self.code.push(Word::new(Kind::Test, negated, number as usize));
        }
    }

    /// Opens a group; `close` ends it.
    fn open(&mut self) -> usize {
        self.code.push(Word::new(Kind::All, false, 0));
        self.code.len() - 1
    }

    /// Ends a group that stands directly in a group of the kind `inside`. A group of one is just that one.
    fn close(&mut self, start: usize, kind: Kind, negated: bool, inside: Kind) {
        let inner = self.code.get(start + 1..).unwrap_or(&[]);
        let size = inner.len();
        let single = inner.first().is_some_and(|first| first.size() == size);
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
    pub(crate) fn condition<'a>(&mut self, reader: &mut Reader<'a>, node: &Node<'a>, scope: Scope) {
        let start = self.open();
        self.members(reader, node, scope);
        self.close(start, Kind::All, false, Kind::Test);
    }

    /// The members of a condition, all of which have to hold.
    fn members<'a>(&mut self, reader: &mut Reader<'a>, node: &Node<'a>, scope: Scope) {
        for member in reader.entries(node) {
            let name = &*member.key;
            if !name.starts_with('$') {
                let slot = self.slot(name);
                self.value(reader, slot, &member.value, false, Kind::All);
                continue;
            }
            match name {
                "$and" => self.group(reader, &member.value, scope, Kind::All, false),
                // An empty list of alternatives holds, as GrowthBook has it.
                "$or" => self.group(reader, &member.value, scope, Kind::Any, false),
                "$nor" => self.group(reader, &member.value, scope, Kind::Any, true),
                "$not" => {
                    let start = self.open();
                    self.members(reader, &member.value, scope);
                    self.close(start, Kind::All, true, Kind::All);
                }
                "$audience" => self.audience(reader, &member.value, scope),
                "$did" => self.did(reader, &member.value, scope),
                _ => self.unknown(reader, member, GROUPS.into_iter().chain(OPERATORS)),
            }
        }
    }

    fn unknown<'a, 'c>(&mut self, reader: &mut Reader<'a>, member: &Member<'a>, names: impl Iterator<Item = &'c str>) {
        let expected = match &*member.key {
            "$inGroup" | "$notInGroup" => "`$audience` or `$in`: saved groups live in GrowthBook's service",
            name if OPERATORS.contains(&name) => "an attribute's path around this operator",
            name if GROUPS.contains(&name) => "this operator outside, where an attribute's path could stand",
            _ => "an operator of conditions",
        };
        let mut problem = reader.at_name("unknown-operator", member, expected);
        problem.nearest = nearest(&member.key, names).filter(|name| *name != member.key);
        reader.note(problem);
    }

    fn group<'a>(&mut self, reader: &mut Reader<'a>, node: &Node<'a>, scope: Scope, kind: Kind, negated: bool) {
        let items = reader.list(node);
        let start = self.open();
        for item in items {
            let inner = self.open();
            self.members(reader, item, scope);
            self.close(inner, Kind::All, false, kind);
        }
        let kind = if items.is_empty() { Kind::All } else { kind };
        self.close(start, kind, negated, Kind::All);
    }

    fn audience<'a>(&mut self, reader: &mut Reader<'a>, node: &Node<'a>, scope: Scope) {
        let Scope::Visitor(audiences) = scope else {
            return reader.error("unknown-operator", node, "no `$audience` in a condition on documents");
        };
        let one = [node];
        let list: Vec<&Node<'a>> =
            if node.as_str().is_some() { one.to_vec() } else { reader.list(node).iter().collect() };
        for node in list {
            let Some(name) = reader.text(node) else { continue };
            match audiences.find(name) {
                Some(number) => self.code.push(Word::new(Kind::Audience, false, number as usize)),
                None => reader.unknown("unknown-audience", node, "the id of an audience", audiences.iter()),
            }
        }
    }

    /// The value next to a path: operators, or what the attribute has to equal.
    fn value<'a>(&mut self, reader: &mut Reader<'a>, slot: u32, node: &Node<'a>, fold: bool, inside: Kind) {
        let members = node.members();
        let operators = members.iter().filter(|member| member.key.starts_with('$')).count();
        if operators == 0 {
            let place = Place { slot, operator: if fold { "fold" } else { "" }, negated: false };
            return self.test(reader, place, node, |_| {
                Some(match node.as_str() {
                    Some(text) if fold => Op::SameFolded(folded(text)),
                    _ => Op::Same(node.to_value()),
                })
            });
        }
        if operators < members.len() {
            return reader.error("mixed-condition", node, "either operators or a value to equal, not both at once");
        }
        let start = self.open();
        for member in reader.entries(node) {
            self.operator(reader, slot, member);
        }
        self.close(start, Kind::All, false, inside);
    }

    fn operator<'a>(&mut self, reader: &mut Reader<'a>, slot: u32, member: &Member<'a>) {
        let operand = &member.value;
        let negative = |operator, negated| Place { slot, operator, negated };
        let plain = |operator| negative(operator, false);
        let order = |compare| {
            move |reader: &mut Reader<'a>| {
                let single = !matches!(operand.kind, json::Kind::List(_) | json::Kind::Map(_) | json::Kind::Null);
                if !single {
                    reader.error("wrong-type", operand, "a number or text to compare with");
                }
                single.then(|| Op::Order(compare, operand.to_value()))
            }
        };
        let version = |compare| {
            move |reader: &mut Reader<'a>| {
                let value = operand.to_value();
                if operand.as_f64().is_none() {
                    reader.text(operand)?;
                }
                Some(Op::Version(compare, padded_version(&value), value))
            }
        };
        let list = |reader: &mut Reader<'a>| {
            let items = reader.list(operand);
            matches!(operand.kind, json::Kind::List(_)).then(|| items.iter().map(Node::to_value).collect::<Vec<_>>())
        };
        let folded_list = |reader: &mut Reader<'a>| {
            let fold = |value| if let Value::Text(text) = value { Value::Text(folded(&text)) } else { value };
            Some(Op::InFolded(list(reader)?.into_iter().map(fold).collect()))
        };
        let regex = |insensitive| {
            move |reader: &mut Reader<'a>| match Regex::new(reader.text(operand)?, insensitive) {
                Ok(regex) => Some(Op::Regex(Box::new(regex))),
                Err(refused) => {
                    reader.error("bad-pattern", operand, refused.expected);
                    None
                }
            }
        };
        match &*member.key {
            "$eq" => self.test(reader, plain("$eq"), operand, |_| Some(Op::Eq(operand.to_value()))),
            "$ne" => self.test(reader, negative("$eq", true), operand, |_| Some(Op::Eq(operand.to_value()))),
            "$lt" => self.test(reader, plain("$lt"), operand, order(Compare::Less)),
            "$lte" => self.test(reader, plain("$lte"), operand, order(Compare::LessOrEqual)),
            "$gt" => self.test(reader, plain("$gt"), operand, order(Compare::Greater)),
            "$gte" => self.test(reader, plain("$gte"), operand, order(Compare::GreaterOrEqual)),
            "$in" => self.test(reader, plain("$in"), operand, |reader| list(reader).map(Op::In)),
            "$nin" => self.test(reader, negative("$in", true), operand, |reader| list(reader).map(Op::In)),
            "$ini" => self.test(reader, plain("$ini"), operand, folded_list),
            "$nini" => self.test(reader, negative("$ini", true), operand, folded_list),
            "$all" => self.test(reader, plain("$all"), operand, |reader| all(reader, operand, false)),
            "$alli" => self.test(reader, plain("$alli"), operand, |reader| all(reader, operand, true)),
            "$exists" => {
                // Both spellings are one test: the operand only says which of its answers is meant.
                let Some(exists) = operand.as_bool() else {
                    return reader.error("wrong-type", operand, "true or false");
                };
                let nothing = Node { at: operand.at, end: operand.at, kind: json::Kind::Null };
                self.test(reader, negative("$exists", !exists), &nothing, |_| Some(Op::Exists));
            }
            "$type" => self.test(reader, plain("$type"), operand, |reader| {
                reader.word("unknown-type", operand, &TYPES, "the name of a JSON type").map(Op::Type)
            }),
            "$size" => self.test(reader, plain("$size"), operand, |reader| {
                itself(reader, operand, false).map(|condition| Op::Size(Box::new(condition)))
            }),
            "$elemMatch" => self.test(reader, plain("$elemMatch"), operand, |reader| {
                elements(reader, operand).map(|condition| Op::Elem(Box::new(condition)))
            }),
            "$regex" => self.test(reader, plain("$regex"), operand, regex(false)),
            "$notRegex" => self.test(reader, negative("$regex", true), operand, regex(false)),
            "$regexi" => self.test(reader, plain("$regexi"), operand, regex(true)),
            "$notRegexi" => self.test(reader, negative("$regexi", true), operand, regex(true)),
            "$not" => {
                let start = self.open();
                self.value(reader, slot, operand, false, Kind::All);
                self.close(start, Kind::All, true, Kind::All);
            }
            "$veq" => self.test(reader, plain("$veq"), operand, version(Compare::Equal)),
            "$vne" => self.test(reader, negative("$veq", true), operand, version(Compare::Equal)),
            "$vlt" => self.test(reader, plain("$vlt"), operand, version(Compare::Less)),
            "$vlte" => self.test(reader, plain("$vlte"), operand, version(Compare::LessOrEqual)),
            "$vgt" => self.test(reader, plain("$vgt"), operand, version(Compare::Greater)),
            "$vgte" => self.test(reader, plain("$vgte"), operand, version(Compare::GreaterOrEqual)),
            _ => self.unknown(reader, member, OPERATORS.into_iter().chain(GROUPS)),
        }
    }

    fn did<'a>(&mut self, reader: &mut Reader<'a>, node: &Node<'a>, scope: Scope) {
        if matches!(scope, Scope::Document) {
            return reader.error("unknown-operator", node, "no `$did` in a condition on documents");
        }
        let errors = reader.errors;
        let (event, times) = (node.get("event"), node.get("times"));
        let known = ["event", "where", "times", "sequence", "without", "withinDays", "withinMinutes", "within"];
        let plain = reader.members(node, &known).iter().all(|member| matches!(&*member.key, "event" | "times"));
        if let (Some(event), true) = (event.and_then(Node::as_str), plain && errors == reader.errors) {
            // How often ever is counted apart from the history, so that no bound makes it wrong.
            let slot = self.slot(&["count.", event].concat());
            let once = Node { at: node.at, end: node.at, kind: json::Kind::Null };
            return match times {
                Some(times) => self.value(reader, slot, times, false, Kind::All),
                None => {
                    let place = Place { slot, operator: DID, negated: false };
                    self.test(reader, place, &once, |_| Some(Op::Order(Compare::GreaterOrEqual, Value::Number(1.0))));
                }
            };
        }
        let slot = self.slot(DID);
        let place = Place { slot, operator: DID, negated: false };
        self.test(reader, place, node, |reader| question(reader, node, errors).map(|did| Op::Did(Box::new(did))));
    }
}

/// Where a test stands: the attribute, the operator, and whether its opposite is meant.
struct Place {
    slot: u32,
    operator: &'static str,
    negated: bool,
}

/// A condition on documents, such as `products.where`. `None` if it is bad.
pub(crate) fn document<'a>(reader: &mut Reader<'a>, node: &Node<'a>) -> Option<Condition> {
    let errors = reader.errors;
    let mut builder = Builder::default();
    builder.condition(reader, node, Scope::Document);
    (errors == reader.errors).then(|| builder.finish())
}

/// A condition on a value itself: operators, or what it has to equal.
fn itself<'a>(reader: &mut Reader<'a>, node: &Node<'a>, fold: bool) -> Option<Condition> {
    let errors = reader.errors;
    let mut builder = Builder::default();
    let slot = builder.slot("");
    builder.value(reader, slot, node, fold, Kind::Test);
    (errors == reader.errors).then(|| builder.finish())
}

/// What an item of a list has to fulfil: operators on the item, or a condition on its members.
fn elements<'a>(reader: &mut Reader<'a>, node: &Node<'a>) -> Option<Condition> {
    let own = |member: &Member| OPERATORS.contains(&&*member.key);
    if node.members().iter().any(own) { itself(reader, node, false) } else { document(reader, node) }
}

fn all<'a>(reader: &mut Reader<'a>, node: &Node<'a>, fold: bool) -> Option<Op> {
    let errors = reader.errors;
    let conditions = reader.list(node).iter().filter_map(|item| itself(reader, item, fold)).collect();
    (errors == reader.errors).then_some(Op::All(conditions))
}

impl Builder {
    fn finish(self) -> Condition {
        debug_assert_eq!(Nodes(&self.code).count(), 1, "a condition is one node");
        Condition { slots: self.slots, tests: self.tests, code: self.code }
    }
}

/// Reads a question to the history. `errors` is how many there were before the look at its members' names.
fn question<'a>(reader: &mut Reader<'a>, node: &Node<'a>, errors: usize) -> Option<Did> {
    let what = match (node.get("event"), node.get("sequence")) {
        (Some(event), None) => {
            let event = reader.owned(event)?;
            let only = node.get("where").and_then(|only| document(reader, only));
            let times = node.get("times").and_then(|times| {
                countable(reader, times);
                itself(reader, times, false)
            });
            What::Times(Happening { event, only }, times)
        }
        (None, Some(sequence)) => {
            for name in ["where", "times"] {
                if let Some(stray) = node.get(name) {
                    reader.error("mixed-condition", stray, "`where` inside the steps of a sequence, and no `times`");
                }
            }
            let steps: Vec<Happening> =
                reader.list(sequence).iter().filter_map(|step| happening(reader, step)).collect();
            if steps.is_empty() && errors == reader.errors {
                reader.error("out-of-range", sequence, "at least one event");
            }
            What::Sequence(steps)
        }
        _ => {
            reader.error("missing-member", node, "either `event` or `sequence`");
            return None;
        }
    };
    let without = match node.get("without") {
        None => Vec::new(),
        Some(list) if matches!(list.kind, json::Kind::List(_)) => {
            list.items().iter().filter_map(|item| happening(reader, item)).collect()
        }
        Some(one) => happening(reader, one).into_iter().collect(),
    };
    let within = window(reader, node, errors)?;
    (errors == reader.errors).then_some(Did { what, without, within })
}

fn happening<'a>(reader: &mut Reader<'a>, node: &Node<'a>) -> Option<Happening> {
    if let Some(name) = node.as_str() {
        return Some(Happening { event: name.to_owned(), only: None });
    }
    if !node.is_map() {
        reader.error("wrong-type", node, "an event's name, or an object with `event` and `where`");
        return None;
    }
    reader.members(node, &["event", "where"]);
    let Some(event) = node.get("event") else {
        reader.error("missing-member", node, "the `event` to look for");
        return None;
    };
    let event = reader.owned(event)?;
    Some(Happening { event, only: node.get("where").and_then(|only| document(reader, only)) })
}

fn window<'a>(reader: &mut Reader<'a>, node: &Node<'a>, errors: usize) -> Option<Within> {
    const DAY: f64 = 86_400_000.0;
    let spans = ["withinDays", "withinMinutes", "within"];
    let mut given = spans.iter().filter_map(|name| node.get(name).map(|span| (*name, span)));
    let Some((name, span)) = given.next() else {
        // A slip of the pen in the window's name was told already.
        if reader.errors == errors {
            const EXPECTED: &str = "a window, such as `withinDays` of at most 90: that is how far the history reaches";
            reader.error("past-history", node, EXPECTED);
        }
        return None;
    };
    if let Some((_, second)) = given.next() {
        reader.error("mixed-condition", second, "one of `withinDays`, `withinMinutes` and `within`");
    }
    if name == "within" {
        return reader.word("unknown-word", span, &[("session", Within::Session)], "`session`");
    }
    let days = name == "withinDays";
    let number = reader.number(span, 0.0, f64::MAX, "a number that is not negative")?;
    let millis = number * if days { DAY } else { 60_000.0 };
    if millis > f64::from(HISTORY_DAYS) * DAY {
        reader.error("past-history", span, "at most 90 days: that is how far the history reaches");
        return None;
    }
    Some(Within::Millis(millis as i64, number, days))
}

/// Refuses numbers that the history's bound per event could make wrong.
fn countable<'a>(reader: &mut Reader<'a>, node: &Node<'a>) {
    if node.as_f64().is_some_and(|times| times >= f64::from(HISTORY_PER_EVENT)) {
        reader.error("past-history", node, "less than 200 times: that is how much of one event the history keeps");
    }
    for item in node.items() {
        countable(reader, item);
    }
    for member in node.members() {
        countable(reader, &member.value);
    }
}
