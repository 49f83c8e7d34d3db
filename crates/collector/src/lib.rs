//! The collector: events in over HTTP, durable before the answer.

mod admission;
mod config;
mod drain;
mod error;
mod http;
mod ingest;
mod metrics;
mod server;
mod sink;
mod store;

use std::io::Write;
use std::path::Path;

pub use config::Config;
pub use drain::{Drain, drain};
pub use error::CollectorError;
pub use server::Collector;

/// Writes every stored event of a data folder as NDJSON in arrival order; tells how many. A collector may run on it.
pub fn export(data: &Path, out: &mut dyn Write) -> Result<u64, CollectorError> {
    store::export_to(data, out)
}
