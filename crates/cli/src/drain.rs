//! `tailorbird drain`: events from the stream into PostgreSQL or NDJSON files.

use clap::Args;
use tailorbird_collector::{CollectorError, Drain, drain};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// What `drain` can be told.
#[derive(Args)]
pub(crate) struct Options {
    /// The stream that collectors hand over to: `nats://host:4222,host:4222?stream=TAILORBIRD`.
    #[arg(long, value_name = "URL")]
    source: String,
    /// Where events go: `postgres://user@host/database`, or a folder for one NDJSON file a day.
    #[arg(long, value_name = "URL|DIR")]
    to: String,
    /// Drains of the same name share the work; another name reads everything anew.
    #[arg(long, value_name = "NAME", default_value = "drain")]
    name: String,
    /// Events that are written at once.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    batch: u16,
    /// End once the stream is empty.
    #[arg(long)]
    until_empty: bool,
}

/// Drains until SIGTERM or SIGINT, or until the stream is empty.
pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,async_nats=error"));
    // INVARIANT: a log that takes no line is no reason to panic: it may lie on the very disk that is full.
    let log = tracing_subscriber::fmt().json().with_env_filter(filter).log_internal_errors(false);
    log.with_writer(std::io::stderr).init();
    let Options { source, to, name, batch, until_empty } = options;
    let order = Drain { source, to, name, batch: usize::from(batch), until_empty };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(2)
        .build()
        .map_err(|error| Failure::Input(format!("cannot start threads ({error}); free some memory")))?;
    let new = runtime.block_on(async {
        let no_signals = |error| Failure::Input(format!("cannot listen for signals ({error})"));
        let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        drain(order, stop).await.map_err(|error| match error {
            CollectorError::Option { .. } => Failure::Usage(error.to_string()),
            other => Failure::Input(other.to_string()),
        })
    })?;
    println!("{new} events were new");
    Ok(())
}
