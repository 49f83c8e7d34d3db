//! Ten million known ids, seven days old at most: how long a start takes with them, what they weigh, and what a replay of
//! batches of each day finds.
//!
//! `cargo bench -p tailorbird-collector --bench dedupe`. The ids are written straight into the database, with the hash and
//! the secret that the collector uses; that the replayed batches are then known shows that it is the same hash. A replay
//! is one event a request, so the whole round trip bounds what a lookup costs.

#![allow(missing_docs)]

#[allow(dead_code, unreachable_pub)]
#[path = "../tests/support/client.rs"]
mod client;

use std::hash::Hasher;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use client::Client;
use rusqlite::{Connection, params};
use siphasher::sip::SipHasher24;
use tailorbird_collector::{Collector, Config};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const IDS: u64 = 10_000_000;
const PER_COMMIT: u64 = 1_000;
const DAYS: u64 = 7;
const REPLAYED: u64 = 2_000;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("dedupe: run with `cargo bench`");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    // A first start makes the database and its secret.
    with_collector(folder.path(), |_| ());
    fill(folder.path());
    let before = memory();
    let began = Instant::now();
    with_collector(folder.path(), |address| {
        println!(
            "start with {IDS} ids of {DAYS} days: {:.1} s, {} MB of memory more\n",
            began.elapsed().as_secs_f64(),
            (memory() - before) >> 10
        );
        println!("| replayed, one event a request | stored again | p50 ms | p99 ms |\n|---|---|---|---|");
        for day in (0..DAYS).rev() {
            let first = IDS / DAYS * (DAYS - 1 - day);
            let label = format!("from {day} to {} days old", day + 1);
            replay(address, &label, (first..).step_by((IDS / DAYS / REPLAYED) as usize));
        }
        replay(address, "never seen before", IDS..);
    });
}

/// Sends events with these numbers, prints how many were stored and how long each took.
fn replay(address: SocketAddr, label: &str, numbers: impl Iterator<Item = u64>) {
    let mut client = Client::new(address);
    let before = stored(&mut client);
    let mut times: Vec<f64> = numbers
        .take(REPLAYED as usize)
        .map(|number| {
            let body = format!(r#"{{"batch":[{{"type":"page","anonymousId":"a","messageId":"{}"}}]}}"#, id(number));
            let began = Instant::now();
            assert_eq!(client.post("/v1/batch", &[], body.as_bytes()).expect("an answer").status, 200);
            began.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let again = stored(&mut client) - before;
    println!("| {REPLAYED} {label} | {again} | {:.2} | {:.2} |", at(0.5), at(0.99));
}

fn id(number: u64) -> String {
    format!("5f2c1d9e-4b5c-8d7e-{number:016x}")
}

fn stored(client: &mut Client) -> u64 {
    let text = client.get("/metrics", &[]).expect("metrics").text();
    let line = text.lines().find_map(|line| line.strip_prefix("tailorbird_events_stored_total "));
    line.expect("a count").parse().expect("a count")
}

/// Writes the ids of seven days, as commits of a thousand would have.
fn fill(folder: &Path) {
    let mut connection = Connection::open(folder.join("events.db")).expect("the database");
    let key: [u8; 16] =
        connection.query_row("SELECT value FROM meta WHERE name = 'id_key'", [], |row| row.get(0)).expect("the secret");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_millis() as u64;
    let transaction = connection.transaction().expect("a transaction");
    for commit in 0..IDS / PER_COMMIT {
        let hashes: Vec<u8> = (commit * PER_COMMIT..(commit + 1) * PER_COMMIT)
            .flat_map(|number| hash(&key, &id(number)).to_le_bytes())
            .collect();
        let age = DAYS * 86_400_000 * (IDS - commit * PER_COMMIT) / IDS;
        transaction
            .execute(
                "INSERT INTO ids (last_seq, received_at, hashes) VALUES (?1, ?2, ?3)",
                params![((commit + 1) * PER_COMMIT) as i64, (now - age) as i64, hashes],
            )
            .expect("a row");
    }
    transaction.commit().expect("a commit");
}

fn hash(key: &[u8; 16], id: &str) -> u64 {
    let mut hasher = SipHasher24::new_with_key(key);
    hasher.write_u8(b'm');
    hasher.write(id.as_bytes());
    hasher.finish().max(1)
}

/// KB of memory in use.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn with_collector(folder: &Path, work: impl FnOnce(SocketAddr) + Send) {
    let (tell, told) = std::sync::mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    std::thread::scope(|scope| {
        let server = scope.spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
            runtime.block_on(async move {
                let collector = Collector::bind(Config::new(folder)).await.expect("a collector");
                tell.send(collector.address()).expect("a listener");
                collector.run(async { drop(stopped.await) }).await;
            });
        });
        work(told.recv_timeout(Duration::from_secs(120)).expect("an address"));
        let _ = stop.send(());
        server.join().expect("the server");
    });
}
