//! `tailorbird train`: learns a model from sessions and writes it as static files.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use clap::Args;
use tailorbird_trainer::shards::{groups, write};
use tailorbird_trainer::tune::tune;
use tailorbird_trainer::{KEPT, folder, learn, tsv};

use crate::failure::Failure;

/// What `train` can be told.
#[derive(Args)]
pub(crate) struct Options {
    /// A table with the columns session_id, item_id and timestamp (Unix seconds).
    #[arg(long, value_name = "FILE.tsv")]
    sessions: PathBuf,
    /// The folder to write the model to.
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,
}

/// Trains and writes.
pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let shown = options.sessions.display();
    let file = File::open(&options.sessions).map_err(|error| Failure::Input(format!("`{shown}`: {error}")))?;
    let table = tsv::read_table(BufReader::with_capacity(1 << 16, file), |_| {})
        .map_err(|error| Failure::Input(format!("`{shown}`: {error}")))?;
    let tuned = tune(&table.sessions, KEPT, |_| {});
    eprintln!("{tuned:#?}");
    let learned =
        learn(&table.sessions, table.items, &tuned.settings).map_err(|error| Failure::Input(error.to_string()))?;
    let next: Vec<_> = learned.rows.iter().map(|rows| rows[0].clone()).collect();
    let files = write(&learned, &groups(&next, &learned.popularity, 160));
    folder::save(&files, &options.out).map_err(|error| Failure::Input(format!("`{}`: {error}", options.out.display())))
}
