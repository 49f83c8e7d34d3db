//! Beyond one machine, with real servers on loopback: JetStream leaders killed, the cluster gone for a while, PostgreSQL
//! crashed under `drain`. `ROUNDS=10 EVENTS=20000` makes it long. Skipped, with a line that says so, where the servers
//! are not installed.

mod support;

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::cluster::{Cluster, Postgres};
use support::{Server, track};
use tailorbird_collector::{Drain, drain};

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn with_sink(url: &str) -> Server {
    let url = url.to_owned();
    Server::start_with(|config| config.sink = Some(url))
}

/// An election takes seconds, on a busy machine now and then minutes.
const PATIENCE: Duration = Duration::from_secs(300);

/// Waits for something that takes as long as elections do.
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < PATIENCE, "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until collectors have handed over all that they stored; says where they stand when they do not.
///
/// A cluster whose new leader is behind what the old one acknowledged gets again what is still in the store: more may be
/// handed over than was stored. How many wait is counted once a second, so it has to be none for longer than that.
fn wait_until_handed_over(servers: &[&Server]) {
    const TOLD: [&str; 5] =
        ["events_stored_total", "sink_published_total", "sink_waiting", "sink_connected", "sink_failures_total"];
    let started = Instant::now();
    let mut since = started;
    while since.elapsed() < Duration::from_millis(1_500) {
        let stand: Vec<_> =
            servers.iter().map(|server| TOLD.map(|name| server.metric(&format!("tailorbird_{name}")))).collect();
        if stand.iter().any(|[stored, published, waiting, ..]| published < stored || *waiting > 0) {
            since = Instant::now();
        }
        assert!(started.elapsed() < PATIENCE, "not handed over: {TOLD:?} are {stand:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// The ids of all messages of a stream, in order.
fn ids_in_stream(runtime: &tokio::runtime::Runtime, cluster: &Cluster) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let order = Drain {
        source: cluster.url("stream=TAILORBIRD"),
        to: folder.path().to_str().unwrap().to_owned(),
        name: "check".to_owned(),
        batch: 1_000,
        until_empty: true,
    };
    runtime.block_on(drain(order, std::future::pending())).unwrap();
    let mut ids = Vec::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "ndjson") {
            for line in std::fs::read_to_string(path).unwrap().lines() {
                let event: Value = serde_json::from_str(line).unwrap();
                ids.push(event["messageId"].as_str().unwrap().to_owned());
            }
        }
    }
    ids
}

/// Sends batches from several clients to two collectors, as behind a load balancer, until told to stop.
struct Load {
    running: AtomicBool,
    acknowledged: Mutex<HashSet<String>>,
    refused: AtomicUsize,
}

impl Load {
    fn new() -> Load {
        Load { running: AtomicBool::new(true), acknowledged: Mutex::new(HashSet::new()), refused: AtomicUsize::new(0) }
    }

