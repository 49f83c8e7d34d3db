//! What holds of profiles, catalogues, choices and templates whatever comes: sizes stay bounded, sums are right, nothing
//! panics, nothing hostile gets through.

use proptest::prelude::*;
use tailorbird_core::attributes::Attribute;
use tailorbird_core::catalog::Catalog;
use tailorbird_core::consent::{Effective, Grant};
use tailorbird_core::products::{Checked, NoModel, pick_products};
use tailorbird_core::profile::{Profile, ProfileSettings, Shopper, Surroundings, Taste};
use tailorbird_core::rules;
use tailorbird_core::schema::{Event, EventKind, Millis, Value};
use tailorbird_core::template::{Lookup, Template};

const START: Millis = 1_790_000_000_000;
const DAY: Millis = 86_400_000;

fn event(kind: EventKind, name: &str, at: Millis, properties: Value) -> Event {
    Event {
        kind,
        message_id: String::new(),
        at,
        name: name.to_owned(),
        category: None,
        anonymous_id: "v".to_owned(),
        user_id: None,
        other_id: None,
        properties,
        traits: Value::map(),
        context: Value::map(),
    }
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Product Viewed".to_owned()),
        Just("Product Clicked".to_owned()),
        Just("Product Added".to_owned()),
        Just("Product Removed".to_owned()),
        Just("Cart Viewed".to_owned()),
        Just("Checkout Started".to_owned()),
        Just("Order Completed".to_owned()),
        Just("Experience Viewed".to_owned()),
        Just("Experiment Viewed".to_owned()),
        Just("Products Searched".to_owned()),
        "[a-c]{0,3}",
        "\\PC{0,8}",
        Just("x".repeat(300)),
    ]
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>().prop_map(Value::Number),
        (0..100_u32).prop_map(Value::from),
        "[a-e]{1,2}(/[a-e]){0,12}".prop_map(Value::Text),
        "\\PC{0,8}".prop_map(Value::Text),
        Just(Value::Text("y".repeat(500))),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    scalars().prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::vec(("[a-z]{1,8}", inner), 0..4).prop_map(Value::Map),
        ]
    })
}

fn properties() -> impl Strategy<Value = Value> {
    let keys = prop::sample::select(vec![
        "product_id",
        "category",
        "brand",
        "tags",
        "price",
        "quantity",
        "revenue",
        "order_id",
        "products",
        "experience_id",
        "experiment_id",
        "variation_id",
        "query",
        "other",
    ]);
    prop::collection::vec((keys.prop_map(str::to_owned), values()), 0..10).prop_map(Value::Map)
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let kind = prop_oneof![
        8 => Just(EventKind::Track),
        1 => Just(EventKind::Page),
        1 => Just(EventKind::Identify),
        1 => Just(EventKind::Group),
        1 => Just(EventKind::Alias),
    ];
    let pause = prop_oneof![0..60_000_i64, 0..DAY, -3 * DAY..0, Just(i64::MAX), Just(i64::MIN)];
    let one = (kind, names(), pause, properties(), values(), prop::option::of("[a-c]"));
    prop::collection::vec(one, 0..40).prop_map(|told| {
        let mut at = START;
        let mut events = Vec::new();
        for (kind, name, pause, properties, traits, user) in told {
            let moment = if pause == i64::MAX || pause == i64::MIN { pause } else { at + pause };
            if pause.unsigned_abs() < 10 * DAY as u64 {
                at = at.max(moment);
            }
            let mut event = event(kind, &name, moment, properties);
            event.traits = traits;
            event.other_id = user.clone();
            event.user_id = user;
            events.push(event);
        }
        events
    })
}

fn recorded(events: &[Event]) -> Profile {
    let (settings, catalog) = (ProfileSettings::default(), Catalog::default());
    let mut profile = Profile::new("v", START);
    for event in events {
        profile.record(event, &settings, &catalog);
    }
    profile
}

fn has_only_numbers(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_finite(),
        Value::List(items) => items.iter().all(has_only_numbers),
        Value::Map(members) => members.iter().all(|(_, value)| has_only_numbers(value)),
        _ => true,
    }
}

