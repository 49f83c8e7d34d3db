//! Random rules, shoppers and clocks, from a seed: after every step the engine has to say what the plain evaluator says. (long: one generator of stories)

use super::plain;
use super::shopper::{DAY, Shopper};
use tailorbird_core::json::write;
use tailorbird_core::rules::check::check;
use tailorbird_core::rules::{self, Decider, Draft, Lexicon, Outcome, Rules, explain};
use tailorbird_core::schema::{Millis, Value};

/// Where every shopper's clock starts: 2026-11-01.
const START: Millis = 1_793_491_200_000;

/// Chance from a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound.max(1)
    }
    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }
    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }
}

const PATHS: [&str; 9] = [
    "x",
    "y",
    "traits.tier",
    "traits.points",
    "cart.value",
    "page.path",
    "days.Order Completed",
    "days.Page",
    "device.type",
];
const TEXTS: [&str; 8] = ["", "a", "b", "gold", "5", "true", "a/b/gold", "nothing like it"];
const EVENTS: [&str; 3] = ["Viewed", "Added", "Ordered"];
const PLACEMENTS: [&str; 3] = ["hero", "row", "footer"];

fn single(chance: &mut Chance) -> Value {
    match chance.below(8) {
        0 => Value::Null,
        1 => chance.one_in(2).into(),
        2..=4 => Value::Number(chance.pick(&[-1.0, 0.0, 1.0, 2.0, 2.5, 3.0, 5.0, 100.0])),
        _ => chance.pick(&TEXTS).into(),
    }
}

fn value(chance: &mut Chance) -> Value {
    if !chance.one_in(6) {
        return single(chance);
    }
    Value::List((0..chance.below(3)).map(|_| single(chance)).collect())
}

fn object(name: &str, value: Value) -> Value {
    Value::Map(vec![(name.to_owned(), value)])
}

/// A text, a number or a boolean, sometimes a list: what may stand next to a path without an operator.
fn operators(chance: &mut Chance, depth: usize) -> Value {
    let some_values = |chance: &mut Chance| {
        let texts = chance.one_in(2);
        let one = |chance: &mut Chance| if texts { chance.pick(&TEXTS).into() } else { single(chance) };
        Value::List((0..1 + chance.below(5)).map(|_| one(chance)).collect())
    };
    let comparable = |chance: &mut Chance| loop {
        match single(chance) {
            Value::Null => {}
            other => return other,
        }
    };
    match chance.below(14) {
        0..=4 => {
            let one = chance.pick(&["$gt", "$gte", "$lt", "$lte"]);
            let mut range = object(one, comparable(chance));
            if chance.one_in(3) {
                range.set(chance.pick(&["$gt", "$gte", "$lt", "$lte"]), comparable(chance));
            }
            range
        }
        5 => object("$eq", single(chance)),
        6 => object("$ne", single(chance)),
        7 => object("$in", some_values(chance)),
        8 => object("$nin", some_values(chance)),
        9 => object("$exists", chance.one_in(2).into()),
        10 => object("$regex", chance.pick(&["a", "gold", "/", "thing"]).into()),
        11 => object("$size", object("$gte", Value::Number(chance.below(3) as f64))),
        12 if depth < 3 => object("$elemMatch", operators(chance, depth + 1)),
        _ if depth < 3 => object("$not", operators(chance, depth + 1)),
        _ => object("$gt", Value::Number(1.0)),
    }
}

fn did(chance: &mut Chance) -> Value {
    let mut did = if chance.one_in(2) {
        let mut did = object("event", chance.pick(&EVENTS).into());
        if chance.one_in(2) {
            let mut times = object(chance.pick(&["$gte", "$lt", "$eq"]), Value::Number(chance.below(4) as f64));
            times.set("$ne", Value::Number(chance.below(4) as f64));
            did.set("times", times);
        }
        did
    } else {
        object("sequence", Value::List((0..1 + chance.below(3)).map(|_| chance.pick(&EVENTS).into()).collect()))
    };
    if chance.one_in(3) {
        did.set("without", chance.pick(&EVENTS).into());
    }
    match chance.below(3) {
        0 => did.set("within", "session".into()),
        1 => did.set("withinDays", Value::Number(chance.pick(&[1.0, 2.0, 7.0]))),
        _ => did.set("withinMinutes", Value::Number(chance.pick(&[1.0, 30.0, 60.0]))),
    }
    did
}

