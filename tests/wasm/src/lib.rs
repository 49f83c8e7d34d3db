//! The conformance cases inside wasm: the very runners that `cargo test` uses, called from JavaScript.

#[path = "../../conformance/outbox.rs"]
mod outbox;
#[path = "../../conformance/profile.rs"]
pub mod profile;
mod recommender;
#[path = "../../conformance/rules.rs"]
pub mod rules;

use serde_json::json;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(text: &str);
}

/// Has a panic say where it was before it ends the instance.
#[wasm_bindgen(start)]
pub fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| error(&panic.to_string())));
}

/// How the cases of a file went: each one's name, and what was wrong.
type Outcomes = Vec<(String, Option<String>)>;

/// Runs all cases of one file of tests/cases. Answers `{"passed": n, "failures": ["case: why"]}`.
#[wasm_bindgen]
#[must_use]
pub fn run(file: &str, text: &str) -> String {
    let Some(outcomes) = outcomes(text) else {
        return json!({ "passed": 0, "failures": [format!("{file}: no runner knows its `kind`")] }).to_string();
    };
    let passed = outcomes.iter().filter(|(_, wrong)| wrong.is_none()).count();
    let failures: Vec<String> =
        outcomes.iter().filter_map(|(name, wrong)| wrong.as_ref().map(|wrong| format!("{name}: {wrong}"))).collect();
    json!({ "passed": passed, "failures": failures }).to_string()
}

/// The first runner that knows the `kind` of the file has it.
fn outcomes(text: &str) -> Option<Outcomes> {
    let rules = || Some(rules::run(text)?.into_iter().map(|case| (case.name, case.wrong)).collect());
    let profile = || Some(profile::run(text)?.into_iter().map(|case| (case.name, case.wrong)).collect());
    let outbox = || Some(outbox::run(text)?.into_iter().map(|case| (case.name, case.wrong)).collect());
    rules().or_else(profile).or_else(outbox)
}
