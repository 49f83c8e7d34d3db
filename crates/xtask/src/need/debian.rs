//! Programs that come as Debian packages: found where they are, installed where they are not and we may.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::process;
use crate::stamp::sorted_entries;
use crate::step::{Outcome, note, step};

/// A program, the Debian package that holds it, and what says where it is when it is not on the PATH.
pub(crate) struct Program {
    pub(crate) names: &'static [&'static str],
    pub(crate) package: &'static str,
    pub(crate) variable: &'static str,
}

/// The browser of the browser tests.
pub(crate) const CHROMIUM: Program =
    Program { names: &["chromium", "chromium-browser", "google-chrome"], package: "chromium", variable: "CHROMIUM" };

/// What the collector's cluster tests start, on loopback and with data of their own.
pub(crate) const NATS: Program = Program { names: &["nats-server"], package: "nats-server", variable: "NATS_SERVER" };
pub(crate) const POSTGRES: Program = Program { names: &["postgres"], package: "postgresql", variable: "POSTGRES" };

/// A server that some tests start when it is there. On a contributor's machine it is not installed unasked, for Debian
/// runs servers as soon as they are installed; in CI it is. Tests whose server is missing say that they were skipped.
pub(crate) fn server_for_tests(wanted: &Program) {
    if matches!(named_or_on_path(wanted), Ok(Some(_))) {
        return;
    }
    let package = wanted.package;
    if std::env::var_os("CI").is_none() {
        println!("==> {package} (a Debian package)");
        return note(&format!("not found: its tests are skipped. To run them: apt-get install {package}"));
    }
    if let Err(failure) = program(wanted) {
        note(&format!("its tests are skipped: {failure}"));
    }
}

/// Where the program is; installs its package when it is nowhere.
pub(crate) fn program(wanted: &Program) -> Result<PathBuf, Failure> {
    let mut found = PathBuf::new();
    step(&format!("{} (a Debian package)", wanted.package), || {
        if let Some(path) = named_or_on_path(wanted)? {
            found = path;
            return Ok(Outcome::UpToDate);
        }
        install(wanted)?;
        found = named_or_on_path(wanted)?.ok_or_else(|| {
            Failure::missing(
                format!("`{}` is installed, but none of {} is on the PATH", wanted.package, wanted.names.join(", ")),
                format!("set {} to the program", wanted.variable),
            )
        })?;
        Ok(Outcome::Done)
    })?;
    note(&format!("{} is {}", wanted.package, found.display()));
    Ok(found)
}

fn named_or_on_path(wanted: &Program) -> Result<Option<PathBuf>, Failure> {
    let Some(named) = std::env::var_os(wanted.variable).map(PathBuf::from) else {
        return Ok(wanted.names.iter().find_map(|name| process::on_path(name).or_else(|| beside_path(name))));
    };
    if named.is_file() {
        return Ok(Some(named));
    }
    Err(Failure::missing(
        format!("{} is `{}`, which is not a file", wanted.variable, named.display()),
        format!("set {} to the program, or unset it to have it searched for", wanted.variable),
    ))
}

/// Debian keeps servers where only root's PATH reaches, and PostgreSQL in a folder for each of its versions.
fn beside_path(name: &str) -> Option<PathBuf> {
    let versions = sorted_entries(Path::new("/usr/lib/postgresql")).into_iter().map(|version| version.join("bin"));
    std::iter::once(PathBuf::from("/usr/sbin"))
        .chain(versions)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

fn install(wanted: &Program) -> Result<(), Failure> {
    let package = wanted.package;
    let by_hand = format!(
        "install it, with Debian `apt-get install {package}`, or set {} to a program that you have",
        wanted.variable
    );
    if process::on_path("apt-get").is_none() {
        return Err(Failure::missing(format!("`{package}` was not found, nor apt-get to install it"), by_hand));
    }
    let Some(root) = root_prefix() else {
        return Err(Failure::missing(format!("`{package}` was not found and only root may install it"), by_hand));
    };
    note(&format!("not found: apt-get installs {package}"));
    let install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", package];
    let update = ["apt-get", "update", "-q"];
    // Package lists of a fresh machine are empty, those of an old one stale; an update that fails may still do.
    let _ = process::read(&mut as_root(root, &update));
    process::read(&mut as_root(root, &install))
        .map(drop)
        .map_err(|_| Failure::missing(format!("apt-get could not install `{package}`; its message is above"), by_hand))
}

fn as_root(prefix: &[&str], words: &[&str]) -> Command {
    let mut all = prefix.iter().chain(words);
    let mut command = Command::new(all.next().copied().unwrap_or("apt-get"));
    command.args(all).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// What to put before a command to run it as root: nothing for root, sudo where it asks no password.
fn root_prefix() -> Option<&'static [&'static str]> {
    if process::read(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        return Some(&[]);
    }
    let silent = Command::new("sudo").args(["-n", "true"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    silent.is_ok_and(|status| status.success()).then_some(&["sudo", "-n"])
}
