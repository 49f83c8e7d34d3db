//! `tailorbird export`: every stored event as NDJSON on standard output.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;

/// What `export` can be told.
#[derive(Args)]
pub(crate) struct Options {
    /// Folder of the collector's database; it may be in use.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

/// Prints all events.
pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let Options { data } = options;
    Err(Failure::Usage(format!("`export` of `{}` is being built", data.display())))
}
