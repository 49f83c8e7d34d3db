//! Runs the conformance cases about profiles, attributes, catalogues, products, templates, consent and whole decisions. (long: one runner for each kind of case)
//!
//! The same file is part of the native tests and of those inside wasm. A file of tests/cases says of what `kind` its
//! cases are; kinds that are not known here belong to another runner.
//!
//! Moments are ISO 8601 or milliseconds. An event is `[moment, name, properties]` for a track call, or an object with
//! `at`, `type`, `event`, `properties`, `traits`, `context`, `userId`, `otherId`. Numbers are compared within 1e-9.

use tailorbird_core::attributes::{Attribute, Facts};
use tailorbird_core::catalog::Catalog;
use tailorbird_core::consent::{Change, Consent, Effective, Grant, Input, Said, Tool};
use tailorbird_core::decide::Decisions;
use tailorbird_core::json::{line_column, parse_value, write};
use tailorbird_core::products::{Ask, Checked, ModelScores, Offer, pick_products};
use tailorbird_core::profile::{Device, Page, Profile, ProfileSettings, Shopper, Surroundings};
use tailorbird_core::recommend::Rhythm;
use tailorbird_core::rules::{self, Explained, Problem, Rules, STRATEGIES, Strategy};
use tailorbird_core::schema::{Event, EventKind, Value};
use tailorbird_core::template::{Lookup, Template};

/// One case and how it went.
pub struct Case {
    /// The behaviour it shows.
    pub name: String,
    /// What was wrong; `None` when all was well.
    pub wrong: Option<String>,
}

/// Runs all cases of a file. `None` when they are not about this.
pub fn run(text: &str) -> Option<Vec<Case>> {
    let file = parse_value(text).unwrap_or_default();
    let case: fn(&Value) -> Result<(), String> = match file.get("kind")?.as_str()? {
        "attributes" => attributes,
        "catalog" => catalog,
        "products" => products,
        "template" => template,
        "consent" => consent,
        "decision" => decision,
        "saved" => saved,
        _ => return None,
    };
    // What all cases of a file share stands beside them, and each may say it differently.
    let run = |given: &Value| {
        let mut whole = file.clone();
        whole.remove("cases");
        whole.remove("about");
        given.members().iter().for_each(|(name, value)| whole.set(name, value.clone()));
        Case { name: text_of(given, "name").to_owned(), wrong: case(&whole).err() }
    };
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

/// Equal, numbers within rounding, members of objects in any order.
fn is_same(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Number(one), Value::Number(other)) => (one - other).abs() <= 1e-9 * one.abs().max(1.0),
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Map(one), Value::Map(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| found.get(name).is_some_and(|found| is_same(value, found)))
        }
        _ => expected == found,
    }
}

fn same(what: &str, expected: &Value, found: &Value) -> Result<(), String> {
    if is_same(expected, found) {
        Ok(())
    } else {
        Err(format!("{what}: expected {}, found {}", json(expected), json(found)))
    }
}

fn moment(value: Option<&Value>) -> i64 {
    match value {
        Some(Value::Number(millis)) => *millis as i64,
        Some(Value::Text(text)) => rules::millis_of(text).unwrap_or(i64::MIN),
        _ => rules::millis_of("2026-11-22T12:00:00Z").unwrap_or_default(),
    }
}

fn event(told: &Value, nth: usize) -> Event {
    let track;
    let told = match told.items() {
        [] => told,
        items => {
            track = Value::from([
                ("at", items.first().cloned().unwrap_or_default()),
                ("event", items.get(1).cloned().unwrap_or_default()),
                ("properties", items.get(2).cloned().unwrap_or_else(Value::map)),
            ]);
            &track
        }
    };
    let owned = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
    let object = |name: &str| told.get(name).cloned().unwrap_or_else(Value::map);
    Event {
        kind: owned("type").and_then(|kind| EventKind::from_name(&kind)).unwrap_or(EventKind::Track),
        message_id: format!("message-{nth}"),
        at: moment(told.get("at")),
        name: owned("event").unwrap_or_default(),
        category: None,
        anonymous_id: "visitor-1".to_owned(),
        user_id: owned("userId"),
        other_id: owned("otherId"),
        properties: object("properties"),
        traits: object("traits"),
        context: object("context"),
    }
}

/// What stands in for a trained model: offers by strategy, a rhythm in days, probabilities.
struct Told(Value);

