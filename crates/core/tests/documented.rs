//! What `docs/rules.md` tells is true: each of its examples is right in every way `check` knows, and no attribute is missing.

use std::collections::BTreeMap;
use tailorbird_core::catalog::Catalog;
use tailorbird_core::rules::check;
use tailorbird_core::schema::ATTRIBUTES;

const TEXT: &str = include_str!("../../../docs/rules.md");

/// The examples, each with the word behind `json` that says which part of the rules it is.
fn examples() -> Vec<(&'static str, &'static str)> {
    TEXT.split("```json").skip(1).filter_map(|block| block.split("```").next()?.split_once('\n')).collect()
}

/// A whole document around an example.
fn document(part: &str, example: &str) -> String {
    let experiences = match part.trim() {
        "experience" => example.to_owned(),
        "condition" => format!(r#"{{"id":"e","placement":"home-hero","show":"hero-dog","when":{example}}}"#),
        _ => r#"{"id":"e","placement":"home-hero","show":"hero-dog"}"#.to_owned(),
    };
    let own_blocks = r#"{"hero-dog":{"html":"Woof"},"row":{"template":"product-row","fields":{"title":"For you"}}}"#;
    let blocks = if part.trim() == "blocks" { example } else { own_blocks };
    let settings = if part.trim() == "settings" { example } else { "{}" };
    format!(
        r#"{{"version":1,"settings":{settings},"blocks":{blocks},"templates":{{"hero":"<a href=\"{{{{href}}}}\">{{{{title}}}}</a>"}},
"audiences":{{"dog-people":{{"affinity.category.Dogs":{{"$gte":2}}}}}},"placements":{{"home-hero":{{}},"home-row":{{}}}},"experiences":[{experiences}]}}"#
    )
}

#[test]
fn every_example_is_right() {
    let mut parts: BTreeMap<&str, usize> = BTreeMap::new();
    for (part, example) in examples() {
        *parts.entry(part.trim()).or_default() += 1;
        if part.trim() == "catalog" {
            let (catalog, problems) = Catalog::read(example);
            assert!(problems.is_empty() && catalog.len() == 1, "{problems:?}");
            continue;
        }
        let text = document(part, example);
        let found: Vec<String> = check::check(text.as_bytes(), None)
            .into_iter()
            .filter(|finding| {
                !["unreachable-block", "unused-audience", "unused-template"].contains(&finding.problem.code)
            })
            .map(|finding| finding.message())
            .collect();
        assert_eq!(found, [""; 0], "{example}");
    }
    assert_eq!(parts.keys().copied().collect::<Vec<_>>(), ["blocks", "catalog", "condition", "experience", "settings"]);
    assert!(parts["condition"] >= 8 && parts["experience"] >= 3, "{parts:?}");
}

#[test]
fn every_attribute_is_told() {
    for known in ATTRIBUTES {
        assert!(TEXT.contains(&format!("`{}`", known.path)), "{}", known.path);
    }
}
