//! What rules cost against how many there are: loading, a first decision, one after a change, one without.
//!
//! `cargo xtask bench core`; README.md beside it has the figures. The documents are made like the neutral ones of the peer benchmarks:
//! 26 attributes, conditions of three to five tests, five placements.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench may fall over"
)]

use tailorbird_core::rules::{self, Alone, Decider, Draft, Lexicon, Rules};
use tailorbird_core::schema::Value;

const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];
const PLACEMENTS: usize = 5;

const NUMBERS: [(&str, u32); 14] = [
    ("visits", 60),
    ("pageviews", 400),
    ("daysSinceLast", 90),
    ("orders", 20),
    ("spend", 5000),
    ("hour", 23),
    ("cart.value", 400),
    ("cart.items", 8),
    ("affinity.shoes", 100),
    ("affinity.bags", 100),
    ("affinity.dresses", 100),
    ("affinity.jackets", 100),
    ("affinity.outdoor", 100),
    ("affinity.kids", 100),
];
const TEXTS: [(&str, u32); 8] = [
    ("device.type", 3),
    ("country", 33),
    ("lang", 6),
    ("utm.source", 6),
    ("last.category", 6),
    ("last.brand", 60),
    ("traits.tier", 4),
    ("page.type", 5),
];
const FLAGS: [&str; 3] = ["returning", "loggedIn", "cart.abandoned"];
const PARTS: [&str; 6] = ["/v0/", "/v1/", "/v2/", "/v3/", "/v4/", "/v5/"];

/// Chance from a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as u32) % bound.max(1)
    }
    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u32) as usize]
    }
}

