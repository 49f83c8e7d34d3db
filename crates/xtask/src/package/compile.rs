//! Rust to wasm: what rustc makes of the root package, before anything is bound or shrunk.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::house::House;
use crate::need::rust::WASM;
use crate::process;
use crate::step::{Outcome, step};

/// The agent as rustc leaves it, in the profile that shoppers get.
pub(crate) fn agent(house: &House) -> Result<PathBuf, Failure> {
    let arguments = ["--package", "tailorbird", "--lib"];
    library(house, "the agent as wasm (cargo, profile wasm)", &arguments, "wasm", "tailorbird")
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
