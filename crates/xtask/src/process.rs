//! Running other programs: seen as they run, read, or read while seen.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::failure::Failure;

/// Runs a program with its output in the terminal.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|why| not_started(command, &why))?;
    accept(command, status)
}

/// Runs a program silently and gives what it wrote to standard output; shows its errors only when it fails.
pub(crate) fn read(command: &mut Command) -> Result<String, Failure> {
    let output = command.stdin(Stdio::null()).output().map_err(|why| not_started(command, &why))?;
    if !output.status.success() {
        let mut terminal = std::io::stderr().lock();
        // A terminal that cannot be written to leaves nobody to tell.
        let _ = terminal.write_all(&output.stdout).and_then(|()| terminal.write_all(&output.stderr));
    }
    accept(command, output.status)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program, showing standard output as it comes, and gives that output with whether it succeeded.
pub(crate) fn run_and_read(command: &mut Command) -> Result<(String, bool), Failure> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|why| not_started(command, &why))?;
    let text = child.stdout.take().map(echo_and_keep).unwrap_or_default();
    let status = wait(command, &mut child)?;
    Ok((text, status.success()))
}

fn wait(command: &Command, child: &mut Child) -> Result<ExitStatus, Failure> {
    child.wait().map_err(|why| not_started(command, &why))
}

fn echo_and_keep(stream: impl Read) -> String {
    let mut kept = String::new();
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        kept.push_str(&text);
        line.clear();
    }
    kept
}

/// The program of this name on the PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// The cargo that runs us, without the settings that `cargo run` made for this process alone.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(&name);
        }
    }
    command
}

fn accept(command: &Command, status: ExitStatus) -> Result<(), Failure> {
    if status.success() {
        return Ok(());
    }
    Err(Failure::Refused { program: shown(command), status: status.to_string() })
}

fn not_started(command: &Command, why: &std::io::Error) -> Failure {
    let name = command.get_program().to_string_lossy();
    Failure::missing(format!("cannot start `{name}`: {why}"), format!("install `{name}` or put it on the PATH"))
}

/// The command as one would type it, long arguments shortened to their file names.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(short).collect::<Vec<_>>().join(" ")
}

fn short(word: &OsStr) -> String {
    let path = Path::new(word);
    let name = if path.is_absolute() { path.file_name().unwrap_or(word) } else { word };
    name.to_string_lossy().into_owned()
}
