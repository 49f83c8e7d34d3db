//! What several subcommands read: collected events wherever they lie, the catalogue; and the bar that is watched meanwhile.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, IsTerminal, PipeReader};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use tailorbird_core::catalog::Catalog;
use tailorbird_core::rules::Severity;
use tailorbird_core::rules::check::Report;

use crate::failure::Failure;

/// The file itself, or the NDJSON files of a folder by name.
pub(crate) fn files_at(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|error| unread(path, &error))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|file| file.extension().is_some_and(|kind| kind == "ndjson" || kind == "jsonl"))
        .collect();
    files.sort();
    if files.is_empty() {
        let wanted = "give a folder with .ndjson or .jsonl files, or a collector's data folder";
        return Err(Failure::Input(format!("`{}`: no events, {wanted}", path.display())));
    }
    Ok(files)
}

/// The catalogue, with all its parts if it comes in parts.
pub(crate) fn catalog_at(path: &Path) -> Result<Catalog, Failure> {
    let mut text = std::fs::read_to_string(path).map_err(|error| unread(path, &error))?;
    let parts = Report::parts_of(text.as_bytes());
    if !parts.is_empty() {
        text = joined(path.parent().unwrap_or(Path::new("")), &parts)?;
    }
    let (catalog, problems) = Catalog::read(&text);
    if catalog.is_empty() {
        let why = problems.first().map_or("no products".to_owned(), |problem| {
            let (line, column) = tailorbird_core::json::line_column(&text, problem.at);
            format!("line {line}, column {column}: {}", problem.message())
        });
        return Err(at(path, why));
    }
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    if errors > 0 {
        eprintln!("tailorbird: `{}`: {errors} errors, `tailorbird check` tells them", path.display());
    }
    Ok(catalog)
}

/// One document with the products of all parts.
fn joined(folder: &Path, parts: &[String]) -> Result<String, Failure> {
    let mut products = Vec::new();
    let mut whole = serde_json::json!({ "version": 1 });
    for part in parts.iter().map(|part| folder.join(part)) {
        let text = std::fs::read_to_string(&part).map_err(|error| unread(&part, &error))?;
        let mut document: serde_json::Value = serde_json::from_str(&text).map_err(|error| at(&part, error))?;
        whole["currency"] = document["currency"].take();
        if let serde_json::Value::Array(more) = document["products"].take() {
            products.extend(more);
        }
    }
    whole["products"] = products.into();
    Ok(whole.to_string())
}

/// A file to read lines from.
pub(crate) fn opened(path: &Path) -> Result<impl BufRead, Failure> {
    File::open(path).map(|file| BufReader::with_capacity(1 << 20, file)).map_err(|error| unread(path, &error))
}

/// What is wrong with a file.
pub(crate) fn at(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::Input(format!("`{}`: {error}", path.display()))
}

/// Why a file or folder that was named could not be read, and what to do. What is not there is most often mistyped.
pub(crate) fn unread(path: &Path, error: &std::io::Error) -> Failure {
    let here = std::env::current_dir().ok().filter(|_| path.is_relative());
    match error.kind() {
        ErrorKind::NotFound => match here {
            Some(here) => at(path, format!("no such file in `{}`, look at the path", here.display())),
            None => at(path, "no such file, look at the path"),
        },
        ErrorKind::IsADirectory => at(path, "is a folder, give a file"),
        ErrorKind::PermissionDenied => at(path, "this user may not read it, change its permissions"),
        ErrorKind::InvalidData => at(path, "is not UTF-8 text, save it as UTF-8"),
        _ => at(path, error),
    }
}

/// How far the reading is.
pub(crate) fn reading_bar(files: &[PathBuf]) -> ProgressBar {
    let bytes = files.iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
    let bar = hidden_unless_watched(ProgressBar::new(bytes));
    bar.set_style(style("reading  {wide_bar} {bytes} of {total_bytes}, {eta}"));
    bar
}

/// Hands a collector's events over as `export` writes them; a collector may be running on it.
pub(crate) fn exported(
    folder: &Path,
    take: impl FnOnce(BufReader<PipeReader>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (input, mut output) = std::io::pipe().map_err(|error| at(folder, error))?;
    let data = folder.to_owned();
    let exporting = std::thread::spawn(move || tailorbird_collector::export(&data, &mut output));
    take(BufReader::with_capacity(1 << 20, input))?;
    match exporting.join() {
        Ok(exported) => exported.map(drop).map_err(|error| at(folder, error)),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Nobody wants a bar in a log.
pub(crate) fn hidden_unless_watched(bar: ProgressBar) -> ProgressBar {
    if std::io::stderr().is_terminal() { bar } else { ProgressBar::hidden() }
}

/// How a bar looks.
pub(crate) fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
