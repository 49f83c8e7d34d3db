//! Counters and their Prometheus text.

use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Adds so many.
    pub(crate) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Relaxed);
    }
    /// The sum so far.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicI64);

impl Gauge {
    /// Sets it.
    pub(crate) fn set(&self, value: i64) {
        self.0.store(value, Relaxed);
    }
    /// Its value now.
    pub(crate) fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }
    /// Moves it.
    pub(crate) fn add(&self, change: i64) {
        self.0.fetch_add(change, Relaxed);
    }
}

const BOUNDS_MS: [u64; 12] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000];

/// How long something took, in buckets.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    buckets: [AtomicU64; BOUNDS_MS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

impl Histogram {
    /// Notes one duration.
    pub(crate) fn observe(&self, took: Duration) {
        let micros = took.as_micros() as u64;
        if let Some(bucket) = BOUNDS_MS.iter().position(|bound| micros <= bound * 1_000) {
            self.buckets[bucket].fetch_add(1, Relaxed);
        }
        self.count.fetch_add(1, Relaxed);
        self.micros.fetch_add(micros, Relaxed);
    }
}

/// Answers to ingest requests, by status.
const STATUSES: [u16; 9] = [200, 400, 401, 403, 408, 413, 415, 429, 503];

/// Everything that is counted.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) events_stored: Counter,
    pub(crate) events_duplicate: Counter,
    pub(crate) events_rejected: Counter,
    pub(crate) events_opted_out: Counter,
    pub(crate) events_expired: Counter,
    pub(crate) events_erased: Counter,
    pub(crate) commits: Counter,
    pub(crate) commits_failed: Counter,
    pub(crate) commit_time: Histogram,
    pub(crate) request_time: Histogram,
    pub(crate) line_time: Histogram,
    pub(crate) quarantine_dropped: Counter,
    pub(crate) quarantine_bytes: Gauge,
    pub(crate) known_ids: Gauge,
    pub(crate) known_ids_since: Gauge,
    pub(crate) wal_pages: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) body_bytes: Gauge,
    pub(crate) degraded: Gauge,
    pub(crate) sink_connected: Gauge,
    pub(crate) sink_waiting: Gauge,
    pub(crate) sink_published: Counter,
    pub(crate) sink_duplicates: Counter,
    pub(crate) sink_failures: Counter,
    pub(crate) sink_released: Counter,
    pub(crate) sink_missed: Counter,
    answers: [Counter; STATUSES.len()],
}

impl Metrics {
    /// Counts an answer to an ingest request.
    pub(crate) fn answered(&self, status: u16) {
        if let Some(place) = STATUSES.iter().position(|known| *known == status) {
            self.answers[place].add(1);
        }
    }

    /// The text that Prometheus reads.
    pub(crate) fn text(&self, waiting: (usize, usize), database_bytes: u64) -> String {
        let mut out = String::with_capacity(8 * 1024);
        let mut counter = |name: &str, help: &str, value: u64| {
            let _ = writeln!(
                out,
                "# HELP tailorbird_{name} {help}\n# TYPE tailorbird_{name} counter\ntailorbird_{name} {value}"
            );
        };
        counter("events_stored_total", "Events made durable.", self.events_stored.get());
        counter("events_duplicate_total", "Events whose messageId was stored before.", self.events_duplicate.get());
        counter("events_rejected_total", "Invalid events, put into quarantine.", self.events_rejected.get());
        counter("events_opted_out_total", "Events left out because of Sec-GPC.", self.events_opted_out.get());
        counter("events_expired_total", "Events deleted by retention.", self.events_expired.get());
        counter("events_erased_total", "Events deleted by erasure.", self.events_erased.get());
        counter("commits_total", "Transactions committed.", self.commits.get());
        counter("commits_failed_total", "Transactions that failed.", self.commits_failed.get());
        counter("sink_published_total", "Events that the sink acknowledged.", self.sink_published.get());
        counter("sink_duplicates_total", "Events that the sink had before.", self.sink_duplicates.get());
        counter("sink_failures_total", "Rounds that the sink did not take.", self.sink_failures.get());
        counter(
            "sink_missed_total",
            "Events that retention deleted before the sink took them.",
            self.sink_missed.get(),
        );
        counter("sink_released_total", "Events that left the store after the sink.", self.sink_released.get());
        counter("quarantine_dropped_total", "Oldest invalid events let go.", self.quarantine_dropped.get());
        let _ = writeln!(
            out,
            "# HELP tailorbird_requests_total Ingest requests by status.\n# TYPE tailorbird_requests_total counter"
        );
        for (status, count) in STATUSES.iter().zip(&self.answers) {
            let _ = writeln!(out, "tailorbird_requests_total{{status=\"{status}\"}} {}", count.get());
        }
        let mut gauge = |name: &str, help: &str, value: i64| {
            let _ = writeln!(
                out,
                "# HELP tailorbird_{name} {help}\n# TYPE tailorbird_{name} gauge\ntailorbird_{name} {value}"
            );
        };
        gauge("queue_events", "Events that wait for a commit.", waiting.0 as i64);
        gauge("queue_bytes", "Bytes that wait for a commit.", waiting.1 as i64);
        gauge("connections", "Open connections.", self.connections.get());
        gauge("body_bytes", "Bytes of request bodies in memory.", self.body_bytes.get());
        gauge("database_bytes", "Size of the database and its log.", database_bytes as i64);
        gauge("wal_pages", "Pages in the write-ahead log.", self.wal_pages.get());
        gauge("known_ids", "Message ids known for dedupe.", self.known_ids.get());
        gauge("known_ids_since_milliseconds", "Arrival of the oldest known id.", self.known_ids_since.get());
        gauge("quarantine_bytes", "Bytes of invalid events kept.", self.quarantine_bytes.get());
        gauge("sink_connected", "1 while the sink takes events.", self.sink_connected.get());
        gauge("sink_waiting", "Events that wait for the sink.", self.sink_waiting.get());
        gauge("degraded", "1 while the disk does not take writes.", self.degraded.get());
        histogram(&mut out, "commit_seconds", "Time of a commit.", &self.commit_time);
        histogram(&mut out, "line_seconds", "Time that bodies waited to be judged.", &self.line_time);
        histogram(&mut out, "request_seconds", "Time of an ingest request.", &self.request_time);
        out
    }
}

fn histogram(out: &mut String, name: &str, help: &str, histogram: &Histogram) {
    let _ = writeln!(out, "# HELP tailorbird_{name} {help}\n# TYPE tailorbird_{name} histogram");
    let mut sum = 0;
    for (bound, bucket) in BOUNDS_MS.iter().zip(&histogram.buckets) {
        sum += bucket.load(Relaxed);
        let seconds = *bound as f64 / 1_000.0;
        let _ = writeln!(out, "tailorbird_{name}_bucket{{le=\"{seconds}\"}} {sum}");
    }
    let count = histogram.count.load(Relaxed);
    let _ = writeln!(out, "tailorbird_{name}_bucket{{le=\"+Inf\"}} {count}");
    let _ = writeln!(out, "tailorbird_{name}_sum {}", histogram.micros.load(Relaxed) as f64 / 1e6);
    let _ = writeln!(out, "tailorbird_{name}_count {count}");
}
