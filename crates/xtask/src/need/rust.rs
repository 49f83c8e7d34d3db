//! The wasm target of the Rust toolchain, and wasm-bindgen in one version.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::house::House;
use crate::process;
use crate::step::{Outcome, step};

pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Adds the wasm target when the toolchain in use has none.
pub(crate) fn wasm_target() -> Result<(), Failure> {
    step("Rust's wasm target", || {
        let libraries = process::read(Command::new("rustc").args(["--print", "target-libdir", "--target", WASM]))?;
        if fs::read_dir(libraries.trim()).is_ok_and(|mut files| files.next().is_some()) {
            return Ok(Outcome::UpToDate);
        }
        if process::on_path("rustup").is_none() {
            return Err(Failure::missing(
                format!("this Rust has no `{WASM}` target and there is no rustup to add it"),
                "install Rust with rustup (rustup.rs), or your distribution's package of Rust's wasm32 library",
            ));
        }
        process::run(Command::new("rustup").args(["target", "add", WASM]))?;
        Ok(Outcome::Done)
    })
    .map(drop)
}

/// Adds the formatter and the linter when the toolchain in use lacks them.
pub(crate) fn lint_tools() -> Result<(), Failure> {
    step("rustfmt and clippy", || {
        let has = |name: &str| process::on_path(name).is_some_and(|tool| runs(&tool));
        if has("cargo-fmt") && has("cargo-clippy") {
            return Ok(Outcome::UpToDate);
        }
        if process::on_path("rustup").is_none() {
            return Err(Failure::missing(
                "this Rust has no rustfmt or no clippy, and there is no rustup to add them",
                "install Rust with rustup (rustup.rs), or your distribution's packages `rustfmt` and `rust-clippy`",
            ));
        }
        process::run(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]))?;
        Ok(Outcome::Done)
    })
    .map(drop)
}

/// Under rustup a tool is on the PATH even when its component is not installed; only running it tells.
fn runs(tool: &Path) -> bool {
    Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Refuses to build when the crate and the tool that reads its output are of different versions.
pub(crate) fn one_wasm_bindgen(house: &House) -> Result<String, Failure> {
    let path = house.path("Cargo.lock");
    let lock = fs::read_to_string(&path).map_err(Failure::of_file(&path))?;
    let crate_version = locked(&lock, "wasm-bindgen");
    let tool_version = locked(&lock, "wasm-bindgen-cli-support");
    match (crate_version, tool_version) {
        (Some(a), Some(b)) if a == b => Ok(a.to_owned()),
        (a, b) => Err(Failure::Wrong(format!(
            "wasm-bindgen is {} in Cargo.lock but wasm-bindgen-cli-support is {}: they must be the same, so set both \
             to `=VERSION`, in Cargo.toml and in crates/xtask/Cargo.toml",
            a.unwrap_or("missing"),
            b.unwrap_or("missing"),
        ))),
    }
}

fn locked<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let start = lock.find(&format!("name = \"{name}\"\n"))?;
    lock.get(start..)?.lines().nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_very_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.9\"\n";
        assert_eq!(locked(lock, "wasm-bindgen"), Some("0.2.9"));
        assert_eq!(locked(lock, "walrus"), None);
    }
}
