//! `cargo xtask pkg`: from Rust and TypeScript to the folder that a shop hosts and npm gets.
//!
//! Rust → wasm (cargo, profile `wasm`) → bound (wasm-bindgen) → small (wasm-opt) → the same module as JavaScript
//! (wasm2js) → bundles and types (esbuild and tsc, by pkg/build.mjs). Decisions alone and `check` for Node go the same way, as modules apart.

pub(crate) mod bind;
mod bundle;
pub(crate) mod compile;
mod names;
mod order;
pub(crate) mod sections;
mod shrink;

use std::path::PathBuf;

use crate::failure::Failure;
use crate::house::House;
use crate::need;

/// The name of the agent's module, and of the files made of it.
const AGENT: &str = "tailorbird";

/// The name of the module behind `tailorbird/engine`.
const ENGINE: &str = "engine";

/// The name of the module behind `npx tailorbird check`.
const CHECKER: &str = "checker";

/// Builds pkg/dist from scratch, or as much of it as changed.
pub(crate) fn build(house: &House) -> Result<(), Failure> {
    need::node::node()?;
    need::rust::wasm_target()?;
    let bindgen = need::rust::one_wasm_bindgen(house)?;
    need::node::packages(house, "pkg")?;

    let compiled = compile::agent(house)?;
    let bound = bind::module(house, &compiled, AGENT, &bindgen)?;
    shrink::module(house, &bound, AGENT)?;
    let compiled = compile::engine(house)?;
    let bound = bind::module(house, &compiled, ENGINE, &bindgen)?;
    shrink::module(house, &bound, ENGINE)?;
    let compiled = compile::checker(house)?;
    let bound = bind::module(house, &compiled, CHECKER, &bindgen)?;
    shrink::checker(house, &bound)?;
    bundle::dist(house)
}

/// Another module of the workspace, compiled, bound and made small as the agent is: for measuring what shoppers' machines do.
pub(crate) fn module_like_the_agent(house: &House, package: &str, name: &str) -> Result<PathBuf, Failure> {
    need::node::node()?;
    need::rust::wasm_target()?;
    need::node::packages(house, "pkg")?;
    let bindgen = need::rust::one_wasm_bindgen(house)?;
    let what = format!("{package} as wasm (cargo, profile wasm)");
    let compiled = compile::library(house, &what, &["--package", package, "--lib"], "wasm", name)?;
    let bound = bind::module(house, &compiled, name, &bindgen)?;
    shrink::in_place(house, &bound)?;
    Ok(bound.folder)
}

/// The agent's module as it ships, but with the names of its functions; after `build`.
pub(crate) fn named_module(house: &House) -> PathBuf {
    shrink::named(house, AGENT)
}