fn condition(chance: &mut Chance, depth: usize, audiences: usize) -> Value {
    let mut all = Value::map();
    for _ in 0..1 + chance.below(2) {
        let parts = |chance: &mut Chance| {
            Value::List((0..chance.below(4)).map(|_| condition(chance, depth + 1, audiences)).collect())
        };
        match chance.below(if depth < 3 { 12 } else { 7 }) {
            0..=4 => all.set(chance.pick(&PATHS), operators(chance, 0)),
            5 => {
                let expected = match value(chance) {
                    Value::List(items) if items.is_empty() => Value::Null,
                    other => other,
                };
                all.set(chance.pick(&PATHS), expected);
            }
            6 => all.set("$did", did(chance)),
            7 => all.set("$or", parts(chance)),
            8 => all.set("$and", parts(chance)),
            9 => all.set("$nor", parts(chance)),
            10 => all.set("$not", condition(chance, depth + 1, audiences)),
            _ if audiences > 0 => {
                let one = |chance: &mut Chance| format!("audience {}", chance.below(audiences)).into();
                let asked = if chance.one_in(2) {
                    Value::List((0..chance.below(3)).map(|_| one(chance)).collect())
                } else {
                    one(chance)
                };
                all.set("$audience", asked);
            }
            _ => {}
        }
    }
    all
}

/// A moment near the start, as text.
fn moment(chance: &mut Chance) -> Value {
    format!("2026-11-0{}T{:02}:00:00Z", 1 + chance.below(5), chance.below(24)).into()
}

fn document(chance: &mut Chance, size: usize) -> Value {
    let mut audiences = Value::map();
    for nth in 0..chance.below(4) {
        audiences.set(&format!("audience {nth}"), condition(chance, 1, nth));
    }
    let count = audiences.members().len();
    let mut experiences = Vec::new();
    for nth in 0..1 + chance.below(size) {
        let mut experience = object("id", format!("experience {nth}").into());
        experience.set("placement", chance.pick(&PLACEMENTS).into());
        experience.set("when", condition(chance, 0, count));
        if chance.one_in(2) {
            experience.set("priority", Value::Number(chance.below(3) as f64 - 1.0));
        }
        if chance.one_in(5) {
            experience.set("from", moment(chance));
        }
        if chance.one_in(5) {
            experience.set("until", moment(chance));
        }
        if chance.one_in(4) {
            let limit: [(&str, Value); 2] = [
                ("times", Value::Number(1.0 + chance.below(2) as f64)),
                ("per", chance.pick(&["session", "day", "visitor"]).into()),
            ];
            experience.set("limit", limit.into());
        }
        if chance.one_in(4) {
            experience.set("experiment", object("coverage", Value::Number(chance.pick(&[0.0, 0.4, 1.0]))));
            let arm = |id: &str| object("id", id.into());
            experience.set("variants", Value::List(vec![arm("one"), arm("two")]));
        } else {
            experience.set("show", "block".into());
        }
        experiences.push(experience);
    }
    [
        ("version", 1_u32.into()),
        ("blocks", object("block", object("html", "x".into()))),
        ("audiences", audiences),
        ("experiences", Value::List(experiences)),
    ]
    .into()
}

/// The same rules with the lists of `$in` and `$nin` as saved groups.
fn with_groups(mut document: Value) -> Value {
    fn name(value: &mut Value, groups: &mut Value) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| name(item, groups)),
            Value::Map(members) => {
                for (key, value) in members {
                    let group = match key.as_str() {
                        "$in" => "$inGroup",
                        "$nin" => "$notInGroup",
                        _ => {
                            name(value, groups);
                            continue;
                        }
                    };
                    let id = format!("group {}", groups.members().len());
                    groups.set(&id, std::mem::replace(value, id.as_str().into()));
                    group.clone_into(key);
                }
            }
            _ => {}
        }
    }
    let mut groups = Value::map();
    name(&mut document, &mut groups);
    document.set("savedGroups", groups);
    document
}