fn test(chance: &mut Chance) -> String {
    match chance.below(100) {
        0..45 => {
            let (path, most) = chance.pick(&NUMBERS);
            let operator = chance.pick(&["$gt", "$gte", "$gte", "$lt", "$lte"]);
            format!(r#"{{"{path}":{{"{operator}":{}}}}}"#, 1 + chance.below(most).min(chance.below(most)))
        }
        45..62 => {
            let (path, count) = chance.pick(&TEXTS);
            let values: Vec<String> =
                (0..2 + chance.below(5)).map(|_| format!(r#""v{}""#, chance.below(count))).collect();
            format!(r#"{{"{path}":{{"$in":[{}]}}}}"#, values.join(","))
        }
        62..75 => format!(r#"{{"page.path":{{"$regex":"{}"}}}}"#, chance.pick(&PARTS)),
        75..85 => format!(r#"{{"{}":{{"$eq":{}}}}}"#, chance.pick(&FLAGS), chance.below(2) == 0),
        _ => {
            let (path, count) = chance.pick(&TEXTS);
            format!(r#"{{"{path}":{{"$eq":"v{}"}}}}"#, chance.below(count))
        }
    }
}

fn tests(chance: &mut Chance, count: u32) -> String {
    (0..count).map(|_| test(chance)).collect::<Vec<_>>().join(",")
}

fn condition(chance: &mut Chance) -> String {
    let count = 3 + chance.below(3);
    match chance.below(10) {
        0..4 => format!(r#"{{"$and":[{}]}}"#, tests(chance, count)),
        4..7 => format!(r#"{{"$and":[{},{{"$or":[{}]}}]}}"#, tests(chance, 3), tests(chance, 2)),
        7..9 => format!(r#"{{"$and":[{},{{"$not":{{"$and":[{}]}}}}]}}"#, tests(chance, 3), tests(chance, 2)),
        _ => format!(r#"{{"$or":[{{"$and":[{}]}},{{"$and":[{}]}}]}}"#, tests(chance, 4), tests(chance, 4)),
    }
}

fn document(count: usize) -> String {
    let chance = &mut Chance(7);
    let experience = |nth: usize| {
        let when = condition(chance);
        format!(r#"{{"id":"r{nth}","placement":"p{}","when":{when},"show":"b"}}"#, nth % PLACEMENTS)
    };
    let experiences: Vec<String> = (0..count).map(experience).collect();
    format!(r#"{{"version":1,"blocks":{{"b":{{"html":"x"}}}},"experiences":[{}]}}"#, experiences.join(","))
}

/// A visitor whose attributes are set by slot, and what one click changes about it.
struct Visitor {
    rules: Rules,
    decider: Decider,
    lexicon: Lexicon,
    /// What is known of the visitor on arrival.
    known: Vec<(u32, Set)>,
    clicks: [Vec<(u32, Set)>; 2],
}

#[derive(Clone, Copy)]
enum Set {
    Number(f64),
    Text(u32),
    Flag(bool),
}

impl Visitor {
    fn new(count: usize) -> Visitor {
        let (rules, problems) = rules::read(&document(count));
        assert!(problems.is_empty(), "{:?}", problems[0]);
        let mut visitor = Visitor {
            decider: Decider::new(&rules),
            lexicon: Lexicon::default(),
            rules,
            known: Vec::new(),
            clicks: [Vec::new(), Vec::new()],
        };
        let chance = &mut Chance(11);
        let mut known = Vec::new();
        for (path, most) in NUMBERS {
            known.push((path, Set::Number(f64::from(chance.below(most)))));
        }
        for (path, count) in TEXTS {
            let text = format!("v{}", chance.below(count));
            known.push((path, Set::Text(visitor.lexicon.number(&visitor.rules, &text).unwrap())));
        }
        for path in FLAGS {
            known.push((path, Set::Flag(chance.below(2) == 0)));
        }
        let slots = known.into_iter().filter_map(|(path, set)| Some((visitor.rules.slot(path)?, set)));
        visitor.known = slots.collect();
        for nth in 0..2_u32 {
            let text =
                |visitor: &mut Visitor, text: String| Set::Text(visitor.lexicon.number(&visitor.rules, &text).unwrap());
            let path = text(&mut visitor, format!("/shop/v{nth}/item-{nth}"));
            let category = text(&mut visitor, format!("v{nth}"));
            let changes = [
                ("pageviews", Set::Number(f64::from(100 + nth))),
                ("affinity.bags", Set::Number(f64::from(40 + 3 * nth))),
                ("page.path", path),
                ("last.category", category),
            ];
            let slots = changes.into_iter().filter_map(|(path, set)| Some((visitor.rules.slot(path)?, set))).collect();
            visitor.clicks[nth as usize] = slots;
        }
        visitor.arrive();
        visitor
    }

    /// Nothing decided yet: everything that is known is told anew.
    fn arrive(&mut self) {
        self.decider = Decider::new(&self.rules);
        for nth in 0..self.known.len() {
            let (slot, set) = self.known[nth];
            self.set(slot, set);
        }
        self.click(0);
    }

    fn set(&mut self, slot: u32, set: Set) {
        match set {
            Set::Number(number) => self.decider.set_number(&self.rules, slot, number),
            Set::Flag(flag) => self.decider.set_bool(&self.rules, slot, flag),
            Set::Text(number) => self.decider.set_symbol(&self.rules, &mut self.lexicon, slot, number),
        }
    }

    fn click(&mut self, nth: usize) {
        for at in 0..self.clicks[nth % 2].len() {
            let (slot, set) = self.clicks[nth % 2][at];
            self.set(slot, set);
        }
    }

    fn decide(&mut self) -> usize {
        (0..PLACEMENTS).filter_map(|placement| self.decider.verdict_now(&self.rules, placement, 0).experience).sum()
    }
}

#[divan::bench(args = SIZES)]
fn load(bencher: divan::Bencher, count: usize) {
    let text = document(count);
    bencher.bench_local(|| rules::read(divan::black_box(&text)));
}

#[divan::bench(args = SIZES)]
fn read(bencher: divan::Bencher, count: usize) {
    let text = document(count);
    bencher.bench_local(|| Draft::new(divan::black_box(&text).as_bytes().to_vec()));
}

#[divan::bench(args = SIZES)]
fn first_decision_from_the_text(bencher: divan::Bencher, count: usize) {
    let mut draft = Draft::new(document(count).into_bytes());
    let chance = &mut Chance(11);
    let numbers = NUMBERS.map(|(path, most)| [path.into(), f64::from(chance.below(most)).into()]);
    let texts = TEXTS.map(|(path, count)| [path.into(), format!("v{}", chance.below(count)).into()]);
    let flags = FLAGS.map(|path| [path.into(), (chance.below(2) == 0).into()]);
    let attributes: Vec<Value> = numbers.into_iter().chain(texts).chain(flags).flatten().collect();
    bencher.bench_local(|| draft.winners(&Alone { now: 0, visitor: "", attributes: &attributes }));
}

#[divan::bench(args = SIZES)]
fn first_decision(bencher: divan::Bencher, count: usize) {
    let mut visitor = Visitor::new(count);
    bencher.bench_local(|| {
        visitor.arrive();
        visitor.decide()
    });
}

#[divan::bench(args = SIZES)]
fn decide_after_a_click(bencher: divan::Bencher, count: usize) {
    let mut visitor = Visitor::new(count);
    let mut nth = 0;
    bencher.bench_local(|| {
        nth += 1;
        visitor.click(nth);
        visitor.decide()
    });
}

#[divan::bench(args = SIZES)]
fn decide_again(bencher: divan::Bencher, count: usize) {
    let mut visitor = Visitor::new(count);
    visitor.decide();
    bencher.bench_local(|| visitor.decide());
}

fn main() {
    divan::main();
}
