//! Formatting, clippy and the house rules.

use super::Report;
use crate::house::House;
use crate::step::{Outcome, step};
use crate::{need, process, tidy};

pub(super) fn run(house: &House, report: &mut Report) {
    if report.need("rustfmt and clippy", need::rust::lint_tools).is_none() {
        return;
    }
    report.check("formatting", || {
        step("formatting (cargo fmt)", || {
            process::run(process::cargo(&house.root).args(["fmt", "--all", "--check"])).map(|()| Outcome::Done)
        })
        .map(drop)
    });
    report.check("house rules", || tidy::check(house));
    report.check("clippy", || {
        step("clippy, warnings denied", || {
            let mut cargo = process::cargo(&house.root);
            cargo.args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"]);
            process::run(&mut cargo).map(|()| Outcome::Done)
        })
        .map(drop)
    });
}
