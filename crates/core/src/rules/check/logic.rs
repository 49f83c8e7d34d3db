//! What can be known of conditions without a visitor: that one never holds, or only when another does.
//!
//! It never claims what is not so; what it cannot see through it leaves alone. Whether tests of one attribute can hold
//! together is found by trying: the values named in them, those between and beside them, and one of every other type.

use super::known::sort_of;
use crate::rules::condition::{Kind, Nodes, Word};
use crate::rules::operator::Op;
use crate::rules::{Experience, Rules};
use crate::schema::{AttributeKind as Sort, Value};

/// So many values are tried for one question; then the answer is that nothing is known.
const PATIENCE: usize = 100_000;
/// So many for a whole document.
pub(super) const STAMINA: usize = 20_000_000;
/// Conditions with more parts than this are not looked through.
const MOST_CLAIMS: usize = 1_000;

/// A condition that has to hold, or whose opposite has to.
#[derive(Clone, Copy, PartialEq)]
enum Claim<'r> {
    Test(usize, bool),
    Audience(usize, bool),
    /// One of several parts: those of this node, or the opposite of one of them.
    OneOf(&'r [Word], bool),
}

/// Answers questions about the conditions of one document.
pub(super) struct Logic<'r> {
    rules: &'r Rules,
    stamina: usize,
    /// Per audience the attributes that it asks for, once they were looked for.
    asked: Vec<Option<Vec<u32>>>,
}

