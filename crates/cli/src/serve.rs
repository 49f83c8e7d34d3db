//! `tailorbird serve`: the collector, the site and the dashboard on one port.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use clap::Args;
use tailorbird_collector::{Collector, CollectorError, Config};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// What `serve` can be told.
#[derive(Args)]
pub(crate) struct Options {
    /// Address to listen on: `127.0.0.1:8787`, `localhost:8787`, or `:8787` for every address of this machine.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8787", value_parser = address)]
    listen: SocketAddr,
    /// Folder of the database; made when missing.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Folder of static files to serve at `/`.
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    /// Folder of the built agent, served under `/tailorbird/` [default: pkg/dist where it exists].
    #[arg(long, value_name = "DIR")]
    agent: Option<PathBuf>,
    /// A key that clients must show; may be given several times. `KEY@https://shop.example,https://…` limits browsers
    /// to these origins. None: any key is taken.
    #[arg(long = "write-key", value_name = "KEY")]
    write_keys: Vec<String>,
    /// Token for export, visitors, quarantine and the dashboard. None: these are closed.
    #[arg(long, value_name = "TOKEN", env = "TAILORBIRD_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// Days after which stored events are deleted [default: never].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    retention_days: Option<u32>,
    /// Events a second that each write key may send on average; more is answered 429 [default: no limit].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Hand events over to a cluster: `nats://host:4222,host:4222?stream=TAILORBIRD&replicas=3`.
    #[arg(long, value_name = "URL")]
    sink: Option<String>,
    /// The most pages of 4 KB that the database may have; a full one is answered 503 [default: no limit].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_pages: Option<u32>,
}

/// Where to listen; a name is looked up.
fn address(given: &str) -> Result<SocketAddr, String> {
    let whole = if given.starts_with(':') { format!("0.0.0.0{given}") } else { given.to_owned() };
    let found = whole.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| "expected an address with a port, such as 127.0.0.1:8787".to_owned())
}

/// Serves until SIGTERM or SIGINT.
pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // INVARIANT: a log that takes no line is no reason to panic: it may lie on the very disk that is full.
    let log = tracing_subscriber::fmt().json().with_env_filter(filter).log_internal_errors(false);
    log.with_writer(std::io::stderr).init();
    let mut config = Config::new(options.data);
    config.listen = options.listen;
    config.site = options.site;
    config.agent = options.agent.or_else(|| Path::new("pkg/dist").is_dir().then(|| PathBuf::from("pkg/dist")));
    config.write_keys = options.write_keys;
    config.admin_token = options.admin_token;
    config.retention_days = options.retention_days;
    config.rate = options.rate;
    config.sink = options.sink;
    config.max_pages = options.max_pages;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(16)
        .build()
        .map_err(|error| Failure::Input(format!("cannot start threads ({error}); free some memory")))?;
    runtime.block_on(serve(config))
}

async fn serve(config: Config) -> Result<(), Failure> {
    let no_signals = |error| Failure::Input(format!("cannot listen for signals ({error})"));
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let site = config.site.is_some();
    let collector = Collector::bind(config).await.map_err(|error| match error {
        CollectorError::Option { .. } => Failure::Usage(error.to_string()),
        other => Failure::Input(other.to_string()),
    })?;
    let address = collector.address();
    // INVARIANT: the only line on standard output; whoever starts the program waits for it.
    if site {
        println!("tailorbird is ready: the site is at http://{address}/ and events go to http://{address}/v1/batch");
    } else {
        println!("tailorbird is ready: send events to http://{address}/v1/batch");
    }
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    collector.run(stop).await;
    Ok(())
}
