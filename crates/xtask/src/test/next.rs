//! The Next.js example, built and opened as a shop would: only when asked for, because Next.js alone is 340 MB.

use super::Report;
use super::packed::in_chromium;
use crate::house::House;
use crate::package;

pub(super) fn run(house: &House, report: &mut Report) {
    if report.need("the package", || package::build(house)).is_some() {
        in_chromium(house, report, "Next.js", "tests/next");
    }
}
