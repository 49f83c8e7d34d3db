//! `cargo test` of the whole workspace on this machine: unit tests, conformance cases, examples in the docs.

use super::tally::Tally;
use super::{Report, counted};
use crate::house::House;
use crate::need::debian::{self, NATS, POSTGRES};
use crate::process;

pub(super) fn run(house: &House, report: &mut Report) {
    for server in [&NATS, &POSTGRES] {
        debian::server_for_tests(server);
    }
    let mut cargo = process::cargo(&house.root);
    cargo.args(["test", "--quiet", "--workspace", "--no-fail-fast"]);
    counted(report, "native tests (cargo test)", &mut cargo, Tally::of_cargo);
}
