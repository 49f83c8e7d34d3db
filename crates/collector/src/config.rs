//! What a collector is told.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// How a collector is to be run. `Config::new` gives the defaults.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Folder of the database; made when missing.
    pub data: PathBuf,
    /// Folder of static files at `/`.
    pub site: Option<PathBuf>,
    /// Folder of the built agent, under `/tailorbird/`.
    pub agent: Option<PathBuf>,
    /// Keys that clients must show, `KEY` or `KEY@ORIGIN,ORIGIN`; none: any is taken.
    pub write_keys: Vec<String>,
    /// Token for export, visitors, quarantine and dashboard; none: these are closed.
    pub admin_token: Option<String>,
    /// Days after which events are deleted.
    pub retention_days: Option<u32>,
    /// Events a second that each key may send on average.
    pub rate: Option<u32>,
    /// Where events are handed over to: `nats://…`.
    pub sink: Option<String>,
    /// The most pages (of 4 KB) that the database may have.
    pub max_pages: Option<u32>,
}

impl Config {
    /// The defaults for a data folder: any free port of this machine, any key, no files, no admin.
    pub fn new(data: impl Into<PathBuf>) -> Config {
        Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: data.into(),
            site: None,
            agent: None,
            write_keys: Vec::new(),
            admin_token: None,
            retention_days: None,
            rate: None,
            sink: None,
            max_pages: None,
        }
    }
}
