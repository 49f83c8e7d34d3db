//! `cargo xtask tidy`: the house rules that no compiler checks.

mod files;
mod imports;
mod rules;

use crate::failure::Failure;
use crate::house::House;
use crate::step::{Outcome, note, step};

/// Looks at every file that is or would be committed, and lists what is against the rules.
pub(crate) fn check(house: &House) -> Result<(), Failure> {
    step("house rules (cargo xtask tidy)", || {
        let files = files::of_house(house)?;
        let mut problems: Vec<String> = files.iter().flat_map(rules::problems_of).collect();
        problems.extend(files.iter().flat_map(imports::problems_of));
        for problem in &problems {
            note(problem);
        }
        match problems.len() {
            0 => Ok(Outcome::Done),
            count => Err(Failure::Wrong(format!("{count} of the house rules are broken, see the lines above"))),
        }
    })
    .map(drop)
}
