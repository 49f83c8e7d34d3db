//! Runs the conformance cases about rules: conditions, decisions, experiments and what is wrong with documents.
//!
//! The same file is part of the native tests and of those inside wasm. A file of tests/cases says of what `kind` its
//! cases are; kinds that are not known here belong to another runner.

use tailorbird_core::attributes::{Facts, Per, Remembered, Shown};
use tailorbird_core::catalog::Catalog;
use tailorbird_core::experiment::{Namespace, bucket_ranges, hash};
use tailorbird_core::json::{line_column, parse_value, write};
use tailorbird_core::rules::check::{Finding, Stock, check};
use tailorbird_core::rules::{self, Decider, Draft, Outcome, Rules, Severity, Sheet, Verdict, explain};
use tailorbird_core::schema::Value;

/// One case and how it went.
pub(crate) struct Case {
    /// The behaviour it shows.
    pub(crate) name: String,
    /// What was wrong; `None` when all was well.
    pub(crate) wrong: Option<String>,
}

/// Runs all cases of a file. `None` when they are not about rules.
pub(crate) fn run(text: &str) -> Option<Vec<Case>> {
    let file = parse_value(text).unwrap_or_default();
    let case: fn(&Value) -> Result<(), String> = match file.get("kind")?.as_str()? {
        "condition" => condition,
        "decide" => decide,
        "problems" => problems,
        "check" => checked,
        "hash" => hashing,
        _ => return None,
    };
    let run = |given: &Value| Case { name: text_of(given, "name").to_owned(), wrong: case(given).err() };
    Some(file.get("cases")?.items().iter().map(run).collect())
}

fn text_of<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn json(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn same(what: &str, expected: &Value, found: &Value) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{what}: expected {}, found {}", json(expected), json(found))) }
}

/// A moment: milliseconds or ISO 8601.
fn moment(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(millis) => Some(*millis as i64),
        Value::Text(text) => rules::millis_of(text),
        _ => None,
    }
}

/// `condition` over `attributes` gives `expect`: in a decision, in an explanation and on a plain document.
fn condition(case: &Value) -> Result<(), String> {
    let condition = case.get("condition").cloned().unwrap_or_default();
    let attributes = case.get("attributes").cloned().unwrap_or_else(Value::map);
    let experience: Value = [
        ("id", "case".into()),
        ("placement", "here".into()),
        ("when", condition.clone()),
        ("products", [("strategy", "recent".into()), ("where", condition)].into()),
    ]
    .into();
    let document: Value = [("version", 1_u32.into()), ("experiences", vec![experience].into())].into();
    let text = json(&document);
    let (rules, problems) = rules::read(&text);
    if let Some(problem) = problems.first() {
        return Err(problem.message());
    }
    let expect = case.get("expect").cloned().unwrap_or_default();
    let experience = rules.experiences().first().ok_or("no experience")?;
    let only = experience.products.as_ref().and_then(|products| products.only.as_ref()).ok_or("no condition")?;
    same("on a document", &expect, &only.matches(&attributes).into())?;
    let facts = Sheet::new(attributes);
    let verdict = agreed(&rules, &facts, &mut Decider::new(&rules), 0)?;
    uncompiled(&text, &rules, &facts)?;
    same("in a decision", &expect, &verdict.experience.is_some().into())
}

/// The verdict, if the explanation says the same.
fn agreed(rules: &Rules, facts: &dyn Facts, decider: &mut Decider, placement: usize) -> Result<Verdict, String> {
    let verdict = decider.verdict(rules, facts, placement);
    let explained = explain(rules, facts, placement);
    let winner = explained.iter().find(|explained| matches!(explained.outcome, Outcome::Won { .. }));
    let id = |nth: usize| rules.experiences().get(nth).map(|experience| experience.id.as_str());
    same(
        "the winner explained",
        &verdict.experience.and_then(id).map(str::to_owned).into(),
        &winner.map(|explained| explained.experience.clone()).into(),
    )?;
    Ok(verdict)
}

/// Whether a draft finds the winners of the compiled rules, and compiles to the same problems.
fn uncompiled(text: &str, rules: &Rules, facts: &dyn Facts) -> Result<(), String> {
    let mut draft = Draft::new(text.as_bytes().to_vec());
    let found = draft.winners(facts);
    let mut decider = Decider::new(rules);
    let right: Vec<_> =
        (0..rules.placements().len()).map(|nth| decider.verdict(rules, facts, nth).experience).collect();
    // With saved groups nothing is decided before compiling.
    if found.is_none() && !right.is_empty() && !text.contains("\"savedGroups\"")
        || found.as_ref().is_some_and(|found| *found != right)
    {
        return Err(format!("winners before compiling: expected {right:?}, found {found:?}"));
    }
    let (problems, others) = (rules::read(text).1, draft.compile());
    if problems != others {
        return Err(format!("problems of a draft: expected {problems:?}, found {others:?}"));
    }
    Ok(())
}

