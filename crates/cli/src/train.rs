//! `tailorbird train`: learns a model from collected events or sessions and writes it as static files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::ProgressBar;
use tailorbird_core::catalog::Catalog;
use tailorbird_trainer::events::{BadLine, Evidence, Reader};
use tailorbird_trainer::foretell::Foretold;
use tailorbird_trainer::report::{page, report, table};
use tailorbird_trainer::sessions::{Names, Sessions};
use tailorbird_trainer::settings::Settings;
use tailorbird_trainer::tables::read_counts;
use tailorbird_trainer::trending::trending_of;
use tailorbird_trainer::{Extras, folder, learn_counts, train, tsv};

use crate::failure::Failure;
use crate::input::{at, catalog_at, exported, files_at, hidden_unless_watched, opened, reading_bar, style, unread};

/// What `train` can be told.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("input").required(true).args(["events", "sessions", "counts"]))]
pub(crate) struct Options {
    /// Collected events: an NDJSON file (`-` is standard input), a folder of them, or a collector's data folder.
    #[arg(long, value_name = "FILE|DIR")]
    events: Option<PathBuf>,
    /// A table with the columns session_id, item_id and timestamp (Unix seconds), separated by tabs or commas.
    #[arg(long, value_name = "FILE.tsv")]
    sessions: Option<PathBuf>,
    /// A folder of counts that a database made with the queries in crates/trainer/sql.
    #[arg(long, value_name = "DIR")]
    counts: Option<PathBuf>,
    /// With --counts: the settings.json of a model that was trained on a sample of the same shop's events; intent and churn
    /// come from the manifest beside it.
    #[arg(long, value_name = "FILE", requires = "counts", conflicts_with_all = ["events", "sessions"])]
    settings: Option<PathBuf>,
    /// The catalogue, for categories and prices.
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// The folder to write the model to.
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,
    /// Measure first how well a model of the older sessions answers the newest: print a table, and write a page with
    /// plots to this folder.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
}

/// Trains and writes.
pub(crate) fn run(options: Options) -> Result<(), Failure> {
    if let Some(counts) = &options.counts {
        return from_counts(counts, &options);
    }
    let catalog = options.catalog.as_deref().map(catalog_at).transpose()?.unwrap_or_default();
    let (source, learning) = match (&options.events, &options.sessions) {
        (Some(events), _) => (events, from_events(events, &catalog)?),
        (None, Some(sessions)) => (sessions, from_table(sessions)?),
        (None, None) => return Err(Failure::Usage("give --events, --sessions or --counts".to_owned())),
    };
    if let Some(folder) = &options.report {
        write_report(source, &learning, folder)?;
    }
    let bar = learning_bar("learning ");
    let trained =
        train(&learning.sessions, &learning.items, &learning.extras, |share| bar.set_position((share * 1000.0) as u64));
    bar.finish_and_clear();
    let trained = trained.map_err(|error| at(source, error))?;
    save(&trained.files, &trained.tuned.settings, &options.out)
}

/// Goes on from counts: without sessions there is nothing to try settings on, so they are given or the defaults.
fn from_counts(folder: &Path, options: &Options) -> Result<(), Failure> {
    if options.report.is_some() {
        return Err(Failure::Usage(
            "--report asks about sessions, of which --counts has none; report on a sample".to_owned(),
        ));
    }
    let settings = match &options.settings {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| unread(path, &error))?;
            serde_json::from_str(&text).map_err(|error| at(path, error))?
        }
        None => Settings::default(),
    };
    let catalog = options.catalog.as_deref().map(catalog_at).transpose()?.unwrap_or_default();
    let mut counts = read_counts(folder, &catalog).map_err(|error| at(folder, error))?;
    // Intent and churn are learned from a sample of visitors anyway: those of the model the settings are from.
    let sample = options.settings.as_ref().map(|path| path.with_file_name("manifest.json"));
    if let Some(manifest) = sample.and_then(|path| std::fs::read_to_string(path).ok()) {
        counts.extras.intent = Foretold::in_manifest(&manifest, "intent");
        counts.extras.churn = Foretold::in_manifest(&manifest, "churn").map(|foretold| (foretold, 0.0));
    }
    let files = learn_counts(&counts.rows, counts.looks, &counts.items, &counts.extras, &settings);
    save(&files, &settings, &options.out)
}