    fn send(&self, servers: &[&Server], sender: usize, label: &str, at_least: usize) {
        let mut sent = 0;
        while sent < at_least || self.running.load(Ordering::Relaxed) {
            let ids: Vec<String> = (sent..sent + 20).map(|i| format!("{label}-{sender}-{i}")).collect();
            let batch: Vec<_> = ids.iter().map(|id| track(id, "a")).collect();
            let body = json!({ "batch": batch }).to_string();
            // Every tenth batch goes to both, as a retry after a lost answer would.
            let targets = if sent % 200 == 0 { servers.len() } else { 1 };
            for target in 0..targets {
                let server = servers[(sent / 20 + sender + target) % servers.len()];
                let status = server.client().post("/v1/batch", &[], body.as_bytes()).unwrap().status;
                if status != 200 {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                self.acknowledged.lock().unwrap().extend(ids.iter().cloned());
            }
            sent += 20;
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

#[test]
fn a_killed_leader_and_a_cluster_that_is_gone_lose_nothing_and_double_nothing() {
    let Some(mut cluster) = Cluster::start(3) else { return };
    let runtime = runtime();
    let sink = cluster.url(&format!("replicas=3&duplicate_window={}&safety=1", number("WINDOW", 600)));
    let (one, two) = (with_sink(&sink), with_sink(&sink));
    let servers = [&one, &two];
    let mut acknowledged = HashSet::new();
    let waiting = || -> i64 {
        let of = |server: &&Server| {
            server.metric("tailorbird_events_stored_total") - server.metric("tailorbird_sink_published_total")
        };
        servers.iter().map(of).sum()
    };
    wait_until("the stream is made", || servers.iter().all(|server| server.metric("tailorbird_sink_connected") == 1));
    let context = runtime.block_on(cluster.context());
    for round in 0..number("ROUNDS", 1) {
        let load = Load::new();
        std::thread::scope(|scope| {
            for sender in 0..4 {
                let (load, servers) = (&load, &servers);
                scope.spawn(move || load.send(servers, sender, &format!("kill{round}"), number("EVENTS", 1_000) / 4));
            }
            std::thread::sleep(Duration::from_millis(400));
            let leader = runtime.block_on(async {
                let stream = context.get_stream("TAILORBIRD").await.unwrap();
                stream.cached_info().cluster.as_ref().unwrap().leader.clone().unwrap()
            });
            let leader: usize = leader.strip_prefix("node").unwrap().parse().unwrap();
            cluster.kill(leader);
            std::thread::sleep(Duration::from_millis(1_500));
            cluster.start_node(leader);
            load.running.store(false, Ordering::Relaxed);
        });
        assert_eq!(load.refused.load(Ordering::Relaxed), 0, "the collectors answer throughout");
        acknowledged.extend(load.acknowledged.into_inner().unwrap());
        wait_until_handed_over(&servers);
    }
    cluster.kill_all();
    let before = waiting();
    let load = Load::new();
    load.running.store(false, Ordering::Relaxed);
    let gone_since = std::time::Instant::now();
    load.send(&servers, 9, "gone", 1_000);
    // `OUTAGE=600` is ten minutes of it.
    for second in 0..number("OUTAGE", 0) {
        load.send(&servers, 9, &format!("gone{second}"), 1_000);
        std::thread::sleep(Duration::from_secs(second as u64 + 1).saturating_sub(gone_since.elapsed()));
    }
    let waiting = waiting() - before;
    println!("the cluster was gone for {:.0} s, {waiting} events wait", gone_since.elapsed().as_secs_f64());
    assert_eq!(load.refused.load(Ordering::Relaxed), 0, "the collectors answer from their spool");
    assert!(waiting >= 1_000);
    acknowledged.extend(load.acknowledged.into_inner().unwrap());
    cluster.start_all();
    wait_until_handed_over(&servers);

    let stored = ids_in_stream(&runtime, &cluster);
    let unique: HashSet<String> = stored.iter().cloned().collect();
    let (missing, doubled) = (acknowledged.difference(&unique).count(), stored.len() - unique.len());
    println!(
        "acknowledged {}, in the stream {}, missing {missing}, duplicates {doubled}",
        acknowledged.len(),
        stored.len()
    );
    let mut seen = HashSet::new();
    let twice: Vec<_> =
        stored.iter().enumerate().filter(|(_, id)| !seen.insert(id.as_str())).step_by(97).take(12).collect();
    assert_eq!((missing, doubled), (0, 0), "twice: {twice:?}");
    wait_until("acknowledged events leave the store", || one.events().is_empty() && two.events().is_empty());
}

/// The stream forgets ids after its duplicate window, here two seconds, in life ten minutes: longer outages need more.
#[test]
fn an_outage_longer_than_the_duplicate_window_doubles_nothing() {
    let Some(mut cluster) = Cluster::start(1) else { return };
    let runtime = runtime();
    let sink = cluster.url("safety=3600&duplicate_window=2");
    let server = with_sink(&sink);
    let send = |server: &Server, label: &str, events: usize| {
        for round in 0..events / 100 {
            let batch: Vec<_> = (0..100).map(|i| track(&format!("{label}-{round}-{i}"), "a")).collect();
            assert_eq!(server.batch(&json!({ "batch": batch })).status, 200);
        }
    };
    send(&server, "first", 1_000);
    wait_until("it is handed over", || server.metric("tailorbird_sink_published_total") == 1_000);
    std::thread::sleep(Duration::from_millis(1_300));
    send(&server, "second", 200);
    wait_until("it is handed over", || server.metric("tailorbird_sink_published_total") == 1_200);
    let folder = server.stop();
    cluster.kill_all();
    std::thread::sleep(Duration::from_millis(2_500));
    cluster.start_all();
    // As if the stream had acknowledged more than it has: all that is in the outbox is handed over again.
    let database = rusqlite::Connection::open(folder.path().join("events.db")).unwrap();
    database.execute("UPDATE outbox SET sink_seq = sink_seq + 100", []).unwrap();
    drop(database);
    let server = Server::start_in(folder, |config| config.sink = Some(sink));
    send(&server, "third", 100);
    wait_until("all is handed over again", || server.metric("tailorbird_sink_published_total") == 1_300);
    assert_eq!(server.metric("tailorbird_sink_duplicates_total"), 1_200, "recognised though the stream has forgotten");
    let ids = ids_in_stream(&runtime, &cluster);
    assert_eq!((ids.len(), ids.into_iter().collect::<HashSet<_>>().len()), (1_300, 1_300));
}

#[test]
fn a_restarted_collector_goes_on_where_it_was_and_hands_over_again_what_a_sink_lost() {
    let Some(mut cluster) = Cluster::start(1) else { return };
    let runtime = runtime();
    let server = with_sink(&cluster.url("safety=3600"));
    let batch: Vec<_> = (0..300).map(|i| track(&format!("first-{i}"), "a")).collect();
    server.batch(&json!({ "batch": batch }));
    wait_until("it is handed over", || server.metric("tailorbird_sink_published_total") == 300);
    let folder = server.stop();

    let sink = cluster.url("safety=3600");
    let server = Server::start_in(folder, |config| config.sink = Some(sink));
    let batch: Vec<_> = (0..100).map(|i| track(&format!("second-{i}"), "a")).collect();
    server.batch(&json!({ "batch": batch }));
    wait_until("it is handed over", || server.metric("tailorbird_sink_published_total") == 100);
    assert_eq!(ids_in_stream(&runtime, &cluster).len(), 400);

    // The stream comes back empty, as after a disaster; what is still in the safety delay is handed over again.
    let context = runtime.block_on(cluster.context());
    assert_eq!(server.events().len(), 400);
    std::thread::sleep(Duration::from_millis(1_200));
    server.batch(&json!({ "batch": [track("third", "a")] }));
    wait_until("the position is noted", || server.metric("tailorbird_sink_published_total") == 101);
    runtime.block_on(context.delete_stream("TAILORBIRD")).unwrap();
    cluster.kill(0);
    server.batch(&json!({ "batch": [track("fourth", "a")] }));
    cluster.start_node(0);
    wait_until("everything is in the new stream", || server.metric("tailorbird_sink_published_total") >= 101 + 402);
    let ids: HashSet<String> = ids_in_stream(&runtime, &cluster).into_iter().collect();
    assert_eq!(ids.len(), 402);
}

#[test]
fn drained_files_go_on_with_a_stream_that_was_made_anew() {
    let Some(cluster) = Cluster::start(1) else { return };
    let runtime = runtime();
    let folder = tempfile::tempdir().unwrap();
    let drained = || {
        let (source, to) = (cluster.url("stream=TAILORBIRD"), folder.path().to_str().unwrap().to_owned());
        let order = Drain { source, to, name: "files".to_owned(), batch: 100, until_empty: true };
        runtime.block_on(drain(order, std::future::pending())).unwrap()
    };
    for (round, sent, new) in [("first", 30, 30), ("second", 10, 10), ("third", 40, 40)] {
        // A collector of its own each time: none hands over again what was drained.
        let server = with_sink(&cluster.url("safety=3600"));
        let batch: Vec<_> = (0..sent).map(|i| track(&format!("{round}-{i}"), "a")).collect();
        server.batch(&json!({ "batch": batch }));
        wait_until("it is handed over", || server.metric("tailorbird_sink_published_total") == sent);
        drop(server);
        assert_eq!((round, drained()), (round, new));
        assert_eq!((round, drained()), (round, 0));
        runtime.block_on(async { cluster.context().await.delete_stream("TAILORBIRD").await.unwrap() });
    }
}

#[test]
fn drain_fills_postgres_once_through_a_crash_with_a_partition_for_each_day() {
    let Some(cluster) = Cluster::start(1) else { return };
    let Some(postgres) = Postgres::start() else { return };
    let runtime = runtime();
    let server = with_sink(&cluster.url("safety=0"));
    let events = number("EVENTS", 3_000);
    let mut odd = track("odd-nul", "nul \u{0} and emoji \u{1F407}");
    odd["properties"]["deep"] = json!({ "a": [1, { "b": "\u{0}" }] });
    // An imported event brings another day of arrival.
    let mut old = track("old", "a");
    old["receivedAt"] = json!("2026-01-05T23:59:59.999Z");
    old["timestamp"] = json!("2026-01-05T12:00:00Z");
    let import = server.client().post("/v1/import", &[support::ADMIN], old.to_string().as_bytes()).unwrap();
    assert_eq!(import.json()["accepted"], 1);
    server.batch(&json!({ "batch": [odd.clone()] }));
    let order = |name: &str| Drain {
        source: cluster.url("stream=TAILORBIRD"),
        to: postgres.url(),
        name: name.to_owned(),
        batch: 100,
        until_empty: false,
    };
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let drains: Vec<_> = (0..2)
        .map(|_| {
            let mut stopped = stopped.clone();
            runtime.spawn(drain(order("shop"), async move {
                let _ = stopped.changed().await;
            }))
        })
        .collect();
    for round in 0..events / 100 {
        let batch: Vec<_> = (0..100).map(|i| track(&format!("e{round}-{i}"), "a")).collect();
        assert_eq!(server.batch(&json!({ "batch": batch })).status, 200);
        if round == events / 300 {
            postgres.crash();
        }
        if round == events / 150 {
            postgres.start_again();
        }
    }
    let all = events as i64 + 2;
    let count = |sql: &str| -> i64 {
        runtime.block_on(async {
            let client = postgres.client().await;
            client.query_one(sql, &[]).await.map_or(-1, |row| row.get(0))
        })
    };
    wait_until("every event is in the table", || count("SELECT count(*) FROM tailorbird_events") == all);
    // A visitor's own request to be erased reaches the table too.
    let id = "019ab2c4-7d10-7abc-9def-0123456789ab";
    let of_visitor = format!("SELECT count(*) FROM tailorbird_events WHERE event::text LIKE '%{id}%'");
    let batch: Vec<_> = (0..20).map(|i| track(&format!("v{i}"), id)).collect();
    server.batch(&json!({ "batch": batch }));
    wait_until("the visitor's events are in the table", || count(&of_visitor) == 20);
    let request = json!({ "type": "track", "event": "Erasure Requested", "messageId": "x", "anonymousId": id });
    assert_eq!(server.batch(&json!({ "batch": [request] })).json()["accepted"], 1);
    wait_until("the visitor is gone from the table", || count(&of_visitor) == 0);
    // What arrived before that and is delivered after it stays out.
    let mut late = track("late", id);
    late["receivedAt"] = json!("2026-01-05T23:59:59.999Z");
    late["timestamp"] = json!("2026-01-05T12:00:00Z");
    let lines = format!("{late}\n{}", track("of-another", "a"));
    assert_eq!(server.client().post("/v1/import", &[support::ADMIN], lines.as_bytes()).unwrap().json()["accepted"], 2);
    wait_until("both were looked at", || {
        count("SELECT count(*) FROM tailorbird_message_ids WHERE message_id IN ('late', 'of-another')") == 2
    });
    assert_eq!(count(&of_visitor), 0);
    let all = all + 1;
    // A second reader of another name writes everything again; the ids keep it out.
    let again = Drain { until_empty: true, ..order("again") };
    assert_eq!(runtime.block_on(drain(again, std::future::pending())).unwrap(), 0);
    let _ = stop.send(true);
    for drain in drains {
        runtime.block_on(drain).unwrap().unwrap();
    }
    assert_eq!(count("SELECT count(*) FROM tailorbird_events"), all);
    assert_eq!(count("SELECT count(DISTINCT message_id) FROM tailorbird_events"), all);
    assert_eq!(count("SELECT count(*) FROM tailorbird_unreadable"), 0);
    assert_eq!(count("SELECT count(*) FROM tailorbird_events_2026_01_05"), 1);
    assert_eq!(count("SELECT count(*) FROM pg_inherits WHERE inhparent = 'tailorbird_events'::regclass"), 2);
    assert_eq!(
        count(
            "SELECT count(*) FROM tailorbird_events WHERE message_id = 'odd-nul' AND anonymous_id LIKE '%\u{1F407}'
               AND name = 'Product Viewed' AND properties ->> 'product_id' = 'p1'"
        ),
        1
    );
    // The query that the documentation gives, beside an amount that is no number: it must not fail for all the others.
    let seen = json!({ "experiment_id": "hero", "variation_id": "dogs" });
    let ordered = |id: &str, revenue: Value| {
        let mut order = track(id, "buyer");
        order["event"] = json!("Order Completed");
        order["properties"] = json!({ "revenue": revenue });
        order
    };
    let mut exposure = track("seen", "buyer");
    exposure["event"] = json!("Experiment Viewed");
    exposure["timestamp"] = json!("2026-01-05T12:00:00Z");
    exposure["sentAt"] = json!("2026-01-05T12:01:00Z");
    exposure["properties"] = seen;
    let batch = [exposure, ordered("o1", json!(12.5)), ordered("o2", json!("7.50")), ordered("o3", json!("12,50 €"))];
    server.batch(&json!({ "batch": batch }));
    wait_until_handed_over(&[&server]);
    assert_eq!(
        runtime.block_on(drain(Drain { until_empty: true, ..order("again") }, std::future::pending())).unwrap(),
        4
    );
    let page = include_str!("../../../docs/events.md");
    let query = page.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(
        count(&format!("SELECT (revenue * 100)::bigint FROM ({}) AS answer", query.trim().trim_end_matches(';'))),
        2_000
    );
    println!("{all} events in PostgreSQL, 0 missing, 0 duplicates, through a crash");
}
