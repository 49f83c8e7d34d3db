//! Privacy in the store: what is erased, expired or an address leaves no byte behind.

mod support;

use rusqlite::Connection;
use serde_json::json;
use support::{ADMIN, Server, occurrences, track};

#[test]
fn an_erased_visitor_leaves_no_byte_in_database_or_log() {
    let server = Server::start();
    let id = "visitor-7f3a9c51d2e84b60";
    for round in 0..40 {
        let mut batch: Vec<_> = (0..20)
            .map(|i| track(&format!("m{round}-{i}"), if i % 5 == 0 { id } else { "someone-else-entirely" }))
            .collect();
        batch.push(json!({ "type": "identify", "messageId": format!("i{round}"), "anonymousId": "x", "userId": id }));
        batch.push(json!({ "type": "alias", "messageId": format!("a{round}"), "userId": "known", "previousId": id }));
        // Invalid ones name the visitor too, in places where ids do not belong.
        batch.push(json!({ "type": "track", "anonymousId": "y", "properties": { "link": format!("/?u={id}&x=1") } }));
        assert_eq!(server.batch(&json!({ "batch": batch })).json()["accepted"], 22);
    }
    assert!(occurrences(server.folder.path(), id) > 240);
    let of_visitor = server.admin(&format!("/v1/visitors/{id}")).lines().len();
    assert_eq!(of_visitor, 40 * 6);

    let reply = server.client().send("DELETE", &format!("/v1/visitors/{id}"), &[ADMIN], b"").unwrap();
    assert_eq!((reply.status, reply.json()), (200, json!({ "success": true, "erased": 40 * 7 })));
    assert_eq!(occurrences(server.folder.path(), id), 0, "while the collector runs");
    assert!(server.admin(&format!("/v1/visitors/{id}")).lines().is_empty());
    assert_eq!(server.events().len(), 40 * 16);
    assert_eq!(server.admin("/v1/visitors/someone-else-entirely").lines().len(), 40 * 16);
    let folder = server.stop();
    assert_eq!(occurrences(folder.path(), id), 0, "after it stopped");
}

/// What the agent's `forget({ everywhere: true })` sends.
fn erasure(message: &str, id: &str) -> serde_json::Value {
    json!({ "type": "track", "event": "Erasure Requested", "messageId": message, "anonymousId": id, "properties": {} })
}

#[test]
fn a_visitor_erases_itself_and_nobody_else() {
    let server = Server::start_in(tempfile::tempdir().unwrap(), |config| config.write_keys = vec!["K".to_owned()]);
    let id = "019ab2c4-7d10-7abc-9def-0123456789ab";
    let post = |body: &serde_json::Value, headers: &[(&str, &str)]| {
        server.client().post("/v1/batch", headers, body.to_string().as_bytes()).unwrap()
    };
    let mut batch: Vec<_> = (0..30).map(|nth| track(&format!("m{nth}"), id)).collect();
    batch.extend((0..5).map(|nth| track(&format!("o{nth}"), "019ab2c4-0000-7abc-9def-0123456789ab")));
    assert_eq!(post(&json!({ "writeKey": "K", "batch": batch }), &[]).json()["accepted"], 35);
    assert!(occurrences(server.folder.path(), id) >= 30);

    // Nobody without the key; not two at once; nobody by an id that can be guessed.
    assert_eq!(post(&json!({ "writeKey": "wrong", "batch": [erasure("e", id)] }), &[]).status, 401);
    let other = erasure("f", "019ab2c4-0000-7abc-9def-0123456789ab");
    assert_eq!(post(&json!({ "writeKey": "K", "batch": [erasure("e", id), other] }), &[]).status, 400);
    let short = post(&json!({ "writeKey": "K", "batch": [erasure("e", "42")] }), &[]).json();
    assert!(short["errors"][0]["reason"].as_str().unwrap().contains("at least 16 bytes"), "{short}");
    assert_eq!(server.events().len(), 35);

    // Not even Global Privacy Control keeps the request out.
    let reply = post(&json!({ "writeKey": "K", "batch": [erasure("e", id)] }), &[("Sec-GPC", "1")]);
    assert_eq!((reply.status, reply.json()["accepted"].as_u64()), (200, Some(1)), "{}", reply.text());
    assert_eq!(occurrences(server.folder.path(), id), 0, "once it is answered");
    assert_eq!(server.events().len(), 5);
    assert_eq!(server.metric("tailorbird_events_erased_total"), 30);
    let folder = server.stop();
    assert_eq!(occurrences(folder.path(), id), 0, "after it stopped");
}

