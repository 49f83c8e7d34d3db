//! A stored profile can be read again whatever was told: hostile texts and odd numbers in every place that takes one.

use proptest::prelude::*;
use tailorbird_core::catalog::Catalog;
use tailorbird_core::json::{parse_value, write};
use tailorbird_core::profile::{Profile, ProfileSettings};
use tailorbird_core::schema::{Event, EventKind, Millis, Value};

const START: Millis = 1_790_000_000_000;
/// No stored profile is longer.
const LONGEST: usize = 1 << 20;
/// The parts of a stored profile that are lists of rows.
const LISTS: [usize; 11] = [8, 9, 10, 12, 13, 17, 21, 22, 23, 25, 26];

/// Texts of every length about the limits, cut there or within a letter, with letters that JSON must escape.
fn texts() -> impl Strategy<Value = String> {
    let letters = prop::sample::select(vec![
        "y", "ü", "€", "😀", "\u{1}", "<", "\"", "\\", "\u{7f}", "\u{fffd}", "/", "a/", "~", "\u{2028}",
    ]);
    let lengths = prop_oneof![0..4_usize, 60..70_usize, 95..105_usize, 190..205_usize, 995..1005_usize, Just(5000)];
    prop_oneof![
        4 => prop::sample::select(vec!["", "a", "b", "A/B", "A/B/C", " ", "__proto__", "null", "NaN", "-0", "1e400", "12"]).prop_map(str::to_owned),
        3 => (letters, lengths, "[ -~]{0,2}").prop_map(|(letter, length, before)| before + &letter.repeat(length.div_ceil(letter.len()))),
        1 => "\\PC{0,300}",
        1 => "[\\x00-\\x1f]{0,250}",
    ]
}

fn numbers() -> impl Strategy<Value = f64> {
    let odd = vec![
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        -0.0,
        0.0,
        5e-324,
        f64::MAX,
        f64::MIN,
        1e300,
        -1e300,
        1e12,
        1_000_000_000_000.1,
        -1.0,
        0.1,
        9_007_199_254_740_993.0,
        1e-7,
        1e21,
    ];
    prop_oneof![3 => prop::sample::select(odd), 1 => any::<f64>(), 1 => (0..1000_u32).prop_map(f64::from)]
}

fn values() -> impl Strategy<Value = Value> {
    let scalars = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        3 => numbers().prop_map(Value::Number),
        5 => texts().prop_map(Value::Text),
    ];
    scalars.prop_recursive(7, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::vec((texts(), inner), 0..4).prop_map(Value::Map),
        ]
    })
}

fn object(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let name = prop_oneof![6 => prop::sample::select(names).prop_map(str::to_owned), 1 => texts()];
    prop_oneof![
        8 => prop::collection::vec((name, values()), 0..12).prop_map(|members| {
            // What comes from JavaScript says nothing twice.
            let mut object = Value::map();
            members.into_iter().for_each(|(name, value)| object.set(&name, value));
            object
        }),
        1 => values(),
    ]
}

const PRODUCT: [&str; 12] = [
    "product_id",
    "productId",
    "id",
    "sku",
    "category",
    "categories",
    "brand",
    "tags",
    "price",
    "quantity",
    "variant",
    "name",
];
const PROPERTIES: [&str; 22] = [
    "product_id",
    "category",
    "categories",
    "brand",
    "tags",
    "price",
    "quantity",
    "revenue",
    "total",
    "value",
    "order_id",
    "orderId",
    "experience_id",
    "experiment_id",
    "variation_id",
    "query",
    "path",
    "url",
    "referrer",
    "search",
    "title",
    "position",
];
const EVENTS: [&str; 16] = [
    "Product Viewed",
    "Product Clicked",
    "Product Added",
    "Product Removed",
    "Cart Viewed",
    "Cart Updated",
    "Checkout Started",
    "Order Completed",
    "Experience Viewed",
    "Experience Clicked",
    "Experiment Viewed",
    "Products Searched",
    "Product List Viewed",
    "Stage Changed",
    "Page Viewed",
    "Product Added to Wishlist",
];

fn properties() -> impl Strategy<Value = Value> {
    let listed = prop::collection::vec(object(&PRODUCT), 0..4).prop_map(Value::List);
    (object(&PROPERTIES), prop::option::of(listed)).prop_map(|(mut told, listed)| {
        if let Some(listed) = listed {
            told.set("products", listed);
        }
        told
    })
}