impl ModelScores for Told {
    fn offers(&self, strategy: Strategy, ask: &Ask<'_>) -> Vec<Offer> {
        let name = STRATEGIES.iter().find(|(_, known)| *known == strategy).map_or("", |(name, _)| *name);
        let told = self.0.get(name).map_or(&[][..], Value::items);
        let offer = |item: &Value| Offer {
            id: item.items().first().and_then(Value::as_str).unwrap_or_default().to_owned(),
            score: item.items().get(1).and_then(Value::as_f64).unwrap_or(1.0),
            because: item.items().get(2).and_then(Value::as_str).map(str::to_owned),
            weight: item.items().get(3).and_then(Value::as_f64).unwrap_or(0.0) as f32,
        };
        told.iter().take(ask.limit).map(offer).collect()
    }
    fn rhythm(&self, product: &str, category: &str) -> Option<Rhythm> {
        let told = self.0.get("rhythm")?;
        let days = told.get(product).or_else(|| told.get(category))?.as_f64()?;
        Some(Rhythm { days: days as f32, spread: 0.0 })
    }
    fn probability(&self, name: &str, _: &dyn Facts) -> Option<f64> {
        self.0.get(name)?.as_f64()
    }
}

/// The visitor of a case.
struct Visit {
    rules: Rules,
    catalog: Catalog,
    settings: ProfileSettings,
    profile: Profile,
    stages: Vec<Value>,
    around: Surroundings,
    model: Told,
    now: i64,
}

impl Visit {
    fn of(case: &Value) -> Result<Visit, String> {
        let mut document = case.get("rules").cloned().unwrap_or_else(Value::map);
        document.set("version", Value::Number(1.0));
        for name in ["settings", "products"] {
            if let Some(given) = case.get(name) {
                if name == "settings" {
                    document.set(name, given.clone());
                } else {
                    let experience =
                        Value::from([("id", "e".into()), ("placement", "p".into()), ("products", given.clone())]);
                    document.set("experiences", Value::List(vec![experience]));
                }
            }
        }
        let text = json(&document);
        let (rules, problems) = rules::read(&text);
        if case.get("problems").is_none() && !problems.is_empty() {
            return Err(format!("rules: {}", problems.iter().map(Problem::message).collect::<Vec<_>>().join("; ")));
        }
        let catalog = match case.get("catalog") {
            None => Catalog::default(),
            Some(given) => {
                let products = if given.get("version").is_some() {
                    given.clone()
                } else {
                    Value::from([
                        ("version", Value::Number(1.0)),
                        ("currency", "EUR".into()),
                        ("products", given.clone()),
                    ])
                };
                let (catalog, problems) = Catalog::read(&json(&products));
                if let Some(problem) = problems.first() {
                    return Err(format!("catalogue: {}", problem.message()));
                }
                catalog
            }
        };
        let settings = ProfileSettings::from(rules.settings());
        let now = moment(case.get("now"));
        let events: Vec<Event> = case
            .get("events")
            .map_or(&[][..], Value::items)
            .iter()
            .enumerate()
            .map(|(nth, told)| event(told, nth))
            .collect();
        let first = case.get("born").map(|born| moment(Some(born)));
        let born = first.or_else(|| events.first().map(|event| event.at)).unwrap_or(now);
        let mut profile = Profile::new("visitor-1", born);
        let mut stages = Vec::new();
        for event in &events {
            if let Some(change) = profile.record(event, &settings, &catalog) {
                stages.push(Value::from([change.from.name(), change.to.name()].join(" > ").as_str()));
            }
        }
        let mut around = Surroundings::default();
        let page = case.get("page").cloned().unwrap_or_default();
        around.set_page(Page {
            url: text_of(&page, "url").to_owned(),
            path: text_of(&page, "path").to_owned(),
            kind: text_of(&page, "type").to_owned(),
            title: text_of(&page, "title").to_owned(),
            product: page.get("product").and_then(Value::as_str).map(str::to_owned),
            category: page.get("category").and_then(Value::as_str).map(str::to_owned),
            query: page
                .get("query")
                .map_or(&[][..], Value::members)
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
                .collect(),
        });
        let device = case.get("device").cloned().unwrap_or_default();
        around.set_device(Device {
            kind: text_of(&device, "type").to_owned(),
            language: text_of(&device, "language").to_owned(),
            timezone: text_of(&device, "timezone").to_owned(),
            utc_offset: device.get("utcOffset").and_then(Value::as_f64).unwrap_or(0.0) as i32,
            touch: device.get("touch").and_then(Value::as_bool).unwrap_or(false),
        });
        around.set_context(case.get("context").cloned().unwrap_or_default());
        let grant = |name: &str| {
            let told = case.get("consent").map(|consent| text_of(consent, name)).unwrap_or("granted");
            Grant::from_name(told).unwrap_or_default()
        };
        around.set_consent(Effective { personalization: grant("personalization"), analytics: grant("analytics") });
        let model = Told(case.get("model").cloned().unwrap_or_default());
        Ok(Visit { rules, catalog, settings, profile, stages, around, model, now })
    }

