//! (long: the collector, the load and what is printed in one program) What shoppers feel while too much is sent: three and
//! six times the capacity, ten times a key's rate, one key flooding beside another; and what the worst bodies cost.
//!
//! `cargo bench -p tailorbird-collector --bench pressure`; `SECONDS=60 PARTS=three` for one part of it in its long form. The
//! collector is a process of its own on the first core, the load comes from the second, or three times its capacity could not be
//! offered. Capacity is what 32 busy connections reach. All other load is an open loop: each request leaves at its moment, over
//! a connection that is free or a new one, however many wait for an answer, and its time counts from that moment. How late the
//! generator itself was is printed beside it. Afterwards the collector's count must be what it acknowledged.

#![allow(missing_docs)]

#[allow(dead_code, unreachable_pub)]
#[path = "../tests/support/client.rs"]
mod client;

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use client::Client;
use flate2::Compression;
use flate2::write::GzEncoder;
use tailorbird_collector::{Collector, Config};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many events a batch has.
const BATCH: usize = 50;
/// The generator opens no more connections than this; what is due then is counted as not sent.
const CONNECTIONS: usize = 3_500;
/// The generator uses no connection that was idle for so long.
const IDLE: Duration = Duration::from_secs(15);
/// The rate of a key with `--rate`, in events a second.
const RATE: u32 = 2_000;

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
    let parts = std::env::var("PARTS").unwrap_or_else(|_| "hostile,third,three,keys".to_owned());
    let wanted = |part: &str| parts.split(',').any(|wanted| wanted == part);
    if wanted("hostile") {
        hostile();
    }
    if parts == "hostile" {
        return;
    }
    println!(
        "| load | offered/s | 200/s | 429 or 503 a second | not sent | p50 ms of 200 | p99 ms of 200 | p99 ms of refusals | generator's own delay, p99 ms | memory MB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let capacity = {
        let (process, time) = (Process::start(&[]), time.min(Duration::from_secs(10)));
        let answers = process.busy(32, time);
        process.print(&[("as fast as 32 connections can", &answers)], time);
        answers.taken.len() as f64 / time.as_secs_f64()
    };
    let flood = |pace| Load { key: "A", pace, batch: BATCH };
    let calm = Load { key: "B", pace: 100.0, batch: 1 };
    for (part, label, times) in
        [("third", "a third of that", 1.0 / 3.0), ("three", "three times that", 3.0), ("six", "six times that", 6.0)]
    {
        if !wanted(part) {
            continue;
        }
        let process = Process::start(&[]);
        let answers = process.paced(&[flood(capacity * times)], time);
        process.print(&[(label, &answers[0])], time);
    }

    if !wanted("keys") {
        return;
    }
    let alone = Process::start(&["--keys"]);
    let answers = alone.paced(&[calm], time);
    alone.print(&[("key B alone, single events", &answers[0])], time);
    let ten_times = f64::from(RATE) * 10.0 / BATCH as f64;
    for (label, pace, options) in [
        ("key A at ten times its rate of 2,000 events/s", ten_times, &["--keys", "--rate"][..]),
        ("key A at a third of the capacity", capacity / 3.0, &["--keys"]),
        ("key A at three times the capacity", capacity * 3.0, &["--keys"]),
    ] {
        let beside = Process::start(options);
        if options.len() > 1 {
            // A key may save up ten seconds of its rate: that is spent first.
            let spent = beside.paced(&[flood(1_000.0)], Duration::from_millis(600));
            assert!(!spent[0].refused.is_empty(), "what was saved up is spent");
        }
        let answers = beside.paced(&[flood(pace), calm], time);
        beside.print(&[(label, &answers[0]), ("key B beside it, single events", &answers[1])], time);
    }
}

