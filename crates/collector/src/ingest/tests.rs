//! What is stored of a batch, and the many ways in which one event of a batch can be wrong.

use serde_json::{Value, json};

use super::*;

const RECEIVED: Millis = 1_795_324_379_123;

fn hasher() -> IdHasher {
    IdHasher::new([7; 16])
}

fn circumstances() -> Circumstances<'static> {
    Circumstances { received_at: RECEIVED, kind: None, write_key: None, opted_out: false, import: false }
}

fn prepared(body: &Value, how: Circumstances) -> Prepared {
    prepare(&open_batch(body.to_string().as_bytes()).unwrap(), how, &hasher())
}

fn stored(prepared: &Prepared) -> Vec<Value> {
    prepared.stored().map(|(text, _)| serde_json::from_str(text).unwrap()).collect()
}

#[test]
fn an_event_is_stored_as_sent_with_its_times_corrected() {
    let body = json!({
        "sentAt": "2016-11-22T05:12:59.000Z",
        "context": { "library": { "name": "x" }, "ip": "203.0.113.77" },
        "batch": [{
            "type": "track", "event": "Product Viewed", "messageId": "m1", "anonymousId": "a1", "userId": 42,
            "timestamp": "2016-11-22T05:12:49.000Z", "sentAt": "1999-01-01T00:00:00Z",
            "properties": { "price": 1.10, "name": "Emoji \u{1F407}", "big": 12345678901234567890u64, "ip": "nonsense" },
            "integrations": {}, "extra": [1, { "deep": null }]
        }]
    });
    let result = prepared(&body, Circumstances { write_key: Some("KEY"), ..circumstances() });
    assert_eq!(
        stored(&result),
        [json!({
            "type": "track", "event": "Product Viewed", "messageId": "m1", "anonymousId": "a1", "userId": "42",
            "timestamp": "2026-11-22T05:12:49.123Z", "originalTimestamp": "2016-11-22T05:12:49.000Z",
            "sentAt": "2016-11-22T05:12:59.000Z", "receivedAt": "2026-11-22T05:12:59.123Z",
            "properties": { "price": 1.10, "name": "Emoji \u{1F407}", "big": 12345678901234567890u64 },
            "integrations": {}, "extra": [1, { "deep": null }],
            "context": { "library": { "name": "x" }, "ip": "203.0.113.0" }, "writeKey": "KEY"
        })]
    );
    let facts = result.events[0].1;
    assert_eq!(facts.message, hasher().message("m1"));
    assert_eq!(facts.visitors, [hasher().visitor("a1"), hasher().visitor("42"), 0]);
}

#[test]
fn nothing_happens_after_it_arrived_whatever_a_client_leaves_out() {
    let event = |time: &str| json!({ "type": "track", "event": "e", "anonymousId": "a", "timestamp": time });
    let body = json!({ "batch": [event("2099-01-01T00:00:00Z"), event("2020-01-01T00:00:00Z")] });
    let stored = stored(&prepared(&body, circumstances()));
    assert_eq!(stored[0]["timestamp"], stored[0]["receivedAt"]);
    assert_eq!(stored[0]["originalTimestamp"], "2099-01-01T00:00:00.000Z");
    assert_eq!(stored[1]["timestamp"], "2020-01-01T00:00:00.000Z");
}

