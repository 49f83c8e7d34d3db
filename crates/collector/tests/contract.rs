//! The endpoints as clients see them, on a real port with a real database. (long: a test for each thing that they promise)

mod support;

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use support::{ADMIN, Server, track};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_endpoint_takes_its_event_and_stores_its_type() {
    let server = Server::start();
    let mut client = server.client();
    let singles: [(&str, &str, Value); 12] = [
        ("track", "track", json!({ "event": "E", "anonymousId": "a" })),
        ("t", "track", json!({ "event": "E", "anonymousId": "a" })),
        ("page", "page", json!({ "name": "Home", "anonymousId": "a" })),
        ("p", "page", json!({ "anonymousId": "a" })),
        ("screen", "screen", json!({ "name": "Home", "userId": "u" })),
        ("s", "screen", json!({ "userId": "u" })),
        ("identify", "identify", json!({ "userId": "u", "traits": { "tier": "gold" } })),
        ("i", "identify", json!({ "userId": "u" })),
        ("group", "group", json!({ "userId": "u", "groupId": "g" })),
        ("g", "group", json!({ "userId": "u", "groupId": "g" })),
        ("alias", "alias", json!({ "userId": "u", "previousId": "a" })),
        ("a", "alias", json!({ "userId": "u", "previousId": "a" })),
    ];
    for (path, _, body) in &singles {
        let reply = client.post(&format!("/v1/{path}"), &[], body.to_string().as_bytes()).unwrap();
        assert_eq!(
            (reply.status, reply.json()),
            (200, json!({ "success": true, "accepted": 1, "rejected": 0, "errors": [] })),
            "{path}"
        );
    }
    for path in ["batch", "b"] {
        let body = json!({ "batch": [track(path, "a")] }).to_string();
        assert_eq!(client.post(&format!("/v1/{path}"), &[], body.as_bytes()).unwrap().status, 200);
    }
    let kinds: Vec<_> = server.events().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
    let expected: Vec<_> = singles.iter().map(|(_, kind, _)| *kind).chain(["track", "track"]).collect();
    assert_eq!(kinds, expected);
}

#[test]
fn plain_text_gzip_and_both_places_for_the_key_are_taken() {
    let server = Server::start_with(|config| config.write_keys = vec!["KEY".to_owned(), "OTHER".to_owned()]);
    let mut client = server.client();
    let body = |id: &str| json!({ "batch": [track(id, "a")] }).to_string();
    let basic = ("Authorization", "Basic S0VZOg==");
    let mut send = |headers: &[(&str, &str)], body: &[u8]| client.post("/v1/batch", headers, body).unwrap();

    assert_eq!(send(&[basic], body("1").as_bytes()).status, 200);
    // The scheme's case does not matter, and an empty user leaves the word to the body.
    assert_eq!(send(&[("Authorization", "BASIC S0VZOg==")], body("1").as_bytes()).status, 200);
    let with_key = json!({ "writeKey": "KEY", "batch": [track("1", "a")] }).to_string();
    assert_eq!(send(&[("Authorization", "Basic Og==")], with_key.as_bytes()).status, 200);
    assert_eq!(send(&[basic, ("Content-Type", "text/plain")], body("2").as_bytes()).status, 200);
    assert_eq!(send(&[basic, ("Content-Encoding", "gzip")], &gzip(body("3").as_bytes())).status, 200);
    let in_body = json!({ "writeKey": "OTHER", "batch": [track("4", "a")] }).to_string();
    assert_eq!(send(&[("Content-Type", "text/plain;charset=UTF-8")], in_body.as_bytes()).status, 200);
    for (headers, body) in [
        (vec![], body("5")),
        (vec![("Authorization", "Basic d3Jvbmc6")], body("5")),
        (vec![("Authorization", "Basic !!!")], body("5")),
        (vec![], json!({ "writeKey": "KE", "batch": [track("5", "a")] }).to_string()),
        (vec![], json!({ "writeKey": 7, "batch": [track("5", "a")] }).to_string()),
    ] {
        let reply = send(&headers, body.as_bytes());
        assert_eq!(reply.status, 401);
        assert_eq!(reply.json()["success"], false);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "the page must be able to read the status");
    }
    // Where the address is wrong the page is told so, too, instead of trying forever.
    let lost = server.client().post("/v1/batch/v1/b", &[basic], body("6").as_bytes()).unwrap();
    assert_eq!((lost.status, lost.header("access-control-allow-origin")), (404, Some("*")));
    let keys: Vec<_> = server.events().iter().map(|event| event["writeKey"].as_str().unwrap().to_owned()).collect();
    assert_eq!(keys, ["KEY", "KEY", "KEY", "OTHER"]);
}

