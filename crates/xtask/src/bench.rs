//! `cargo xtask bench`: our own figures, and ours beside the peers' in one run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::house::House;
use crate::stamp::{Stamp, sorted_entries};
use crate::step::{Outcome, step};
use crate::{need, package, process};

const USAGE: &str = "usage: cargo xtask bench core | collector | replay | model | page [--runs N] | peers [size|decide|track|load [harness options]]\n";
/// Where the peers' harness is copied to; ignored by git.
const WORK: &str = "benches/peers/work";
/// Our side of the harness.
const OURS: &str = "benches/peers/ours.js";

pub(crate) fn run(house: &House, words: &[&str]) -> Result<(), Failure> {
    match words {
        ["core"] => cargo_bench(house, "tailorbird-core"),
        ["collector"] => cargo_bench(house, "tailorbird-collector"),
        ["replay"] => cargo_bench(house, "tailorbird-replay"),
        ["model"] => model(house),
        ["page", options @ ..] => page(house, options),
        ["peers"] => ["size", "decide", "track", "load"].iter().try_for_each(|part| peers(house, part, &[])),
        ["peers", part, options @ ..] => peers(house, part, options),
        _ => Err(Failure::Usage(USAGE)),
    }
}

fn cargo_bench(house: &House, package: &str) -> Result<(), Failure> {
    step(&format!("benchmarks of {package} (cargo bench)"), || {
        process::run(process::cargo(&house.root).args(["bench", "--package", package, "--benches"]))?;
        Ok(Outcome::Done)
    })
    .map(drop)
}

/// Training natively, answering in Chromium: a made-up catalogue of 40,000 items.
fn model(house: &House) -> Result<(), Failure> {
    package::build(house)?;
    let module = package::module_like_the_agent(house, "tailorbird-cases", "tailorbird_cases")?;
    step("the program and the simulation (cargo, profile release)", || {
        let mut cargo = process::cargo(&house.root);
        process::run(cargo.args(["build", "--quiet", "--release", "--package", "tailorbird-cli"]))?;
        let mut cargo = process::cargo(&house.root);
        let example = ["--package", "tailorbird-trainer", "--example", "simulate_sessions"];
        process::run(cargo.args(["build", "--quiet", "--release"]).args(example)).map(|()| Outcome::Done)
    })?;
    need::node::packages(house, "tests/browser")?;
    let chromium = need::debian::program(&need::debian::CHROMIUM)?;
    step("benchmarks of the model", || {
        let mut node = Command::new("node");
        node.arg(house.path("benches/model/run.mjs")).arg(&module).arg(house.target.join("release"));
        process::run(node.env("TAILORBIRD_CHROMIUM", chromium).env("TAILORBIRD_DIST", house.path("pkg/dist")))?;
        Ok(Outcome::Done)
    })
    .map(drop)
}

/// The demo shop with and without the tag, on a slow phone.
fn page(house: &House, options: &[&str]) -> Result<(), Failure> {
    package::build(house)?;
    need::node::packages(house, "tests/browser")?;
    let chromium = need::debian::program(&need::debian::CHROMIUM)?;
    step("the program (cargo, profile dev)", || {
        let mut cargo = process::cargo(&house.root);
        process::run(cargo.args(["build", "--quiet", "--workspace", "--bin", "tailorbird"]))?;
        Ok(Outcome::Done)
    })?;
    step("what the tag costs the demo shop's front page", || {
        let mut node = Command::new("node");
        node.arg(house.path("benches/page/run.mjs")).args(options);
        node.env("TAILORBIRD_BIN", house.target.join("debug/tailorbird")).env("TAILORBIRD_CHROMIUM", chromium);
        process::run(node.env("TAILORBIRD_DIST", house.path("pkg/dist")))?;
        Ok(Outcome::Done)
    })
    .map(drop)
}

fn peers(house: &House, part: &str, options: &[&str]) -> Result<(), Failure> {
    let harness = harness()?;
    package::build(house)?;
    step("the peers' harness, with our side of it", || {
        let work = house.path(WORK);
        copy(&harness, &work)?;
        let ours = house.path(OURS);
        fs::copy(&ours, work.join("plugs/ours.js")).map_err(Failure::of_file(&ours))?;
        Stamp::new(house, "peers").with(&harness.join("package.json")).unless_fresh(
            &[work.join("node_modules")],
            || {
                let install = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
                process::run(Command::new("npm").args(install).current_dir(&work))
            },
        )
    })?;
    let chromium = need::debian::program(&need::debian::CHROMIUM)?;
    step(&format!("peers: {part}"), || {
        let mut node = Command::new("node");
        node.args(["run.mjs", part]).args(options).current_dir(house.path(WORK));
        process::run(node.env("CHROMIUM", chromium).env("TAILORBIRD_DIST", house.path("pkg/dist")))?;
        Ok(Outcome::Done)
    })
    .map(drop)
}

/// The folder with the peers' `run.mjs`: it is no part of this repository.
fn harness() -> Result<PathBuf, Failure> {
    let folder = std::env::var_os("TAILORBIRD_PEERS").map(PathBuf::from);
    folder.filter(|folder| folder.join("run.mjs").is_file()).ok_or_else(|| {
        Failure::missing(
            "the peers' harness was not found",
            "set TAILORBIRD_PEERS to the folder that holds its run.mjs",
        )
    })
}

/// Copies files that differ, and leaves what was installed or measured there alone.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to).map_err(Failure::of_file(to))?;
    for entry in sorted_entries(from) {
        let Some(name) = entry.file_name() else { continue };
        if name == "node_modules" || name == "out" {
            continue;
        }
        if entry.is_dir() {
            copy(&entry, &to.join(name))?;
        } else {
            fs::copy(&entry, to.join(name)).map_err(Failure::of_file(&entry))?;
        }
    }
    Ok(())
}