/// What the worst bodies cost: processor time each, and the growth of the peak of memory over all of them.
fn hostile() {
    let process = Process::start(&[]);
    let mut client = Client::new(process.address);
    let gzip = [("Content-Encoding", "gzip")];
    let warm = client.post("/v1/batch", &gzip, &packed_body("A", 500)).expect("an answer");
    assert_eq!(warm.status, 200);
    let before = process.peak_memory();
    println!(
        "| hostile body, 200 of each | bytes | status | processor ms each | peak of memory, KB more |\n|---|---|---|---|---|"
    );
    let keys = |count| vec!["\"k\":1"; count].join(",");
    let nested = |depth| format!("{{\"batch\":[{}{}]}}", "[".repeat(depth), "]".repeat(depth));
    for (label, headers, body, status) in [
        ("10 MB of `[`, packed", &gzip[..], packed(&vec![b'['; 10 << 20]), 413),
        ("a million members, packed", &gzip, packed(format!("{{{}}}", keys(1_000_000)).as_bytes()), 413),
        ("a million members", &[], format!("{{{}}}", keys(1_000_000)).into_bytes(), 413),
        ("80,000 members in one event", &[], format!("{{\"batch\":[{{{}}}]}}", keys(80_000)).into_bytes(), 200),
        ("80,000 members at the top", &[], format!("{{{}}}", keys(80_000)).into_bytes(), 400),
        ("10,000 deep", &[], nested(10_000).into_bytes(), 200),
        ("240,000 deep", &[], nested(240_000).into_bytes(), 200),
        ("480 KB of `[`, packed", &gzip, packed(nested(240_000).as_bytes()), 200),
    ] {
        let spent = process.processor_ms();
        for _ in 0..200 {
            let reply = client.post("/v1/batch", headers, &body).expect("an answer");
            assert_eq!(reply.status, status, "{label}: {}", reply.text());
        }
        let each = (process.processor_ms() - spent) / 200.0;
        println!("| {label} | {} | {status} | {each:.2} | {} |", body.len(), process.peak_memory() - before);
    }
    println!();
}