#[test]
fn a_key_bound_to_origins_refuses_other_pages_but_not_servers() {
    let server = Server::start_with(|config| config.write_keys = vec!["K@https://shop.example".to_owned()]);
    let body = json!({ "writeKey": "K", "batch": [track("1", "a")] }).to_string();
    let mut client = server.client();
    let mut status = |headers: &[(&str, &str)]| client.post("/v1/batch", headers, body.as_bytes()).unwrap().status;
    assert_eq!(status(&[("Origin", "https://evil.example")]), 403);
    assert_eq!(status(&[("Origin", "null")]), 403);
    assert!(server.events().is_empty());
    assert_eq!(status(&[("Origin", "https://shop.example")]), 200);
    assert_eq!(status(&[]), 200);
}

#[test]
fn preflights_are_answered() {
    let server = Server::start();
    let headers = [("Origin", "https://shop.example"), ("Access-Control-Request-Method", "POST")];
    let reply = server.client().send("OPTIONS", "/v1/batch", &headers, b"").unwrap();
    assert_eq!(reply.status, 204);
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    assert!(reply.header("access-control-allow-headers").unwrap().contains("Authorization"));
    let headers =
        [("Origin", "https://shop.example"), ("Access-Control-Request-Headers", "content-type,rsa-since-last-attempt")];
    let reply = server.client().send("OPTIONS", "/v1/t", &headers, b"").unwrap();
    assert_eq!(reply.header("access-control-allow-headers"), Some("content-type,rsa-since-last-attempt"));
}

