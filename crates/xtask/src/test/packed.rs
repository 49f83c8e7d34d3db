//! The npm package: it builds, it keeps its weight, and it can be used as it is packed.

use std::process::Command;

use super::tally::Tally;
use super::{Report, counted};
use crate::house::House;
use crate::{need, package, size};

const TESTS: &str = "tests/package";
/// Chromium is driven by the playwright-core of the browser tests.
const BROWSER_TESTS: &str = "tests/browser";

pub(super) fn run(house: &House, report: &mut Report) {
    if report.need("the package", || package::build(house)).is_none() {
        return;
    }
    report.check("size", || size::check(house));
    in_chromium(house, report, "package tests", TESTS);
}

/// Runs the tests of a folder that open pages.
pub(super) fn in_chromium(house: &House, report: &mut Report, name: &str, folder: &str) {
    let chromium = report.need("npm packages and chromium", || {
        need::node::packages(house, folder)?;
        need::node::packages(house, BROWSER_TESTS)?;
        need::debian::program(&need::debian::CHROMIUM)
    });
    if let Some(chromium) = chromium {
        let chromium = chromium.to_string_lossy();
        node_tests(house, report, name, folder, &[("TAILORBIRD_CHROMIUM", &chromium)]);
    }
}

/// Runs the tests of a folder with Node's own runner.
pub(super) fn node_tests(house: &House, report: &mut Report, name: &str, folder: &str, environment: &[(&str, &str)]) {
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=spec"]).args(test_files(house, folder));
    node.envs(environment.iter().copied()).env("FORCE_COLOR", "0").current_dir(house.path(folder));
    counted(report, name, &mut node, Tally::of_node);
}

/// Named one by one, because Node 20 and newer read patterns differently.
fn test_files(house: &House, folder: &str) -> Vec<std::path::PathBuf> {
    let mut files = crate::stamp::sorted_entries(&house.path(folder));
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files
}