/// The other half of this program: a collector until its standard input ends.
fn serve(options: &[String]) {
    pin(std::process::id(), "0");
    let mut config = Config::new(&options[0]);
    let given = |wanted: &str| options.iter().any(|option| option == wanted);
    config.rate = given("--rate").then_some(RATE);
    if given("--keys") {
        config.write_keys = vec!["A".to_owned(), "B".to_owned()];
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
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

/// What is sent: batches of so many events with a key, so many a second.
#[derive(Clone, Copy)]
struct Load {
    key: &'static str,
    pace: f64,
    batch: usize,
}

/// A collector in a process of its own.
struct Process {
    child: Child,
    _folder: TempDir,
    address: SocketAddr,
    /// Events in requests that were answered 200.
    events: Cell<usize>,
}

impl Process {
    fn start(options: &[&str]) -> Process {
        let program = std::env::current_exe().expect("this program");
        let mut command = Command::new(program);
        let folder = tempfile::tempdir().expect("a folder");
        command.arg("--collector").arg(folder.path()).args(options).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a collector");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("an address");
        let address = line.trim().parse().expect("an address");
        Process { child, _folder: folder, address, events: Cell::new(0) }
    }

    /// Sends over connections that go on as soon as they may.
    fn busy(&self, connections: usize, time: Duration) -> Answers {
        let sender = Rc::new(Sender::new(self.address, Load { key: "A", pace: f64::INFINITY, batch: BATCH }));
        let end = Instant::now() + time;
        run(async || {
            let all: Vec<_> = (0..connections)
                .map(|_| {
                    let sender = Rc::clone(&sender);
                    tokio::task::spawn_local(async move {
                        while Instant::now() < end {
                            let free = sender.free_connection();
                            sender.send(Instant::now(), free).await;
                        }
                    })
                })
                .collect();
            for connection in all {
                connection.await.expect("a connection");
            }
        });
        self.answers(sender)
    }

    /// Sends each load at its pace, whether or not earlier requests were answered.
    fn paced(&self, loads: &[Load], time: Duration) -> Vec<Answers> {
        let senders: Vec<_> = loads.iter().map(|load| Rc::new(Sender::new(self.address, *load))).collect();
        run(async || {
            let all: Vec<_> =
                senders.iter().map(|sender| tokio::task::spawn_local(Rc::clone(sender).open_loop(time))).collect();
            for load in all {
                load.await.expect("a load");
            }
        });
        senders.into_iter().map(|sender| self.answers(sender)).collect()
    }

    /// The peak of the collector's memory in KB.
    fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        peak.unwrap_or(0)
    }

    /// The processor time that the collector has used, of the system as well.
    fn processor_ms(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        // A tick is a hundredth of a second on every Linux.
        ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10.0
    }

    fn answers(&self, sender: Rc<Sender>) -> Answers {
        let answers = sender.answers.take();
        self.events.set(self.events.get() + answers.taken.len() * sender.load.batch);
        answers
    }

    /// Prints a line for each part of the load, and holds the collector to what it acknowledged.
    fn print(&self, parts: &[(&str, &Answers)], time: Duration) {
        for (label, answers) in parts {
            let offered = if answers.offered.is_finite() { format!("{:.0}", answers.offered) } else { "-".to_owned() };
            println!(
                "| {label} | {offered} | {:.0} | {:.0} | {} | {} | {} | {} | {} | {} |",
                answers.taken.len() as f64 / time.as_secs_f64(),
                answers.refused.len() as f64 / time.as_secs_f64(),
                answers.not_sent,
                quantile(&answers.taken, 0.5),
                quantile(&answers.taken, 0.99),
                quantile(&answers.refused, 0.99),
                quantile(&answers.own_delay, 0.99),
                self.peak_memory() / 1_024,
            );
        }
        let metrics = Client::new(self.address).get("/metrics", &[]).expect("metrics").text();
        if std::env::var_os("METRICS").is_some() {
            println!("{metrics}");
        }
        let stored = metrics.lines().find_map(|line| line.strip_prefix("tailorbird_events_stored_total "));
        let acknowledged = self.events.get().to_string();
        assert_eq!(stored, Some(acknowledged.as_str()), "stored is what was acknowledged");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the generator: one thread for all connections, so that it costs little of what it measures.
fn run(load: impl AsyncFnOnce()) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, load());
}

/// One load with its connections.
struct Sender {
    address: SocketAddr,
    load: Load,
    request: Vec<u8>,
    /// Connections that wait for something to send; the one that was used last comes first.
    free: RefCell<Vec<(Instant, TcpStream)>>,
    opened: Cell<usize>,
    answers: RefCell<Answers>,
}

impl Sender {
    fn new(address: SocketAddr, load: Load) -> Sender {
        let body = packed_body(load.key, load.batch);
        let mut request = format!(
            "POST /v1/batch HTTP/1.1\r\nHost: c\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(&body);
        let answers = RefCell::new(Answers { offered: load.pace, ..Answers::default() });
        Sender { address, load, request, free: RefCell::default(), opened: Cell::new(0), answers }
    }

    async fn open_loop(self: Rc<Sender>, time: Duration) {
        let started = Instant::now();
        let mut under_way = Vec::new();
        for number in 0.. {
            let due = started + Duration::from_secs_f64(f64::from(number) / self.load.pace);
            if due >= started + time {
                break;
            }
            if due > Instant::now() {
                tokio::time::sleep_until(due.into()).await;
            }
            // Whoever is behind must not keep the answers from being read.
            if number % 64 == 63 {
                tokio::task::yield_now().await;
            }
            let free = self.free_connection();
            if free.is_none() && self.opened.get() >= CONNECTIONS {
                self.answers.borrow_mut().not_sent += 1;
                continue;
            }
            self.opened.set(self.opened.get() + usize::from(free.is_none()));
            let sender = Rc::clone(&self);
            under_way.push(tokio::task::spawn_local(async move { sender.send(due, free).await }));
        }
        for request in under_way {
            request.await.expect("a request");
        }
    }

    /// The connection that was used last; the collector closes what is idle for long, so that is let go before.
    fn free_connection(&self) -> Option<TcpStream> {
        let mut free = self.free.borrow_mut();
        let before = free.len();
        free.retain(|(since, _)| since.elapsed() < IDLE);
        self.opened.set(self.opened.get().saturating_sub(before - free.len()));
        free.pop().map(|(_, stream)| stream)
    }

    /// Sends one request that was due at a moment, and notes what became of it.
    async fn send(&self, due: Instant, free: Option<TcpStream>) {
        self.answers.borrow_mut().own_delay.push(due.elapsed().as_secs_f64() * 1_000.0);
        let mut stream = match free {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await.expect("a connection");
                stream.set_nodelay(true).expect("a connection");
                stream
            }
        };
        stream.write_all(&self.request).await.expect("a connection that takes a request");
        let head = answered(&mut stream).await;
        let took = due.elapsed().as_secs_f64() * 1_000.0;
        let mut answers = self.answers.borrow_mut();
        match head.get(9..12) {
            Some("200") => answers.taken.push(took),
            Some("429" | "503") => {
                assert!(head.contains("retry-after: "), "a refusal says when to come back: {head}");
                answers.refused.push(took);
            }
            _ => panic!("{head}"),
        }
        if head.contains("connection: close") {
            self.opened.set(self.opened.get().saturating_sub(1));
        } else {
            self.free.borrow_mut().push((Instant::now(), stream));
        }
    }
}

/// Reads an answer; gives its head.
async fn answered(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::with_capacity(1_024);
    loop {
        assert!(stream.read_buf(&mut bytes).await.expect("an answer") > 0, "the connection was closed");
        let Some(end) = memchr::memmem::find(&bytes, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if bytes.len() >= end + 4 + length.unwrap_or(0) {
            return head;
        }
    }
}

/// Answers by kind, with the milliseconds that each took.
#[derive(Default)]
struct Answers {
    offered: f64,
    taken: Vec<f64>,
    refused: Vec<f64>,
    own_delay: Vec<f64>,
    not_sent: usize,
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
    packed(text.as_bytes())
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}
