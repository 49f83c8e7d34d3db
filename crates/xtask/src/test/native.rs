//! `cargo test` of the whole workspace on this machine: unit tests, conformance cases, examples in the docs.

use super::Report;
use super::tally::Tally;
use crate::house::House;
use crate::process;
use crate::step::{Outcome, step};

pub(super) fn run(house: &House, report: &mut Report) {
    let mut ran = None;
    let ended = step("native tests (cargo test)", || {
        let mut cargo = process::cargo(&house.root);
        ran = Some(process::run_and_read(cargo.args(["test", "--quiet", "--workspace", "--no-fail-fast"]))?);
        Ok(Outcome::Done)
    });
    match ran {
        Some((output, succeeded)) => report.counted("native tests", Tally::of_cargo(&output), succeeded),
        None => drop(report.need("native tests", || ended)),
    }
}
