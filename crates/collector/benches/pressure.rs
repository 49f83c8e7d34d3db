//! What shoppers feel while too much is sent: three times the capacity, three times a key's rate, and one key flooding
//! beside another.
//!
//! `cargo bench -p tailorbird-collector --bench pressure`; `SECONDS=60` for the long form. The collector is a process of
//! its own on the first core, the load comes from the second, or three times its capacity could not be offered. Capacity
//! is what 32 busy connections reach; other load is offered at a pace over so many connections that nobody has to wait
//! for another's answer. Afterwards the collector's count must be what it acknowledged.

#![allow(missing_docs)]

#[allow(dead_code, unreachable_pub)]
#[path = "../tests/support/client.rs"]
mod client;

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use client::Client;
use flate2::Compression;
use flate2::write::GzEncoder;
use tailorbird_collector::{Collector, Config};

/// How many events a batch has.
const BATCH: usize = 50;
/// So many connections offer a load that does not wait for answers.
const CONNECTIONS: u64 = 512;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--collector") {
        return serve(&arguments[at + 1..]);
    }
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("pressure: run with `cargo bench`");
        return;
    }
    let seconds = std::env::var("SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(8);
    let time = Duration::from_secs(seconds);
    let apart = pin(std::process::id(), "1");
    println!("collector and load {}, {seconds} s each\n", if apart { "on a core each" } else { "on the same cores" });
    println!(
        "| load | offered/s | 200/s | 429 or 503 | p50 ms of 200 | p99 ms of 200 | p99 ms of refusals | memory MB |"
    );
    println!("|---|---|---|---|---|---|---|---|");

    let capacity = {
        let process = Process::start(&[]);
        let answers = process.busy(32, time);
        process.print("as fast as 32 connections can", &[("A", answers)], time);
        process.answered.load(Relaxed) as f64 / time.as_secs_f64()
    };
    let one = |label: &str, pace: f64, options: &[&str]| {
        let process = Process::start(options);
        let answers = process.paced("A", pace, BATCH, CONNECTIONS, time);
        process.print(label, &[("A", answers)], time);
    };
    one("a third of the capacity, batches of 50", capacity / 3.0, &[]);
    one("512 connections offer three times that", capacity * 3.0, &[]);
    // A key may save up ten seconds of its rate: that is spent first.
    let limited = Process::start(&["--rate"]);
    let spent = limited.paced("A", 1_000.0, BATCH, 16, Duration::from_millis(600));
    assert!(!spent.refused.is_empty(), "what was saved up is spent");
    let answers = limited.paced("A", 120.0, BATCH, CONNECTIONS, time);
    limited.print("three times a key's rate of 2,000 events/s, batches of 50", &[("A", answers)], time);

    let keys = ["--keys"];
    let alone = Process::start(&keys);
    let answers = alone.paced("B", 100.0, 1, 16, time);
    alone.print("key B alone, single events", &[("B", answers)], time);
    for (label, pace) in [("a third of", capacity / 3.0), ("three times", capacity * 3.0)] {
        let beside = Process::start(&keys);
        let (flood, calm) = std::thread::scope(|scope| {
            let flood = scope.spawn(|| beside.paced("A", pace, BATCH, CONNECTIONS, time));
            let calm = beside.paced("B", 100.0, 1, 16, time);
            (flood.join().expect("the flood"), calm)
        });
        let names = [format!("key A at {label} the capacity"), "key B beside it, single events".to_owned()];
        beside.print(&names.join("|"), &[("A", flood), ("B", calm)], time);
    }
}

