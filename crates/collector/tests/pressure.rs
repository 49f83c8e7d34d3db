//! Full disks, floods and hostile bodies: the right status, bounded memory, and nothing acknowledged is lost.

mod support;

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use support::{ADMIN, Server, track};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_full_database_is_answered_503_and_takes_events_again_once_there_is_room() {
    let server = Server::start_with(|config| config.max_pages = Some(120));
    let mut client = server.client();
    let mut acknowledged = HashSet::new();
    let mut send = |id: usize, visitor: &str| {
        let mut event = track(&format!("m{id}"), visitor);
        event["properties"]["filler"] = json!("x".repeat(3_000));
        let reply = client.post("/v1/batch", &[], json!({ "batch": [event] }).to_string().as_bytes()).unwrap();
        match reply.status {
            200 => assert!(acknowledged.insert(format!("m{id}"))),
            503 => assert!(reply.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1),
            other => panic!("{other}"),
        }
        reply.status
    };
    let full_at = (0..500).find(|id| send(*id, "visitor-of-many-events") == 503).unwrap();
    assert!(full_at > 20);
    assert_eq!(send(full_at, "visitor-of-many-events"), 503, "a retry is refused as well, not taken for a duplicate");
    assert_eq!(server.metric("tailorbird_degraded"), 1);
    assert_eq!(server.client().get("/readyz", &[]).unwrap().status, 503);
    assert_eq!(server.events().len(), full_at, "reading goes on");

    let erased = server.client().send("DELETE", "/v1/visitors/visitor-of-many-events", &[ADMIN], b"").unwrap();
    assert_eq!(erased.json()["erased"], full_at);
    assert_eq!(send(full_at, "another"), 200, "recovers without a restart or a repair");
    assert_eq!(server.client().get("/readyz", &[]).unwrap().status, 200);
    let folder = server.stop();
    let server = Server::start_in(folder, |_| {});
    assert_eq!(server.events().len(), 1);
    assert!(acknowledged.contains(server.events()[0]["messageId"].as_str().unwrap()));
}

/// A name, headers, a body, and the status it must get.
type Hostile<'a> = (&'a str, &'a [(&'a str, &'a str)], Vec<u8>, u16);

