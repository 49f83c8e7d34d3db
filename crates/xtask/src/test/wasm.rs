//! The conformance cases of tests/cases inside wasm, in Node and in Chromium: the same runners as natively.

use std::path::Path;
use std::process::Command;

use super::tally::Tally;
use super::{Report, counted};
use crate::failure::Failure;
use crate::house::House;
use crate::need;
use crate::package::{bind, compile};

const CRATE: &str = "tailorbird-cases";
const MODULE: &str = "tailorbird_cases";
/// Chromium is driven by the playwright-core of the browser tests.
const BROWSER_TESTS: &str = "tests/browser";

pub(super) fn run(house: &House, report: &mut Report) {
    let Some(bound) = report.need("the conformance cases as wasm", || module(house)) else { return };
    cases(house, report, &bound, "node", None);
    let chromium = report.need("chromium", || {
        need::node::packages(house, BROWSER_TESTS)?;
        need::debian::program(&need::debian::CHROMIUM)
    });
    if let Some(chromium) = chromium {
        cases(house, report, &bound, "chromium", Some(&chromium));
    }
}

fn module(house: &House) -> Result<bind::Bound, Failure> {
    need::node::node()?;
    need::rust::wasm_target()?;
    let bindgen = need::rust::one_wasm_bindgen(house)?;
    let arguments = ["--package", CRATE, "--lib"];
    let compiled = compile::library(house, "conformance cases as wasm (cargo)", &arguments, "dev", MODULE)?;
    bind::module(house, &compiled, MODULE, &bindgen)
}

fn cases(house: &House, report: &mut Report, bound: &bind::Bound, place: &str, chromium: Option<&Path>) {
    let name = format!("conformance cases in wasm, in {place}");
    let mut node = Command::new("node");
    node.arg(house.path("tests/wasm/run.mjs")).arg(place).arg(&bound.folder).current_dir(&house.root);
    node.envs(chromium.map(|program| ("CHROMIUM", program)));
    counted(report, &name, &mut node, Tally::of_last_line);
}