/// A rules document out of the parts that a case gives: version and blocks are filled in.
fn completed(given: &Value) -> Value {
    let mut document = given.clone();
    if document.get("version").is_none() {
        document.set("version", 1_u32.into());
    }
    if document.get("blocks").is_none() {
        let mut blocks = Value::map();
        let mut add = |id: Option<&Value>| {
            if let Some(id) = id.and_then(Value::as_str) {
                blocks.set(id, [("html", id.into())].into());
            }
        };
        for experience in given.get("experiences").map_or(&[][..], Value::items) {
            add(experience.get("show"));
            for variant in experience.get("variants").map_or(&[][..], Value::items) {
                add(variant.get("show"));
            }
        }
        for (_, placement) in given.get("placements").map_or(&[][..], Value::members) {
            add(placement.get("default"));
        }
        document.set("blocks", blocks);
    }
    document
}

/// Takes what a case or one of its steps says into the facts.
fn learn(sheet: &mut Sheet, step: &Value) {
    if let Some(attributes) = step.get("attributes") {
        sheet.set_all(attributes.clone());
    }
    for (path, value) in step.get("set").map_or(&[][..], Value::members) {
        sheet.set(path, value.clone());
    }
    sheet.now = moment(step.get("now")).unwrap_or(sheet.now);
    if let Some(session) = step.get("session").and_then(Value::as_f64) {
        sheet.session = session as u32;
    }
    if let Some(visitor) = step.get("visitor").and_then(Value::as_str) {
        sheet.visitor = visitor.to_owned();
    }
    sheet.touch();
    if let Some(history) = step.get("history") {
        let remembered = |event: &Value| Remembered {
            event: text_of(event, "event").to_owned(),
            at: moment(event.get("at")).unwrap_or_default(),
            session: event.get("session").and_then(Value::as_f64).map_or(sheet.session, |session| session as u32),
            properties: event.get("properties").cloned().unwrap_or_else(Value::map),
        };
        let history = history.items().iter().map(remembered).collect();
        sheet.set_history(history);
    }
    for shown in step.get("shown").map_or(&[][..], Value::items) {
        let per = match text_of(shown, "per") {
            "session" => Per::Session,
            "day" => Per::Day,
            _ => Per::Visitor,
        };
        let times = shown.get("times").and_then(Value::as_f64).unwrap_or_default() as u32;
        sheet.set_shown(text_of(shown, "experience"), per, Shown { times, free_at: moment(shown.get("freeAt")) });
    }
    for (experiment, variant) in step.get("assigned").map_or(&[][..], Value::members) {
        sheet.set_assigned(experiment, variant.as_str().unwrap_or_default());
    }
}

/// `rules` for a visitor give `expect`, at once or step by step with one decider.
fn decide(case: &Value) -> Result<(), String> {
    let document = completed(case.get("rules").unwrap_or(&Value::Null));
    let text = json(&document);
    let (rules, problems) = rules::read(&text);
    let error = problems.iter().find(|problem| problem.severity == Severity::Error);
    if let Some(problem) = error.filter(|_| case.get("damaged").is_none()) {
        return Err(problem.message());
    }
    let mut sheet = Sheet::new(Value::map());
    let mut decider = Decider::new(&rules);
    learn(&mut sheet, case);
    if case.get("expect").is_some() {
        expected(&rules, &sheet, &mut decider, case)?;
        uncompiled(&text, &rules, &sheet)?;
    }
    for (nth, step) in case.get("steps").map_or(&[][..], Value::items).iter().enumerate() {
        learn(&mut sheet, step);
        let all = expected(&rules, &sheet, &mut decider, step).and_then(|()| uncompiled(&text, &rules, &sheet));
        all.map_err(|wrong| format!("step {}: {wrong}", nth + 1))?;
    }
    Ok(())
}

/// Compares verdict and explanation with what a case or step expects.
fn expected(rules: &Rules, sheet: &Sheet, decider: &mut Decider, step: &Value) -> Result<(), String> {
    let name = step.get("placement").and_then(Value::as_str);
    let placement = name.map_or(Some(0), |name| rules.placement(name)).ok_or("no such placement")?;
    let verdict = agreed(rules, sheet, decider, placement)?;
    let winner = verdict.experience.and_then(|nth| rules.experiences().get(nth));
    let variant = winner.zip(verdict.variant).and_then(|(winner, nth)| winner.variants.get(nth));
    let expect = step.get("expect").unwrap_or(&Value::Null);
    same("the winner", expect, &winner.map(|winner| winner.id.clone()).into())?;
    if let Some(expected) = step.get("variant") {
        same("the variant", expected, &variant.map(|variant| variant.id.clone()).into())?;
    }
    if let Some(expected) = step.get("reason") {
        same("the reason", expected, &verdict.reason.name().into())?;
    }
    if let Some(expected) = step.get("validUntil") {
        let until = moment(Some(expected)).map(|at| at as f64);
        same("valid until", &until.into(), &verdict.valid_until.map(|at| at as f64).into())?;
    }
    let explained = explain(rules, sheet, placement);
    for (id, expected) in step.get("explain").map_or(&[][..], Value::members) {
        let found = explained.iter().find(|explained| explained.experience == *id).ok_or(format!("no `{id}`"))?;
        contains(&format!("`{id}` explained"), expected, &found.to_value())?;
    }
    Ok(())
}