/// The other half of this program: a collector until its standard input ends.
fn serve(options: &[String]) {
    pin(std::process::id(), "0");
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = Config::new(folder.path());
    if options.iter().any(|option| option == "--rate") {
        config.rate = Some(2_000);
    }
    if options.iter().any(|option| option == "--keys") {
        config.write_keys = vec!["A".to_owned(), "B".to_owned()];
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    runtime.block_on(async move {
        let collector = Collector::bind(config).await.expect("a collector");
        println!("{}", collector.address());
        let ended = tokio::task::spawn_blocking(|| std::io::stdin().lines().count());
        collector.run(async { drop(ended.await) }).await;
    });
}

/// Keeps a process on one core; false where that cannot be had.
fn pin(process: u32, core: &str) -> bool {
    let taskset = Command::new("taskset").args(["-cp", core, &process.to_string()]).stdout(Stdio::null()).status();
    taskset.is_ok_and(|status| status.success())
}

/// A collector in a process of its own.
struct Process {
    child: Child,
    address: SocketAddr,
    /// Requests that were answered 200.
    answered: AtomicU64,
    /// Events in them.
    events: AtomicU64,
}

impl Process {
    fn start(options: &[&str]) -> Process {
        let program = std::env::current_exe().expect("this program");
        let mut command = Command::new(program);
        command.arg("--collector").args(options).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a collector");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("an address");
        let address = line.trim().parse().expect("an address");
        Process { child, address, answered: AtomicU64::new(0), events: AtomicU64::new(0) }
    }

    /// Sends over connections that go on as soon as they may.
    fn busy(&self, connections: u64, time: Duration) -> Answers {
        self.paced("A", f64::INFINITY, BATCH, connections, time)
    }

    /// Sends at a pace over some connections; a connection that is late sends at once.
    fn paced(&self, key: &str, pace: f64, batch: usize, connections: u64, time: Duration) -> Answers {
        let body = &packed_body(key, batch);
        let started = Instant::now();
        let mut all = Answers { offered: pace, ..Answers::default() };
        std::thread::scope(|scope| {
            let sender = |sender| {
                std::thread::Builder::new()
                    .stack_size(128 << 10)
                    .spawn_scoped(scope, move || {
                        self.send(body, batch, (sender, pace / connections as f64), started, time)
                    })
                    .expect("a thread")
            };
            let senders: Vec<_> = (0..connections).map(sender).collect();
            for answers in senders.into_iter().map(|sender| sender.join().expect("a sender")) {
                all.taken.extend(answers.taken);
                all.refused.extend(answers.refused);
            }
        });
        all
    }

    fn send(&self, body: &[u8], batch: usize, (sender, pace): (u64, f64), started: Instant, time: Duration) -> Answers {
        let (mut client, mut answers) = (Client::new(self.address), Answers::default());
        for number in 0.. {
            // Each connection has its own place in the beat.
            let due = Duration::from_secs_f64((number as f64 + (sender as f64 * 0.618).fract()) / pace);
            if due >= time || started.elapsed() >= time {
                break;
            }
            std::thread::sleep(due.saturating_sub(started.elapsed()));
            let began = Instant::now();
            let reply = client.post("/v1/batch", &[("Content-Encoding", "gzip")], body).expect("an answer");
            let took = began.elapsed().as_secs_f64() * 1_000.0;
            match reply.status {
                200 => {
                    answers.taken.push(took);
                    self.answered.fetch_add(1, Relaxed);
                    self.events.fetch_add(batch as u64, Relaxed);
                }
                429 | 503 => {
                    assert!(reply.header("retry-after").is_some(), "a refusal says when to come back");
                    answers.refused.push(took);
                }
                other => panic!("{other}: {}", reply.text()),
            }
        }
        answers
    }

    /// Prints a line for each part of the load, and holds the collector to what it acknowledged.
    fn print(&self, labels: &str, parts: &[(&str, Answers)], time: Duration) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        for (label, (_, answers)) in labels.split('|').zip(parts) {
            let offered = if answers.offered.is_finite() { format!("{:.0}", answers.offered) } else { "-".to_owned() };
            println!(
                "| {label} | {offered} | {:.0} | {} | {} | {} | {} | {} |",
                answers.taken.len() as f64 / time.as_secs_f64(),
                answers.refused.len(),
                quantile(&answers.taken, 0.5),
                quantile(&answers.taken, 0.99),
                quantile(&answers.refused, 0.99),
                peak.unwrap_or(0_u64) / 1_024,
            );
        }
        let metrics = Client::new(self.address).get("/metrics", &[]).expect("metrics").text();
        let stored = metrics.lines().find_map(|line| line.strip_prefix("tailorbird_events_stored_total "));
        let acknowledged = self.events.load(Relaxed).to_string();
        assert_eq!(stored, Some(acknowledged.as_str()), "stored is what was acknowledged");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers by kind, with the milliseconds that each took.
#[derive(Default)]
struct Answers {
    offered: f64,
    taken: Vec<f64>,
    refused: Vec<f64>,
}

fn quantile(times: &[f64], share: f64) -> String {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    let found = times.get(((times.len().max(1) - 1) as f64 * share) as usize);
    found.map_or("-".to_owned(), |time| format!("{time:.1}"))
}

/// The text of a batch, packed, made once for all: making bodies must cost less than taking them. The events have no
/// ids of their own, so the collector gives each a new one and none is a duplicate.
fn packed_body(key: &str, events: usize) -> Vec<u8> {
    let event = |nth: usize| {
        format!(
            r#"{{"type":"track","event":"Product Viewed","anonymousId":"5f2c1d9e-4f6a-{nth:04}","timestamp":"2026-11-22T05:12:49.120Z","properties":{{"product_id":"p-1042","name":"Grain-free puppy food, 12 kg","category":"Dogs/Food/Dry","brand":"Northpaw","price":54.90,"currency":"EUR","position":3}},"context":{{"page":{{"url":"https://shop.example/dogs/food/dry/p-1042","path":"/dogs/food/dry/p-1042","title":"Grain-free puppy food"}},"locale":"en-GB"}}}}"#
        )
    };
    let events: Vec<String> = (0..events).map(event).collect();
    let text = format!("{{\"writeKey\":\"{key}\",\"batch\":[{}]}}", events.join(","));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}
