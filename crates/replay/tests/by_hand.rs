//! A replay says what the core says when a visit is walked through by hand, and counts what happened. (long: one shop, many questions)
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fall over; that is how it fails"
)]

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use tailorbird_core::catalog::Catalog;
use tailorbird_core::consent::{Effective, Grant};
use tailorbird_core::decide::Decisions;
use tailorbird_core::products::NoModel;
use tailorbird_core::profile::{Device, Page, Profile, ProfileSettings, Shopper, Surroundings};
use tailorbird_core::rules;
use tailorbird_core::schema::{Event, EventKind, Millis, Reason, Value};
use tailorbird_replay::{Replay, Report, html};

const START: Millis = 1_788_220_800_000;
const MINUTE: Millis = 60_000;

fn www(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../../www/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn replayed(events: &[Json], rules: &str, against: Option<&str>, catalog: &Catalog) -> Report {
    let text: String = events.iter().map(|event| format!("{event}\n")).collect();
    let mut replay = Replay::new(text.len() as u64).unwrap();
    replay.read(text.as_bytes(), |_| {}).unwrap();
    assert_eq!(replay.passed_over().0, 0, "{:?}", replay.passed_over().1);
    replay.finish(rules, against, catalog, |_| {}).unwrap()
}

fn iso(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap().to_string()
}

/// An event as the agent sends it and the collector gives it back.
fn event(visitor: &str, at: Millis, kind: &str, name: &str, properties: Json) -> Json {
    event_on(visitor, at, kind, name, properties, "/")
}

/// The same on another page.
fn event_on(visitor: &str, at: Millis, kind: &str, name: &str, properties: Json, path: &str) -> Json {
    let mut event = json!({
        "type": kind, "messageId": format!("{visitor}-{at}-{name}"), "anonymousId": visitor, "originalTimestamp": iso(at),
        "timestamp": iso(at + 5), "receivedAt": iso(at + 90), "properties": properties,
        "context": { "locale": "de-AT", "timezone": "Europe/Vienna", "userAgent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140",
            "page": { "path": path, "referrer": "", "search": "", "title": "Pets", "url": format!("https://shop.example{path}") } },
    });
    if kind == "track" {
        event["event"] = name.into();
    }
    event
}

fn page(visitor: &str, at: Millis, path: &str, kind: &str) -> Json {
    let told =
        json!({ "path": path, "url": format!("https://shop.example{path}"), "title": "Pets", "page_type": kind });
    event_on(visitor, at, "page", "", told, path)
}

/// A visit with a bit of everything, over several days.
fn story(visitor: &str, catalog: &Catalog, taste: usize) -> Vec<Json> {
    let mut events = Vec::new();
    let products: Vec<_> = catalog.products().collect();
    let mut at = START;
    for day in 0..4 {
        at += day * 86_400_000 + 7 * MINUTE;
        events.push(page(visitor, at, "/", "home"));
        for nth in 0..4 {
            let product = &products[(taste * 31 + day as usize * 7 + nth * 3) % products.len()];
            let about = json!({ "product_id": product.id(), "category": product.category(), "price": product.price() });
            at += 2 * MINUTE;
            events.push(page(visitor, at, product.url().unwrap(), "product"));
            let path = product.url().unwrap();
            events.push(event_on(visitor, at + 30, "track", "Product Viewed", about.clone(), path));
            if nth == 2 {
                at += MINUTE;
                events.push(event_on(visitor, at, "track", "Product Added", about.clone(), path));
            }
            if nth == 3 && day == 1 {
                at += MINUTE;
                events.push(page(visitor, at, "/checkout/", "checkout"));
                let order = json!({ "order_id": format!("{visitor}-{day}"), "total": 60, "products": [about] });
                events.push(event_on(visitor, at + MINUTE, "track", "Order Completed", order, "/checkout/"));
                at += MINUTE;
            }
        }
        // Too quick to have seen anything.
        events.push(page(visitor, at + MINUTE, "/", "home"));
        events.push(page(visitor, at + MINUTE + 400, "/cart/", "cart"));
    }
    let mut identify = event(visitor, START + 8 * MINUTE, "identify", "", json!(null));
    identify["traits"] = json!({ "firstName": "Kim", "loyaltyTier": "gold" });
    identify["userId"] = "u1".into();
    events.push(identify);
    // What the rules of then showed must not count.
    events.push(event(
        visitor,
        START + 9 * MINUTE,
        "track",
        "Experience Viewed",
        json!({ "experience_id": "left-a-cart" }),
    ));
    events
}

/// How often an experience (and arm) was seen, by placement.
type Views = BTreeMap<(String, String, Option<String>), u64>;

/// The same visit by hand: `decide` in full, event by event, everything in one plain loop.
fn by_hand(events: &[Json], text: &str, catalog: &Catalog) -> Views {
    let (rules, _) = rules::read(text);
    let settings = ProfileSettings::from(rules.settings());
    let mut events: Vec<Json> = events.to_vec();
    events.retain(|event| event["event"] != "Experience Viewed");
    let at = |event: &Json| rules::millis_of(event["originalTimestamp"].as_str().unwrap()).unwrap();
    events.sort_by_key(at);
    let visitor = events[0]["anonymousId"].as_str().unwrap();
    let mut profile = Profile::new(visitor, at(&events[0]));
    let mut decisions = Decisions::new(&rules);
    let mut around = Surroundings::default();
    around.set_consent(Effective { personalization: Grant::Granted, analytics: Grant::Granted });
    around.set_device(Device {
        kind: "desktop".to_owned(),
        language: "de-AT".to_owned(),
        timezone: "Europe/Vienna".to_owned(),
        utc_offset: 120,
        touch: false,
    });
    let mut views = Views::new();
    let mut on_page: BTreeMap<String, (Option<String>, Option<String>, Reason)> = BTreeMap::new();
    let mut reported: BTreeMap<String, u32> = BTreeMap::new();
    for (nth, one) in events.iter().enumerate() {
        let now = at(one);
        let value = |json: &Json| -> Value { serde_json::from_value(json.clone()).unwrap() };
        let map = |json: &Json| if json.is_object() { value(json) } else { Value::map() };
        let kind = EventKind::from_name(one["type"].as_str().unwrap()).unwrap();
        if kind == EventKind::Page {
            let told = &one["properties"];
            let text = |name: &str| told[name].as_str().unwrap().to_owned();
            let product = catalog.product_at(&text("url"));
            around.set_page(Page {
                url: text("url"),
                path: text("path"),
                kind: text("page_type"),
                title: text("title"),
                product: product.as_ref().map(|product| product.id().to_owned()),
                category: product.as_ref().and_then(|product| product.category()).map(str::to_owned),
                query: Vec::new(),
            });
            on_page.clear();
        }
        let record = |profile: &mut Profile, name: &str, at: Millis, properties: Value, kind: EventKind| {
            let event = Event {
                kind,
                message_id: String::new(),
                at,
                name: name.to_owned(),
                category: None,
                anonymous_id: visitor.to_owned(),
                user_id: one["userId"].as_str().map(str::to_owned),
                other_id: None,
                properties,
                traits: map(&one["traits"]),
                context: map(&one["context"]),
            };
            profile.record(&event, &settings, catalog);
        };
        record(&mut profile, one["event"].as_str().unwrap_or_default(), now, map(&one["properties"]), kind);
        // The page is at rest when nothing happens for a second.
        if events.get(nth + 1).is_some_and(|next| at(next) - now < 1_000) {
            continue;
        }
        let mut seen = Vec::new();
        for placement in rules.placements() {
            let shopper =
                Shopper { profile: &profile, around: &around, catalog, settings: &settings, scores: &NoModel, now };
            let decision = decisions.decide(&rules, &shopper, &placement.id).decision;
            let next = (decision.experience.clone(), decision.variant.clone(), decision.reason);
            let before = on_page.get(&placement.id);
            let limited = |id: &str| rules.experiences()[rules.experience(id).unwrap()].limit.is_some();
            let stays = before
                .is_some_and(|(experience, ..)| experience.as_deref().is_some_and(limited) && *experience != next.0);
            if before == Some(&next) || stays {
                continue;
            }
            on_page.insert(placement.id.clone(), next);
            seen.extend(decision.experience.is_some().then_some(decision));
        }
        for decision in seen {
            let experience = decision.experience.clone().unwrap();
            let key = (decision.placement.clone(), experience.clone(), decision.variant.clone());
            *views.entry(key).or_default() += 1;
            let session = profile.session().number;
            if let Some(variant) = &decision.variant
                && reported.insert(experience.clone(), session) != Some(session)
            {
                let told = json!({ "experiment_id": experience, "experiment_name": experience, "variation_id": variant, "variation_name": variant });
                record(&mut profile, "Experiment Viewed", now + 1_000, value(&told), EventKind::Track);
            }
            if decision.reason == Reason::Matched {
                let mut told = json!({ "experience_id": experience, "placement_id": decision.placement });
                if let Some(variant) = &decision.variant {
                    told["variant_id"] = variant.as_str().into();
                }
                record(&mut profile, "Experience Viewed", now + 1_000, value(&told), EventKind::Track);
            }
        }
    }
    views
}

fn views_in(report: &Report) -> Views {
    let mut views = Views::new();
    for placement in &report.placements {
        for one in placement.experiences.iter().filter(|one| one.views > 0) {
            views.insert((placement.id.clone(), one.id.clone(), one.variant.clone()), one.views);
        }
    }
    views
}

#[test]
fn what_a_replay_says_is_what_decide_says_step_by_step() {
    let catalog = Catalog::read(&www("catalog.json")).0;
    let rules = www("rules.json");
    let (mut all, mut sum) = (Vec::new(), Views::new());
    for taste in 0..12 {
        let events = story(&format!("visitor-{taste}"), &catalog, taste);
        let expected = by_hand(&events, &rules, &catalog);
        assert_eq!(views_in(&replayed(&events, &rules, None, &catalog)), expected, "visitor {taste}");
        for (key, count) in expected {
            *sum.entry(key).or_default() += count;
        }
        all.extend(events);
    }
    assert!(sum.len() > 15, "the visits see too little: {sum:#?}");
    assert!(sum.keys().any(|(.., variant)| variant.is_some()), "no experiment was seen");
    // All visitors at once, in the order in which a collector would have got them.
    all.sort_by_key(|event| event["receivedAt"].as_str().unwrap().to_owned());
    let report = replayed(&all, &rules, None, &catalog);
    assert_eq!(views_in(&report), sum);
    assert_eq!((report.visitors, report.lines), (12, all.len() as u64));
}

const TWO: &str = r#"{ "version": 1, "blocks": { "b": { "html": "x" } }, "audiences": { "home": { "page.type": "home" }, "loyal": { "visitor.sessions": { "$gte": 2 } } },
    "experiences": [
        { "id": "limited", "placement": "bar", "priority": 2, "show": "b", "limit": { "times": 2, "per": "session" } },
        { "id": "rest", "placement": "bar", "show": "b", "when": { "$audience": "loyal" } },
        { "id": "home", "placement": "hero", "show": "b", "when": { "$audience": "home" } } ] }"#;

