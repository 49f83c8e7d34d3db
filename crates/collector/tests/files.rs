//! What is served beside the events: the site, the agent, the dashboard.

mod support;

use std::io::Read;

use serde_json::json;
use support::{Server, track};

#[test]
fn files_are_served_with_their_type_compressed_and_revalidated_and_nothing_outside() {
    let site = tempfile::tempdir().unwrap();
    let agent = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(site.path().join("tailorbird")).unwrap();
    std::fs::write(site.path().join("index.html"), "<h1>shop").unwrap();
    std::fs::write(site.path().join("tailorbird/rules.json"), "{}").unwrap();
    std::fs::write(agent.path().join("tailorbird.js"), "agent()").unwrap();
    std::fs::write(agent.path().join("tailorbird_bg.wasm"), b"\0asm").unwrap();
    std::fs::write(agent.path().join("tailorbird_bg.wasm.br"), b"br").unwrap();
    let server = Server::start_with(|config| {
        config.site = Some(site.path().to_owned());
        config.agent = Some(agent.path().to_owned());
    });
    let mut client = server.client();
    let mut get = |path: &str, headers: &[(&str, &str)]| client.get(path, headers).unwrap();
    for (path, kind, body) in [
        ("/", "text/html", "<h1>shop"),
        ("/tailorbird/rules.json", "application/json", "{}"),
        ("/tailorbird/tailorbird.js", "text/javascript", "agent()"),
        ("/tailorbird/tailorbird_bg.wasm", "application/wasm", "\0asm"),
    ] {
        let reply = get(path, &[]);
        assert_eq!(
            (reply.status, reply.header("content-type"), reply.text().as_str()),
            (200, Some(kind), body),
            "{path}"
        );
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        let tag = reply.header("etag").unwrap().to_owned();
        assert_eq!(get(path, &[("If-None-Match", &tag)]).status, 304);
    }
    let packed = get("/tailorbird/tailorbird_bg.wasm", &[("Accept-Encoding", "gzip, br")]);
    assert_eq!(
        (packed.header("content-encoding"), packed.header("content-type")),
        (Some("br"), Some("application/wasm"))
    );
    assert_eq!(packed.body, b"br");
    // What has no packed variant beside it is packed here.
    let script = "agent();".repeat(1_000);
    std::fs::write(agent.path().join("tailorbird.js"), &script).unwrap();
    std::fs::write(site.path().join("photo.jpg"), vec![0; 5_000]).unwrap();
    let plain = get("/tailorbird/tailorbird.js", &[]);
    assert_eq!((plain.text(), plain.header("content-encoding")), (script.clone(), None));
    for offer in ["gzip", "br;q=1, GZIP;q=0.5", "*"] {
        let reply = get("/tailorbird/tailorbird.js", &[("Accept-Encoding", offer)]);
        assert_eq!((reply.status, reply.header("content-encoding")), (200, Some("gzip")), "{offer}");
        assert_eq!(
            (reply.header("content-type"), reply.header("vary")),
            (Some("text/javascript"), Some("accept-encoding"))
        );
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*reply.body).read_to_string(&mut text).unwrap();
        assert_eq!(text, script);
        let tag = reply.header("etag").unwrap().to_owned();
        assert_eq!(
            get("/tailorbird/tailorbird.js", &[("Accept-Encoding", offer), ("If-None-Match", &tag)]).status,
            304
        );
    }
    for (path, headers) in [
        ("/tailorbird/tailorbird.js", [("Accept-Encoding", "gzip;q=0, br"), ("X", "")]),
        ("/tailorbird/tailorbird.js", [("Accept-Encoding", "gzip"), ("Range", "bytes=0-7")]),
        ("/photo.jpg", [("Accept-Encoding", "gzip"), ("X", "")]),
        ("/tailorbird/rules.json", [("Accept-Encoding", "gzip"), ("X", "")]),
    ] {
        assert_eq!(get(path, &headers).header("content-encoding"), None, "{path} {headers:?}");
    }
    std::fs::write(agent.path().join("tailorbird.js"), "new()".repeat(900)).unwrap();
    let reply = get("/tailorbird/tailorbird.js", &[("Accept-Encoding", "gzip")]);
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*reply.body).read_to_string(&mut text).unwrap();
    assert!(text.starts_with("new()"), "a changed file is packed anew");
    for path in [
        "/../Cargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/tailorbird/../../etc/passwd",
        "/tailorbird/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc/passwd",
        "//etc/passwd",
        "/%00",
        "/tailorbird/",
    ] {
        let reply = get(path, &[]);
        assert!(matches!(reply.status, 400 | 404), "{path}: {}", reply.status);
        assert!(!reply.text().contains("root:"));
    }
}

#[test]
fn a_folder_named_with_two_slashes_leads_to_no_other_host() {
    let site = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(site.path().join("shop.example")).unwrap();
    std::fs::write(site.path().join("shop.example/index.html"), "<h1>shop").unwrap();
    let server = Server::start_with(|config| config.site = Some(site.path().to_owned()));
    let mut client = server.client();
    for path in ["/shop.example", "//shop.example", "///shop.example"] {
        let reply = client.get(path, &[]).unwrap();
        assert_eq!((reply.status, reply.header("location")), (307, Some("/shop.example/")), "{path}");
    }
}

#[test]
fn the_dashboard_is_three_files_under_a_strict_policy_and_shows_what_arrived() {
    let server = Server::start();
    for (path, kind) in [
        ("/dashboard/", "text/html"),
        ("/dashboard/dashboard.js", "text/javascript"),
        ("/dashboard/dashboard.css", "text/css"),
    ] {
        let reply = server.client().get(path, &[]).unwrap();
        assert_eq!(reply.status, 200);
        assert!(reply.header("content-type").unwrap().starts_with(kind));
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("script-src 'unsafe"));
        if path == "/dashboard/" {
            assert!(!reply.text().contains("<script>") && !reply.text().contains("onclick"));
        } else {
            assert!(!reply.text().contains("innerHTML"));
        }
    }
    assert_eq!(server.client().get("/dashboard", &[]).unwrap().header("location"), Some("/dashboard/"));
    server.batch(&json!({ "batch": [track("1", "a"), track("2", "a")] }));
    let overview = server.admin("/v1/overview").json();
    assert_eq!(overview["numbers"]["stored"], 2);
    assert_eq!(overview["latest"][0]["messageId"], "2");
    let minutes = overview["minutes"].as_array().unwrap();
    assert_eq!((minutes.len(), minutes.iter().map(|minute| minute["events"].as_i64().unwrap()).sum::<i64>()), (60, 2));
}
