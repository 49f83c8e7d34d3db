//! The program `tailorbird`: one subcommand a file, and the exit status that scripts rely on.

mod check;
mod drain;
mod export;
mod failure;
mod import;
mod input;
mod output;
mod recommend;
mod replay;
mod serve;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

/// A replay makes and drops some sixty values an event: a third faster than with the system's. Without huge pages, which
/// would let the collector's memory grow with every burst.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// On-site personalisation: collect events, check rules, train models, replay visits.
///
/// Exit status: 0 all is well, 1 the input is bad, 2 wrong use.
#[derive(Parser)]
#[command(name = "tailorbird", version, max_term_width = 100)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

/// One variant a subcommand: its options and `run` live in the file of the same name.
#[derive(Subcommand)]
enum Command {
    /// Collect events over HTTP; serve the site, the agent and the dashboard beside it.
    Serve(serve::Options),
    /// Find what is wrong with rules before anybody sees them.
    Check(check::Options),
    /// Turn a product feed into the catalogue.
    Import(import::Options),
    /// Learn a model for product recommendations from sessions and events.
    Train(train::Options),
    /// Answer sessions on standard input with the products that come next.
    Recommend(recommend::Options),
    /// Put recorded visits through rules: who would have seen what, and what changes against other rules.
    Replay(replay::Options),
    /// Write the events of a cluster's stream into PostgreSQL or NDJSON files, each once.
    Drain(drain::Options),
    /// Print every stored event as NDJSON, in arrival order.
    Export(export::Options),
}

fn main() -> ExitCode {
    let outcome = match Program::parse().command {
        Command::Serve(options) => serve::run(options),
        Command::Check(options) => check::run(&options),
        Command::Import(options) => import::run(options),
        Command::Train(options) => train::run(options),
        Command::Recommend(options) => recommend::run(options),
        Command::Replay(options) => replay::run(&options),
        Command::Drain(options) => drain::run(options),
        Command::Export(options) => export::run(options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure @ Failure::Told) => failure.exit_code(),
        Err(failure) => {
            eprintln!("tailorbird: {failure}");
            failure.exit_code()
        }
    }
}
