//! How many events a second are acknowledged and synced, with the load generator on the same cores, beside a bare loop
//! of the same SQLite commits.
//!
//! `cargo bench -p tailorbird-collector --bench throughput`; `SECONDS=60 ROUNDS=5` for the long form.

#![allow(missing_docs)]

#[allow(dead_code, unreachable_pub)]
#[path = "../tests/support/client.rs"]
mod client;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use client::Client;
use rusqlite::{Connection, params};
use tailorbird_collector::{Collector, Config};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // `cargo test --benches` runs this too; measuring is only meant by `cargo bench`.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("throughput: run with `cargo bench`");
        return;
    }
    let number = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (seconds, rounds) = (number("SECONDS", 5), number("ROUNDS", 3));
    println!("{} cores, {seconds} s a round, median of {rounds}, events of {} bytes", cores(), event("x", 0).len());
    println!("| load | events/s | requests/s | p50 ms | p99 ms |");
    println!("|---|---|---|---|---|");
    for (label, per_batch, connections) in [
        ("batches of 50, 8 connections", 50, 8),
        ("batches of 50, 32 connections", 50, 32),
        ("single events, 8 connections", 1, 8),
        ("single events, 64 connections", 1, 64),
        ("batches of 500, 8 connections", 500, 8),
    ] {
        let mut results: Vec<Measured> =
            (0..rounds).map(|_| over_http(per_batch, connections, Duration::from_secs(seconds))).collect();
        results.sort_by_key(|result| result.events);
        let median = &results[results.len() / 2];
        println!("| {label} | {} | {} | {:.1} | {:.1} |", median.events, median.requests, median.p50, median.p99);
    }
    for per_commit in [1, 50, 400, 2_500] {
        let mut results: Vec<u64> = (0..rounds).map(|_| bare(per_commit, Duration::from_secs(seconds))).collect();
        results.sort_unstable();
        println!("| bare SQLite loop, {per_commit} a commit | {} | - | - | - |", results[results.len() / 2]);
    }
}

struct Measured {
    events: u64,
    requests: u64,
    p50: f64,
    p99: f64,
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// One event as a shop sends it, about 500 bytes.
fn event(prefix: &str, number: u64) -> String {
    format!(
        r#"{{"type":"track","event":"Product Viewed","messageId":"{prefix}-4b5c-8d7e-{number:016x}","anonymousId":"5f2c1d9e-{:08x}","timestamp":"2026-11-22T05:12:49.120Z","properties":{{"product_id":"p-1042","name":"Grain-free puppy food, 12 kg","category":"Dogs/Food/Dry","brand":"Northpaw","price":54.90,"currency":"EUR","position":3}},"context":{{"page":{{"url":"https://shop.example/dogs/food/dry/p-1042","path":"/dogs/food/dry/p-1042","title":"Grain-free puppy food"}},"locale":"en-GB","library":{{"name":"tailorbird","version":"0.1.0"}}}}}}"#,
        number % 100_000
    )
}

fn over_http(per_batch: u64, connections: usize, time: Duration) -> Measured {
    let folder = tempfile::tempdir().expect("a folder");
    let (tell, told) = std::sync::mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let path = folder.path().to_owned();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
        runtime.block_on(async move {
            let collector = Collector::bind(Config::new(path)).await.expect("a collector");
            tell.send(collector.address()).expect("a listener");
            collector.run(async { drop(stopped.await) }).await;
        });
    });
    let address: SocketAddr = told.recv().expect("an address");
    let (running, acknowledged) = (AtomicBool::new(true), AtomicU64::new(0));
    let started = Instant::now();
    let mut times: Vec<f64> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..connections)
            .map(|sender| {
                scope.spawn({
                    let (running, acknowledged) = (&running, &acknowledged);
                    move || send(address, sender, per_batch, running, acknowledged)
                })
            })
            .collect();
        std::thread::sleep(time);
        running.store(false, Relaxed);
        senders.into_iter().flat_map(|sender| sender.join().expect("a sender")).collect()
    });
    let took = started.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let _ = stop.send(());
    server.join().expect("the server");
    let stored = count(folder.path());
    assert_eq!(stored, acknowledged.load(Relaxed), "acknowledged events are stored");
    Measured {
        events: (stored as f64 / took) as u64,
        requests: (times.len() as f64 / took) as u64,
        p50: at(0.5),
        p99: at(0.99),
    }
}

fn send(
    address: SocketAddr,
    sender: usize,
    per_batch: u64,
    running: &AtomicBool,
    acknowledged: &AtomicU64,
) -> Vec<f64> {
    let mut client = Client::new(address);
    let prefix = format!("{sender:08x}");
    let (mut times, mut number) = (Vec::new(), 0);
    while running.load(Relaxed) {
        let events: Vec<String> = (number..number + per_batch).map(|number| event(&prefix, number)).collect();
        let body = format!("{{\"batch\":[{}],\"sentAt\":\"2026-11-22T05:12:50.000Z\"}}", events.join(","));
        let began = Instant::now();
        let reply = client.post("/v1/batch", &[], body.as_bytes()).expect("an answer");
        match reply.status {
            200 => {
                number += per_batch;
                acknowledged.fetch_add(per_batch, Relaxed);
                times.push(began.elapsed().as_secs_f64() * 1_000.0);
            }
            503 => std::thread::sleep(Duration::from_millis(20)),
            other => panic!("{other}: {}", reply.text()),
        }
    }
    times
}

fn count(folder: &Path) -> u64 {
    let connection = Connection::open(folder.join("events.db")).expect("the database");
    connection.query_row("SELECT count(*) FROM events", [], |row| row.get::<_, i64>(0)).expect("a count") as u64
}

/// The same rows, the same settings, nothing else: what the disk and SQLite allow.
fn bare(per_commit: u64, time: Duration) -> u64 {
    let folder = tempfile::tempdir().expect("a folder");
    let mut connection = Connection::open(folder.path().join("events.db")).expect("a database");
    connection
        .execute_batch(
            "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;
             PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-16000;",
        )
        .expect("settings");
    connection.execute_batch(include_str!("../migrations/0001_events.sql")).expect("the schema");
    let started = Instant::now();
    let mut seq: u64 = 0;
    while started.elapsed() < time {
        let transaction = connection.transaction().expect("a transaction");
        {
            let mut insert =
                transaction.prepare_cached("INSERT INTO events (seq, event) VALUES (?1, ?2)").expect("a statement");
            for _ in 0..per_commit {
                seq += 1;
                insert.execute(params![seq as i64, event("00000000", seq)]).expect("a row");
            }
            transaction
                .execute("INSERT INTO groups VALUES (?1, ?2, 0, ?3)", params![seq as i64, 0, vec![0u8; 8]])
                .expect("a row");
            transaction
                .execute("INSERT INTO ids VALUES (?1, 0, ?2)", params![seq as i64, vec![1u8; per_commit as usize * 8]])
                .expect("a row");
        }
        transaction.commit().expect("a commit");
    }
    (seq as f64 / started.elapsed().as_secs_f64()) as u64
}