#[test]
fn values_keep_their_spelling_and_an_import_changes_nothing() {
    let body = br#"{"batch":[{"type":"page","messageId":"m","anonymousId":"a","properties":{"a":1.50,"b":1E2,"c":"\u00e9"}}]}"#;
    let first = prepare(&open_batch(body).unwrap(), circumstances(), &hasher());
    assert!(first.text.contains(r#"{"a":1.50,"b":1E2,"c":"\u00e9"}"#));
    let later = Circumstances { received_at: RECEIVED + 86_400_000, import: true, ..circumstances() };
    let again = prepare(&open_lines(first.text.as_bytes()).unwrap(), later, &hasher());
    assert_eq!(first.text, again.text);
    assert_eq!(first.events, again.events);
}

#[test]
fn each_kind_of_invalid_event_is_rejected_alone_with_its_index_and_reason() {
    let deep = format!(
        "{{\"type\":\"track\",\"event\":\"e\",\"anonymousId\":\"a\",\"x\":{}1{}}}",
        "[".repeat(40),
        "]".repeat(40)
    );
    let many = format!(
        "{{\"type\":\"track\",\"event\":\"e\",\"anonymousId\":\"a\",\"p\":[{}]}}",
        vec!["{\"k\":1}"; 2100].join(",")
    );
    let wide: String = (0..600).map(|i| format!("\"k{i}\":1,")).collect();
    let wide = format!("{{{wide}\"type\":\"track\",\"event\":\"e\",\"anonymousId\":\"a\"}}");
    let track = |rest: &str| format!(r#"{{"type":"track","event":"e","anonymousId":"a"{rest}}}"#);
    let bad: Vec<(String, &str)> = vec![
        ("1".into(), "not an object"),
        ("null".into(), "not an object"),
        ("true".into(), "not an object"),
        ("\"track\"".into(), "not an object"),
        ("[]".into(), "not an object"),
        ("{}".into(), "`type` is missing"),
        (r#"{"type":null,"anonymousId":"a"}"#.into(), "`type` is missing"),
        (r#"{"type":7,"anonymousId":"a"}"#.into(), "`type` is not a string"),
        (r#"{"type":"Track","event":"e","anonymousId":"a"}"#.into(), "`type` is `Track`"),
        (r#"{"type":"purchase","anonymousId":"a"}"#.into(), "not one of track"),
        (r#"{"type":"track","anonymousId":"a"}"#.into(), "`event` is missing"),
        (r#"{"type":"track","event":"","anonymousId":"a"}"#.into(), "`event` is empty"),
        (r#"{"type":"track","event":null,"anonymousId":"a"}"#.into(), "`event` is missing"),
        (r#"{"type":"track","event":5,"anonymousId":"a"}"#.into(), "`event` is not a string"),
        (r#"{"type":"track","event":{},"anonymousId":"a"}"#.into(), "`event` is not a string"),
        (format!(r#"{{"type":"track","event":"{}","anonymousId":"a"}}"#, "e".repeat(2000)), "`event` has 2000 bytes"),
        (r#"{"type":"page","name":[],"anonymousId":"a"}"#.into(), "`name` is not a string"),
        (r#"{"type":"track","event":"e"}"#.into(), "`anonymousId` and `userId` are missing"),
        (r#"{"type":"track","event":"e","anonymousId":"","userId":null}"#.into(), "are missing"),
        (r#"{"type":"track","event":"e","anonymousId":{}}"#.into(), "`anonymousId` is not a string"),
        (r#"{"type":"track","event":"e","userId":["u"]}"#.into(), "`userId` is not a string"),
        (r#"{"type":"track","event":"e","userId":1.5}"#.into(), "`userId` is not a string"),
        (r#"{"type":"track","event":"e","userId":true}"#.into(), "`userId` is not a string"),
        (format!(r#"{{"type":"track","event":"e","userId":"{}"}}"#, "u".repeat(600)), "`userId` has 600 bytes"),
        (r#"{"type":"identify"}"#.into(), "are missing"),
        (r#"{"type":"group","anonymousId":"a"}"#.into(), "`groupId` is missing"),
        (r#"{"type":"group","groupId":{},"anonymousId":"a"}"#.into(), "`groupId` is not a string"),
        (r#"{"type":"alias","userId":"u"}"#.into(), "`previousId` is missing"),
        (r#"{"type":"alias","userId":"u","previousId":[]}"#.into(), "`previousId` is not a string"),
        (track(r#","messageId":{}"#), "`messageId` is not a string"),
        (track(&format!(r#","messageId":"{}""#, "m".repeat(300))), "`messageId` has 300 bytes"),
        (track(r#","properties":[]"#), "`properties` is not an object"),
        (track(r#","properties":"x""#), "`properties` is not an object"),
        (track(r#","traits":1"#), "`traits` is not an object"),
        (track(r#","context":"x""#), "`context` is not an object"),
        (track(r#","integrations":"x""#), "`integrations` is not an object"),
        (track(r#","timestamp":1700000000"#), "`timestamp` is not an ISO 8601 string"),
        (track(r#","timestamp":"yesterday""#), "`timestamp` is `yesterday`"),
        (track(r#","originalTimestamp":"2026-13-01T00:00:00Z""#), "`originalTimestamp` is"),
        (track(r#","sentAt":[]"#), "`sentAt` is not"),
        (track(r#","properties":{"n":1e999}"#), "out of range"),
        (track(&format!(r#","x":"{}""#, "x".repeat(33_000))), "at most 32768"),
        (deep, "deeper than 32"),
        (many, "more than 2000 members"),
        (wide, "more than 512 members"),
    ];
    assert!(bad.len() >= 40);
    for (event, reason) in bad {
        let mut events = vec![r#"{"type":"track","event":"ok","anonymousId":"a"}"#.to_owned(); 99];
        events.insert(57, event.clone());
        let body = format!("{{\"batch\":[{}]}}", events.join(","));
        let result = prepare(&open_batch(body.as_bytes()).unwrap(), circumstances(), &hasher());
        assert_eq!((result.events.len(), result.rejects.len()), (99, 1), "{event}");
        assert_eq!(result.rejects[0].index, 57);
        assert!(result.rejects[0].reason.contains(reason), "{event}: {}", result.rejects[0].reason);
        assert_eq!(stored(&result).len(), 99, "what is stored stays readable");
    }
}

#[test]
fn a_cut_emoji_is_mended_so_that_every_reader_can_read_the_store() {
    let body = br#"{"batch":[{"type":"track","event":"cut \ud83d","messageId":"m","anonymousId":"a"}]}"#;
    let result = prepare(&open_batch(body).unwrap(), circumstances(), &hasher());
    assert_eq!(stored(&result)[0]["event"], "cut \u{fffd}");
}

#[test]
fn global_privacy_control_leaves_out_what_is_not_explicitly_granted() {
    let body = json!({ "batch": [
        { "type": "page", "anonymousId": "a" },
        { "type": "page", "anonymousId": "b", "context": { "consent": { "analytics": "granted" } } },
        { "type": "page", "anonymousId": "c", "context": { "consent": { "analytics": "denied" } } },
    ] });
    let result = prepared(&body, Circumstances { opted_out: true, ..circumstances() });
    assert_eq!((result.events.len(), result.opted_out, result.rejects.len()), (1, 2, 0));
    assert_eq!(stored(&result)[0]["anonymousId"], "b");
    assert!(!result.text.contains("\"a\""));
    assert_eq!(prepared(&body, circumstances()).events.len(), 3);
}

#[test]
fn global_privacy_control_keeps_bad_events_out_of_the_quarantine() {
    let body = json!({ "batch": [{ "type": "track", "anonymousId": "a", "properties": { "secret": 1 } }] });
    let result = prepared(&body, Circumstances { opted_out: true, ..circumstances() });
    assert_eq!((result.events.len(), result.opted_out, result.rejects.len()), (0, 1, 0));
    assert_eq!(prepared(&body, circumstances()).rejects.len(), 1);
}

#[test]
fn no_two_ids_become_one_in_a_header() {
    let ids = ["order 7", "order+7", "b\u{fc}", "b%C3%BC", "order-7"];
    let mut headers = ids.map(super::printable).to_vec();
    assert!(headers.iter().all(|id| id.bytes().all(|byte| byte.is_ascii_graphic())), "{headers:?}");
    headers.sort();
    headers.dedup();
    assert_eq!((headers.len(), super::printable("order-7").as_str()), (ids.len(), "order-7"));
}

#[test]
fn bodies_that_are_no_batch_are_refused_whole() {
    for body in ["", "{", "[]", "1", "nonsense", "{}", r#"{"batch":{}}"#, r#"{"batch":null}"#, "{\"batch\":[{]}"] {
        assert!(matches!(open_batch(body.as_bytes()), Err(Refusal::Unreadable(_))), "{body}");
    }
    assert!(matches!(open_batch(b"{\"batch\":[\"\xff\"]}"), Err(Refusal::Unreadable(_))));
    let body = format!("{{\"batch\":[{}]}}", vec!["1"; 2501].join(","));
    assert!(matches!(open_batch(body.as_bytes()), Err(Refusal::TooLarge(_))));
    assert!(open_batch("\u{feff}{\"batch\":[]}".as_bytes()).is_ok(), "a byte order mark is no part of it");
    let nested = format!("{{\"batch\":[{}{}]}}", "[".repeat(10_000), "]".repeat(10_000));
    let result = prepare(&open_batch(nested.as_bytes()).unwrap(), circumstances(), &hasher());
    assert_eq!(result.rejects.len(), 1);
}

#[test]
fn quarantine_keeps_no_full_address_and_only_the_start_of_what_is_too_large() {
    let large = format!(r#"{{"type":"x","context":{{"ip":"203.0.113.77"}},"p":"{}"}}"#, "é".repeat(20_000));
    let body = format!(r#"{{"batch":[{large},{{"ip":"2001:db8:1:2::9","type":"y"}}]}}"#);
    let result = prepare(&open_batch(body.as_bytes()).unwrap(), circumstances(), &hasher());
    assert!(!result.rejects[0].whole && result.rejects[0].text.len() <= 2048);
    assert!(result.rejects[0].text.contains("203.0.113.0"));
    assert_eq!(result.rejects[1].text, r#"{"ip":"2001:db8:1::","type":"y"}"#);
}
