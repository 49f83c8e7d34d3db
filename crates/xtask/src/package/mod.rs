//! `cargo xtask pkg`: from Rust and TypeScript to the folder that a shop hosts and npm gets.
//!
//! Rust → wasm (cargo, profile `wasm`) → bound (wasm-bindgen) → small (wasm-opt) → the same module as JavaScript
//! (wasm2js) → bundles and types (esbuild and tsc, by pkg/build.mjs).

mod bind;
mod bundle;
mod compile;
mod sections;
mod shrink;

use crate::failure::Failure;
use crate::house::House;
use crate::need;

/// Builds pkg/dist from scratch, or as much of it as changed.
pub(crate) fn build(house: &House) -> Result<(), Failure> {
    need::node::node()?;
    need::rust::wasm_target()?;
    let bindgen = need::rust::one_wasm_bindgen(house)?;
    need::node::packages(house, "pkg")?;

    let compiled = compile::agent(house)?;
    let bound = bind::module(house, &compiled, "tailorbird", &bindgen)?;
    shrink::module(house, &bound)?;
    bundle::dist(house)
}