fn one<'r>(report: &'r Report, id: &str) -> &'r tailorbird_replay::ExperienceReport {
    report.placements.iter().flat_map(|place| &place.experiences).find(|one| one.id == id).unwrap()
}

#[test]
fn limits_sessions_visitors_and_defaults_are_counted() {
    let mut events = Vec::new();
    // Two visitors, three pages each in one session; the first comes again.
    for (visitor, start) in [("a", 0), ("b", 5), ("a", 120)] {
        for nth in 0..3 {
            let kind = if nth == 0 { "home" } else { "category" };
            events.push(page(visitor, START + (start + nth) * MINUTE, &format!("/{nth}"), kind));
        }
    }
    let report = replayed(&events, TWO, None, &Catalog::default());
    assert_eq!((report.visitors, report.sessions, report.page_views), (2, 3, 9));
    let limited = one(&report, "limited");
    assert_eq!((limited.visitors, limited.sessions, limited.views, limited.most_views), (2, 3, 6, 4));
    assert_eq!(
        limited.often,
        [("1", 0), ("2", 1), ("3–5", 1), ("6–10", 0), ("11+", 0)].map(|(often, count)| (often.to_owned(), count))
    );
    let rest = one(&report, "rest");
    assert_eq!((rest.visitors, rest.views), (1, 1), "only where the limit is used up, for who came before");
    let (bar, hero) = (&report.placements[0], &report.placements[1]);
    assert_eq!(bar.default_share, 2.0 / 9.0);
    assert_eq!(hero.default_share, 6.0 / 9.0);
    let audiences: Vec<_> = report.audiences.iter().map(|one| (one.id.as_str(), one.visitors)).collect();
    assert_eq!(audiences, [("home", 2), ("loyal", 1)]);
    assert_eq!((report.overlap.len(), report.overlap[0].visitors), (1, 1));
}

