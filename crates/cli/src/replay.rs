//! `tailorbird replay`: recorded visits go through rules.

use std::path::{Path, PathBuf};

use clap::Args;
use tailorbird_core::catalog::Catalog;
use tailorbird_core::recommend::Model;
use tailorbird_replay::{Place, Replay, ReplayError, Report, html, table};
use tailorbird_trainer::folder;

use crate::failure::Failure;
use crate::input::{at, catalog_at, exported, files_at, hidden_unless_watched, opened, style, unread};
use crate::output::print;

/// What `replay` can be told.
#[derive(Args)]
pub(crate) struct Options {
    /// Collected events: an NDJSON file (`-` is standard input), a folder of them, or a collector's data folder.
    #[arg(long, value_name = "FILE|DIR")]
    events: PathBuf,
    /// The rules that the visits go through.
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,
    /// Other rules to compare with: who gains, who loses.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// The catalogue, for categories, and for rows of products.
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// The folder that `train` wrote: rows of products, intent and churn are then those of the model.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// A placement that is not on every page, and the pages that it is on, by type or path: `home-hero=home,/sale/*`.
    #[arg(long, value_name = "PLACEMENT=PAGE,...", value_parser = place)]
    on: Vec<Place>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
    /// Write a page with charts that needs nothing else.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Reads, replays and prints.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let text = |path: &Path| std::fs::read_to_string(path).map_err(|error| unread(path, &error));
    let rules = text(&options.rules)?;
    let against = options.against.as_deref().map(text).transpose()?;
    let catalog = options.catalog.as_deref().map(catalog_at).transpose()?.unwrap_or_default();
    let model = options.model.as_deref().map(folder::open).transpose();
    let model = model.map_err(|error| Failure::Input(error.to_string()))?;
    let report = replayed(options, &rules, against.as_deref(), &catalog, model)?;
    if report.events == 0 {
        return Err(at(&options.events, "no events, give lines of JSON as `tailorbird export` writes them, unpacked"));
    }
    for place in &options.on {
        let empty = report.placements.iter().any(|one| one.id == place.placement && one.page_views == 0);
        if empty && report.page_views > 0 {
            let pages = place.pages.join("`, `");
            eprintln!("tailorbird: --on: `{}` is on no page: none was of type or path `{pages}`", place.placement);
        }
    }
    print(&if options.json { report.json() } else { table(&report) })?;
    if let Some(path) = &options.html {
        let against = options.against.as_deref().map(name);
        let page = html(&report, &name(&options.events), &name(&options.rules), against.as_deref());
        std::fs::write(path, page).map_err(|error| at(path, error))?;
        eprintln!("wrote `{}`", path.display());
    }
    Ok(())
}

/// The report on events, wherever they lie. The bar is filled once by reading and once by replaying.
fn replayed(
    options: &Options,
    rules: &str,
    against: Option<&str>,
    catalog: &Catalog,
    model: Option<Model>,
) -> Result<Report, Failure> {
    let events = options.events.as_path();
    let wrong = |error| at(events, error);
    let of_collector = events.join("events.db").exists();
    let files = if of_collector || events == Path::new("-") { Vec::new() } else { files_at(events)? };
    let bytes: u64 = files.iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
    let bar = hidden_unless_watched(indicatif::ProgressBar::new(2 * bytes));
    bar.set_style(style("replaying  {wide_bar} {percent:>3}%, {eta}"));
    let mut replay = Replay::new(bytes).map_err(wrong)?.with_places(options.on.clone());
    if let Some(model) = model {
        replay = replay.with_model(model);
    }
    if of_collector {
        exported(events, |input| replay.read(input, |_| bar.tick()).map_err(wrong))?;
    } else if events == Path::new("-") {
        replay.read(std::io::stdin().lock(), |_| bar.tick()).map_err(wrong)?;
    }
    for file in &files {
        replay.read(opened(file)?, |bytes| bar.inc(bytes)).map_err(|error| at(file, error))?;
    }
    let (bad, lines) = replay.passed_over();
    for line in lines {
        bar.suspend(|| eprintln!("tailorbird: `{}` line {}: {}", events.display(), line.line, line.reason));
    }
    if bad > 0 {
        let lines = if bad == 1 { "line" } else { "lines" };
        bar.suspend(|| eprintln!("tailorbird: `{}`: {bad} {lines} passed over", events.display()));
    }
    let report = replay.finish(rules, against, catalog, |bytes| bar.inc(bytes)).map_err(|error| match error {
        error @ ReplayError::Rules(..) => Failure::Input(error.to_string()),
        error @ ReplayError::Place(_) => Failure::Usage(format!("--on: {error}")),
        other => wrong(other),
    });
    bar.finish_and_clear();
    report
}

fn place(text: &str) -> Result<Place, String> {
    Place::read(text).ok_or_else(|| "write PLACEMENT=PAGE, such as home-hero=home or banner=/sale/*".to_owned())
}

/// A file's name, as people call it.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