#[test]
fn a_database_that_was_taken_away_is_no_place_to_say_200_for() {
    let server = Server::start();
    assert_eq!(server.batch(&json!({ "batch": [track("1", "a")] })).status, 200);
    let aside = server.folder.path().join("aside");
    std::fs::rename(server.database(), &aside).unwrap();
    assert_eq!(server.batch(&json!({ "batch": [track("2", "a")] })).status, 503);
    assert_eq!(server.client().get("/readyz", &[]).unwrap().status, 503);
    std::fs::rename(&aside, server.database()).unwrap();
    let since = std::time::Instant::now();
    while server.client().get("/readyz", &[]).unwrap().status == 503 {
        assert!(since.elapsed().as_secs() < 60, "it should get over it");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(server.batch(&json!({ "batch": [track("2", "a")] })).status, 200);
    assert_eq!(server.events().len(), 2);
}

#[test]
fn hostile_bodies_are_refused_or_quarantined() {
    let server = Server::start();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    let keys: String = (0..40_000).map(|i| format!("\"k{i}\":1,")).collect();
    let bomb = gzip(&vec![b' '; 10 << 20]);
    assert!(bomb.len() < 12_000);
    let gz = &[("Content-Encoding", "gzip")][..];
    let cases: Vec<Hostile> = vec![
        ("gzip bomb", gz, bomb.clone(), 413),
        ("gzip bomb in json", gz, gzip(format!("{{\"batch\":[\"{}\"]}}", "a".repeat(20 << 20)).as_bytes()), 413),
        ("many gzip members", gz, [gzip(b"{}"), bomb].concat(), 413),
        ("cut gzip", gz, gzip(b"{\"batch\":[]}")[..10].to_vec(), 400),
        ("not gzip", gz, b"{\"batch\":[]}".to_vec(), 400),
        ("gzip of gzip", gz, gzip(&gzip(b"{\"batch\":[]}")), 400),
        ("brotli", &[("Content-Encoding", "br")], b"{}".to_vec(), 415),
        ("two encodings", &[("Content-Encoding", "gzip, gzip")], b"{}".to_vec(), 415),
        ("empty", &[], Vec::new(), 400),
        ("spaces", &[], vec![b' '; 400_000], 400),
        ("nul bytes", &[], vec![0; 1_000], 400),
        ("invalid utf-8", &[], b"{\"batch\":[{\"type\":\"track\",\"event\":\"\xff\xfe\"}]}".to_vec(), 400),
        ("overlong utf-8", &[], b"{\"batch\":[\"\xc0\xaf\"]}".to_vec(), 400),
        ("utf-16", &[], "{\"batch\":[]}".encode_utf16().flat_map(u16::to_le_bytes).collect(), 400),
        ("byte order mark", &[], b"\xef\xbb\xbf{\"batch\":[]}".to_vec(), 200),
        ("depth 10000 for a batch", &[], nested(10_000).into_bytes(), 400),
        ("depth 100000 of objects", &[], objects(80_000).into_bytes(), 400),
        ("depth in a member beside", &[], format!("{{\"x\":{},\"batch\":[]}}", nested(100_000)).into_bytes(), 200),
        ("many keys at the top", &[], format!("{{{keys}\"batch\":[]}}").into_bytes(), 400),
        ("a million keys", &[], format!("{{{}}}", vec!["\"k\":1"; 1_000_000].join(",")).into_bytes(), 413),
        ("a million keys, packed", gz, gzip(format!("{{{}}}", vec!["\"k\":1"; 1_000_000].join(",")).as_bytes()), 413),
        ("cut json", &[], b"{\"batch\":[{\"type\":\"tra".to_vec(), 400),
        ("two documents", &[], b"{\"batch\":[]}{\"batch\":[]}".to_vec(), 400),
        ("a comma too many", &[], b"{\"batch\":[],}".to_vec(), 400),
        ("a comment", &[], b"{\"batch\":[]} // hi".to_vec(), 400),
        ("NaN", &[], b"{\"batch\":[NaN]}".to_vec(), 400),
        ("a huge number", &[], format!("{{\"batch\":[{}]}}", "9".repeat(400_000)).into_bytes(), 200),
        ("a huge string key", &[], format!("{{\"{}\":1,\"batch\":[]}}", "k".repeat(400_000)).into_bytes(), 200),
        ("strings for batch", &[], b"{\"batch\":\"[]\"}".to_vec(), 400),
        ("escapes cut short", &[], b"{\"batch\":[\"\\u12\"]}".to_vec(), 400),
        ("control characters", &[], b"{\"batch\":[\"a\nb\"]}".to_vec(), 400),
    ];
    assert!(cases.len() >= 30);
    for (name, headers, body, status) in cases {
        let reply = server.client().post("/v1/batch", headers, &body).unwrap();
        assert_eq!(reply.status, status, "{name}: {}", reply.text());
    }
    for (name, event) in [
        ("depth 10000", nested(10_000)),
        ("depth 1000 of objects", objects(1_000)),
        ("5000 keys", format!("{{\"p\":{{{}}}}}", keys[..30_000].rsplit_once(',').unwrap().0)),
        ("a number out of range", r#"{"type":"page","anonymousId":"a","n":-1e400}"#.to_owned()),
    ] {
        let body = format!("{{\"batch\":[{event},{}]}}", track(name, "a"));
        let reply = server.client().post("/v1/batch", &[], body.as_bytes()).unwrap();
        assert_eq!((reply.status, &reply.json()["rejected"]), (200, &json!(1)), "{name}: {}", reply.text());
    }
    assert_eq!(server.events().len(), 4);
    assert_eq!(server.metric("tailorbird_body_bytes"), 0, "every refused body gave its memory back");
}

#[test]
fn broken_http_and_senders_that_stop_half_way_cost_one_connection() {
    let server = Server::start();
    for bytes in [
        &b"\0\x01\x02\x03\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"POST /v1/batch HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/batch HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"POST /v1/batch HTTP/9.9\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{:?}", String::from_utf8_lossy(&answer));
    }
    let long = format!("GET /healthz HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    let answer = server.client().send_raw(long.as_bytes());
    assert!(answer.is_err() || answer.unwrap().status == 431);
    let mut half = TcpStream::connect(server.address).unwrap();
    half.write_all(b"POST /v1/batch HTTP/1.1\r\nHost: c\r\nContent-Length: 400000\r\n\r\n{\"batch\":[").unwrap();
    drop(half);
    let body = json!({ "batch": [track("1", "a")] }).to_string();
    assert_eq!(server.client().post("/v1/batch", &[], body.as_bytes()).unwrap().status, 200);
    assert_eq!(server.events().len(), 1);
}

/// Who finds the queue of the port full asks again only after a second: a newsletter's shoppers come in one moment.
#[test]
fn thousands_may_knock_at_the_same_moment() {
    let server = Server::start();
    let port = server.address.port().to_string();
    let Ok(output) = std::process::Command::new("ss").args(["-ltnH", "sport", "=", &port]).output() else {
        println!("skipped: `ss` is not installed (Debian package `iproute2`)");
        return;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let queue: u32 = text.split_whitespace().nth(2).and_then(|field| field.parse().ok()).expect(&text);
    let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
    assert_eq!(queue, 4_096.min(most));
}

#[test]
fn under_overload_every_request_is_stored_or_told_to_come_back() {
    let server = Server::start_with(|config| config.write_keys = vec!["FLOOD".to_owned(), "CALM".to_owned()]);
    let (taken, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    // Another connection holds the database, as a very slow disk would, until the queue has overflowed.
    let holder = rusqlite::Connection::open(server.database()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        for sender in 0..24 {
            let (server, taken, refused) = (&server, &taken, &refused);
            scope.spawn(move || {
                let mut client = server.client();
                for round in 0..4 {
                    let batch: Vec<_> = (0..500).map(|i| track(&format!("{sender}-{round}-{i}"), "a")).collect();
                    let body = json!({ "writeKey": "FLOOD", "batch": batch }).to_string();
                    let reply = client.post("/v1/batch", &[], body.as_bytes()).unwrap();
                    match reply.status {
                        200 => taken.fetch_add(500, Ordering::Relaxed),
                        503 => {
                            assert!(reply.header("retry-after").is_some());
                            refused.fetch_add(1, Ordering::Relaxed)
                        }
                        other => panic!("{other}"),
                    };
                }
            });
        }
        while refused.load(Ordering::Relaxed) == 0 {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        assert!(server.metric("tailorbird_queue_events") <= 5_000);
        holder.execute_batch("COMMIT").unwrap();
        // The other key's lane stays open all the time.
        let mut client = server.client();
        for i in 0..40 {
            let body = json!({ "writeKey": "CALM", "batch": [track(&format!("calm-{i}"), "b")] }).to_string();
            assert_eq!(
                client.post("/v1/batch", &[], body.as_bytes()).unwrap().status,
                200,
                "the calm key is never refused"
            );
        }
    });
    println!("taken {}, refused requests {}", taken.load(Ordering::Relaxed), refused.load(Ordering::Relaxed));
    let ids: HashSet<String> = server.events_by(5_000).iter().map(|event| event["messageId"].to_string()).collect();
    assert_eq!(ids.len(), taken.load(Ordering::Relaxed) + 40);
}
