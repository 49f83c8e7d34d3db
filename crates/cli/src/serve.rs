//! `tailorbird serve`: the collector, the site and the dashboard on one port.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;

/// What `serve` can be told.
#[derive(Args)]
pub(crate) struct Options {
    /// Address to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8787")]
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
    /// A key that clients must show; may be given several times. None: any key is taken.
    #[arg(long = "write-key", value_name = "KEY")]
    write_keys: Vec<String>,
    /// Token for export, visitors, quarantine and the dashboard. None: these are closed.
    #[arg(long, value_name = "TOKEN", env = "TAILORBIRD_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// Days after which stored events are deleted [default: never].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    retention_days: Option<u32>,
}

/// Serves until SIGTERM or SIGINT.
pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let Options { listen, data, site, agent, write_keys, admin_token, retention_days } = options;
    let _ = (listen, data, site, agent, write_keys, admin_token, retention_days);
    Err(Failure::Input("`serve` is being built".to_owned()))
}
