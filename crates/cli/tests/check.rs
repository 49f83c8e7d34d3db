//! `tailorbird check` as people call it: what it prints, its exit status, and that no document makes it fall over.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with documents, and the program run in it.
struct Shop(TempDir);

impl Shop {
    fn new(rules: impl AsRef<[u8]>) -> Shop {
        let shop = Shop(tempfile::tempdir().unwrap());
        shop.write("rules.json", rules);
        shop
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_tailorbird"));
        program.arg("check").args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    /// What is printed about `rules.json`, and the exit status.
    fn told(&self) -> (i32, String) {
        let output = self.run(&["rules.json"]);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    fn findings(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.run(&[arguments, &["--json"]].concat());
        (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
    }
}

/// Rules with one block and these experiences.
fn rules(experiences: &str) -> String {
    format!("{{ \"version\": 1, \"blocks\": {{ \"b\": {{ \"html\": \"x\" }} }}, \"experiences\": [{experiences}] }}")
}

fn with_condition(when: &str) -> String {
    rules(&format!("{{ \"id\": \"a\", \"placement\": \"p\", \"show\": \"b\", \"when\": {when} }}"))
}

#[test]
fn nothing_but_a_summary_when_all_is_well() {
    let shop = Shop::new(with_condition("{ \"cart.value\": { \"$gte\": 5 } }"));
    let summary = "rules.json: all is well with 1 experience, 1 placement, 0 audiences\n";
    assert_eq!(shop.told(), (0, summary.to_owned()));
}

#[test]
fn the_demo_shops_rules_are_fine() {
    let www = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www");
    let shop = Shop::new(fs::read(www.join("rules.json")).unwrap());
    shop.write("catalog.json", fs::read(www.join("catalog.json")).unwrap());
    let output = shop.run(&["rules.json", "catalog.json"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

/// The documents of tests/checks and what is said of them; the npm package is held to the same words.
#[test]
fn of_the_documents_that_are_kept_it_says_what_is_kept_beside_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/checks");
    let mut looked_at = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let case = entry.unwrap().path();
        let mut arguments = vec!["check", "rules.json"];
        if case.join("catalog.json").exists() {
            arguments.push("catalog.json");
        }
        let run = |more: &[&str]| {
            let mut program = Command::new(env!("CARGO_BIN_EXE_tailorbird"));
            program.args(&arguments).args(more).current_dir(&case).output().unwrap()
        };
        let (text, json) = (run(&[]), run(&["--json"]));
        let name = case.display();
        assert_eq!(
            String::from_utf8(text.stdout).unwrap(),
            fs::read_to_string(case.join("expected.txt")).unwrap(),
            "{name}"
        );
        let told: Value = serde_json::from_slice(&json.stdout).unwrap();
        let expected: Value = serde_json::from_str(&fs::read_to_string(case.join("expected.json")).unwrap()).unwrap();
        assert_eq!(told, expected, "{name}");
        let status = i32::from(expected["good"] == false);
        assert_eq!((text.status.code(), json.status.code()), (Some(status), Some(status)), "{name}");
        looked_at += 1;
    }
    assert!(looked_at >= 4);
}

#[test]
fn machines_get_one_object() {
    let shop = Shop::new(with_condition("{ \"cart.valeu\": { \"$gte\": 5 } }"));
    let (status, told) = shop.findings(&["rules.json"]);
    assert_eq!(status, 0, "a warning is not an error");
    assert_eq!((&told["good"], &told["errors"], &told["warnings"]), (&json!(true), &json!(0), &json!(1)));
    let finding = &told["findings"][0];
    for (name, value) in [
        ("severity", json!("warning")),
        ("code", json!("unknown-attribute")),
        ("file", json!("rules.json")),
        ("line", json!(1)),
        ("found", json!("cart.valeu")),
        ("nearest", json!("cart.value")),
        ("experience", json!("a")),
    ] {
        assert_eq!(finding[name], value, "{name} in {finding}");
    }
}

#[test]
fn bad_input_of_every_kind_is_a_clear_error() {
    let nested = |inner: &str| format!("{}{inner}{}", "{\"$not\":".repeat(10_000), "}".repeat(10_000));
    let audiences = |text: &str| format!("{{\"version\":1,\"audiences\":{text}}}");
    let cases: [(&str, Vec<u8>, &str); 21] = [
        ("an unknown operator", with_condition("{\"x\":{\"$larger\":1}}").into(), "unknown operator `$larger`"),
        (
            "a text for a number",
            rules("{\"id\":\"a\",\"placement\":\"p\",\"show\":\"b\",\"priority\":\"high\"}").into(),
            "wrong type `high`: expected a number",
        ),
        ("a list for an object", b"[]".to_vec(), "wrong type `[]`: expected an object"),
        ("a number for a condition", with_condition("5").into(), "wrong type `5`: expected an object"),
        ("a text for a list", with_condition("{\"x\":{\"$in\":\"a\"}}").into(), "wrong type `a`: expected a list"),
        ("10,000 levels in a condition", with_condition(&nested("{}")).into(), "nested too deeply, at most 100 levels"),
        ("10,000 brackets that never close", "[".repeat(10_000).into(), "nested too deeply, at most 100 levels"),
        (
            "two experiences with one id",
            rules(
                "{\"id\":\"a\",\"placement\":\"p\",\"show\":\"b\"},{\"id\":\"a\",\"placement\":\"q\",\"show\":\"b\"}",
            )
            .into(),
            "duplicate id `a`",
        ),
        (
            "two blocks with one id",
            b"{\"version\":1,\"blocks\":{\"a\":{\"html\":\"\"},\"a\":{\"html\":\"\"}}}".to_vec(),
            "duplicate member `a`",
        ),
        (
            "audiences in a circle",
            audiences("{\"a\":{\"$audience\":\"b\"},\"b\":{\"$audience\":\"a\"}}").into(),
            "cyclic audience",
        ),
        ("an audience of itself", audiences("{\"a\":{\"$not\":{\"$audience\":\"a\"}}}").into(), "cyclic audience `a`"),
        ("NaN", with_condition("{\"x\":NaN}").into(), "not json `NaN`: expected a JSON value"),
        ("a number beyond all bounds", with_condition("{\"x\":1e999}").into(), "not json"),
        (
            "a priority beyond reason",
            rules("{\"id\":\"a\",\"placement\":\"p\",\"show\":\"b\",\"priority\":1e300}").into(),
            "out of range `1e300`",
        ),
        (
            "bytes that are no text",
            b"{\"version\":1,\n\"catalog\":\"\xff\"}".to_vec(),
            "rules.json:2:12: error: not text `byte 0xff`: expected UTF-8",
        ),
        (
            "a day that does not exist",
            rules("{\"id\":\"a\",\"placement\":\"p\",\"show\":\"b\",\"from\":\"2026-02-29\"}").into(),
            "not a date `2026-02-29`",
        ),
        (
            "an hour that does not exist",
            rules("{\"id\":\"a\",\"placement\":\"p\",\"show\":\"b\",\"until\":\"2026-01-01T24:30:00Z\"}").into(),
            "not a date `2026-01-01T24:30:00Z`",
        ),
        (
            "a question past the history",
            with_condition("{\"$did\":{\"event\":\"Product Viewed\",\"withinDays\":91}}").into(),
            "past history `91`: expected at most 90 days",
        ),
        ("a pattern without end", with_condition("{\"x\":{\"$regex\":\"(\"}}").into(), "bad pattern `(`"),
        ("nothing at all", Vec::new(), "the document ends too early"),
        ("another version", b"{\"version\":2}".to_vec(), "unknown version `2`: expected version 1"),
    ];
    for (name, document, expected) in cases {
        let (status, told) = Shop::new(document).told();
        assert_eq!(status, 1, "{name}: {told}");
        assert!(told.contains(expected), "{name}: {told}");
        assert!(told.len() < 3_000, "{name}: what is shown of a document is short");
    }
}

#[test]
fn ten_megabytes_are_read_to_the_end() {
    let experience = |nth: usize| {
        format!(
            "{{\"id\":\"e{nth}\",\"placement\":\"p{}\",\"show\":\"b\",\"when\":{{\"x\":{nth},\"text\":\"{}\"}}}}",
            nth % 5,
            "y".repeat(900)
        )
    };
    let mut experiences: Vec<String> = (0..10_500).map(experience).collect();
    let good = rules(&experiences.join(",\n"));
    assert!(good.len() > 10_000_000);
    assert_eq!(Shop::new(&good).told().0, 0);
    experiences.push("{\"id\":\"last\",\"placement\":\"p0\",\"show\":\"c\"}".to_owned());
    let (status, told) = Shop::new(rules(&experiences.join(",\n"))).told();
    assert_eq!(status, 1);
    assert!(told.starts_with("rules.json:10501:"), "{told}");
    let (status, told) = Shop::new(vec![b' '; 33 << 20]).told();
    assert_eq!(status, 1);
    assert!(told.contains("too large: expected at most 32 MiB"), "{told}");
}

#[test]
fn a_document_full_of_mistakes_is_told_in_full() {
    let mistake = |nth: usize| {
        format!("{{\"id\":\"e{nth}\",\"placement\":\"p\",\"show\":\"blok-{nth}\",\"when\":{{\"x\":{{\"$gtt\":1}}}}}}")
    };
    let mistakes: Vec<String> = (0..5_000).map(mistake).collect();
    let blocks: Vec<String> = (0..5_000).map(|nth| format!("\"block-{nth}\":{{\"html\":\"\"}}")).collect();
    let text =
        format!("{{\"version\":1,\"blocks\":{{{}}},\"experiences\":[{}]}}", blocks.join(","), mistakes.join(","));
    let (status, told) = Shop::new(text).findings(&["rules.json"]);
    assert_eq!((status, &told["errors"]), (1, &json!(10_000)));
    assert_eq!(told["findings"].as_array().unwrap().len(), 15_000, "each block is unreachable besides");
}

#[test]
fn the_catalogue_is_looked_at_too_with_all_its_parts() {
    let pinned = "{ \"id\": \"a\", \"placement\": \"p\", \"show\": \"b\", \"products\": { \"strategy\": \"pinned\", \"ids\": [\"p1\", \"p22\"] } }";
    let shop = Shop::new(rules(pinned));
    let product = |id: &str| format!("{{\"version\":1,\"products\":[{{\"id\":\"{id}\",\"name\":\"N\"}}]}}");
    shop.write("one.json", product("p1"));
    let (status, told) = shop.findings(&["rules.json", "one.json"]);
    assert_eq!((status, &told["findings"][0]["code"]), (0, &json!("unknown-product")), "{told}");
    assert_eq!(told["findings"][0]["found"], "p22");

    shop.write(
        "shop/catalog.json",
        "{\"version\":1,\"products\":[],\"parts\":{\"count\":2,\"path\":\"parts/{part}.json\"}}",
    );
    shop.write("shop/parts/0.json", product("p1"));
    shop.write("shop/parts/1.json", product("p22"));
    let (status, told) = shop.findings(&["rules.json", "shop/catalog.json"]);
    assert_eq!((status, &told["findings"]), (0, &json!([])));

    shop.write("bad.json", "{\"version\":1,\"products\":[{\"id\":\"p1\",\"name\":\"N\"},{\"id\":\"p22\"}]}");
    let (status, told) = shop.findings(&["rules.json", "bad.json"]);
    assert_eq!((status, &told["errors"], &told["findings"][1]["file"]), (1, &json!(1), &json!("bad.json")), "{told}");
}

#[test]
fn two_placements_in_one_element_are_told() {
    let placements =
        r##"{ "p": { "selector": ".hero" }, "q": { "selector": " .hero" }, "r": { "selector": ".row" } }"##;
    let document = rules(r#"{ "id": "a", "placement": "p", "show": "b" }"#);
    let shop = Shop::new(document.replacen('{', &format!("{{ \"placements\": {placements},"), 1));
    let (status, told) = shop.findings(&["rules.json"]);
    let codes: Vec<_> = told["findings"].as_array().unwrap().iter().map(|finding| &finding["code"]).collect();
    assert_eq!((status, codes), (0, vec![&json!("same-selector")]), "{told}");
}

#[test]
fn what_stands_in_braces_is_no_markup_and_one_per_cent_is_a_holdout() {
    let html = r#"<p>{{traits.name|<friend>}}</p>{{! was a <form> }}<p title='{{traits.x|say "hi"}}'>c</p>{{! <script> }}{{#each products}}{{#each attributes.sizes}}{{this.label}}{{/each}}{{/each}}"#;
    let test = r#"{ "id": "t", "placement": "p", "priority": 1, "experiment": { "coverage": 0.99 }, "variants": [{ "id": "a", "weight": 0.5 }, { "id": "b", "weight": 0.5, "show": "b" }] }"#;
    let rest = r#"{ "id": "r", "placement": "p", "show": "b", "products": { "strategy": "trending", "limit": 2 } }"#;
    let document = rules(&[test, rest].join(",")).replace(r#""x""#, &json!(html).to_string());
    let (status, told) = Shop::new(&document).told();
    assert_eq!((status, told.contains("all is well")), (0, true), "{told}");
    let (_, told) = Shop::new(document.replace("<p>", "a }} b {{! a }}<p style>")).told();
    assert!(told.contains("lost attribute `style`"), "{told}");
}

#[test]
fn wrong_use_and_missing_files_have_their_own_exit_status() {
    let shop = Shop::new("{}");
    assert_eq!(shop.run(&[]).status.code(), Some(2));
    assert_eq!(shop.run(&["rules.json", "--jsn"]).status.code(), Some(2));
    let output = shop.run(&["gone.json"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.starts_with("tailorbird: `gone.json`: no such file in `/") && told.contains("look at the path"),
        "{told}"
    );
    let output = shop.run(&["."]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), told.trim_end()), (Some(1), "tailorbird: `.`: is a folder, give a file"));
}

#[test]
fn the_schema_for_editors_is_printed() {
    let output = Shop::new("{}").run(&["--schema"]);
    assert_eq!(output.status.code(), Some(0));
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(schema["definitions"]["ConditionDocument"]["properties"]["cart.value"].is_object());
}
