//! Answers that depend on what was asked before, or on several wishes at once: each was wrong once.

use tailorbird_core::catalog::Catalog;
use tailorbird_core::decide::Decisions;
use tailorbird_core::json;
use tailorbird_core::products::NoModel;
use tailorbird_core::profile::{Profile, ProfileSettings, Shopper, Surroundings};
use tailorbird_core::rules;
use tailorbird_core::schema::{Event, EventKind, Value};
use tailorbird_core::template::Template;

const NOW: i64 = 1_793_491_200_000;

fn value(text: &str) -> Value {
    json::parse_value(text).unwrap_or_default()
}

fn event(name: &str, properties: &str, at: i64) -> Event {
    Event {
        kind: EventKind::Track,
        message_id: String::new(),
        at,
        name: name.into(),
        category: None,
        anonymous_id: "v".into(),
        user_id: None,
        other_id: None,
        properties: value(properties),
        traits: Value::map(),
        context: Value::map(),
    }
}

#[test]
fn what_the_page_says_of_any_family_counts_at_once_and_is_gone_at_once() {
    let settings = ProfileSettings::default();
    let (profile, catalog) = (Profile::new("v", NOW), Catalog::default());
    for family in [
        "orders", "cart", "visitor", "session", "page", "device", "affinity", "top", "count", "days", "traits", "seen",
        "consent", "custom",
    ] {
        let text = format!(
            r#"{{"version":1,"blocks":{{"a":{{"html":"a"}}}},"experiences":[{{"id":"e","placement":"p","when":{{"{family}.zz":{{"$gte":3}}}},"show":"a"}}]}}"#
        );
        let (rules, _) = rules::read(&text);
        let mut around = Surroundings::default();
        let mut decisions = Decisions::new(&rules);
        let mut answer = |around: &Surroundings| {
            let shopper = Shopper {
                profile: &profile,
                around,
                catalog: &catalog,
                settings: &settings,
                scores: &NoModel,
                now: NOW,
            };
            decisions.decide(&rules, &shopper, "p").decision.experience
        };
        for said in ["{}", &format!(r#"{{"{family}.zz":5}}"#), "{}", &format!(r#"{{"{family}":{{"zz":5}}}}"#), "{}"] {
            around.set_context(value(said));
            assert_eq!(answer(&around).is_some(), said != "{}", "{family}: {said}");
        }
    }
}

/// What a row shows of five products in three departments, for a visitor who viewed these.
fn row(products: &str, viewed: &[&str]) -> String {
    let (catalog, _) = Catalog::read(
        r#"{"version":1,"products":[{"id":"a1","name":"a1","category":"A"},{"id":"b1","name":"b1","category":"B"},{"id":"b2","name":"b2","category":"B"},{"id":"a2","name":"a2","category":"A"},{"id":"c1","name":"c1","category":"C"}]}"#,
    );
    let (rules, problems) = rules::read(&format!(
        r#"{{"version":1,"blocks":{{"a":{{"html":"a"}}}},"experiences":[{{"id":"e","placement":"p","show":"a","products":{products}}}]}}"#
    ));
    assert!(problems.is_empty(), "{problems:?}");
    let settings = ProfileSettings::default();
    let mut profile = Profile::new("v", NOW);
    for id in viewed {
        profile.record(&event("Product Viewed", &format!(r#"{{"product_id":"{id}"}}"#), NOW), &settings, &catalog);
    }
    let around = Surroundings::default();
    let shopper = Shopper {
        profile: &profile,
        around: &around,
        catalog: &catalog,
        settings: &settings,
        scores: &NoModel,
        now: NOW + 60_000,
    };
    Decisions::new(&rules).decide(&rules, &shopper, "p").decision.products.join(" ")
}

#[test]
fn each_of_several_pins_keeps_its_position() {
    let pinned = |ids: &str, pins: &str| {
        row(&format!(r#"{{"strategy":"pinned","ids":[{ids}],"limit":4,"fallback":[],"adjust":[{pins}]}}"#), &[])
    };
    let all = r#""a1","b1","b2","a2""#;
    let two = r#"{"where":{"id":"b1"},"pin":2},{"where":{"id":"a1"},"pin":3}"#;
    assert_eq!(pinned(all, two), "b2 b1 a1 a2");
    let other = r#"{"where":{"id":"c1"},"pin":2},{"where":{"id":"a1"},"pin":4}"#;
    assert_eq!(pinned(r#""a1","b1","b2""#, other), "b1 c1 b2 a1");
    assert_eq!(pinned(all, r#"{"where":{"id":"a2"},"pin":1}"#), "a2 a1 b1 b2");
}

#[test]
fn neighbours_differ_as_long_as_that_can_be_had_whatever_strategy_they_come_from() {
    let pinned = r#"{"strategy":"pinned","ids":["a1","b1","b2","a2"],"limit":4,"diverse":"category","fallback":[]}"#;
    assert_eq!(row(pinned, &[]), "a1 b1 a2 b2");
    let short = r#"{"strategy":"recent","limit":4,"diverse":"category","fallback":["pinned"],"ids":["a1","b1","c1"]}"#;
    assert_eq!(row(short, &["a2"]), "a2 b1 a1 c1");
    let alike = r#"{"strategy":"pinned","ids":["b1","b2","a1"],"limit":3,"diverse":"category","fallback":[]}"#;
    assert_eq!(row(alike, &[]), "b1 a1 b2");
    let one_kind = r#"{"strategy":"pinned","ids":["b1","b2"],"limit":2,"diverse":"category","fallback":[]}"#;
    assert_eq!(row(one_kind, &[]), "b1 b2");
}

#[test]
fn loops_within_loops_that_write_nothing_end_all_the_same() {
    let list = Value::List(vec![Value::from(1.0); 100]);
    let template = Template::html(
        "{{#each l}}{{#each l}}{{#each l}}{{#each l}}{{#if no}}x{{/if}}{{/each}}{{/each}}{{/each}}{{/each}}|",
    )
    .unwrap();
    struct Look(Value);
    impl tailorbird_core::template::Lookup for Look {
        fn look(&self, path: &tailorbird_core::attributes::Attribute) -> Value {
            if path.path == "l" { self.0.clone() } else { Value::Null }
        }
    }
    assert!(template.render(&Look(list.clone())).len() <= 1);
    let short = Template::html("{{#each l}}{{#each l}}y{{/each}}{{/each}}").unwrap();
    assert_eq!(short.render(&Look(Value::List(vec![Value::from(1.0); 60]))).len(), 3600);
}