fn contexts() -> impl Strategy<Value = Value> {
    (object(&["name", "source", "medium"]), object(&["url", "path", "referrer", "title", "search"]), values())
        .prop_map(|(campaign, page, other)| Value::from([("campaign", campaign), ("page", page), ("other", other)]))
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let kind = prop_oneof![
        10 => Just(EventKind::Track), 1 => Just(EventKind::Page), 2 => Just(EventKind::Identify), 1 => Just(EventKind::Group), 1 => Just(EventKind::Alias),
        1 => Just(EventKind::Screen),
    ];
    let name = prop_oneof![6 => prop::sample::select(&EVENTS[..]).prop_map(str::to_owned), 1 => texts()];
    let pause = prop_oneof![8 => 0..60_000_i64, 2 => 0..200_000_000_i64, 1 => -300_000_000..0_i64, 1 => prop::sample::select(vec![i64::MAX, i64::MIN, -START, 8_640_000_000_000_000 - START])];
    let one = (
        kind,
        name,
        pause,
        properties(),
        prop_oneof![3 => object(&["a", "b", "c"]), 1 => values()],
        prop::option::of(texts()),
        contexts(),
    );
    prop::collection::vec(one, 0..24).prop_map(|told| {
        let mut at = START;
        let mut events = Vec::new();
        for (kind, name, pause, properties, traits, id, context) in told {
            let ahead = (0..300_000_000).contains(&pause);
            at += if ahead { pause } else { 0 };
            events.push(Event {
                kind,
                message_id: String::new(),
                at: if ahead { at } else { START.saturating_add(pause) },
                name,
                category: id.clone(),
                anonymous_id: "v".to_owned(),
                user_id: id.clone(),
                other_id: id,
                properties,
                traits,
                context,
            });
        }
        events
    })
}

/// Rules cannot say such weights; a caller of the library can.
fn settings() -> impl Strategy<Value = ProfileSettings> {
    (
        prop::collection::vec((prop::sample::select(&EVENTS[..]), numbers()), 0..4),
        prop_oneof![3 => Just(14.0), 1 => numbers()],
    )
        .prop_map(|(weights, half_life_days)| {
            let mut settings = ProfileSettings { half_life_days, ..ProfileSettings::default() };
            for (event, weight) in weights {
                settings.set_weight(event, weight);
            }
            settings
        })
}

fn recorded(id: &str, born: Millis, events: &[Event], settings: &ProfileSettings) -> Profile {
    let mut profile = Profile::new(id, born);
    for event in events {
        profile.record(event, settings, &Catalog::default());
    }
    profile
}

/// Members by name: their order means nothing.
fn sorted(value: Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.into_iter().map(sorted).collect()),
        Value::Map(mut members) => {
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Map(members.into_iter().map(|(name, value)| (name, sorted(value))).collect())
        }
        other => other,
    }
}

