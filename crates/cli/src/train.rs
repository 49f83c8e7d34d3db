//! `tailorbird train`: learns a model from sessions and writes it as static files.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use clap::Args;
use tailorbird_trainer::{folder, train, tsv};

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
    let trained =
        train(&table.sessions, &table.items, |_| {}).map_err(|error| Failure::Input(format!("`{shown}`: {error}")))?;
    folder::save(&trained.files, &options.out)
        .map_err(|error| Failure::Input(format!("`{}`: {error}", options.out.display())))
}