#[test]
fn against_other_rules_it_tells_who_gains_and_who_loses() {
    let events: Vec<Json> = (0..10)
        .map(|nth| page(&format!("v{nth}"), START + nth * MINUTE, "/", if nth < 4 { "home" } else { "cart" }))
        .collect();
    let rules = |kind: &str| {
        format!(
            r#"{{ "version": 1, "blocks": {{ "b": {{ "html": "x" }} }}, "audiences": {{ "at-home": {{ "page.type": "home" }} }}, "experiences": [
            {{ "id": "one", "placement": "bar", "show": "b", "when": {{ "page.type": "{kind}" }} }},
            {{ "id": "two", "placement": "bar", "show": "b" }} ] }}"#
        )
    };
    let report = replayed(&events, &rules("home"), Some(&rules("cart")), &Catalog::default());
    assert!(report.compared);
    let change = one(&report, "one").change.clone().unwrap();
    assert_eq!((change.visitors_before, change.gained, change.lost), (6, 4, 6));
    assert_eq!(change.gained_in, [("at-home".to_owned(), 4)]);
    assert_eq!(change.lost_in, []);
    let moves = &report.placements[0].moves;
    assert_eq!(moves.len(), 2);
    assert_eq!((moves[0].from.as_deref(), moves[0].to.as_deref(), moves[0].page_views), (Some("one"), Some("two"), 6));
    // Against themselves nothing changes.
    let same = replayed(&events, &rules("home"), Some(&rules("home")), &Catalog::default());
    assert!(same.placements.iter().all(|place| place.moves.is_empty()));
    assert!(
        same.placements[0]
            .experiences
            .iter()
            .all(|one| one.change.as_ref().is_some_and(|change| change.gained + change.lost == 0))
    );
}