    fn shopper(&self) -> Shopper<'_> {
        Shopper {
            profile: &self.profile,
            around: &self.around,
            catalog: &self.catalog,
            settings: &self.settings,
            scores: &self.model,
            now: self.now,
        }
    }
}

/// `events` recorded give the values of `expect`, one by one and in the nested object; `stages` tells how the visitor
/// moved. After saving and loading, everything is the same.
fn attributes(case: &Value) -> Result<(), String> {
    let mut visit = Visit::of(case)?;
    if let Some(expected) = case.get("stages") {
        same("stages", expected, &Value::List(visit.stages.clone()))?;
    }
    let nested = visit.shopper().attributes();
    for (path, expected) in case.get("expect").map_or(&[][..], Value::members) {
        let attribute = Attribute::parse(path);
        same(path, expected, &visit.shopper().value(&attribute))?;
        let whole = nested.at(path).cloned().unwrap_or_default();
        // What never happened is 0 when asked for, and not among the members.
        if !(whole.is_null() && *expected == Value::Number(0.0)) {
            same(&format!("{path} among all attributes"), expected, &whole)?;
        }
    }
    if let Some(absent) = case.get("absent") {
        for path in absent.items().iter().filter_map(Value::as_str) {
            same(path, &Value::Null, &visit.shopper().value(&Attribute::parse(path)))?;
        }
    }
    let text = visit.profile.save();
    visit.profile = Profile::load(&text).map_err(|damage| damage.to_string())?;
    same("attributes after loading", &nested, &visit.shopper().attributes())?;
    if visit.profile.save() != text {
        return Err("a loaded profile saves differently".to_owned());
    }
    Ok(())
}

/// `document` (or its text) is read with `problems` (`code@line:column`) and `count` products; `find` tells which
/// product has an address, `field` what a product's field is.
fn catalog(case: &Value) -> Result<(), String> {
    let document = case.get("document").cloned().unwrap_or_default();
    let text = document.as_str().map_or_else(|| json(&document), str::to_owned);
    let (catalog, problems) = Catalog::read(&text);
    let found = problems.iter().map(|problem| {
        let (line, column) = line_column(&text, problem.at);
        Value::from(format!("{}@{line}:{column}", problem.code))
    });
    same("problems", case.get("problems").unwrap_or(&Value::List(Vec::new())), &Value::List(found.collect()))?;
    if let Some(count) = case.get("count") {
        same("count", count, &Value::Number(catalog.len() as f64))?;
    }
    for (url, expected) in case.get("find").map_or(&[][..], Value::members) {
        same(url, expected, &catalog.product_at(url).map(|product| product.id()).into())?;
    }
    for (path, expected) in case.get("fields").map_or(&[][..], Value::members) {
        let (id, field) = path.split_once(' ').unwrap_or((path, ""));
        same(path, expected, &catalog.product(id).map(|product| product.field(field)).unwrap_or_default())?;
    }
    Ok(())
}

/// `products` picks the ids of `expect`; `why` tells each one's sentence, `strategies` which strategy brought it.
fn products(case: &Value) -> Result<(), String> {
    let visit = Visit::of(case)?;
    let want = visit.rules.experiences().first().and_then(|experience| experience.products.as_ref());
    let want = want.ok_or("no products asked for")?;
    let checked = Checked::default();
    let picks = pick_products(want, &visit.shopper(), &checked).picks;
    let ids = Value::from(picks.iter().map(|pick| pick.id.as_str()).collect::<Vec<_>>());
    same("ids", case.get("expect").unwrap_or(&Value::Null), &ids)?;
    if let Some(why) = case.get("why") {
        let found = picks.iter().map(|pick| pick.why(&visit.catalog)).collect::<Vec<_>>();
        same("why", why, &Value::from(found))?;
    }
    if let Some(strategies) = case.get("strategies") {
        let name = |strategy| STRATEGIES.iter().find(|(_, known)| *known == strategy).map_or("", |(name, _)| *name);
        let found = picks.iter().map(|pick| name(pick.strategy)).collect::<Vec<_>>();
        same("strategies", strategies, &Value::from(found))?;
    }
    if pick_products(want, &visit.shopper(), &checked).picks != picks {
        return Err("the second choice differs from the first".to_owned());
    }
    Ok(())
}