/// Changes one thing about the shopper, and says what.
fn happen(chance: &mut Chance, shopper: &mut Shopper, rules: &Rules) -> String {
    match chance.below(12) {
        0..=4 => {
            let (path, value) = (chance.pick(&PATHS), value(chance));
            let value = match value {
                Value::Number(days) if path.starts_with("days.") => {
                    Value::Number(shopper.now as f64 - days * DAY as f64)
                }
                other => other,
            };
            let said = format!("set {path} to {value:?}");
            shopper.set(path, value);
            said
        }
        5 => {
            let event = chance.pick(&EVENTS);
            shopper.record(event);
            format!("record {event}")
        }
        6 => {
            shopper.begin_session();
            "begin a session".to_owned()
        }
        7 => {
            let id = format!("experience {}", chance.below(rules.experiences().len()));
            shopper.show(&id);
            format!("show {id}")
        }
        8 => {
            let id = format!("visitor {}", chance.below(5));
            shopper.become_visitor(&id);
            id
        }
        9 if chance.one_in(3) => {
            let id = format!("experience {}", chance.below(rules.experiences().len()));
            let variant = chance.pick(&["one", "two", "gone"]);
            shopper.assign(&id, variant);
            format!("assign {variant} of {id}")
        }
        _ => {
            shopper.now = clock(chance, shopper, rules);
            format!("the clock says {}", shopper.now)
        }
    }
}

/// Another moment: somewhat later, earlier, or at the edge of a schedule, a window or a day, give or take a millisecond.
fn clock(chance: &mut Chance, shopper: &Shopper, rules: &Rules) -> Millis {
    let nudge = chance.below(3) as Millis - 1;
    let edges: Vec<Millis> = match chance.below(4) {
        0 => rules.experiences().iter().flat_map(|one| [one.from, one.until]).flatten().collect(),
        1 => {
            let windows = [DAY, 2 * DAY, 7 * DAY, 60_000, 30 * 60_000, 60 * 60_000];
            shopper.moments().map(|at| at + windows[chance.below(windows.len())]).collect()
        }
        2 => vec![(shopper.now.div_euclid(DAY) + 1) * DAY],
        _ => vec![],
    };
    match edges.is_empty() {
        false => chance.pick(&edges) + nudge,
        true => shopper.now + chance.pick(&[0, 1, 60_000, DAY / 2, DAY, -1, -DAY]),
    }
}

fn id_of(rules: &Rules, verdict: rules::Verdict) -> Option<(String, Option<String>)> {
    let winner = rules.experiences().get(verdict.experience?)?;
    Some((
        winner.id.clone(),
        verdict.variant.and_then(|nth| winner.variants.get(nth)).map(|variant| variant.id.clone()),
    ))
}

/// One random story of at most `steps` steps under at most `size` experiences.
///
/// # Errors
/// What the engine said, what is right, and the story up to there.
pub(crate) fn story(seed: u64, size: usize, steps: usize) -> Result<(), String> {
    let chance = &mut Chance(seed);
    let document = document(chance, size);
    let mut text = String::new();
    let grouped = chance.one_in(4);
    write(&if grouped { with_groups(document.clone()) } else { document.clone() }, &mut text);
    let (rules, problems) = rules::read(&text);
    if let Some(problem) = problems.first() {
        return Err(format!("seed {seed}: {} in {text}", problem.message()));
    }
    let (mut shopper, mut decider) = (Shopper::default(), Decider::new(&rules));
    shopper.now = START;
    let mut draft = Draft::new(text.clone().into_bytes());
    let mut told = Vec::new();
    for _ in 0..=chance.below(steps) {
        let uncompiled = draft.winners(&shopper);
        // With saved groups nothing is decided before compiling.
        let early = |nth: usize, experience: Option<usize>| match &uncompiled {
            Some(winners) => !grouped && winners[nth] == experience,
            None => grouped,
        };
        for (nth, placement) in rules.placements().iter().enumerate() {
            // Not every placement is asked after every change, so that several changes come together.
            if chance.one_in(3) {
                continue;
            }
            let right = plain::winner(&document, &shopper, &placement.id);
            let verdict = decider.verdict(&rules, &shopper, nth);
            let found = id_of(&rules, verdict);
            let explained = explain(&rules, &shopper, nth).into_iter().find_map(|explained| match explained.outcome {
                Outcome::Won { variant } => Some((explained.experience, variant)),
                _ => None,
            });
            let late = verdict.valid_until.is_some_and(|until| until <= shopper.now);
            if found != right || explained != right || !early(nth, verdict.experience) || late {
                return Err(format!(
                    "seed {seed}, placement {}: decided {found:?}, explained {explained:?}, right is {right:?}, \
                     before compiling {uncompiled:?}, valid until {:?} at {}\nrules {text}\nstory {told:#?}\n{shopper:#?}",
                    placement.id, verdict.valid_until, shopper.now
                ));
            }
        }
        told.push(happen(chance, &mut shopper, &rules));
    }
    Ok(())
}