#[test]
fn a_placement_that_only_the_other_rules_have_is_part_of_the_comparison() {
    let events: Vec<Json> = (0..4).map(|nth| page(&format!("v{nth}"), START, "/", "home")).collect();
    let rules = |placements: &[&str]| {
        let experience = |place: &&str| json!({ "id": format!("in-{place}"), "placement": place, "show": "b" });
        let experiences: Vec<Json> = placements.iter().map(experience).collect();
        json!({ "version": 1, "blocks": { "b": { "html": "x" } }, "experiences": experiences }).to_string()
    };
    let report = replayed(&events, &rules(&["kept"]), Some(&rules(&["gone", "kept"])), &Catalog::default());
    let ids: Vec<_> = report.placements.iter().map(|place| place.id.as_str()).collect();
    assert_eq!(ids, ["kept", "gone"]);
    let gone = &report.placements[1];
    assert_eq!((gone.page_views, gone.default_share, gone.default_share_before), (4, 1.0, Some(0.0)));
    assert_eq!(
        (gone.moves[0].from.as_deref(), gone.moves[0].to.as_deref(), gone.moves.len()),
        (Some("in-gone"), None, 1)
    );
    let change = gone.experiences[0].change.clone().unwrap();
    assert_eq!((change.visitors_before, change.gained, change.lost), (4, 0, 4));
    let headline = "50.0% of all places would show something chosen, 100.0% before";
    assert!(html(&report, "", "", Some("")).contains(headline));
    // The other way round it is new.
    let report = replayed(&events, &rules(&["gone", "kept"]), Some(&rules(&["kept"])), &Catalog::default());
    assert_eq!((report.placements.len(), report.placements[0].default_share_before), (2, None));
    let headline = "100.0% of all places would show something chosen, 50.0% before";
    assert!(html(&report, "", "", Some("")).contains(headline));
}

#[test]
fn clients_without_page_calls_are_understood() {
    let catalog =
        Catalog::read(r#"{ "version": 1, "products": [{ "id": "p1", "name": "Ball", "category": "Dogs/Toys" }] }"#).0;
    let rules = r#"{ "version": 1, "blocks": { "b": { "html": "x" } }, "experiences": [
        { "id": "toys", "placement": "bar", "show": "b", "when": { "page.type": "product", "page.category": "Dogs/Toys" } } ] }"#;
    let mut look = event("server", START, "track", "Product Viewed", json!({ "product_id": "p1" }));
    look["context"] = json!({});
    let report = replayed(&[look], rules, None, &catalog);
    assert_eq!((report.page_views, one(&report, "toys").views), (1, 1));
}

#[test]
fn an_event_on_a_page_that_was_told_is_no_other_page() {
    let rules = r#"{"version":1,"blocks":{"b":{"html":"x"}},"experiences":[{"id":"a","placement":"p","show":"b"}]}"#;
    let views = |context: Json, properties: Json| {
        let mut look = event("v", START + MINUTE, "track", "Product Viewed", properties);
        look["context"] = context;
        let report = replayed(&[page("v", START, "/p/1", "product"), look], rules, None, &Catalog::default());
        report.page_views
    };
    let nothing = || json!({ "product_id": "p1" });
    let on = |url: &str| json!({ "page": { "url": url } });
    assert_eq!(views(json!({}), nothing()), 1);
    assert_eq!(views(json!({}), json!({ "url": "https://shop.example/p/2" })), 1);
    assert_eq!(views(on("https://shop.example/p/1"), json!({ "url": "/p/2" })), 1);
    assert_eq!(views(on("https://shop.example/p/1?colour=red#reviews"), nothing()), 1);
    assert_eq!(views(on("https://shop.example/p/2"), nothing()), 2);
}