struct Values(Value);

impl Lookup for Values {
    fn look(&self, path: &Attribute) -> Value {
        self.0.at(&path.path).cloned().unwrap_or_default()
    }
}

/// `template` (or a field of the name `field`) with `values` gives `expect`, or does not compile because of `problem`
/// (`code`, or `code@offset`).
fn template(case: &Value) -> Result<(), String> {
    let text = text_of(case, "template");
    let template = match case.get("field").and_then(Value::as_str) {
        Some(name) => Template::field(name, text),
        None => Template::html(text),
    };
    match (template, case.get("problem").and_then(Value::as_str)) {
        (Ok(template), None) => {
            let values = Values(case.get("values").cloned().unwrap_or_else(Value::map));
            same("result", case.get("expect").unwrap_or(&Value::Null), &template.render(&values).into())
        }
        (Ok(_), Some(problem)) => Err(format!("it compiles, where `{problem}` was expected")),
        (Err(error), None) => Err(format!("{} at {}: expected {}", error.code, error.at, error.expected)),
        (Err(error), Some(problem)) => {
            let found =
                if problem.contains('@') { format!("{}@{}", error.code, error.at) } else { error.code.to_owned() };
            if found == problem { Ok(()) } else { Err(format!("expected `{problem}`, found `{found}`")) }
        }
    }
}

fn said(told: &Value) -> Said {
    let grant = |name: &str| Grant::from_name(told.as_str().unwrap_or_else(|| text_of(told, name)));
    Said { personalization: grant("personalization"), analytics: grant("analytics") }
}

/// Each of `steps` is heard; then `is` (`personalization/analytics`) holds and `then` follows.
fn consent(case: &Value) -> Result<(), String> {
    let mut consent = Consent::new();
    for (nth, step) in case.get("steps").map_or(&[][..], Value::items).iter().enumerate() {
        let input = match step.members().first().map(|(name, told)| (name.as_str(), told)) {
            Some(("default", told)) => Input::Default(said(told)),
            Some(("gpc", told)) => Input::GlobalPrivacyControl(told.as_bool().unwrap_or(false)),
            Some(("manual", told)) => Input::Manual(said(told)),
            Some(("consentMode", told)) => Input::Tool(Tool::ConsentMode, said(told)),
            Some(("tcf", told)) => Input::Tool(Tool::Tcf, said(told)),
            Some(("tool", told)) => Input::Tool(Tool::Other, said(told)),
            _ => return Err(format!("step {nth} says nothing known")),
        };
        let change = consent.hear(input);
        let found = [change.after.personalization.name(), change.after.analytics.name()].join("/");
        same(&format!("step {nth}"), step.get("is").unwrap_or(&Value::Null), &found.as_str().into())?;
        let expected = step.get("then").cloned().unwrap_or(Value::List(Vec::new()));
        same(&format!("what follows from step {nth}"), &expected, &what_follows(&change))?;
        if change.after != consent.effective() {
            return Err("the change tells something else than what holds".to_owned());
        }
    }
    Ok(())
}

fn what_follows(change: &Change) -> Value {
    let all = [
        (change.keep_profile, "keep profile"),
        (change.erase_profile, "erase profile"),
        (change.send_events, "send events"),
        (change.drop_events, "drop events"),
    ];
    all.iter().filter(|(so, _)| *so).map(|(_, name)| *name).collect::<Vec<_>>().into()
}

