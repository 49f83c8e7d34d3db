//! `cargo xtask test`: all that has to hold, part by part, to the end even when a part fails.

mod browser;
mod lint;
mod native;
mod next;
mod packed;
mod tally;
mod wasm;

use std::process::Command;
use std::time::Instant;

use crate::failure::Failure;
use crate::house::House;
use crate::process;
use crate::step::{Outcome, step};
use tally::Tally;

/// The parts by the word that runs one of them alone, in the order in which they fail soonest.
const PARTS: [(&str, Part); 5] = [
    ("lint", lint::run),
    ("native", native::run),
    ("wasm", wasm::run),
    ("package", packed::run),
    ("browser", browser::run),
];
/// Parts that run only when they are named: what they need is several times the rest.
const MORE: [(&str, Part); 1] = [("next", next::run)];
type Part = fn(&House, &mut Report);

/// What was counted so far, and what failed.
#[derive(Default)]
pub(crate) struct Report {
    tally: Tally,
    failures: Vec<String>,
}

impl Report {
    /// A check that either holds or does not, counted as one test.
    fn check(&mut self, name: &str, work: impl FnOnce() -> Result<(), Failure>) -> bool {
        let outcome = work();
        self.tally += if outcome.is_ok() { Tally::ONE_PASSED } else { Tally::ONE_FAILED };
        self.keep(name, outcome)
    }

    /// Something tests need. It is no test itself, but without it they did not pass.
    fn need<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T, Failure>) -> Option<T> {
        match work() {
            Ok(made) => Some(made),
            Err(failure) => {
                self.tally += Tally::ONE_FAILED;
                self.keep(name, Err(failure));
                None
            }
        }
    }

    /// A runner's own count. One that failed without counting a failure did not get to its tests.
    fn counted(&mut self, name: &str, counted: Tally, succeeded: bool) {
        self.tally += counted;
        println!("    {name}: {} passed, {} failed\n", counted.passed, counted.failed);
        if counted.failed > 0 {
            self.failures.push(format!("{name}: {} failed", counted.failed));
        } else if !succeeded {
            self.tally += Tally::ONE_FAILED;
            self.failures.push(format!("{name}: it ended before it could count"));
        } else if counted.passed == 0 {
            self.tally += Tally::ONE_FAILED;
            self.failures.push(format!("{name}: it found no tests"));
        }
    }

    fn keep(&mut self, name: &str, outcome: Result<(), Failure>) -> bool {
        if let Err(failure) = &outcome {
            eprintln!("{failure}\n");
            self.failures.push(format!("{name}: {}", failure.to_string().lines().next().unwrap_or_default()));
        }
        outcome.is_ok()
    }
}

/// Runs a program that counts tests, as a step, and takes its count from what it prints.
fn counted(report: &mut Report, name: &str, runner: &mut Command, count: fn(&str) -> Tally) {
    let mut ran = None;
    let ended = step(name, || {
        ran = Some(process::run_and_read(runner)?);
        Ok(Outcome::Done)
    });
    match ran {
        Some((output, succeeded)) => report.counted(name, count(&output), succeeded),
        None => drop(report.need(name, || ended)),
    }
}

/// Runs all parts but the big ones, or those named.
pub(crate) fn run(house: &House, names: &[&str]) -> Result<(), Failure> {
    let known = || PARTS.into_iter().chain(MORE);
    if names.iter().any(|name| known().all(|(known, _)| known != *name)) {
        return Err(Failure::Usage("usage: cargo xtask test [lint] [native] [wasm] [package] [browser] [next]\n"));
    }
    let begun = Instant::now();
    let mut report = Report::default();
    for (name, part) in known() {
        let is_default = PARTS.iter().any(|(default, _)| *default == name);
        if names.contains(&name) || (names.is_empty() && is_default) {
            let part_begun = Instant::now();
            part(house, &mut report);
            println!("==> {name}: {:.0} s in all\n", part_begun.elapsed().as_secs_f64());
        }
    }
    let Report { tally, failures } = report;
    for failure in &failures {
        println!("failed: {failure}");
    }
    println!("\nin {:.0} s", begun.elapsed().as_secs_f64());
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if failures.is_empty() { Ok(()) } else { Err(Failure::Tests) }
}
