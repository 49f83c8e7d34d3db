//! What the collector's tests share: a collector on a free port with a folder of its own, and a client.

#![allow(dead_code, missing_docs, unreachable_pub)]

pub mod client;
pub mod cluster;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread::JoinHandle;

use client::{Client, Reply};
use serde_json::Value;
use tailorbird_collector::{Collector, Config};
use tempfile::TempDir;
use tokio::sync::oneshot;

pub const TOKEN: &str = "the-admin-token";
pub const ADMIN: (&str, &str) = ("Authorization", "Bearer the-admin-token");

/// A running collector; dropping it stops it in good order.
pub struct Server {
    pub address: SocketAddr,
    pub folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start() -> Server {
        Server::start_with(|_| {})
    }

    pub fn start_with(change: impl FnOnce(&mut Config)) -> Server {
        Server::start_in(tempfile::tempdir().unwrap(), change)
    }

    pub fn start_in(folder: TempDir, change: impl FnOnce(&mut Config)) -> Server {
        let mut config = Config::new(folder.path());
        config.admin_token = Some(TOKEN.to_owned());
        change(&mut config);
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async move {
                let collector = Collector::bind(config).await.unwrap();
                tell.send(collector.address()).unwrap();
                collector
                    .run(async {
                        let _ = stopped.await;
                    })
                    .await;
            });
        });
        let address = told.recv().unwrap();
        Server { address, folder, stop: Some(stop), thread: Some(thread) }
    }

    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    pub fn batch(&self, body: &Value) -> Reply {
        self.client().post("/v1/batch", &[], body.to_string().as_bytes()).unwrap()
    }

    pub fn admin(&self, path: &str) -> Reply {
        self.client().get(path, &[ADMIN]).unwrap()
    }

    /// All stored events, through pages of the given size.
    pub fn events_by(&self, limit: usize) -> Vec<Value> {
        let mut client = self.client();
        let (mut events, mut cursor) = (Vec::new(), String::new());
        loop {
            let reply = client.get(&format!("/v1/export?limit={limit}{cursor}"), &[ADMIN]).unwrap();
            assert_eq!(reply.status, 200, "{}", reply.text());
            events.extend(reply.lines());
            match reply.header("x-next-cursor") {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return events,
            }
        }
    }

    pub fn events(&self) -> Vec<Value> {
        self.events_by(1_000)
    }

    /// A counter or gauge of `/metrics`.
    pub fn metric(&self, name: &str) -> i64 {
        let text = self.client().get("/metrics", &[]).unwrap().text();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no metric {name}")).parse().unwrap()
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("events.db")
    }

    /// Stops in good order and gives the folder back.
    pub fn stop(mut self) -> TempDir {
        self.end();
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// A valid track event.
pub fn track(message_id: &str, visitor: &str) -> Value {
    serde_json::json!({
        "type": "track", "event": "Product Viewed", "messageId": message_id, "anonymousId": visitor,
        "properties": { "product_id": "p1", "price": 12.5 },
    })
}

/// How many files of a folder hold some bytes, and how often in all.
pub fn occurrences(folder: &std::path::Path, needle: &str) -> usize {
    let finder = memchr::memmem::Finder::new(needle.as_bytes());
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            finder.find_iter(&bytes).count()
        })
        .sum()
}
