//! Node 20 or newer, and the npm packages of a folder.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::house::House;
use crate::process;
use crate::stamp::Stamp;
use crate::step::step;

const OLDEST: u32 = 20;

/// Refuses to go on without a Node that is new enough.
pub(crate) fn node() -> Result<(), Failure> {
    let advice = "install Node 20 or newer with npm (nodejs.org, or your distribution's packages `nodejs` and `npm`)";
    for name in ["node", "npm"] {
        if process::on_path(name).is_none() {
            return Err(Failure::missing(format!("`{name}` was not found on the PATH"), advice));
        }
    }
    let version = process::read(Command::new("node").arg("--version"))?;
    match major(&version) {
        Some(major) if major >= OLDEST => Ok(()),
        _ => Err(Failure::missing(format!("Node is {}, which is too old", version.trim()), advice)),
    }
}

fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Installs what a folder's package.json and lock file name, once per change of either.
pub(crate) fn packages(house: &House, folder: &str) -> Result<(), Failure> {
    let place = house.path(folder);
    step(&format!("npm packages of {folder}/"), || {
        let lock = place.join("package-lock.json");
        let installed = place.join("node_modules");
        Stamp::new(house, &format!("npm-{}", folder.replace('/', "-")))
            .with(&place.join("package.json"))
            .with(&lock)
            .unless_fresh(&[installed], || install(&place, lock.exists()))
    })
    .map(drop)
}

fn install(place: &Path, locked: bool) -> Result<(), Failure> {
    let verb = if locked { "ci" } else { "install" };
    let mut npm = Command::new("npm");
    npm.args([verb, "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(place);
    process::read(&mut npm).map(drop).map_err(|failure| match failure {
        Failure::Refused { .. } => Failure::missing(
            format!("npm could not install the packages of `{}`", place.display()),
            "read npm's message above; with a registry that cannot be reached, try again once it can",
        ),
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_node_prints() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("20"), None);
    }
}
