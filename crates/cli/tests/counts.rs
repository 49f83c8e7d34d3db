//! `tailorbird train --counts`: from tables that a database made to a model that recommends.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const LOOKS: &str = "item,looks\nhay,40\nhutch,20\n\"pel,lets\",10\n";
const NEXT: &str = "item,other,weight\nhay,hutch,9\nhay,\"pel,lets\",3\nhutch,hay,2\n\"pel,lets\",hay,1\n";

fn tailorbird(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tailorbird"));
    let child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    // Who refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn folder_with(tables: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    tables.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_model_comes_of_counts_and_its_settings_can_be_used_again() {
    let counts = folder_with(&[("looks.csv", LOOKS), ("next.csv", NEXT)]);
    let (first, second) = (counts.path().join("one"), counts.path().join("two"));
    let made = tailorbird(&["train", "--counts", text(counts.path()), "--out", text(&first)], "");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let settings = first.join("settings.json");
    let again = ["train", "--counts", text(counts.path()), "--settings", text(&settings), "--out", text(&second)];
    assert!(tailorbird(&again, "").status.success());
    let manifest = |folder: &Path| std::fs::read(folder.join("manifest.json")).unwrap();
    assert_eq!(manifest(&first), manifest(&second));
    let asked = tailorbird(&["recommend", "--model", text(&first)], "{\"prefix\":[\"hay\"],\"t\":0}\n");
    assert_eq!(String::from_utf8_lossy(&asked.stdout), "[\"hutch\",\"pel,lets\"]\n");
}

#[test]
fn what_was_learned_of_a_sample_goes_into_the_model() {
    let counts = folder_with(&[
        ("looks.csv", LOOKS),
        ("next.csv", NEXT),
        ("goods.csv", "item,category,price\nhay,Rabbits/Hay,5\nhutch,Rabbits > Hay,8\n\"pel,lets\",,\n"),
        ("upsell.csv", "item,other,chosen,lookers\nhay,hutch,4,9\nhutch,hay,4,9\n"),
        ("rhythms.csv", "kind,name,intervals,days,spread\nproduct,hay,9,10,1\ncategory,Rabbits,20,12,2\n"),
    ]);
    let sample = tempfile::tempdir().unwrap();
    let (plain, whole) = (counts.path().join("plain"), counts.path().join("whole"));
    assert!(tailorbird(&["train", "--counts", text(counts.path()), "--out", text(&plain)], "").status.success());
    std::fs::copy(plain.join("settings.json"), sample.path().join("settings.json")).unwrap();
    let odds = r#"{"bias":-1.5,"terms":[{"of":"cart.items","half":2,"weight":3}]}"#;
    std::fs::write(sample.path().join("manifest.json"), format!(r#"{{"version":1,"intent":{odds},"churn":{odds}}}"#))
        .unwrap();
    let settings = sample.path().join("settings.json");
    let made = ["train", "--counts", text(counts.path()), "--settings", text(&settings), "--out", text(&whole)];
    assert!(tailorbird(&made, "").status.success());
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(whole.join("manifest.json")).unwrap()).unwrap();
    for name in ["intent", "churn"] {
        assert_eq!(manifest[name], serde_json::from_str::<serde_json::Value>(odds).unwrap(), "{name}");
    }
    let model = tailorbird_trainer::folder::open(&whole).unwrap();
    assert_eq!(model.upsell("hay", 5).iter().map(|pick| pick.id).collect::<Vec<_>>(), ["hutch"]);
    assert!(model.upsell("hutch", 5).is_empty());
    assert!((model.rhythm("hay", "").unwrap().days - 10.0).abs() < 0.5);
    assert!((model.rhythm("", "Rabbits").unwrap().days - 12.0).abs() < 0.5);
}

#[test]
fn bad_tables_and_wrong_use_are_told() {
    let refused = |tables: &[(&str, &str)], more: &[&str]| {
        let folder = folder_with(tables);
        let out = folder.path().join("out");
        let arguments = [&["train", "--counts", text(folder.path()), "--out", text(&out)], more].concat();
        let output = tailorbird(&arguments, "");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let missing = refused(&[("looks.csv", LOOKS)], &[]);
    assert!(
        missing.0 == Some(1) && missing.1.contains("next.csv") && missing.1.contains("export the views"),
        "{missing:?}"
    );
    let bad = refused(&[("looks.csv", LOOKS), ("next.csv", "item,other,weight\nhay,hutch,9\nhay,hay,-1\n")], &[]);
    assert!(bad.0 == Some(1) && bad.1.contains("next.csv: line 3: expected item, other, weight"), "{bad:?}");
    let column = refused(&[("looks.csv", "item,views\nhay,1\n"), ("next.csv", NEXT)], &[]);
    assert!(column.0 == Some(1) && column.1.contains("looks.csv: line 1: no column `looks`"), "{column:?}");
    let empty = refused(&[("looks.csv", LOOKS), ("next.csv", "item,other,weight\n")], &[]);
    assert!(empty.0 == Some(1) && empty.1.contains("no session with two items"), "{empty:?}");
    assert_eq!(refused(&[("looks.csv", LOOKS), ("next.csv", NEXT)], &["--report", "r"]).0, Some(2));
}
