//! `tailorbird check`: everything that is wrong with rules, before anybody sees them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use tailorbird_core::rules::MAX_TEXT;
use tailorbird_core::rules::check::{Report, Source};

use crate::failure::Failure;
use crate::input::unread;
use crate::output::print;

/// What `check` can be told.
#[derive(Args)]
pub(crate) struct Options {
    /// The rules.
    #[arg(value_name = "rules.json", required_unless_present = "schema")]
    rules: Option<PathBuf>,
    /// The catalogue: names that it does not know are told too.
    #[arg(value_name = "catalog.json")]
    catalog: Option<PathBuf>,
    /// Print one JSON object for machines instead of text.
    #[arg(long)]
    json: bool,
    /// Print the JSON Schema of rules instead, by which editors complete and underline.
    #[arg(long)]
    schema: bool,
}

/// As it was made from the types; a test of its crate holds it to them.
const SCHEMA: &str = include_str!("../../schema/rules.schema.json");

/// Reads, looks and prints. Whether all is well is the exit status.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let Some(path) = options.rules.as_deref().filter(|_| !options.schema) else { return print(SCHEMA) };
    let rules = read(path)?;
    let catalog = options.catalog.as_deref().map(whole_catalog).transpose()?.unwrap_or_default();
    let sources: Vec<Source> = catalog.iter().map(|(name, bytes)| Source { name, bytes }).collect();
    let name = path.display().to_string();
    let report = Report::new(Source { name: &name, bytes: &rules }, &sources);
    let text = if options.json { report.to_json() } else { report.to_text() };
    print(&text)?;
    if report.is_good() { Ok(()) } else { Err(Failure::Told) }
}

/// The catalogue's document, and the parts that it names: each with its name.
fn whole_catalog(path: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let document = read(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut files = Vec::new();
    for part in Report::parts_of(&document) {
        let part = folder.join(part);
        files.push((part.display().to_string(), read(&part)?));
    }
    files.insert(0, (path.display().to_string(), document));
    Ok(files)
}

/// A file's bytes. Of a file that is too long only as many as it takes to see that.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let wrong = |error: std::io::Error| unread(path, &error);
    let mut bytes = Vec::new();
    File::open(path).map_err(wrong)?.take(8 * MAX_TEXT as u64).read_to_end(&mut bytes).map_err(wrong)?;
    Ok(bytes)
}
