//! What a contributor types: `cargo xtask demo | test | pkg | size | tidy | bench`.

mod failure;
mod house;
mod need;
mod package;
mod process;
mod stamp;
mod step;

use std::process::ExitCode;

use crate::failure::Failure;
use crate::house::House;

const USAGE: &str = "\
usage: cargo xtask <command>

  pkg      build the npm package: wasm, its JavaScript fallback, the script tag, the types, into pkg/dist
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            failure.exit_code()
        }
    }
}

fn run(words: &[&str]) -> Result<(), Failure> {
    let house = House::find()?;
    match words {
        ["pkg"] => package::build(&house),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(Failure::Usage(USAGE)),
    }
}
