//! Learning from collected events of made-up shoppers, whose habits are known.

use tailorbird_core::catalog::Catalog;
use tailorbird_core::recommend::Model;
use tailorbird_core::schema::Value;
use tailorbird_trainer::events::{Deed, Evidence, Reader};
use tailorbird_trainer::simulate::Dice;
use tailorbird_trainer::{Extras, train};

const DAY: i64 = 86_400_000;
const START: i64 = 1_767_225_600_000;

/// Writes events as a collector exports them.
#[derive(Default)]
struct Log {
    lines: Vec<(i64, String)>,
}

impl Log {
    fn track(&mut self, visitor: usize, at: i64, event: &str, properties: &str) {
        let seconds = at.div_euclid(1000);
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let timestamp =
            format!("{}T{:02}:{:02}:{:02}.{:03}Z", date(days), second / 3600, second / 60 % 60, second % 60, at % 1000);
        self.lines.push((at, format!(
            r#"{{"type":"track","event":"{event}","messageId":"m{}","anonymousId":"visitor-{visitor}","timestamp":"{timestamp}","properties":{properties},"context":{{"page":{{"path":"/"}}}}}}"#,
            self.lines.len()
        )));
    }

    fn product(&mut self, visitor: usize, at: i64, event: &str, id: &str) {
        let (category, price) = shelf(id);
        self.track(visitor, at, event, &format!(r#"{{"product_id":"{id}","category":"{category}","price":{price}}}"#));
    }

    fn order(&mut self, visitor: usize, at: i64, ids: &[&str]) {
        let listed: Vec<String> = ids
            .iter()
            .map(|id| format!(r#"{{"product_id":"{id}","category":"{}","price":{}}}"#, shelf(id).0, shelf(id).1))
            .collect();
        let order = format!(r#"{{"order_id":"o-{visitor}-{at}","products":[{}]}}"#, listed.join(","));
        self.track(visitor, at, "Order Completed", &order);
    }

    fn read(mut self) -> Evidence {
        self.lines.sort_by_key(|(at, _)| *at);
        let text: Vec<String> = self.lines.into_iter().map(|(_, line)| line).collect();
        let mut reader = Reader::default();
        reader.read(text.join("\n").as_bytes(), |_| {}).unwrap();
        reader.finish()
    }
}

fn date(days: i64) -> String {
    let (mut year, mut day) = (1970, days);
    let leap = |year: i64| i64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    while day >= 365 + leap(year) {
        day -= 365 + leap(year);
        year += 1;
    }
    let months = [31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= months[month] {
        day -= months[month];
        month += 1;
    }
    format!("{year:04}-{:02}-{:02}", month + 1, day + 1)
}

fn shelf(id: &str) -> (&'static str, f64) {
    match id {
        "food" => ("Dogs/Food", 30.0),
        "bowl" => ("Dogs/Bowls", 12.0),
        "bed" => ("Dogs/Beds", 40.0),
        "bed-plus" => ("Dogs/Beds", 70.0),
        "bed-royal" => ("Dogs/Beds", 400.0),
        "toy" => ("Dogs/Toys", 8.0),
        _ => ("Dogs", 5.0),
    }
}

#[test]
fn habits_are_found_again() {
    let mut dice = Dice::new(1);
    let mut log = Log::default();
    for visitor in 0..300 {
        let mut at = START + dice.below(20) as i64 * DAY + dice.below(80_000) as i64 * 1000;
        // Food lasts for thirty days, give or take three; with the first bag comes a bowl.
        for bag in 0..5 {
            log.product(visitor, at, "Product Viewed", "food");
            log.product(visitor, at + 20_000, "Product Added", "food");
            log.order(visitor, at + 90_000, if bag == 0 && visitor % 2 == 0 { &["food", "bowl"] } else { &["food"] });
            // Reloading the thank-you page is no second order.
            if visitor % 7 == 0 {
                log.order(visitor, at + 90_000, &["food"]);
            }
            at += 30 * DAY + (dice.share() * 6.0 - 3.0) as i64 * DAY;
        }
        // Toys are bought when wanted.
        for _ in 0..4 {
            log.order(visitor, START + (dice.share() * 150.0 * DAY as f64) as i64, &["toy"]);
        }
        // Who looks at the bed often takes the better one, never the royal one.
        let at = START + dice.below(120) as i64 * DAY;
        log.product(visitor, at, "Product Viewed", "bed-royal");
        log.product(visitor, at + 5000, "Product Viewed", "bed");
        if visitor % 3 == 0 {
            log.product(visitor, at + 9000, "Product Viewed", "bed-plus");
            log.order(visitor, at + 60_000, &["bed-plus"]);
        }
    }
    // Everybody has wanted toys since yesterday.
    for visitor in 0..400 {
        log.product(visitor, START + 170 * DAY + dice.below(80_000) as i64 * 1000, "Product Viewed", "toy");
    }
    let evidence = log.read();
    let extras = Extras::of(&evidence, &Catalog::default());
    let trained = train(&evidence.sessions(), &evidence.items, &extras, |_| {}).unwrap();
    let mut model = Model::open(std::str::from_utf8(&trained.files["manifest.json"]).unwrap()).unwrap();
    for file in model.files() {
        model.add(&file, &trained.files[&file]).unwrap();
    }

    let rhythm = model.rhythm("food", "").unwrap();
    assert!((28.0..=32.0).contains(&rhythm.days) && rhythm.spread <= 2.5, "{rhythm:?}");
    assert_eq!(model.rhythm("new food", "Dogs/Food/Dry"), model.rhythm("", "Dogs/Food"), "the level above");
    assert!(rhythm.due(27.0) > 0.0 && rhythm.due(1.0) == 0.0 && rhythm.due(60.0) == 0.0);
    assert_eq!(model.rhythm("toy", ""), None, "bought when wanted");

    let ids = |picks: Vec<tailorbird_core::recommend::Pick>| -> Vec<String> {
        picks.iter().map(|pick| pick.id.to_owned()).collect()
    };
    assert_eq!(ids(model.together(&["bowl"], 5)), ["food"]);
    assert_eq!(ids(model.together(&["food"], 1)), ["bowl"]);
    assert_eq!(ids(model.upsell("bed", 5)), ["bed-plus"]);
    assert!(model.upsell("bed-plus", 5).is_empty());
    assert_eq!(model.trending(1)[0].id, "toy");
    assert_eq!(model.trending(1)[0].score, 1.0);
    assert_eq!(model.next(&["bed-royal"], false, 1)[0].id, "bed");
}

#[test]
fn intent_and_churn_are_foretold_as_often_as_they_happen() {
    let mut dice = Dice::new(2);
    let mut log = Log::default();
    for visitor in 0..4000 {
        let mut at = START + (dice.share() * 60.0 * DAY as f64) as i64;
        // Half of all visitors come every few days, the others once.
        let faithful = visitor % 2 == 0;
        for visit in 0..if faithful { 4 } else { 1 } {
            let wants = dice.share() < if faithful { 0.4 } else { 0.05 };
            for step in 0..3 + dice.below(3) as i64 {
                log.product(visitor, at + step * 30_000, "Product Viewed", ["food", "toy", "bed"][step as usize % 3]);
            }
            if wants || dice.share() < 0.1 {
                log.product(visitor, at + 15_000, "Product Added", "food");
            }
            if wants {
                log.order(visitor, at + 400_000, &["food"]);
            }
            at += DAY + (dice.share() * 4.0 * DAY as f64) as i64 + i64::from(visit);
        }
    }
    let evidence = log.read();
    let extras = Extras::of(&evidence, &Catalog::default());
    let intent = extras.intent.as_ref().unwrap();
    assert!(intent.auc > 0.7, "{intent:?}");
    assert!(intent.calibration_error() < 0.05, "{intent:?}");
    let (churn, days) = extras.churn.as_ref().unwrap();
    assert!((3.0..5.5).contains(days), "three of four pauses are shorter than {days}");
    assert!(churn.auc > 0.6, "{churn:?}");
    assert!(churn.calibration_error() < 0.08, "{churn:?}");

    // What the manifest says is what the browser computes.
    let trained = train(&evidence.sessions(), &evidence.items, &extras, |_| {}).unwrap();
    assert!(trained.files["manifest.json"].len() < 4096);
    let model = Model::open(std::str::from_utf8(&trained.files["manifest.json"]).unwrap()).unwrap();
    let mut attributes = |path: &str| match path {
        "cart.items" | "session.pages" | "visitor.sessions" => Value::from(2u32),
        "cart.stage" => Value::from("open"),
        _ => Value::Null,
    };
    let (told, exact) = (model.intent(&mut attributes).unwrap(), intent.odds.probability(&mut attributes));
    assert!((told - exact).abs() < 0.005, "{told} {exact}");
    let empty = model.intent(&mut |_| Value::Null).unwrap();
    assert!(told > empty, "a filled cart {told}, nothing {empty}");
}

#[test]
fn bad_lines_are_told_and_passed_over() {
    let text = [
        r#"{"type":"track","event":"Product Viewed","anonymousId":"a","timestamp":"2026-01-01T10:00:00Z","properties":{"product_id":7}}"#,
        "not json",
        "",
        r#"{"type":"track","event":"Product Viewed","timestamp":"2026-01-01T10:00:05Z","properties":{"product_id":"8"}}"#,
        r#"{"type":"track","event":"Product Viewed","anonymousId":"a","properties":{"product_id":"8"}}"#,
        r#"{"type":"track","event":"Product Viewed","userId":"u","originalTimestamp":"2026-01-01T10:00:09+01:00","properties":null}"#,
        r#"{"type":"track","event":"Product Added","anonymousId":"a","timestamp":1767261610000,"properties":{"product_id":"9","price":"19.90","products":[],"x":{"y":[1]}}}"#,
    ];
    let mut reader = Reader::default();
    reader.read(text.join("\n").as_bytes(), |_| {}).unwrap();
    reader.read(format!("{}\n", text[0]).as_bytes(), |_| {}).unwrap();
    let evidence = reader.finish();
    assert_eq!((evidence.lines, evidence.bad), (8, 3));
    let lines: Vec<u64> = evidence.bad_lines.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [2, 4, 5]);
    assert_eq!(evidence.acts.len(), 3);
    assert_eq!(evidence.acts.iter().filter(|act| act.deed == Deed::Took).count(), 1);
    assert_eq!(evidence.prices[evidence.items.find("9").unwrap() as usize], Some(19.9));
    assert!(evidence.items.find("7").is_some(), "a number as an id");
}

#[test]
fn one_clock_that_is_years_ahead_makes_nothing_too_old() {
    let view = |product: &str, times: &str| {
        format!(
            r#"{{"type":"track","event":"Product Viewed","anonymousId":"{product}",{times},"properties":{{"product_id":"{product}"}}}}"#
        )
    };
    let mut lines = vec![view("a", r#""timestamp":"2026-01-01T10:00:00Z","receivedAt":"2026-01-01T10:00:01Z""#); 9];
    lines.push(view("b", r#""timestamp":"2099-01-01T10:00:00Z","receivedAt":"2026-01-01T10:00:05Z""#));
    // Times that no calendar knows are none.
    lines.push(view("c", r#""timestamp":9.3e18,"receivedAt":"2026-01-01T10:00:05Z""#));
    lines.push(view("d", r#""timestamp":1e300"#));
    let mut reader = Reader::default();
    reader.read(lines.join("\n").as_bytes(), |_| {}).unwrap();
    let evidence = reader.finish();
    assert_eq!((evidence.bad, evidence.newest), (1, 1_767_261_605_000));
    let wanted = tailorbird_trainer::trending::trending(&evidence);
    assert_eq!((wanted.len(), Some(wanted[0].0)), (3, evidence.items.find("a")));
}

#[test]
fn the_order_in_which_events_are_read_does_not_matter() {
    let mut dice = Dice::new(3);
    let mut log = Log::default();
    for visitor in 0..150 {
        let mut at = START + dice.below(1_000_000) as i64 * 1000;
        for _ in 0..2 + dice.below(12) {
            at += 1 + dice.below(40_000_000) as i64 / (1 + dice.below(2000) as i64);
            let id = format!("p{}", dice.skewed(25));
            let price = 5 + dice.below(30);
            let category = ["Dogs/Food", "Dogs", "Cats"][dice.below(3)];
            let told = format!(r#"{{"product_id":"{id}","category":"{category}","price":{price}}}"#);
            log.track(visitor, at, ["Product Viewed", "Product Added"][dice.below(4) / 3], &told);
            if dice.below(5) == 0 {
                let order = format!(r#"{{"order_id":"o{}","products":[{told},{{"product_id":"p1"}}]}}"#, dice.below(3));
                at += 1;
                log.track(visitor, at, "Order Completed", &order);
            }
        }
    }
    let lines: Vec<&str> = log.lines.iter().map(|(_, line)| line.as_str()).collect();
    let model = |parts: &[String]| {
        let mut reader = Reader::default();
        parts.iter().for_each(|part| reader.read(part.as_bytes(), |_| {}).unwrap());
        let evidence = reader.finish();
        assert_eq!(evidence.bad, 0, "{:?}", evidence.bad_lines);
        let extras = Extras::of(&evidence, &Catalog::default());
        train(&evidence.sessions(), &evidence.items, &extras, |_| {}).unwrap().files
    };
    let told = model(&[lines.join("\n")]);
    let (first, second) = lines.split_at(lines.len() / 2);
    let reversed: Vec<&str> = lines.iter().rev().copied().collect();
    assert_eq!(told, model(&[second.join("\n"), first.join("\n")]), "the newer file first");
    assert_eq!(told, model(&[reversed.join("\r\n")]), "the newest line first");
    assert_eq!(told, model(&[format!("\u{feff}{}", lines.join("\n"))]), "behind a byte order mark");
}