#[test]
fn duplicates_are_stored_once_within_a_batch_across_batches_and_across_a_restart() {
    let server = Server::start();
    let body = json!({ "batch": [track("1", "a"), track("2", "a"), track("1", "a")] });
    for _ in 0..3 {
        assert_eq!(server.batch(&body).json(), json!({ "success": true, "accepted": 3, "rejected": 0, "errors": [] }));
    }
    let folder = server.stop();
    let server = Server::start_in(folder, |_| {});
    server.batch(&body);
    server.batch(&json!({ "batch": [track("3", "a")] }));
    let ids: Vec<_> = server.events().iter().map(|event| event["messageId"].clone()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
}

#[test]
fn one_bad_event_of_a_hundred_is_quarantined_mended_and_replayed() {
    let server = Server::start();
    let mut batch: Vec<_> = (0..99).map(|i| track(&format!("m{i}"), "a")).collect();
    let mut bad = track("bad", "a");
    bad["properties"] = json!([1]);
    batch.insert(42, bad.clone());
    let reply = server.batch(&json!({ "batch": batch }));
    assert_eq!(
        (reply.status, reply.json()),
        (
            200,
            json!({ "success": true, "accepted": 99, "rejected": 1, "errors": [{ "index": 42, "reason": "`properties` is not an object" }] })
        )
    );
    let kept = server.admin("/v1/quarantine").lines();
    assert_eq!(kept.len(), 1);
    assert_eq!((&kept[0]["index"], &kept[0]["event"]), (&json!(42), &bad));

    let mut client = server.client();
    let again = client.post("/v1/quarantine/replay", &[ADMIN], b"").unwrap().json();
    assert_eq!((&again["replayed"], &again["rejected"]), (&json!(0), &json!(1)));
    bad["properties"] = json!({ "product_id": "p1" });
    let order = json!({ "events": [{ "id": kept[0]["id"], "event": bad }] }).to_string();
    let mended = client.post("/v1/quarantine/replay", &[ADMIN], order.as_bytes()).unwrap().json();
    assert_eq!((&mended["replayed"], &mended["rejected"]), (&json!(1), &json!(0)));
    assert!(server.admin("/v1/quarantine").lines().is_empty());
    let events = server.events();
    assert_eq!(events.len(), 100);
    assert_eq!(events[99]["messageId"], "bad");
    assert_eq!(events[99]["receivedAt"], kept[0]["receivedAt"]);
}

#[test]
fn a_replayed_event_has_the_time_and_the_context_that_its_batch_gave_it() {
    let server = Server::start();
    let mut bad = track("bad", "a");
    bad["properties"] = json!([1]);
    bad["originalTimestamp"] = json!("2016-11-22T05:12:00.000Z");
    let mut own = bad.clone();
    own["context"] = json!({ "library": { "name": "own" } });
    // A client whose clock is years behind, a minute after the event.
    let batch = json!({ "sentAt": "2016-11-22T05:13:00.000Z", "context": { "library": { "name": "shared" } }, "batch": [bad, own] });
    assert_eq!(server.batch(&batch).json()["rejected"], 2);
    let kept = server.admin("/v1/quarantine").lines();
    let mended: Vec<_> = (kept.iter().enumerate())
        .map(|(nth, row)| {
            let mut event = row["event"].clone();
            event["properties"] = json!({});
            event["messageId"] = json!(format!("mended-{nth}"));
            json!({ "id": row["id"], "event": event })
        })
        .collect();
    let order = json!({ "events": mended }).to_string();
    let answer = server.client().post("/v1/quarantine/replay", &[ADMIN], order.as_bytes()).unwrap().json();
    assert_eq!(answer["replayed"], 2, "{answer}");
    for (event, name) in server.events().iter().zip(["shared", "own"]) {
        let time = |name: &str| event[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond();
        assert_eq!(time("receivedAt") - time("timestamp"), 60_000);
        assert_eq!(event["context"]["library"]["name"], name);
    }
}

#[test]
fn export_is_paged_in_arrival_order_and_comes_back_equal() {
    let server = Server::start();
    for i in 0..5 {
        let batch: Vec<_> = (0..5).map(|j| track(&format!("{i}-{j}"), &format!("visitor-{j}"))).collect();
        server.batch(&json!({ "sentAt": "2020-01-01T00:00:00Z", "batch": batch }));
    }
    let all = server.events();
    assert_eq!(all.len(), 25);
    for limit in [1, 7, 24, 25, 26] {
        assert_eq!(server.events_by(limit), all);
    }
    let text = server.admin("/v1/export").body;
    let other = Server::start();
    let reply = other.client().post("/v1/import", &[ADMIN], &text).unwrap();
    assert_eq!(reply.json()["accepted"], 25);
    assert_eq!(other.admin("/v1/export").body, text, "byte for byte");

    let visitor = server.admin("/v1/visitors/visitor-3?limit=2");
    assert_eq!(visitor.lines().len(), 2);
    let rest = server.admin(&format!("/v1/visitors/visitor-3?cursor={}", visitor.header("x-next-cursor").unwrap()));
    assert_eq!((rest.lines().len(), rest.header("x-next-cursor")), (3, None));
    let third = Server::start();
    third.client().post("/v1/import", &[ADMIN], &[visitor.body, rest.body].concat()).unwrap();
    let expected: Vec<_> = all.into_iter().filter(|event| event["anonymousId"] == "visitor-3").collect();
    assert_eq!(third.events(), expected);
}

#[test]
fn what_is_too_large_is_refused() {
    let server = Server::start();
    let mut client = server.client();
    let event = json!({ "type": "page", "anonymousId": "a", "p": "x".repeat(30_000) }).to_string();
    let large = format!("{{\"batch\":[{}]}}", vec![event.as_str(); 18].join(","));
    assert_eq!(client.post("/v1/batch", &[], large.as_bytes()).unwrap().status, 413);
    assert_eq!(client.post("/v1/batch", &[("Content-Encoding", "gzip")], &gzip(large.as_bytes())).unwrap().status, 413);
    let mut chunked = b"POST /v1/batch HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in large.as_bytes().chunks(60_000) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(server.client().send_raw(&chunked).unwrap().status, 413);
    let many = format!("{{\"batch\":[{}]}}", vec!["{}"; 2_501].join(","));
    assert_eq!(server.client().post("/v1/batch", &[], many.as_bytes()).unwrap().status, 413);
    let fits = format!("{{\"batch\":[{}]}}", vec![event.as_str(); 16].join(","));
    let reply = server.client().post("/v1/batch", &[("Content-Encoding", "gzip")], &gzip(fits.as_bytes())).unwrap();
    assert_eq!((reply.status, reply.json()["accepted"].clone()), (200, json!(16)));
    let single = json!({ "anonymousId": "a", "p": "x".repeat(33_000) }).to_string();
    let reply = server.client().post("/v1/page", &[], single.as_bytes()).unwrap();
    assert_eq!((reply.status, reply.json()["rejected"].clone()), (413, json!(1)));
}

#[test]
fn the_limits_are_exact_to_the_byte_and_to_the_event() {
    let server = Server::start();
    let post = |path: &str, body: &str| server.client().post(path, &[], body.as_bytes()).unwrap();
    let event = |id: &str, bytes: usize| {
        let bare = json!({ "type": "track", "event": "E", "messageId": id, "anonymousId": "a", "p": "" }).to_string();
        bare.replace("\"p\":\"\"", &format!("\"p\":\"{}\"", "x".repeat(bytes - bare.len())))
    };
    assert_eq!(post("/v1/t", &event("1", 32_768)).status, 200);
    assert_eq!(post("/v1/t", &event("2", 32_769)).status, 413);
    let mixed = post("/v1/b", &format!("{{\"batch\":[{},{}]}}", event("3", 32_768), event("4", 32_769)));
    assert_eq!((mixed.status, &mixed.json()["accepted"], &mixed.json()["rejected"]), (200, &json!(1), &json!(1)));
    let body = |bytes: usize| {
        let events: Vec<_> = (0..16).map(|nth| event(&format!("{bytes}-{nth}"), 31_000)).collect();
        let bare = format!("{{\"x\":\"\",\"batch\":[{}]}}", events.join(","));
        bare.replacen("\"\"", &format!("\"{}\"", "x".repeat(bytes - bare.len())), 1)
    };
    for (bytes, status) in [(512_000, 200), (512_001, 413)] {
        assert_eq!(post("/v1/b", &body(bytes)).status, status, "{bytes}");
        let packed = gzip(body(bytes).as_bytes());
        let reply = server.client().post("/v1/b", &[("Content-Encoding", "GZIP")], &packed).unwrap();
        assert_eq!(reply.status, status, "{bytes} packed");
    }
    let pages = |count: usize| {
        let page = |nth| format!("{{\"type\":\"page\",\"anonymousId\":\"a\",\"messageId\":\"{count}-{nth}\"}}");
        format!("{{\"batch\":[{}]}}", (0..count).map(page).collect::<Vec<_>>().join(","))
    };
    assert_eq!(post("/v1/b", &pages(2_500)).json()["accepted"], 2_500);
    assert_eq!(post("/v1/b", &pages(2_501)).status, 413);
    assert_eq!(server.events_by(20_000).len(), 1 + 1 + 16 + 2_500);
}

#[test]
fn a_limit_or_a_cursor_that_cannot_be_meant_is_a_bad_request_and_the_token_comes_first() {
    let server = Server::start();
    server.batch(&json!({ "batch": [track("1", "a"), track("2", "a"), track("3", "a")] }));
    for path in ["/v1/export", "/v1/visitors/a", "/v1/quarantine"] {
        for query in
            ["limit=0", "limit=-1", "limit=abc", "limit=1.5", "cursor=abc", "cursor=-1", "cursor=99999999999999999999"]
        {
            let reply = server.admin(&format!("{path}?{query}"));
            assert_eq!((reply.status, reply.json()["success"].clone()), (400, json!(false)), "{path}?{query}");
            assert!(
                reply.json()["error"]
                    .as_str()
                    .unwrap()
                    .starts_with(&format!("`{}`", &query[..query.find('=').unwrap()]))
            );
            assert_eq!(server.client().get(&format!("{path}?{query}"), &[]).unwrap().status, 401, "{path}?{query}");
        }
        for query in ["limit=&cursor=", "limit=100001", "cursor=0", "other=1"] {
            let reply = server.admin(&format!("{path}?{query}"));
            assert_eq!((reply.status, reply.header("x-next-cursor")), (200, None), "{path}?{query}");
        }
    }
    let past = server.admin("/v1/export?cursor=99");
    assert_eq!((past.status, past.lines().len(), past.header("x-next-cursor")), (200, 0, None));
}

#[test]
fn the_admin_endpoints_need_the_token() {
    let paths = [
        ("GET", "/v1/export"),
        ("POST", "/v1/import"),
        ("GET", "/v1/visitors/a"),
        ("DELETE", "/v1/visitors/a"),
        ("GET", "/v1/quarantine"),
        ("GET", "/v1/overview"),
        ("POST", "/v1/quarantine/replay"),
    ];
    let server = Server::start();
    server.batch(&json!({ "batch": [track("1", "a")] }));
    for (method, path) in paths {
        for header in
            ["Bearer wrong", "Bearer the-admin-toke", "Bearer ", "Basic dGhlLWFkbWluLXRva2VuOg==", "the-admin-token"]
        {
            let reply = server.client().send(method, path, &[("Authorization", header)], b"").unwrap();
            assert_eq!(reply.status, 401, "{method} {path} {header}");
        }
    }
    assert_eq!(server.events().len(), 1);
    let closed = Server::start_with(|config| config.admin_token = None);
    for (method, path) in paths {
        assert_eq!(closed.client().send(method, path, &[ADMIN], b"").unwrap().status, 403);
    }
}

#[test]
fn global_privacy_control_keeps_a_request_out_of_the_store() {
    let server = Server::start();
    let mut granted = track("2", "b");
    granted["context"] = json!({ "consent": { "analytics": "granted" } });
    let body = json!({ "batch": [track("1", "a"), granted] }).to_string();
    let reply = server.client().post("/v1/batch", &[("Sec-GPC", "1")], body.as_bytes()).unwrap();
    assert_eq!(reply.json(), json!({ "success": true, "accepted": 1, "rejected": 0, "optedOut": 1, "errors": [] }));
    assert_eq!(server.events().len(), 1);
    assert_eq!(server.events()[0]["anonymousId"], "b");
    server.client().post("/v1/batch", &[("Sec-GPC", "0")], body.as_bytes()).unwrap();
    assert_eq!(server.events().len(), 2);
}

#[test]
fn events_dropped_by_a_client_are_stored_like_any_other() {
    let server = Server::start();
    let dropped = json!({ "type": "track", "event": "Events Dropped", "messageId": "d", "anonymousId": "a",
        "properties": { "dropped": 12, "reason": "queue full" } });
    server.batch(&json!({ "batch": [dropped] }));
    assert_eq!(server.events()[0]["properties"], json!({ "dropped": 12, "reason": "queue full" }));
}

#[test]
fn a_key_over_its_rate_is_told_when_to_come_back_and_others_are_not_touched() {
    let server = Server::start_with(|config| {
        config.write_keys = vec!["FLOOD".to_owned(), "CALM".to_owned()];
        config.rate = Some(1);
    });
    let send = |key: &str, id: usize| {
        let batch: Vec<_> = (0..2_000)
            .map(|i| json!({ "type": "page", "anonymousId": "a", "messageId": format!("{key}{id}-{i}") }))
            .collect();
        let body = json!({ "writeKey": key, "batch": batch }).to_string();
        server.client().post("/v1/batch", &[], body.as_bytes()).unwrap()
    };
    assert_eq!(send("FLOOD", 1).status, 200);
    let refused = send("FLOOD", 2);
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() > 1_000);
    assert_eq!(refused.header("access-control-expose-headers"), Some("Retry-After"));
    assert_eq!(send("CALM", 1).status, 200);
    assert_eq!(server.metric("tailorbird_requests_total{status=\"429\"}"), 1);
}

/// Days pass by moving what the database knows of them into the past.
#[test]
fn a_batch_that_comes_again_after_days_is_known_though_its_events_have_expired() {
    let server = Server::start();
    let batch = |first: usize| {
        let events: Vec<_> = (first..first + 200).map(|id| track(&format!("m{id}"), "a")).collect();
        json!({ "batch": events })
    };
    assert_eq!(server.batch(&batch(0)).status, 200);
    let database = server.database();
    let folder = server.stop();
    let connection = rusqlite::Connection::open(database).unwrap();
    let days = 7 * 86_400_000 - 60_000;
    for table in ["ids", "groups"] {
        connection.execute(&format!("UPDATE {table} SET received_at = received_at - {days}"), []).unwrap();
    }
    drop(connection);
    let server = Server::start_in(folder, |config| config.retention_days = Some(1));
    assert_eq!(server.metric("tailorbird_known_ids"), 200);
    while !server.events().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(server.batch(&batch(0)).json()["accepted"], 200);
    assert_eq!(server.batch(&batch(150)).json()["accepted"], 200);
    let stored: Vec<_> = server.events().iter().map(|event| event["messageId"].to_string()).collect();
    assert_eq!(stored, (200..350).map(|id| format!("\"m{id}\"")).collect::<Vec<_>>());
    assert_eq!(server.metric("tailorbird_events_duplicate_total"), 250);
}

#[test]
fn health_readiness_and_metrics_answer() {
    let server = Server::start();
    assert_eq!(server.client().get("/healthz", &[]).unwrap().status, 200);
    assert_eq!(server.client().get("/readyz", &[]).unwrap().json(), json!({ "ready": true }));
    server.batch(&json!({ "batch": [track("1", "a"), track("1", "a"), {}] }));
    for (name, value) in [
        ("tailorbird_events_stored_total", 1),
        ("tailorbird_events_duplicate_total", 1),
        ("tailorbird_events_rejected_total", 1),
        ("tailorbird_requests_total{status=\"200\"}", 1),
        ("tailorbird_known_ids", 1),
        ("tailorbird_queue_events", 0),
        ("tailorbird_degraded", 0),
        ("tailorbird_request_seconds_count", 1),
    ] {
        assert_eq!(server.metric(name), value, "{name}");
    }
    assert_eq!(server.client().get("/v1/batch", &[]).unwrap().status, 405);
    assert_eq!(server.client().get("/nothing", &[]).unwrap().status, 404);
}

#[test]
fn what_is_counted_of_invalid_events_is_what_the_quarantine_holds() {
    let server = Server::start();
    let mut client = server.client();
    let invalid = |visitor: &str| json!({ "type": "nothing", "anonymousId": visitor });
    server.batch(&json!({ "batch": [track("1", "a"), invalid("a-first-visitor"), invalid("a-second-visitor")] }));
    let lines = format!("{}\n{}\n", track("2", "a"), invalid("a-third-visitor"));
    assert_eq!(client.post("/v1/import", &[ADMIN], lines.as_bytes()).unwrap().json()["rejected"], 1);
    let held = |server: &Server| {
        let kept = server.admin("/v1/quarantine").lines();
        let bytes: usize = kept.iter().map(|row| row["event"].to_string().len()).sum();
        assert_eq!(server.metric("tailorbird_quarantine_bytes"), bytes as i64);
        kept
    };
    assert_eq!(held(&server).len(), 3);
    assert_eq!(server.metric("tailorbird_events_rejected_total"), 3, "those of an import, too");
    let mended = json!({ "events": [{ "id": held(&server)[0]["id"], "event": track("3", "a") }] }).to_string();
    assert_eq!(client.post("/v1/quarantine/replay", &[ADMIN], mended.as_bytes()).unwrap().json()["replayed"], 1);
    assert_eq!(held(&server).len(), 2);
    assert_eq!(client.send("DELETE", "/v1/visitors/a-second-visitor", &[ADMIN], b"").unwrap().status, 200);
    assert_eq!(held(&server).len(), 1);
}