fn pet_shop() -> Catalog {
    let mut text = "{\"version\":1,\"products\":[".to_owned();
    for nth in 0..300 {
        if nth > 0 {
            text.push(',');
        }
        let group = if nth % 7 == 0 { format!(",\"group\":\"g{}\"", nth / 21) } else { String::new() };
        text.push_str(&format!(
            "{{\"id\":\"p{nth}\",\"name\":\"P{nth}\",\"category\":\"A{}/B{}/C{}\",\"brand\":\"b{}\",\"price\":{},\
             \"available\":{},\"tags\":[\"t{}\"]{group}}}",
            nth % 3,
            nth % 5,
            nth % 2,
            nth % 11,
            nth % 40,
            nth % 13 != 0,
            nth % 4,
        ));
    }
    text.push_str("]}");
    let (catalog, problems) = Catalog::read(&text);
    assert!(problems.is_empty());
    catalog
}

struct Everything(String);

impl Lookup for Everything {
    fn look(&self, _: &Attribute) -> Value {
        Value::Text(self.0.clone())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_recorded_saves_loads_and_holds_no_odd_number(events in events()) {
        let profile = recorded(&events);
        let text = profile.save();
        let loaded = Profile::load(&text).map_err(|damage| TestCaseError::fail(damage.to_string()))?;
        prop_assert_eq!(loaded.save(), text);
        prop_assert!(has_only_numbers(&profile.export(START + 100 * DAY, 14.0)));
        prop_assert_eq!(profile.export(START, 14.0), loaded.export(START, 14.0));
    }

    #[test]
    fn a_loaded_profile_goes_on_as_the_one_that_was_saved(events in events(), more in events()) {
        let mut profile = recorded(&events);
        let mut loaded = Profile::load(&profile.save()).map_err(|damage| TestCaseError::fail(damage.to_string()))?;
        let (settings, catalog) = (ProfileSettings::default(), Catalog::default());
        for event in &more {
            prop_assert_eq!(profile.record(event, &settings, &catalog), loaded.record(event, &settings, &catalog));
        }
        prop_assert_eq!(profile.save(), loaded.save());
    }

    #[test]
    fn a_damaged_text_is_an_error_or_a_profile_but_never_a_panic(events in events(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = recorded(&events).save().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(mut profile) = Profile::load(&text) {
            let (settings, catalog) = (ProfileSettings::default(), Catalog::default());
            for event in &events {
                profile.record(event, &settings, &catalog);
            }
            prop_assert!(has_only_numbers(&profile.export(START, 14.0)));
        }
        let _ = Profile::load(text.get(..text.floor_char_boundary(at)).unwrap_or_default());
    }

    #[test]
    fn an_affinity_is_the_plain_sum(looks in prop::collection::vec((0..40 * DAY, 0..4_usize), 1..80), later in 0..30 * DAY, half_life in 0.5..60.0_f64) {
        let mut looks = looks;
        looks.sort_unstable();
        let settings = ProfileSettings { half_life_days: half_life, ..ProfileSettings::default() };
        let kinds = [("Product Viewed", 1.0), ("Product Added", 3.0), ("Order Completed", 5.0), ("Product List Viewed", 0.5)];
        let mut profile = Profile::new("v", START);
        let catalog = Catalog::default();
        for (at, kind) in &looks {
            let properties = Value::from([("category", "Dogs/Food".into()), ("product_id", "x".into())]);
            profile.record(&event(EventKind::Track, kinds[*kind].0, START + at, properties), &settings, &catalog);
        }
        let now = START + looks.last().map_or(0, |(at, _)| *at) + later;
        let plain: f64 = looks
            .iter()
            .map(|(at, kind)| kinds[*kind].1 * (-((now - START - at) as f64) / (half_life * DAY as f64)).exp2())
            .sum();
        for level in ["Dogs", "Dogs/Food"] {
            let found = profile.affinities(Taste::Category).now(level, now, half_life);
            prop_assert!((found - plain).abs() <= plain * 1e-12, "{level}: {found} {plain}");
        }
    }

    #[test]
    fn merged_interests_and_counts_add_up(one in events(), other in events()) {
        let (first, second) = (recorded(&one), recorded(&other));
        let mut both = first.clone();
        both.merge(&second, &ProfileSettings::default());
        let now = first.latest().max(second.latest());
        for taste in [Taste::Category, Taste::Brand, Taste::Tag] {
            for (name, _) in both.affinities(taste).entries() {
                let sum = first.affinities(taste).now(name, now, 14.0) + second.affinities(taste).now(name, now, 14.0);
                let found = both.affinities(taste).now(name, now, 14.0);
                prop_assert!((found - sum).abs() <= sum.abs() * 1e-9 + 1e-12);
            }
        }
        prop_assert_eq!(both.count("Product Viewed"), first.count("Product Viewed") + second.count("Product Viewed"));
        prop_assert!(both.orders().count >= first.orders().count.max(second.orders().count));
        prop_assert!(Profile::load(&both.save()).is_ok());
    }

    #[test]
    fn a_row_keeps_its_promises(looks in prop::collection::vec((0..300_usize, 0..3_usize), 0..30), limit in 1..40_usize, more in 1..20_usize, diverse in 0..3_usize, cheap in any::<bool>()) {
        let catalog = pet_shop();
        let (settings, mut around) = (ProfileSettings::default(), Surroundings::default());
        around.set_consent(Effective { personalization: Grant::Granted, analytics: Grant::Granted });
        let mut profile = Profile::new("v", START);
        for (nth, (product, kind)) in looks.iter().enumerate() {
            let name = ["Product Viewed", "Product Added", "Product Viewed"][*kind];
            let properties = Value::from([("product_id", format!("p{product}").into())]);
            profile.record(&event(EventKind::Track, name, START + nth as i64 * 1000, properties), &settings, &catalog);
        }
        let shopper = Shopper { profile: &profile, around: &around, catalog: &catalog, settings: &settings, scores: &NoModel, now: START + DAY };
        let pick = |limit: usize| {
            let diverse = ["", ",\"diverse\":\"category\"", ",\"diverse\":\"brand\""][diverse];
            let only = if cheap { ",\"where\":{\"price\":{\"$lt\":20}}" } else { "" };
            let (rules, problems) = rules::read(&format!(
                "{{\"version\":1,\"experiences\":[{{\"id\":\"e\",\"placement\":\"p\",\"products\":{{\"strategy\":\"affinity\",\
                 \"limit\":{limit},\"exclude\":[\"cart\"]{diverse}{only}}}}}]}}"
            ));
            assert!(problems.is_empty(), "{problems:?}");
            pick_products(rules.experiences()[0].products.as_ref().unwrap(), &shopper, &Checked::default()).picks
        };
        let picks = pick(limit);
        prop_assert!(picks.len() <= limit);
        let mut groups = Vec::new();
        for (nth, pick) in picks.iter().enumerate() {
            let product = catalog.product(&pick.id).unwrap();
            prop_assert!(product.available());
            prop_assert!(!cheap || product.price().is_some_and(|price| price < 20.0));
            prop_assert!(profile.cart().lines.iter().all(|line| line.id != pick.id));
            prop_assert!(picks.iter().skip(nth + 1).all(|other| other.id != pick.id));
            prop_assert!(product.group().is_none_or(|group| !groups.contains(&group)));
            groups.extend(product.group());
        }
        if diverse == 0 {
            // A longer row begins with the shorter one, and its scores never rise within a strategy.
            let longer = pick(limit + more);
            prop_assert!(longer.starts_with(&picks));
            prop_assert!(longer.windows(2).all(|pair| pair[0].strategy != pair[1].strategy || pair[0].score >= pair[1].score));
        }
    }

    #[test]
    fn no_value_leaves_its_place(value in prop_oneof!["\\PC{0,40}", "[\\x00-\\x7f]{0,40}", "(?i)[ \t\n\\x01]{0,2}(javascript|data|vbscript)[\t\n]?:.{0,10}"]) {
        let template = Template::html("<p title=\"{{a}}\" class='{{a}}'>{{a}}</p><a href=\"{{a}}\">x</a><a href=\"/s?q={{a}}\">").unwrap();
        let out = template.render(&Everything(value.clone()));
        let count = |text: &str, letter: char| text.chars().filter(|found| *found == letter).count();
        for (letter, there) in [('<', 5), ('>', 5), ('"', 6), ('\'', 2), ('`', 0), ('\0', 0)] {
            prop_assert_eq!(count(&out, letter), there, "{:?} in {}", letter, out);
        }
        let address = out.split("<a href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let seen: String = address.replace("&amp;", "&").chars().filter(|letter| !matches!(letter, '\t' | '\n' | '\r')).collect();
        let seen = seen.trim_start_matches(|letter: char| letter <= ' ').to_ascii_lowercase();
        for scheme in ["javascript:", "data:", "vbscript:"] {
            prop_assert!(!seen.starts_with(scheme), "{out}");
        }
    }

    #[test]
    fn no_template_text_panics(text in prop_oneof!["\\PC{0,60}", "([<>\"'= /!a-z-]|\\{\\{|\\}\\}|#each |#if |/if|/each|else|href|style|on){0,30}"]) {
        if let Ok(template) = Template::html(&text) {
            let _ = template.render(&Everything("x".to_owned()));
        }
        if let Ok(template) = Template::field("href", &text) {
            let _ = template.render(&Everything("javascript:x".to_owned()));
        }
    }

    #[test]
    fn no_catalogue_text_panics(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let text = r#"{"version":1,"currency":"EUR","products":[{"id":"a","name":"A","tags":["x"],"attributes":{"popularity":3}},{"id":"b","name":"B","url":"/p?x=1"}]}"#;
        let mut bytes = text.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let damaged = String::from_utf8_lossy(&bytes);
        let (catalog, problems) = Catalog::read(&damaged);
        prop_assert!(catalog.len() + problems.len() > 0);
        let _ = Catalog::read(damaged.get(..damaged.floor_char_boundary(cut.index(damaged.len()))).unwrap_or_default());
    }
}

#[test]
fn a_profile_stays_small_whatever_happens() {
    let (settings, catalog) = (ProfileSettings::default(), Catalog::default());
    let mut profile = Profile::new("v", START);
    let mut longest = 0;
    for nth in 0..6_000_i64 {
        let name = match nth % 6 {
            0 => "Product Viewed".to_owned(),
            1 => "Product Added".to_owned(),
            2 => "Order Completed".to_owned(),
            3 => "Experience Viewed".to_owned(),
            4 => "Experiment Viewed".to_owned(),
            _ => format!("Event {nth}"),
        };
        let id = format!("{nth}-{}", "x".repeat(150));
        let line = Value::from([("product_id", id.as_str().into()), ("category", format!("{id}/a/b/c").into())]);
        let mut event = event(
            EventKind::Track,
            &name,
            START + nth * 1_000,
            Value::from([
                ("product_id", id.as_str().into()),
                ("category", format!("Cat {nth}/Sub {nth}/Leaf {nth}").into()),
                ("brand", id.as_str().into()),
                ("tags", vec![id.as_str(); 5].into()),
                ("order_id", id.as_str().into()),
                ("experience_id", id.as_str().into()),
                ("experiment_id", id.as_str().into()),
                ("variation_id", id.as_str().into()),
                ("products", Value::List(vec![line; 5])),
            ]),
        );
        event.context = Value::from([("page", Value::from([("path", id.as_str().into())]))]);
        profile.record(&event, &settings, &catalog);
        event.kind = EventKind::Identify;
        event.traits = Value::from([(id.as_str(), "y".repeat(900).into())]);
        profile.record(&event, &settings, &catalog);
        if nth % 500 == 499 {
            longest = longest.max(profile.save().len());
        }
    }
    assert!(longest < 600_000, "{longest}");
    assert!(Profile::load(&profile.save()).is_ok());
    assert!(profile.viewed().len() <= 50);
}
