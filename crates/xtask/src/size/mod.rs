//! `cargo xtask size`: what a shopper downloads, to the byte, in a table that is committed: pkg/SIZES.md.

mod shares;
mod table;
mod weigh;

use std::fs;

use crate::failure::Failure;
use crate::house::House;
use crate::package;
use crate::stamp::write;
use crate::step::{Outcome, note, step};
use table::Table;

/// What the tag may cost: loader, glue and wasm together, brotli bytes.
const BUDGET: u64 = 200 * 1024;
/// How far the committed table may be from what is built, in percent of the tag's brotli bytes.
const STALE_PERCENT: u64 = 2;
const TABLE: &str = "pkg/SIZES.md";

/// Builds the package, weighs it and writes the table.
pub(crate) fn write_table(house: &House) -> Result<(), Failure> {
    package::build(house)?;
    step(&format!("weighing, into {TABLE}"), || {
        let table = Table { files: weigh::dist(house)?, shares: shares::of_agent(house)?, budget: BUDGET };
        write(&house.path(TABLE), table.text().as_bytes())?;
        note(&format!("the tag downloads {} of {BUDGET} brotli bytes", table.tag().brotli));
        Ok(Outcome::Done)
    })
    .map(drop)
}

/// Fails when the tag is above its budget, or is not what the committed table says.
pub(crate) fn check(house: &House) -> Result<(), Failure> {
    step("size of what shoppers download", || {
        let table = Table { files: weigh::dist(house)?, shares: Vec::new(), budget: BUDGET };
        let now = table.tag().brotli;
        note(&format!("{now} of {BUDGET} brotli bytes"));
        if now > BUDGET {
            return Err(Failure::Wrong(format!(
                "loader, glue and wasm are {now} brotli bytes, above the budget of {BUDGET}: see what grew with `cargo \
                 xtask size` and `git diff {TABLE}`"
            )));
        }
        let committed = fs::read_to_string(house.path(TABLE)).unwrap_or_default();
        let before = table::tag_brotli_in(&committed).unwrap_or(0);
        if now.abs_diff(before) * 100 > before * STALE_PERCENT {
            return Err(Failure::Wrong(format!(
                "{TABLE} says {before} brotli bytes where {now} were built: run `cargo xtask size` and commit the table"
            )));
        }
        Ok(Outcome::Done)
    })
    .map(drop)
}