/// Random visitors for the experiences that a check calls hopeless: none of them may ever win. Answers how many there are.
///
/// # Errors
/// The experience that won after all, and for whom.
pub(crate) fn hopeless(seed: u64, size: usize, steps: usize) -> Result<usize, String> {
    let chance = &mut Chance(seed);
    let document = document(chance, size);
    let mut text = String::new();
    write(&document, &mut text);
    let rules = rules::read(&text).0;
    let never = ["empty-schedule", "empty-experiment", "contradictory-condition", "shadowed-experience"];
    let found = check(text.as_bytes(), None).into_iter().filter(|finding| never.contains(&finding.problem.code));
    let hopeless: Vec<String> = found.filter_map(|finding| finding.problem.experience).collect();
    let mut shopper = Shopper::default();
    // On a page everybody has an id, and takes part in what all take part in.
    shopper.become_visitor("visitor");
    shopper.now = START;
    for _ in 0..if hopeless.is_empty() { 0 } else { steps } {
        for _ in 0..1 + chance.below(4) {
            let path = chance.pick(&PATHS);
            let value = value(chance);
            // Known attributes have values of their kind only.
            match (path, value) {
                ("x" | "y" | "traits.tier" | "traits.points", value) => shopper.set(path, value),
                ("cart.value", Value::Number(number)) => shopper.set(path, Value::Number(number)),
                ("page.path" | "device.type", Value::Text(text)) => shopper.set(path, Value::Text(text)),
                ("cart.value" | "page.path" | "device.type", Value::Null) => shopper.set(path, Value::Null),
                _ => {}
            }
        }
        if chance.one_in(3) {
            let event = chance.pick(&EVENTS);
            shopper.record(event);
        }
        shopper.now = clock(chance, &shopper, &rules);
        for placement in rules.placements() {
            if let Some((winner, _)) = plain::winner(&document, &shopper, &placement.id)
                && hopeless.contains(&winner)
            {
                return Err(format!("seed {seed}: `{winner}` wins\nrules {text}\n{shopper:#?}"));
            }
        }
    }
    Ok(hopeless.len())
}

/// The same for the direct way in: attributes are set by slot, and a fresh decider has to agree.
///
/// # Errors
/// Where the two differ.
pub(crate) fn slots(seed: u64, size: usize, steps: usize) -> Result<(), String> {
    let chance = &mut Chance(seed);
    let mut text = String::new();
    write(&document(chance, size), &mut text);
    let rules = rules::read(&text).0;
    let (mut decider, mut lexicon) = (Decider::new(&rules), Lexicon::default());
    let mut values: Vec<(u32, Value)> = Vec::new();
    for _ in 0..steps {
        let Some(slot) = rules.slot(chance.pick(&PATHS)) else { continue };
        let value = value(chance);
        match &value {
            Value::Null => decider.clear(&rules, slot),
            Value::Number(number) => decider.set_number(&rules, slot, *number),
            Value::Bool(flag) => decider.set_bool(&rules, slot, *flag),
            Value::Text(text) => match lexicon.number(&rules, text).filter(|_| chance.one_in(2)) {
                Some(number) => decider.set_symbol(&rules, &mut lexicon, slot, number),
                None => decider.set_text(&rules, slot, text),
            },
            other => decider.set_value(&rules, slot, other.clone()),
        }
        values.push((slot, value));
        let placement = chance.below(rules.placements().len());
        let mut fresh = Decider::new(&rules);
        for (slot, value) in &values {
            fresh.set_value(&rules, *slot, value.clone());
        }
        let (found, right) =
            (decider.verdict_now(&rules, placement, START), fresh.verdict_now(&rules, placement, START));
        if found != right {
            return Err(format!("seed {seed}: {found:?} instead of {right:?} in {text} after {values:?}"));
        }
    }
    Ok(())
}
