//! TypeScript to what is shipped: pkg/build.mjs bundles, and tsc writes the types.

use std::process::Command;

use crate::failure::Failure;
use crate::house::House;
use crate::process;
use crate::stamp::Stamp;
use crate::step::step;

/// Fills pkg/dist from pkg/src and pkg/generated.
pub(crate) fn dist(house: &House) -> Result<(), Failure> {
    step("bundles and types in pkg/dist (esbuild, tsc)", || {
        let inputs = ["src", "bin", "generated", "build.mjs", "package.json", "package-lock.json", "tsconfig.json"];
        let stamp =
            inputs.iter().fold(Stamp::new(house, "dist"), |stamp, name| stamp.with(&house.path("pkg").join(name)));
        let schemas = ["rules", "catalog"].map(|name| house.path(&format!("crates/schema/{name}.schema.json")));
        let stamp = schemas.iter().fold(stamp, |stamp, schema| stamp.with(schema));
        stamp.unless_fresh(&[house.path("pkg/dist/tailorbird.wasm")], || {
            process::run(Command::new("node").arg("build.mjs").current_dir(house.path("pkg")))
        })
    })
    .map(drop)
}
