//! Rust to wasm: what rustc makes of the root package, before anything is bound or shrunk.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::house::House;
use crate::need::rust::WASM;
use crate::process;
use crate::stamp::sorted_entries;
use crate::step::{Outcome, step};

/// The agent as rustc leaves it, in the profile that shoppers get.
pub(crate) fn agent(house: &House) -> Result<PathBuf, Failure> {
    let anonymous = anonymous_paths();
    let arguments = ["--package", "tailorbird", "--lib", "--config", &anonymous];
    library(house, "the agent as wasm (cargo, profile wasm)", &arguments, "wasm", "tailorbird")
}

/// Decisions alone, for servers and tools.
pub(super) fn engine(house: &House) -> Result<PathBuf, Failure> {
    let anonymous = anonymous_paths();
    let arguments = ["--package", "tailorbird-engine", "--lib", "--config", &anonymous];
    library(house, "the engine as wasm (cargo, profile wasm)", &arguments, "wasm", "tailorbird_engine")
}

/// `tailorbird check` for Node.
pub(super) fn checker(house: &House) -> Result<PathBuf, Failure> {
    let anonymous = anonymous_paths();
    let arguments = ["--package", "tailorbird-checker", "--lib", "--config", &anonymous];
    library(house, "check as wasm (cargo, profile wasm)", &arguments, "wasm", "tailorbird_checker")
}

/// Panic messages name source files. Without this the wasm would carry the folders of whoever built it, and two machines
/// would not build the same bytes. Cargo adds these flags to those of .cargo/config.toml.
fn anonymous_paths() -> String {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
        .unwrap_or_default();
    let registries = sorted_entries(&home.join("registry/src"));
    let mut flags: Vec<String> =
        registries.iter().map(|folder| format!("--remap-path-prefix={}=crates", folder.display())).collect();
    // Where the component rust-src is installed, the standard library's own files are named by where they lie.
    if let Ok(sysroot) = std::process::Command::new("rustc").args(["--print", "sysroot"]).output() {
        let sysroot = String::from_utf8_lossy(&sysroot.stdout);
        flags.push(format!("--remap-path-prefix={}/lib/rustlib/src/rust=rust", sysroot.trim()));
    }
    format!("target.{WASM}.rustflags={flags:?}")
}

/// Any cdylib of the workspace as wasm. Cargo itself knows whether there is something to do.
pub(crate) fn library(
    house: &House,
    what: &str,
    arguments: &[&str],
    profile: &str,
    name: &str,
) -> Result<PathBuf, Failure> {
    step(what, || {
        let mut cargo = process::cargo(&house.root);
        cargo.args(["build", "--quiet", "--target", WASM, "--profile", profile]).args(arguments);
        process::run(&mut cargo)?;
        Ok(Outcome::Done)
    })?;
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(house.target.join(WASM).join(folder).join(format!("{name}.wasm")))
}