/// `rules`, `catalog` and `events` give the decision of `expect` for `placement` (members left out are not looked at).
fn decision(case: &Value) -> Result<(), String> {
    let visit = Visit::of(case)?;
    let mut decisions = Decisions::new(&visit.rules);
    let placement = case.get("placement").and_then(Value::as_str).unwrap_or("hero");
    let mut decide = || match case.get("preview").map(Value::items) {
        Some([experience, variant]) => {
            decisions.preview(&visit.rules, &visit.shopper(), experience.as_str().unwrap_or_default(), variant.as_str())
        }
        _ => Some(decisions.decide(&visit.rules, &visit.shopper(), placement)),
    };
    let Some(decided) = decide() else {
        return same("decision", case.get("expect").unwrap_or(&Value::Null), &Value::Null);
    };
    let it = &decided.decision;
    let found = Value::from([
        ("placement", it.placement.as_str().into()),
        ("experience", it.experience.as_deref().into()),
        ("variant", it.variant.as_deref().into()),
        ("block", it.block.as_deref().into()),
        ("html", it.html.as_deref().into()),
        ("fields", it.fields.clone()),
        ("products", it.products.clone().into()),
        ("reason", it.reason.name().into()),
        ("experiment", it.experiment.as_ref().map(|known| known.variant.as_str()).into()),
        ("validUntil", decided.valid_until.map(|moment| moment as f64).into()),
    ]);
    for (name, expected) in case.get("expect").map_or(&[][..], Value::members) {
        let expected = if name == "validUntil" && expected.as_str().is_some() {
            Value::Number(moment(Some(expected)) as f64)
        } else {
            expected.clone()
        };
        same(name, &expected, found.get(name).unwrap_or(&Value::Null))?;
    }
    if decide().as_ref() != Some(&decided) {
        return Err("deciding twice gives two answers".to_owned());
    }
    if case.get("preview").is_some() {
        return Ok(());
    }
    // Who won is told as it was decided, and every other experience has not.
    let (explained, picks) = decisions.explain(&visit.rules, &visit.shopper(), placement);
    let told: Vec<Value> = explained.iter().map(Explained::to_value).collect();
    let outcome = |told: &Value| text_of(told, "outcome").to_owned();
    let winner = told.iter().find(|told| outcome(told) == "won").map(|told| text_of(told, "experience"));
    same("explained winner", &it.experience.as_deref().into(), &winner.into())?;
    same(
        "explained picks",
        &it.products.clone().into(),
        &picks.iter().map(|pick| pick.id.clone()).collect::<Vec<_>>().into(),
    )?;
    for (id, expected) in case.get("outcomes").map_or(&[][..], Value::members) {
        let found = told.iter().find(|told| text_of(told, "experience") == id).map(outcome);
        same(id, expected, &found.into())?;
    }
    Ok(())
}

/// The parts of a stored profile, in their order.
const PARTS: [&str; 27] = [
    "version",
    "id",
    "user",
    "group",
    "first seen",
    "latest",
    "previous session",
    "session",
    "categories",
    "brands",
    "tags",
    "price",
    "counts",
    "cart",
    "checkout",
    "cart touched",
    "orders",
    "bought",
    "order ids",
    "traits",
    "group traits",
    "seen",
    "assigned",
    "viewed",
    "stage",
    "clicked",
    "history",
];

/// A stored profile's `text`, or the case's own profile `with` other parts, is refused because of `part`; without a
/// `part` it is read, and the parts of `left` are what is left of it.
fn saved(case: &Value) -> Result<(), String> {
    let visit = Visit::of(case)?;
    let text = match case.get("text").and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => {
            let stored = parse_value(&visit.profile.save()).map_err(|error| error.message.to_owned())?;
            let mut parts = stored.items().to_vec();
            for (name, value) in case.get("with").map_or(&[][..], Value::members) {
                let nth = PARTS.iter().position(|part| part == name).ok_or("a profile has no such part")?;
                *parts.get_mut(nth).ok_or("a part that was not saved")? = value.clone();
            }
            let stored = Value::List(parts);
            json(&stored)
        }
    };
    let found = Profile::load(&text);
    let damaged = found.as_ref().err().map_or("", |damage| damage.part);
    same("damaged part", case.get("part").unwrap_or(&Value::from("")), &damaged.into())?;
    let saved = found.map(|profile| parse_value(&profile.save()).unwrap_or_default()).unwrap_or_default();
    for (name, expected) in case.get("left").map_or(&[][..], Value::members) {
        let nth = PARTS.iter().position(|part| part == name).ok_or("a profile has no such part")?;
        same(name, expected, saved.items().get(nth).unwrap_or(&Value::Null))?;
    }
    Ok(())
}