/// Reads a profile back and holds it to the one that was saved.
fn read_back(profile: &Profile) -> Result<Profile, TestCaseError> {
    let text = profile.save();
    prop_assert!(text.len() <= LONGEST, "{} bytes", text.len());
    let loaded = Profile::load(&text).map_err(|damage| TestCaseError::fail(format!("{damage}: {text}")))?;
    prop_assert_eq!(loaded.save(), text);
    prop_assert_eq!(sorted(loaded.export(START, 14.0)), sorted(profile.export(START, 14.0)));
    Ok(loaded)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_profile_is_read_back_as_it_was(id in texts(), born in prop_oneof![4 => Just(START), 1 => any::<i64>()], events in events(), more in events(), settings in settings()) {
        let mut profile = recorded(&id, born, &events, &settings);
        let mut loaded = read_back(&profile)?;
        for event in &more {
            prop_assert_eq!(profile.record(event, &settings, &Catalog::default()), loaded.record(event, &settings, &Catalog::default()));
        }
        prop_assert_eq!(read_back(&profile)?.save(), loaded.save());
    }

    #[test]
    fn two_that_became_one_are_read_back_as_well(one in events(), other in events(), settings in settings()) {
        let mut both = recorded("one", START, &one, &settings);
        both.merge(&recorded("other", START, &other, &settings), &settings);
        read_back(&both)?;
    }

    #[test]
    fn a_damaged_row_costs_itself(events in events(), list in any::<prop::sample::Index>(), row in any::<prop::sample::Index>(), damage in 0..8_usize) {
        let profile = recorded("v", START, &events, &ProfileSettings::default());
        let mut parts = match parse_value(&profile.save()) {
            Ok(Value::List(parts)) => parts,
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        let filled: Vec<usize> = LISTS.iter().copied().filter(|nth| !parts[*nth].items().is_empty()).collect();
        prop_assume!(!filled.is_empty());
        let list = filled[list.index(filled.len())];
        let Value::List(rows) = &mut parts[list] else { panic!("a list of rows") };
        let row = row.index(rows.len());
        let mut longer = rows[row].items().to_vec();
        longer.push(Value::Null);
        let shorter = longer.iter().take(longer.len() - 2).cloned().collect();
        rows[row] = [Value::Null, Value::Number(7.0), "x".into(), Value::List(Vec::new()), Value::map(), Value::List(vec![Value::Null]), Value::List(longer), Value::List(shorter)][damage].clone();
        let mut text = String::new();
        write(&Value::List(parts.clone()), &mut text);
        let loaded = Profile::load(&text).map_err(|damage| TestCaseError::fail(damage.to_string()))?;
        if let Value::List(rows) = &mut parts[list] {
            rows.remove(row);
        }
        let mut expected = String::new();
        write(&Value::List(parts), &mut expected);
        prop_assert_eq!(loaded.save(), expected);
    }
}

/// As much as fits in everywhere, of letters that take six bytes as JSON.
#[test]
fn the_fullest_profile_there_can_be_is_read_back_without_what_is_least_worth() {
    let (settings, catalog) = (ProfileSettings::default(), Catalog::default());
    let mut profile = Profile::new(&"\u{1}".repeat(300), START);
    for nth in 0..2_000_i64 {
        // 200 bytes, another one each time.
        let long = format!("{nth:04}{}", "\u{1}".repeat(196));
        let id = || Value::from(long.as_str());
        for name in [
            "Product Viewed",
            "Product Clicked",
            "Product Added",
            "Order Completed",
            "Experience Viewed",
            "Experiment Viewed",
            &long,
        ] {
            let mut properties = Value::from([
                ("experience_id", id()),
                ("experiment_id", id()),
                ("variation_id", id()),
                ("order_id", id()),
            ]);
            for name in ["product_id", "category", "brand", "price"] {
                properties.set(name, id());
            }
            properties.set("tags", Value::List(vec![id()]));
            properties.set("products", Value::List(vec![properties.clone()]));
            let mut event = Event {
                kind: EventKind::Track,
                message_id: String::new(),
                at: START + nth,
                name: name.to_owned(),
                category: None,
                anonymous_id: String::new(),
                user_id: Some(long.clone()),
                other_id: Some(long.clone()),
                properties,
                traits: Value::map(),
                context: Value::from([("campaign", Value::from([("name", id()), ("source", id()), ("medium", id())]))]),
            };
            // The order would empty the cart.
            if nth < 1_800 || name != "Order Completed" {
                profile.record(&event, &settings, &catalog);
            }
            if name != long {
                continue;
            }
            event.user_id = Some("the same user".to_owned());
            event.other_id = Some("the same group".to_owned());
            event.traits = Value::from([(long.as_str(), "\u{2}".repeat(1000).into())]);
            for kind in [EventKind::Identify, EventKind::Group] {
                event.kind = kind;
                profile.record(&event, &settings, &catalog);
            }
        }
    }
    let text = profile.save();
    assert!(text.len() <= LONGEST, "{}", text.len());
    let loaded = Profile::load(&text).unwrap();
    assert_eq!(loaded.save(), text);
    assert_eq!(loaded.cart(), profile.cart());
    assert_eq!((loaded.cart().lines.len(), loaded.viewed().len()), (100, 50));
    assert_eq!((loaded.user_id(), loaded.stage()), (profile.user_id(), profile.stage()));
    assert!(!loaded.traits().members().is_empty(), "half of what is long stays");
    assert_eq!(loaded.orders().count, profile.orders().count);
}
