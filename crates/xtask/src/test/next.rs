//! The Next.js example, built and opened as a shop would: only when asked for, because Next.js alone is 340 MB.

use super::Report;
use super::packed::node_tests;
use crate::house::House;
use crate::{need, package};

const TESTS: &str = "tests/next";
/// Chromium is driven by the playwright-core of the browser tests.
const BROWSER_TESTS: &str = "tests/browser";

pub(super) fn run(house: &House, report: &mut Report) {
    if report.need("the package", || package::build(house)).is_none() {
        return;
    }
    let chromium = report.need("npm packages and chromium", || {
        need::node::packages(house, TESTS)?;
        need::node::packages(house, BROWSER_TESTS)?;
        need::debian::program(&need::debian::CHROMIUM)
    });
    if let Some(chromium) = chromium {
        let chromium = chromium.to_string_lossy();
        node_tests(house, report, "Next.js", TESTS, &[("TAILORBIRD_CHROMIUM", &chromium)]);
    }
}