/// Writes the model, and beside its manifest the settings, which no browser needs.
fn save(files: &BTreeMap<String, Vec<u8>>, settings: &Settings, out: &Path) -> Result<(), Failure> {
    folder::save(files, out).map_err(|error| at(out, error))?;
    let noted = serde_json::to_vec_pretty(settings).map_err(|error| at(out, error))?;
    std::fs::write(out.join("settings.json"), noted).map_err(|error| at(out, error))?;
    let bytes: usize = files.values().map(Vec::len).sum();
    eprintln!("wrote {} files, {} KB, to `{}`", files.len(), bytes.div_ceil(1000), out.display());
    Ok(())
}

/// What there is to learn from.
struct Learning {
    sessions: Sessions,
    items: Names,
    extras: Extras,
}

fn from_table(path: &Path) -> Result<Learning, Failure> {
    let bar = reading_bar(&[path.to_owned()]);
    let table = tsv::read_table(opened(path)?, |bytes| bar.inc(bytes)).map_err(|error| at(path, error))?;
    bar.finish_and_clear();
    tell_bad_lines(path, table.bad, table.lines, &table.bad_lines);
    let extras = Extras { trending: trending_of(&table.sessions), ..Extras::default() };
    Ok(Learning { sessions: table.sessions, items: table.items, extras })
}

fn from_events(path: &Path, catalog: &Catalog) -> Result<Learning, Failure> {
    let mut evidence = evidence_at(path)?;
    evidence.learn_catalog(catalog);
    tell_bad_lines(path, evidence.bad, evidence.lines, &evidence.bad_lines);
    let extras = Extras::of(&evidence, catalog);
    Ok(Learning { sessions: evidence.sessions(), items: evidence.items, extras })
}

/// Says on standard error what was passed over.
fn tell_bad_lines(path: &Path, bad: u64, lines: u64, told: &[BadLine]) {
    let shown = path.display();
    for line in told {
        eprintln!("tailorbird: `{shown}` line {}: {}", line.line, line.reason);
    }
    if bad > 0 {
        eprintln!("tailorbird: `{shown}`: {bad} of {lines} lines passed over");
    }
}

fn write_report(source: &Path, learning: &Learning, folder: &Path) -> Result<(), Failure> {
    let bar = learning_bar("measuring");
    let Learning { sessions, items, extras } = learning;
    let report = report(sessions, items, extras, |share| bar.set_position((share * 1000.0) as u64));
    bar.finish_and_clear();
    let report = report.map_err(|error| at(source, error))?;
    print!("{}", table(&report));
    let name = source.file_name().unwrap_or(source.as_os_str()).to_string_lossy();
    let file = folder.join("report.html");
    std::fs::create_dir_all(folder).map_err(|error| at(folder, error))?;
    std::fs::write(&file, page(&report, &name)).map_err(|error| at(&file, error))?;
    eprintln!("wrote `{}`", file.display());
    Ok(())
}

fn evidence_at(path: &Path) -> Result<Evidence, Failure> {
    let mut reader = Reader::default();
    if path == Path::new("-") {
        reader.read(std::io::stdin().lock(), |_| {}).map_err(|error| at(path, error))?;
        return Ok(reader.finish());
    }
    if path.join("events.db").exists() {
        return evidence_of_collector(path, reader);
    }
    let files = files_at(path)?;
    let bar = reading_bar(&files);
    for file in &files {
        reader.read(opened(file)?, |bytes| bar.inc(bytes)).map_err(|error| at(file, error))?;
    }
    bar.finish_and_clear();
    Ok(reader.finish())
}

/// Reads a collector's database as `export` writes it; a collector may be running on it.
fn evidence_of_collector(path: &Path, mut reader: Reader) -> Result<Evidence, Failure> {
    exported(path, |input| reader.read(input, |_| {}).map_err(|error| at(path, error)))?;
    Ok(reader.finish())
}

fn learning_bar(what: &str) -> ProgressBar {
    let bar = hidden_unless_watched(ProgressBar::new(1000));
    bar.set_style(style(&format!("{what} {{wide_bar}} {{percent:>3}}%")));
    bar
}
