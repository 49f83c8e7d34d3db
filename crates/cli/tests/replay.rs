//! `tailorbird replay` as people call it: table, JSON and page, and what it says of bad input.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with some visits and rules.
struct Shop(TempDir);

impl Shop {
    fn new() -> Shop {
        let shop = Shop(tempfile::tempdir().unwrap());
        let line = |visitor: usize, minute: usize| {
            format!(
                "{{\"type\":\"page\",\"anonymousId\":\"v{visitor}\",\"originalTimestamp\":\"2026-09-01T10:{minute:02}:00.000Z\",\
                 \"properties\":{{\"path\":\"/\",\"url\":\"https://shop.example/\"}},\"context\":{{}}}}\n"
            )
        };
        let events: String = (0..30).map(|nth| line(nth % 5, nth)).collect();
        fs::create_dir(shop.path("days")).unwrap();
        let (first, second) = events.split_at(events.len() / 2 / line(0, 10).len() * line(0, 10).len());
        fs::write(shop.path("days/1.ndjson"), first).unwrap();
        fs::write(shop.path("days/2.ndjson"), second).unwrap();
        fs::write(shop.path("all.ndjson"), events).unwrap();
        let rules = |priority: i32| {
            format!(
                "{{\"version\":1,\"blocks\":{{\"b\":{{\"html\":\"x\"}}}},\"audiences\":{{\"<home>\":{{\"page.type\":\"home\"}}}},\"experiences\":[\
                 {{\"id\":\"one\",\"placement\":\"hero\",\"show\":\"b\",\"priority\":{priority},\"when\":{{\"$audience\":\"<home>\"}}}},\
                 {{\"id\":\"two & three\",\"placement\":\"hero\",\"show\":\"b\"}}]}}"
            )
        };
        fs::write(shop.path("new.json"), rules(1)).unwrap();
        fs::write(shop.path("old.json"), rules(-1)).unwrap();
        shop
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_tailorbird"));
        program.arg("replay").args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

#[test]
fn a_table_for_people() {
    let output = Shop::new().run(&["--events", "all.ndjson", "--rules", "new.json"]);
    assert_eq!(output.status.code(), Some(0));
    let expected = "5 visitors, 5 sessions, 30 page views at rest for a second, 30 events

hero: default on 0.0% of page views
               visitors  sessions  views  a visitor  most
  one                 5         5     30        6.0     6
  two & three         0         0      0        0.0     0

audiences
          visitors   share  shared most with
  <home>         5  100.0%
";
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn a_file_a_folder_and_standard_input_give_the_same() {
    let shop = Shop::new();
    let of_file = shop.json(&["--events", "all.ndjson", "--rules", "new.json"]);
    assert_eq!(shop.json(&["--events", "days", "--rules", "new.json"]), of_file);
    let marked = format!("\u{feff}{}", fs::read_to_string(shop.path("all.ndjson")).unwrap().replace('\n', "\r\n"));
    fs::write(shop.path("marked.ndjson"), marked).unwrap();
    assert_eq!(shop.json(&["--events", "marked.ndjson", "--rules", "new.json"]), of_file, "as Windows writes it");
    let mut program = Command::new(env!("CARGO_BIN_EXE_tailorbird"));
    program.args(["replay", "--events", "-", "--rules", "new.json", "--json"]).current_dir(shop.0.path());
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(shop.path("all.ndjson")).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), of_file);
}

#[test]
fn against_other_rules_and_as_a_page_that_needs_nothing_else() {
    let shop = Shop::new();
    let arguments = ["--events", "all.ndjson", "--rules", "new.json", "--against", "old.json", "--html", "page.html"];
    let told = shop.json(&arguments);
    let one = &told["placements"][0]["experiences"][0];
    assert_eq!((&one["id"], &one["change"]["gained"], &one["change"]["lost"]), (&"one".into(), &5.into(), &0.into()));
    assert_eq!(told["placements"][0]["moves"][0]["pageViews"], 30);
    let page = fs::read_to_string(shop.path("page.html")).unwrap();
    for expected in [
        "new.json",
        "old.json",
        "Who gains and who loses",
        "two &amp; three",
        "&lt;home&gt;",
        "<svg",
        "prefers-color-scheme:dark",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    for foreign in ["<script", "http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}

#[test]
fn bad_input_is_told_with_what_to_do() {
    let shop = Shop::new();
    fs::write(shop.path("broken.json"), "{\"version\": 1,").unwrap();
    fs::write(
        shop.path("some.ndjson"),
        "nonsense\n{\"type\":\"page\",\"anonymousId\":\"a\",\"timestamp\":\"2026-09-01T00:00:00Z\"}\n",
    )
    .unwrap();
    let said = |arguments: &[&str], status: i32, expected: &str| {
        let output = shop.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{error}");
        assert!(error.contains(expected), "{error}");
    };
    said(&["--rules", "new.json"], 2, "--events");
    said(&["--events", "gone", "--rules", "new.json"], 1, "`gone`");
    said(&["--events", "all.ndjson", "--rules", "broken.json"], 1, "`tailorbird check` tells all");
    said(
        &["--events", "all.ndjson", "--rules", "new.json", "--against", "broken.json"],
        1,
        "the rules compared with cannot be used",
    );
    said(&["--events", "some.ndjson", "--rules", "new.json"], 0, "line 1: not an event");
    for nothing in [&b""[..], b"\n\n", b"nonsense\n", b"\x1f\x8b\x08\0\0\xff"] {
        fs::write(shop.path("nothing.ndjson"), nothing).unwrap();
        said(&["--events", "nothing.ndjson", "--rules", "new.json"], 1, "no events, give lines of JSON");
    }
    let nowhere = "`hero` is on no page: none was of type or path `hoem`";
    said(&["--events", "all.ndjson", "--rules", "new.json", "--on", "hero=hoem"], 0, nowhere);
}

#[test]
fn a_placement_counts_only_where_it_is() {
    let shop = Shop::new();
    let replayed = |on: &str| {
        let told = shop.json(&["--events", "all.ndjson", "--rules", "new.json", "--against", "old.json", "--on", on]);
        let hero = &told["placements"][0];
        (
            hero["pageViews"].clone(),
            hero["experiences"][0]["views"].clone(),
            hero["moves"].as_array().map_or(0, Vec::len),
        )
    };
    assert_eq!(replayed("hero=home"), (30.into(), 30.into(), 1));
    assert_eq!(replayed("hero=/sale/*,/"), (30.into(), 30.into(), 1));
    assert_eq!(replayed("hero=product"), (0.into(), 0.into(), 0));
    for wrong in ["herro=home", "hero"] {
        let output = shop.run(&["--events", "all.ndjson", "--rules", "new.json", "--on", wrong]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}

/// Product rows and foretold attributes are those of a browser that has the model.
#[test]
fn with_a_model_its_rows_are_seen_and_its_odds_known() {
    let shop = Shop::new();
    let rows: String = (0..20).map(|nth| format!("s{nth}\tp1\t{nth}0\ns{nth}\tp2\t{nth}1\n")).collect();
    fs::write(shop.path("sessions.tsv"), format!("session_id\titem_id\ttimestamp\n{rows}")).unwrap();
    let mut train = Command::new(env!("CARGO_BIN_EXE_tailorbird"));
    train.args(["train", "--sessions", "sessions.tsv", "--out", "model"]).current_dir(shop.0.path());
    assert!(train.output().unwrap().status.success());
    let manifest = fs::read_to_string(shop.path("model/manifest.json")).unwrap();
    let odds = r#","intent":{"bias":0,"terms":[]}}"#;
    fs::write(shop.path("model/manifest.json"), format!("{}{odds}", manifest.trim_end().strip_suffix('}').unwrap()))
        .unwrap();
    let products = r#"{"version":1,"products":[{"id":"p1","name":"One"},{"id":"p2","name":"Two"}]}"#;
    fs::write(shop.path("catalog.json"), products).unwrap();
    fs::write(
        shop.path("rules.json"),
        r#"{"version":1,"blocks":{"b":{"html":"x"}},"experiences":[
            {"id":"row","placement":"row","show":"b","products":{"strategy":"next","fallback":[]}},
            {"id":"likely","placement":"bar","show":"b","when":{"intent":{"$gte":0.5}}}]}"#,
    )
    .unwrap();
    let moment =
        |second: usize| format!("\"originalTimestamp\":\"2026-09-01T10:00:{second:02}.000Z\",\"anonymousId\":\"v\"");
    let events = format!(
        "{{\"type\":\"page\",{},\"properties\":{{\"url\":\"https://shop.example/\"}}}}\n\
         {{\"type\":\"track\",\"event\":\"Product Viewed\",{},\"properties\":{{\"product_id\":\"p1\"}},\
         \"context\":{{\"page\":{{\"url\":\"https://shop.example/p1\"}}}}}}\n",
        moment(1),
        moment(9)
    );
    fs::write(shop.path("visit.ndjson"), events).unwrap();
    let views = |more: &[&str]| {
        let arguments = ["--events", "visit.ndjson", "--rules", "rules.json", "--catalog", "catalog.json"];
        let told = shop.json(&[&arguments, more].concat());
        let of = |nth: usize| told["placements"][nth]["experiences"][0]["views"].as_u64().unwrap();
        (of(0), of(1))
    };
    assert_eq!(views(&[]), (0, 0));
    // The look at a product is on another page, on which the first row can be shown.
    assert_eq!(views(&["--model", "model"]), (1, 2));
    assert_eq!(
        shop.run(&["--events", "visit.ndjson", "--rules", "rules.json", "--model", "days"]).status.code(),
        Some(1)
    );
}

/// With the demo's rules and its catalogue.
#[test]
fn the_demo_shops_rules_can_be_replayed() {
    let www = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www");
    let (rules, catalog) = (www.join("rules.json"), www.join("catalog.json"));
    let (rules, catalog) = (rules.to_str().unwrap(), catalog.to_str().unwrap());
    let told = Shop::new().json(&["--events", "all.ndjson", "--rules", rules, "--catalog", catalog]);
    assert_eq!((&told["errors"], &told["visitors"], &told["pageViews"]), (&0.into(), &5.into(), &30.into()));
}
