//! Against the real collector: a real Chromium (tests/browser), and other people's clients (tests/clients).

use std::process::Command;

use super::packed::node_tests;
use super::tally::Tally;
use super::{Report, counted};
use crate::house::House;
use crate::step::{Outcome, step};
use crate::{need, package, process};

const BROWSER: &str = "tests/browser";
const CLIENTS: &str = "tests/clients";

pub(super) fn run(house: &House, report: &mut Report) {
    let needs = (
        report.need("the package", || package::build(house)),
        report.need("the program", || program(house)),
        report.need("chromium", || need::debian::program(&need::debian::CHROMIUM)),
    );
    let (Some(()), Some(program), Some(chromium)) = needs else { return };
    let (program, chromium) = (program.to_string_lossy().into_owned(), chromium.to_string_lossy().into_owned());
    let dist = house.path("pkg/dist").to_string_lossy().into_owned();
    let environment = [
        ("TAILORBIRD_BIN", program.as_str()),
        ("TAILORBIRD_DIST", dist.as_str()),
        ("TAILORBIRD_CHROMIUM", chromium.as_str()),
        ("CHROMIUM", chromium.as_str()),
    ];
    if report.need("npm packages", || need::node::packages(house, BROWSER)).is_some() {
        node_tests(house, report, "browser tests", BROWSER, &environment);
    }
    if report.need("npm packages", || need::node::packages(house, CLIENTS)).is_some() {
        let mut node = Command::new("node");
        node.arg(house.path(CLIENTS).join("run.mjs")).env("TAILORBIRD", &program).envs(environment);
        counted(report, "clients that others wrote", &mut node, Tally::of_last_line);
    }
}

/// The program as `cargo test` has built it: the same dependencies, so that nothing is compiled twice.
fn program(house: &House) -> Result<std::path::PathBuf, crate::failure::Failure> {
    step("the program (cargo, profile dev)", || {
        let mut cargo = process::cargo(&house.root);
        process::run(cargo.args(["build", "--quiet", "--workspace", "--bin", "tailorbird"]))?;
        Ok(Outcome::Done)
    })?;
    Ok(house.target.join("debug/tailorbird"))
}