/// Whether what is found holds everything that is expected; objects may hold more.
fn contains(what: &str, expected: &Value, found: &Value) -> Result<(), String> {
    let Value::Map(members) = expected else { return same(what, expected, found) };
    for (name, part) in members {
        let found = found.get(name).unwrap_or(&Value::Null);
        match (part, found) {
            (Value::List(parts), Value::List(others)) if parts.len() == others.len() => {
                for (nth, (part, other)) in parts.iter().zip(others).enumerate() {
                    contains(&format!("{what}, {name} {nth}"), part, other)?;
                }
            }
            _ => contains(&format!("{what}, {name}"), part, found)?,
        }
    }
    Ok(())
}

/// The text of a case: `text`, a list of its lines, or `rules`, written compactly.
fn text_given(case: &Value) -> String {
    match case.get("text") {
        Some(Value::Text(text)) => text.clone(),
        Some(Value::List(lines)) => lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"),
        _ => json(case.get("rules").unwrap_or(&Value::Null)),
    }
}

/// The text has exactly the problems of `expect`, and the experiences of `on` still work.
fn problems(case: &Value) -> Result<(), String> {
    let text = text_given(case);
    let (rules, problems) = rules::read(&text);
    uncompiled(&text, &rules, &Sheet::new(Value::map()))?;
    let findings: Vec<Finding> = problems.into_iter().map(Finding::from).collect();
    compare(case, &text, &findings)?;
    if let Some(on) = case.get("on") {
        let works = rules.experiences().iter().filter(|experience| !experience.off);
        same("what works", on, &works.map(|experience| experience.id.clone()).collect::<Vec<_>>().into())?;
    }
    Ok(())
}

/// `rules`, completed, and perhaps `catalog` give exactly what `expect` lists when they are checked.
fn checked(case: &Value) -> Result<(), String> {
    let text = json(&completed(case.get("rules").unwrap_or(&Value::Null)));
    let stock = case.get("catalog").map(|catalog| {
        let mut stock = Stock::default();
        stock.add(&Catalog::read(&json(catalog)).0);
        stock
    });
    compare(case, &text, &check(text.as_bytes(), stock.as_ref()))
}

/// Compares problems with those that a case expects.
fn compare(case: &Value, text: &str, findings: &[Finding]) -> Result<(), String> {
    let expected = case.get("expect").map_or(&[][..], Value::items);
    let all: Vec<String> = findings.iter().map(Finding::message).collect();
    if findings.len() != expected.len() {
        return Err(format!("expected {} problems, found {all:?}", expected.len()));
    }
    for (finding, expected) in findings.iter().zip(expected) {
        let problem = &finding.problem;
        let (line, column) = line_column(text, problem.at);
        let severity = if problem.severity == Severity::Error { "error" } else { "warning" };
        let found: Value = [
            ("code", problem.code.into()),
            ("severity", severity.into()),
            ("line", (line as f64).into()),
            ("column", (column as f64).into()),
            ("found", problem.found.as_str().into()),
            ("nearest", problem.nearest.clone().into()),
            ("experience", problem.experience.clone().into()),
            ("other", finding.other.clone().into()),
            ("message", finding.message().into()),
        ]
        .into();
        contains("a problem", expected, &found)?;
    }
    Ok(())
}

/// `seed` and `value` hash to `expect`; `coverage` and `weights` give these ranges; `namespace` holds `visitor`.
fn hashing(case: &Value) -> Result<(), String> {
    let expect = case.get("expect").cloned().unwrap_or_default();
    let number = |key: &str| case.get(key).and_then(Value::as_f64).unwrap_or_default();
    if let Some(weights) = case.get("weights") {
        let weights: Vec<f64> = weights.items().iter().filter_map(Value::as_f64).collect();
        let ranges = bucket_ranges(number("coverage"), &weights).into_iter();
        let rounded = |bound: f64| Value::Number((bound * 1e9).round() / 1e9);
        let ranges = ranges.map(|(from, until)| Value::List(vec![rounded(from), rounded(until)])).collect();
        return same("the ranges", &expect, &Value::List(ranges));
    }
    if let Some([name, from, until]) = case.get("namespace").map(Value::items) {
        let namespace = Namespace {
            name: name.as_str().unwrap_or_default().to_owned(),
            from: from.as_f64().unwrap_or_default(),
            until: until.as_f64().unwrap_or_default(),
        };
        return same("inside", &expect, &namespace.holds(text_of(case, "visitor")).into());
    }
    same("the hash", &expect, &hash(text_of(case, "seed"), text_of(case, "value")).into())
}