#[test]
fn a_page_told_by_its_address_alone_has_a_path_without_the_fragment() {
    let rules = r#"{"version":1,"blocks":{"b":{"html":"x"}},"experiences":[
        {"id":"path","placement":"one","when":{"page.path":"/a"},"show":"b"},
        {"id":"home","placement":"two","when":{"page.type":"home"},"show":"b"}]}"#;
    let looked = |address: &str| {
        let visit = json!({ "type": "page", "messageId": "m", "anonymousId": "v", "originalTimestamp": iso(START),
            "properties": { "url": address } });
        let report = replayed(&[visit], rules, None, &Catalog::default());
        (one(&report, "path").visitors, one(&report, "home").visitors)
    };
    assert_eq!(looked("https://shop.example/a#top"), (1, 0));
    assert_eq!(looked("https://shop.example/a?b=c#top"), (1, 0));
    assert_eq!(looked("https://shop.example/#top"), (0, 1));
    assert_eq!(looked("https://shop.example#top"), (0, 1));
}

#[test]
fn times_that_no_calendar_knows_are_none() {
    let visit = |name: &str, times: Json| {
        let mut event = json!({ "type": "page", "messageId": name, "anonymousId": "v", "properties": { "path": "/" } });
        times.as_object().unwrap().iter().for_each(|(name, time)| event[name] = time.clone());
        format!("{event}\n")
    };
    let odd = [json!(9.3e18), json!(-9.3e18), json!("1e300"), json!("-1e300"), json!(8.64e15 + 1.0), json!(-1)];
    let mut text: String = odd.iter().map(|time| visit("odd", json!({ "timestamp": time }))).collect();
    text += &visit("mended", json!({ "originalTimestamp": 9.3e18, "timestamp": iso(START) }));
    text += &visit("last", json!({ "timestamp": 8.64e15 }));
    let mut replay = Replay::new(0).unwrap();
    replay.read(text.as_bytes(), |_| {}).unwrap();
    assert_eq!(replay.passed_over().0, odd.len() as u64);
    let rules = r#"{"version":1,"blocks":{"b":{"html":"x"}},"experiences":[{"id":"e","placement":"p","show":"b"}]}"#;
    let report = replay.finish(rules, None, &Catalog::default(), |_| {}).unwrap();
    assert_eq!(one(&report, "e").visitors, 1);
}

#[test]
fn bad_lines_are_told_and_passed_over() {
    let text = "nonsense\n\n{\"type\":\"page\"}\n{\"type\":\"page\",\"anonymousId\":\"a\"}\n{\"type\":\"page\",\"anonymousId\":\"a\",\"timestamp\":\"2026-09-01T00:00:00Z\"}";
    let mut replay = Replay::new(0).unwrap();
    replay.read(text.as_bytes(), |_| {}).unwrap();
    let (bad, lines) = replay.passed_over();
    let lines: Vec<_> = lines.iter().map(|bad| bad.line).collect();
    assert_eq!((bad, lines), (3, vec![1, 3, 4]));
    let report = replay.finish(TWO, None, &Catalog::default(), |_| {}).unwrap();
    assert_eq!((report.events, report.lines, report.passed_over), (1, 5, 3));
}

#[test]
fn what_goes_and_comes_back_on_a_page_was_seen_there_once() {
    let rules = r#"{"version":1,"blocks":{"a":{"html":"a"},"b":{"html":"b"}},"placements":{"hero":{}},"experiences":[
        {"id":"full","placement":"hero","priority":1,"when":{"cart.items":{"$gte":1}},"show":"b"},
        {"id":"empty","placement":"hero","show":"a"}]}"#;
    let mut events = vec![page("v", START, "/", "home")];
    for nth in 1..=4 {
        let name = if nth % 2 == 1 { "Product Added" } else { "Product Removed" };
        events.push(event(
            "v",
            START + nth * 10_000,
            "track",
            name,
            json!({ "product_id": "p", "price": 3, "quantity": 1 }),
        ));
    }
    events.push(page("v", START + 60_000, "/", "home"));
    let report = replayed(&events, rules, None, &Catalog::default());
    assert_eq!((one(&report, "full").views, one(&report, "empty").views), (1, 2));
}
