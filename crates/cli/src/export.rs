//! `tailorbird export`: every stored event as NDJSON on standard output.

use std::io::{BufWriter, ErrorKind};
use std::path::PathBuf;

use clap::Args;
use tailorbird_collector::CollectorError;

use crate::failure::Failure;

/// What `export` can be told.
#[derive(Args)]
pub(crate) struct Options {
    /// Folder of the collector's database; a collector may be running on it.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

/// Prints all events.
pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    match tailorbird_collector::export(&options.data, &mut out) {
        Ok(_) => Ok(()),
        // `| head` has read enough.
        Err(CollectorError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::Input(error.to_string())),
    }
}