impl<'r> Logic<'r> {
    pub(super) fn new(rules: &'r Rules) -> Logic<'r> {
        Logic { rules, stamina: STAMINA, asked: vec![None; rules.audiences.len()] }
    }

    /// Whether no more questions are answered: in a document of many thousands not every pair can be looked at.
    pub(super) fn is_tired(&self) -> bool {
        self.stamina == 0
    }

    /// Whether an experience's condition can hold for nobody.
    pub(super) fn never_holds(&mut self, experience: &Experience) -> bool {
        self.is_never(self.rules.words(experience.when))
    }

    /// Whether the one condition that there is can hold for nobody. What it costs is taken from `stamina`.
    pub(super) fn is_in_vain(rules: &Rules, stamina: &mut usize) -> bool {
        let mut logic = Logic { rules, stamina: *stamina, asked: Vec::new() };
        let found = logic.is_never(&rules.code);
        *stamina = logic.stamina;
        found
    }

    fn is_never(&mut self, words: &'r [Word]) -> bool {
        let mut claims = Vec::new();
        self.claim(words, false, &mut claims);
        self.is_impossible(&claims)
    }

    /// Whether the condition of `other`, which can hold, does so for everybody for whom that of `experience` does.
    ///
    /// `asked` are the attributes that `experience` asks for.
    pub(super) fn implies(&mut self, experience: &Experience, asked: &[u32], other: &Experience) -> bool {
        self.stamina = self.stamina.saturating_sub(8);
        let mut claims = Vec::new();
        self.claim(self.rules.words(other.when), false, &mut claims);
        // An attribute that only the other asks for decides it, so there is no need to look closer.
        let slots = claims.iter().filter_map(|claim| match claim {
            Claim::Test(test, _) => self.rules.test(*test).map(|test| test.slot),
            _ => None,
        });
        for slot in slots {
            if asked.binary_search(&slot).is_err() {
                return false;
            }
        }
        claims.clear();
        self.claim(self.rules.words(experience.when), false, &mut claims);
        self.claim(self.rules.words(other.when), true, &mut claims);
        self.is_impossible(&claims)
    }

    /// The attributes that an experience's condition asks for, in order.
    pub(super) fn slots(&mut self, experience: &Experience) -> Vec<u32> {
        self.slots_in(self.rules.words(experience.when))
    }

    fn slots_in(&mut self, words: &[Word]) -> Vec<u32> {
        let mut slots = Vec::new();
        for word in words {
            match word.kind() {
                Kind::Test => slots.extend(self.rules.test(word.number()).map(|test| test.slot)),
                Kind::Audience => slots.extend(self.slots_of_audience(word.number())),
                Kind::All | Kind::Any => {}
            }
        }
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    fn slots_of_audience(&mut self, audience: usize) -> Vec<u32> {
        if let Some(Some(slots)) = self.asked.get(audience) {
            return slots.clone();
        }
        let slots = self.slots_in(self.rules.audience_code(audience));
        if let Some(asked) = self.asked.get_mut(audience) {
            *asked = Some(slots.clone());
        }
        slots
    }

    /// Adds what has to be so if a node, or its opposite, is to hold.
    ///
    /// Of very many it adds only some, and none twice: what fewer claims rule out, more do too.
    fn claim(&self, node: &'r [Word], opposite: bool, claims: &mut Vec<Claim<'r>>) {
        let Some((word, inner)) = node.split_first().filter(|_| claims.len() < MOST_CLAIMS) else { return };
        let opposite = opposite != word.negated();
        match word.kind() {
            Kind::Test => claims.push(Claim::Test(word.number(), opposite)),
            Kind::Audience if claims.contains(&Claim::Audience(word.number(), opposite)) => {}
            Kind::Audience => {
                claims.push(Claim::Audience(word.number(), opposite));
                self.claim(self.rules.audience_code(word.number()), opposite, claims);
            }
            kind if (kind == Kind::All) != opposite => {
                Nodes(inner).for_each(|node| self.claim(node, opposite, claims));
            }
            _ => claims.push(Claim::OneOf(inner, opposite)),
        }
    }

    fn is_impossible(&mut self, claims: &[Claim<'r>]) -> bool {
        let mut patience = PATIENCE.min(self.stamina);
        let before = patience;
        let impossible = self.cannot_be(claims, &mut patience, 0);
        self.stamina = self.stamina.saturating_sub(before - patience);
        impossible
    }

    /// Whether claims cannot hold together. What costs more than there is patience for is not known, so it can.
    fn cannot_be(&self, claims: &[Claim<'r>], patience: &mut usize, depth: u32) -> bool {
        if depth > 6 || !spend(patience, 1 + claims.len() * claims.len() / 8) {
            return false;
        }
        let opposed = |claim: &Claim| match *claim {
            Claim::Test(test, opposite) => claims.contains(&Claim::Test(test, !opposite)),
            Claim::Audience(audience, opposite) => claims.contains(&Claim::Audience(audience, !opposite)),
            Claim::OneOf(..) => false,
        };
        if claims.iter().any(opposed) || self.no_value_fits(claims, patience) {
            return true;
        }
        // If whichever part of a choice is taken leads nowhere, the choice leads nowhere.
        claims.iter().enumerate().any(|(nth, claim)| {
            let Claim::OneOf(parts, opposite) = *claim else { return false };
            Nodes(parts).all(|part| {
                let others = claims.iter().enumerate().filter(|(other, _)| *other != nth).map(|(_, claim)| *claim);
                let mut claims: Vec<Claim> = others.collect();
                self.claim(part, opposite, &mut claims);
                self.cannot_be(&claims, patience, depth + 1)
            })
        })
    }

    /// Whether some attribute has no value that passes all of its tests.
    fn no_value_fits(&self, claims: &[Claim], patience: &mut usize) -> bool {
        let mut tests: Vec<(u32, &Op, bool)> = Vec::new();
        for claim in claims {
            if let Claim::Test(test, opposite) = claim
                && let Some(test) = self.rules.test(*test)
            {
                tests.push((test.slot, &test.op, *opposite));
            }
        }
        tests.sort_by_key(|(slot, ..)| *slot);
        tests.chunk_by(|(one, ..), (other, ..)| one == other).any(|tests| {
            let slot = tests.first().and_then(|(slot, ..)| self.rules.slots.get(*slot as usize));
            let sort = slot.map_or(Sort::Any, |slot| sort_of(&slot.path));
            // What is missing is a single value, so that every test can be asked about it.
            if tests.iter().any(|(_, op, opposite)| *opposite && matches!(op, Op::Exists)) {
                let own = |op: &Op| !matches!(op, Op::Did(_));
                return tests.iter().any(|(_, op, opposite)| own(op) && op.holds(&Value::Null) == *opposite);
            }
            // If no value passes some of the tests, none passes all.
            let tests: Vec<_> = tests.iter().filter(|(_, op, _)| is_plain(op, sort)).copied().collect();
            let weight: usize = tests.iter().map(|(_, op, _)| operands(op).len().max(1)).sum();
            let fits = |value: &Value| tests.iter().all(|(_, op, opposite)| op.holds(value) != *opposite);
            !tests.is_empty() && spend(patience, weight * weight * 16) && !some_value_fits(&tests, sort, &fits)
        })
    }
}

/// Takes so much of the patience; whether there was enough.
fn spend(patience: &mut usize, steps: usize) -> bool {
    let enough = *patience >= steps;
    *patience = patience.saturating_sub(steps);
    enough
}

/// The values that an operator names.
fn operands(op: &Op) -> &[Value] {
    match op {
        Op::Same(value) | Op::Eq(value) | Op::Order(_, value) => core::slice::from_ref(value),
        Op::In(values) => values,
        _ => &[],
    }
}

/// Whether trying the values beside an operator's operand tells all about it.
fn is_plain(op: &Op, sort: Sort) -> bool {
    let single = |value: &Value| !matches!(value, Value::List(_) | Value::Map(_));
    match op {
        // How lists compare with text is nothing to rely on.
        Op::Order(_, Value::Text(_)) => matches!(sort, Sort::Text | Sort::Number | Sort::Flag),
        Op::Same(value) => single(value),
        Op::In(values) => values.iter().all(single),
        Op::Eq(_) | Op::Order(..) | Op::Exists | Op::Type(_) => true,
        _ => false,
    }
}

/// Whether a value of an attribute of this kind fits, out of all that its tests may tell apart.
fn some_value_fits(tests: &[(u32, &Op, bool)], sort: Sort, fits: &dyn Fn(&Value) -> bool) -> bool {
    let named = || tests.iter().flat_map(|(_, op, _)| operands(op));
    // What is asked for mostly fits by itself.
    let own = |value: &&Value| match value {
        Value::Number(_) => matches!(sort, Sort::Number | Sort::Any | Sort::List),
        Value::Bool(_) => matches!(sort, Sort::Flag | Sort::Any | Sort::List),
        Value::Text(_) => matches!(sort, Sort::Text | Sort::Any | Sort::List),
        _ => false,
    };
    if fits(&Value::Null) || named().filter(own).any(fits) {
        return true;
    }
    let mut numbers: Vec<f64> = vec![0.0, 1.0];
    numbers.extend(named().map(crate::rules::coerce::number).filter(|number| number.is_finite()));
    numbers.sort_by(f64::total_cmp);
    let beside = |number: &f64| {
        let little = 1e-9 * number.abs().max(1.0);
        [number - 1.0, number - little, *number, number + little, number + 1.0]
    };
    let between = numbers.windows(2).filter_map(|pair| Some((pair.first()? + pair.get(1)?) / 2.0));
    let numbers: Vec<f64> = numbers.iter().flat_map(beside).chain(between).collect();
    let mut values = Vec::new();
    if matches!(sort, Sort::Number | Sort::Any | Sort::List) {
        values.extend(numbers.iter().map(|number| Value::Number(*number)));
    }
    if matches!(sort, Sort::Flag | Sort::Any | Sort::List) {
        values.extend([Value::Bool(true), Value::Bool(false)]);
    }
    if matches!(sort, Sort::Text | Sort::Any | Sort::List) {
        values.extend(["", "\u{1}", "\u{10ffff}"].map(Value::from));
        for text in named().filter_map(Value::as_str) {
            values.extend([text.into(), format!("{text}\u{0}").into(), format!("{text}\u{10ffff}").into()]);
        }
        values.extend(numbers.iter().map(|number| crate::rules::coerce::text(&Value::Number(*number)).as_ref().into()));
    }
    if values.iter().any(fits) {
        return true;
    }
    if !matches!(sort, Sort::Any | Sort::List) {
        return false;
    }
    // A list can be many things at once.
    let refused = |value: &Value| tests.iter().any(|(_, op, opposite)| *opposite && op.holds(value));
    let wanted = tests.iter().filter(|(_, _, opposite)| !opposite).flat_map(|(_, op, _)| operands(op));
    let all: Vec<Value> = wanted.filter(|value| !refused(value)).cloned().collect();
    let lists = [Value::List(Vec::new()), Value::List(all), Value::map()];
    lists.iter().any(fits) || values.into_iter().any(|value| fits(&Value::List(vec![value])))
}
