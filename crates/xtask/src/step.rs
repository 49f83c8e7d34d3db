//! Saying what is being done, and how long it took.

use std::time::Instant;

use crate::failure::Failure;

/// What a step found out: whether there was anything to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    UpToDate,
}

/// Announces a step, runs it, and tells how long it took or that nothing had to be done.
pub(crate) fn step(what: &str, work: impl FnOnce() -> Result<Outcome, Failure>) -> Result<Outcome, Failure> {
    let begun = Instant::now();
    println!("==> {what}");
    let outcome = work();
    let seconds = begun.elapsed().as_secs_f64();
    match outcome {
        Ok(Outcome::Done) => println!("    done in {seconds:.1} s"),
        Ok(Outcome::UpToDate) => println!("    up to date ({seconds:.1} s)"),
        Err(_) => println!("    failed after {seconds:.1} s"),
    }
    outcome
}

/// A line under the step that is running.
pub(crate) fn note(text: &str) {
    println!("    {text}");
}
