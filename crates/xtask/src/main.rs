//! What a contributor types: `cargo xtask demo | test | pkg | size | tidy | bench`.

mod bench;
mod demo;
mod failure;
mod house;
mod need;
mod package;
mod process;
mod size;
mod stamp;
mod step;
mod test;
mod tidy;

use std::process::ExitCode;

use crate::failure::Failure;
use crate::house::House;

const USAGE: &str = "\
usage: cargo xtask <command>

  demo [--port PORT]   build everything and serve the shop on http://127.0.0.1:8787/
  test [PART]...       all checks and tests, or these parts: lint, native, wasm, package, browser; next when named
  pkg                  the npm package and what a shop hosts, into pkg/dist
  size                 weigh what a shopper downloads, into pkg/SIZES.md; `size --check` compares only
  tidy                 the house rules that no compiler checks
  bench WHAT           core, collector, replay, model, page, or peers [size|decide|track|load [options]]

What a command needs and does not find it installs (the wasm target, npm packages, Debian's chromium),
or it says what to do.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        // Their list and their count are said, and the count is to be the last line.
        Err(failure @ Failure::Tests) => failure.exit_code(),
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            failure.exit_code()
        }
    }
}

fn run(words: &[&str]) -> Result<(), Failure> {
    let house = House::find()?;
    match words {
        ["help"] | [.., "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        ["demo", options @ ..] => demo::run(&house, options),
        ["test", parts @ ..] => test::run(&house, parts),
        ["pkg"] => package::build(&house),
        ["size"] => size::write_table(&house),
        ["size", "--check"] => package::build(&house).and_then(|()| size::check(&house)),
        ["tidy"] => tidy::check(&house),
        ["bench", what @ ..] => bench::run(&house, what),
        _ => Err(Failure::Usage(USAGE)),
    }
}