#[test]
fn a_late_retry_of_an_erased_event_does_not_bring_it_back() {
    let server = Server::start();
    let body = json!({ "batch": [track("m1", "visitor-to-forget")] });
    server.batch(&body);
    server.client().send("DELETE", "/v1/visitors/visitor-to-forget", &[ADMIN], b"").unwrap();
    assert_eq!(server.batch(&body).status, 200);
    assert!(server.events().is_empty());
    assert_eq!(occurrences(server.folder.path(), "visitor-to-forget"), 0);
}

#[test]
fn ids_that_need_escapes_are_found_and_erased() {
    let server = Server::start();
    let id = "weird \"id\"/with ünïcode";
    server.batch(&json!({ "batch": [track("1", id), track("2", "other")] }));
    let path = "/v1/visitors/weird%20%22id%22%2Fwith%20%C3%BCn%C3%AFcode";
    assert_eq!(server.admin(path).lines().len(), 1);
    assert_eq!(server.client().send("DELETE", path, &[ADMIN], b"").unwrap().json()["erased"], 1);
    assert_eq!(server.events().len(), 1);
}

#[test]
fn expired_events_go_and_newer_ones_stay() {
    let server = Server::start();
    for round in 0..30 {
        let batch: Vec<_> = (0..200).map(|i| track(&format!("{round}-{i}"), "an-expired-visitor")).collect();
        server.batch(&json!({ "batch": batch }));
    }
    server.batch(&json!({ "batch": [{}, track("fresh", "b")] }));
    let folder = server.stop();
    let database = Connection::open(folder.path().join("events.db")).unwrap();
    let last: i64 = database.query_row("SELECT max(last_seq) FROM groups", [], |row| row.get(0)).unwrap();
    database.execute("UPDATE groups SET received_at = received_at - 3 * 86400000 WHERE last_seq < ?1", [last]).unwrap();
    database.execute("UPDATE quarantine SET received_at = received_at - 3 * 86400000", []).unwrap();
    drop(database);

    let server = Server::start_in(folder, |config| {
        config.retention_days = Some(2);
        // Nobody is there: what goes, no sink had.
        config.sink = Some("nats://127.0.0.1:1".to_owned());
    });
    while server.metric("tailorbird_events_expired_total") < 6_001 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let left = server.events();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["messageId"], "fresh");
    assert!(server.admin("/v1/quarantine").lines().is_empty());
    assert_eq!(server.metric("tailorbird_events_expired_total"), 6_001, "6,000 events and an invalid one");
    assert_eq!(server.metric("tailorbird_sink_missed_total"), 6_000);
    assert_eq!(server.metric("tailorbird_quarantine_bytes"), 0);
    server.batch(&json!({ "batch": [track("0-0", "b"), track("later", "b")] }));
    assert_eq!(server.events().len(), 2, "expired ids are still known as duplicates");
    let folder = server.stop();
    assert_eq!(occurrences(folder.path(), "an-expired-visitor"), 0);
}

#[test]
fn no_full_address_is_at_rest_wherever_a_client_puts_it() {
    let server = Server::start();
    let mut event = track("1", "a");
    event["context"] = json!({ "ip": "203.0.113.77" });
    event["properties"] = json!({ "$ip": "2001:db8:77:8:9:a:b:c", "ip_address": "203.0.113.78" });
    event["request_ip"] = json!("203.0.113.79");
    event["traits"] = json!({ "ip": "not an address 203.0.113.80" });
    let invalid = json!({ "type": "track", "context": { "ip": "203.0.113.81" }, "ip": "203.0.113.82" });
    server.batch(&json!({ "batch": [event, invalid], "context": { "ip": "203.0.113.83" } }));
    let headers = [("X-Forwarded-For", "203.0.113.84"), ("X-Real-IP", "203.0.113.84")];
    server.client().post("/v1/page", &headers, br#"{"anonymousId":"a"}"#).unwrap();
    let stored = &server.events()[0];
    assert_eq!(stored["context"]["ip"], "203.0.113.0");
    assert_eq!(stored["properties"], json!({ "$ip": "2001:db8:77::", "ip_address": "203.0.113.0" }));
    let folder = server.stop();
    for last in 77..=84 {
        assert_eq!(occurrences(folder.path(), &format!("203.0.113.{last}")), 0);
    }
    assert_eq!(occurrences(folder.path(), "2001:db8:77:8"), 0);
}
