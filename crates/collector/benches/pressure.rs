//! What shoppers feel while too much is sent: three times the capacity, three times a key's rate, and one key flooding beside another.
//!
//! `cargo bench -p tailorbird-collector --bench pressure`; `SECONDS=30` for the long form. Capacity is what 32 busy connections
//! reach; other load is offered at a pace over 96 connections, each of which waits for its answer.

#![allow(missing_docs)]

#[allow(dead_code, unreachable_pub)]
#[path = "../tests/support/client.rs"]
mod client;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use client::Client;
use tailorbird_collector::{Collector, Config};

/// How many events a batch has.
const BATCH: u64 = 50;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("pressure: run with `cargo bench`");
        return;
    }
    let seconds = std::env::var("SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(8);
    let time = Duration::from_secs(seconds);
    println!(
        "| load, {seconds} s each | offered/s | 200 | 429 or 503 | p50 ms of 200 | p99 ms of 200 | p99 ms of refusals |"
    );
    println!("|---|---|---|---|---|---|---|");

    let capacity = with_server(|_| {}, |address| busy(address, 32, time));
    let third = capacity / 3.0;
    let told = |label: &str, pace: f64, change: fn(&mut Config)| {
        let answers = with_server(change, |address| paced(address, "A", pace, BATCH, 96, time));
        answers.print(label, pace);
    };
    told("a third of the capacity, batches of 50", third, |_| {});
    told("three times the capacity, batches of 50", capacity * 3.0, |_| {});
    told("three times a key's rate of 2,000 events/s, batches of 50", 120.0, |config| config.rate = Some(2_000));

    let keys: fn(&mut Config) = |config| config.write_keys = vec!["A".to_owned(), "B".to_owned()];
    let alone = with_server(keys, |address| paced(address, "B", 20.0, 1, 8, time));
    alone.print("key B alone, single events", 20.0);
    let beside = with_server(keys, |address| {
        std::thread::scope(|scope| {
            let flood = scope.spawn(|| paced(address, "A", capacity * 3.0, BATCH, 96, time));
            let calm = paced(address, "B", 20.0, 1, 8, time);
            flood.join().expect("the flood").print("key A flooding at three times the capacity", capacity * 3.0);
            calm
        })
    });
    beside.print("key B beside it, single events", 20.0);
}

/// Answers by kind, with the milliseconds that each took.
#[derive(Default)]
struct Answers {
    taken: Vec<f64>,
    refused: Vec<f64>,
}

impl Answers {
    fn print(mut self, label: &str, pace: f64) {
        let mut at = |refused: bool, share: f64| {
            let times = if refused { &mut self.refused } else { &mut self.taken };
            times.sort_by(f64::total_cmp);
            let found = times.get(((times.len().max(1) - 1) as f64 * share) as usize);
            found.map_or("-".to_owned(), |time| format!("{time:.1}"))
        };
        let (half, most, refusals) = (at(false, 0.5), at(false, 0.99), at(true, 0.99));
        println!(
            "| {label} | {pace:.0} | {} | {} | {half} | {most} | {refusals} |",
            self.taken.len(),
            self.refused.len()
        );
    }
}

fn with_server<T>(change: impl FnOnce(&mut Config), work: impl FnOnce(SocketAddr) -> T) -> T {
    let folder = tempfile::tempdir().expect("a folder");
    let (tell, told) = std::sync::mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut config = Config::new(folder.path());
    change(&mut config);
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
        runtime.block_on(async move {
            let collector = Collector::bind(config).await.expect("a collector");
            tell.send(collector.address()).expect("a listener");
            collector.run(async { drop(stopped.await) }).await;
        });
    });
    let answer = work(told.recv().expect("an address"));
    let _ = stop.send(());
    server.join().expect("the server");
    answer
}

/// Requests a second that connections reach which send as soon as they may.
fn busy(address: SocketAddr, connections: u64, time: Duration) -> f64 {
    let (count, started) = (AtomicU64::new(0), Instant::now());
    std::thread::scope(|scope| {
        for sender in 0..connections {
            let count = &count;
            scope.spawn(move || {
                let mut client = Client::new(address);
                for number in 0.. {
                    if started.elapsed() >= time {
                        break;
                    }
                    let reply = client.post("/v1/batch", &[], body("A", sender, number, BATCH).as_bytes());
                    assert_eq!(reply.expect("an answer").status, 200);
                    count.fetch_add(1, Relaxed);
                }
            });
        }
    });
    count.load(Relaxed) as f64 / started.elapsed().as_secs_f64()
}

/// Sends at a pace over some connections; a connection that is late sends at once.
fn paced(address: SocketAddr, key: &str, pace: f64, batch: u64, connections: u64, time: Duration) -> Answers {
    let started = Instant::now();
    let mut all = Answers::default();
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..connections)
            .map(|sender| {
                scope.spawn(move || {
                    let (mut client, mut answers) = (Client::new(address), Answers::default());
                    for number in 0.. {
                        let due = Duration::from_secs_f64((number * connections + sender) as f64 / pace);
                        if due >= time || started.elapsed() >= time {
                            break;
                        }
                        std::thread::sleep(due.saturating_sub(started.elapsed()));
                        let body = body(key, sender, number, batch);
                        let began = Instant::now();
                        let reply = client.post("/v1/batch", &[], body.as_bytes()).expect("an answer");
                        let took = began.elapsed().as_secs_f64() * 1_000.0;
                        match reply.status {
                            200 => answers.taken.push(took),
                            429 | 503 => {
                                assert!(reply.header("retry-after").is_some(), "a refusal says when to come back");
                                answers.refused.push(took);
                            }
                            other => panic!("{other}: {}", reply.text()),
                        }
                    }
                    answers
                })
            })
            .collect();
        for answers in senders.into_iter().map(|sender| sender.join().expect("a sender")) {
            all.taken.extend(answers.taken);
            all.refused.extend(answers.refused);
        }
    });
    all
}

fn body(key: &str, sender: u64, number: u64, events: u64) -> String {
    let event = |nth: u64| {
        format!(
            r#"{{"type":"track","event":"Product Viewed","messageId":"{key}-{sender}-{number}-{nth}","anonymousId":"5f2c1d9e-{sender:08x}","timestamp":"2026-11-22T05:12:49.120Z","properties":{{"product_id":"p-1042","name":"Grain-free puppy food, 12 kg","category":"Dogs/Food/Dry","brand":"Northpaw","price":54.90,"currency":"EUR","position":3}},"context":{{"page":{{"url":"https://shop.example/dogs/food/dry/p-1042","path":"/dogs/food/dry/p-1042","title":"Grain-free puppy food"}},"locale":"en-GB"}}}}"#
        )
    };
    let events: Vec<String> = (0..events).map(event).collect();
    format!("{{\"writeKey\":\"{key}\",\"batch\":[{}]}}", events.join(","))
}
