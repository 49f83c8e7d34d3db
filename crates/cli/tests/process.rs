//! The collector as a process: killed, stopped, starved of disk, with the client's ledger as the judge. (long: one program, many deaths)

#[allow(dead_code, unreachable_pub, missing_docs)]
#[path = "../../collector/tests/support/client.rs"]
mod client;

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use client::Client;
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tailorbird");
const ADMIN: (&str, &str) = ("Authorization", "Bearer T");

/// A collector process; killed when dropped.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start(data: &Path) -> Process {
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "--listen", "127.0.0.1:0", "--admin-token", "T", "--data"]).arg(data);
        Process::started(command)
    }

    fn started(mut command: Command) -> Process {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect(&line);
        Process { address: address.parse().unwrap(), child }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// The most memory that the process ever had, in bytes.
    fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    fn events(&self) -> Vec<Value> {
        let mut client = Client::new(self.address);
        let (mut events, mut cursor) = (Vec::new(), String::new());
        loop {
            let reply = client.get(&format!("/v1/export?limit=10000{cursor}"), &[ADMIN]).unwrap();
            assert_eq!(reply.status, 200);
            events.extend(reply.lines());
            match reply.header("x-next-cursor") {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return events,
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn batch(prefix: &str, round: usize, size: usize) -> (Vec<String>, String) {
    let ids: Vec<String> = (0..size).map(|i| format!("{prefix}-{round}-{i}")).collect();
    let events: Vec<Value> = ids
        .iter()
        .map(|id| json!({ "type": "track", "event": "E", "messageId": id, "anonymousId": prefix, "properties": { "filler": "x".repeat(300) } }))
        .collect();
    (ids, json!({ "batch": events }).to_string())
}

fn rounds(default: usize) -> usize {
    std::env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Stored ids, each counted.
fn stored_ids(events: &[Value]) -> (HashSet<String>, usize) {
    let ids: HashSet<String> = events.iter().map(|event| event["messageId"].as_str().unwrap().to_owned()).collect();
    let duplicates = events.len() - ids.len();
    (ids, duplicates)
}

#[test]
fn killed_under_load_it_keeps_every_acknowledged_event_once() {
    let folder = tempfile::tempdir().unwrap();
    let acknowledged = Mutex::new(HashSet::new());
    let mut numbers = [0usize; 4];
    for round in 0..rounds(50) {
        let mut process = Process::start(folder.path());
        let address = process.address;
        let running = &AtomicBool::new(true);
        std::thread::scope(|scope| {
            let senders: Vec<_> = numbers
                .iter()
                .enumerate()
                .map(|(sender, next)| {
                    let (mut next, acknowledged) = (*next, &acknowledged);
                    scope.spawn(move || {
                        let mut client = Client::new(address);
                        while running.load(Ordering::Relaxed) {
                            // A batch whose answer never came is sent again in the next round, as real clients do.
                            let (ids, body) = batch(&format!("s{sender}"), next, 1 + (next * 7 + sender) % 60);
                            match client.post("/v1/batch", &[], body.as_bytes()) {
                                Ok(reply) if reply.status == 200 => {
                                    acknowledged.lock().unwrap().extend(ids);
                                    next += 1;
                                }
                                Ok(_) => std::thread::sleep(Duration::from_millis(5)),
                                Err(_) => break,
                            }
                        }
                        next
                    })
                })
                .collect();
            std::thread::sleep(Duration::from_millis(150 + (round as u64 * 37) % 250));
            process.child.kill().unwrap();
            process.child.wait().unwrap();
            running.store(false, Ordering::Relaxed);
            for (number, sender) in numbers.iter_mut().zip(senders) {
                *number = sender.join().unwrap();
            }
        });
    }
    let process = Process::start(folder.path());
    // The clients' last word: what was under way at the last kill comes once more.
    for (sender, next) in numbers.iter().enumerate() {
        let (ids, body) = batch(&format!("s{sender}"), *next, 1 + (next * 7 + sender) % 60);
        assert_eq!(Client::new(process.address).post("/v1/batch", &[], body.as_bytes()).unwrap().status, 200);
        acknowledged.lock().unwrap().extend(ids);
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    let (stored, duplicates) = stored_ids(&process.events());
    let missing = acknowledged.difference(&stored).count();
    println!(
        "rounds {}, acknowledged {}, stored {}, missing {missing}, duplicates {duplicates}",
        rounds(50),
        acknowledged.len(),
        stored.len()
    );
    assert!(acknowledged.len() > 200);
    assert_eq!((missing, duplicates), (0, 0));
    assert_eq!(stored.len(), acknowledged.len(), "nothing unacknowledged is left over once clients have sent again");
}

#[test]
fn terminated_under_load_it_finishes_what_is_under_way() {
    for round in 0..rounds(20) {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Process::start(folder.path());
        let address = process.address;
        let acknowledged = Mutex::new(HashSet::new());
        let (resets, refused) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
        let status = std::thread::scope(|scope| {
            for sender in 0..6 {
                let (acknowledged, resets, refused) = (&acknowledged, &resets, &refused);
                scope.spawn(move || {
                    let mut client = Client::new(address);
                    for number in 0.. {
                        let (ids, body) = batch(&format!("s{sender}"), number, 20);
                        match client.post("/v1/batch", &[], body.as_bytes()) {
                            Ok(reply) if reply.status == 200 => acknowledged.lock().unwrap().extend(ids),
                            Ok(reply) => assert_eq!(reply.status, 503),
                            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                                refused.fetch_add(1, Ordering::Relaxed);
                                break;
                            }
                            Err(error) => {
                                resets.lock().unwrap().push(format!("batch {number}: {error:?}"));
                                break;
                            }
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(200 + round as u64 * 20));
            process.signal("TERM");
            process.child.wait().unwrap()
        });
        assert!(status.success(), "exit status 0");
        assert!(!folder.path().join("events.db-wal").exists(), "the log is folded away");
        let output = Command::new(PROGRAM).args(["export", "--data"]).arg(folder.path()).output().unwrap();
        assert!(output.status.success());
        let events: Vec<Value> =
            String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (stored, duplicates) = stored_ids(&events);
        let acknowledged = acknowledged.into_inner().unwrap();
        println!("acknowledged {}", acknowledged.len());
        assert_eq!(resets.into_inner().unwrap(), Vec::<String>::new(), "no connection is cut off");
        assert_eq!(refused.load(Ordering::Relaxed), 6, "clients end because the port is closed");
        assert_eq!((stored, duplicates), (acknowledged, 0));
    }
}

#[test]
fn a_full_disk_is_answered_503_and_needs_no_repair() {
    let folder = tempfile::tempdir().unwrap();
    // A limit on the size of files is a full disk that any user can make; `prlimit` lifts it.
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; ulimit -S -f 1500; exec \"$@\"", "sh", PROGRAM])
        .args(["serve", "--listen", "127.0.0.1:0", "--admin-token", "T", "--data"])
        .arg(folder.path());
    let process = Process::started(command);
    let mut client = Client::new(process.address);
    let (mut acknowledged, mut refused_in_a_row, mut number) = (HashSet::new(), 0, 0);
    while refused_in_a_row < 10 {
        let (ids, body) = batch("full", number, 20);
        let reply = client.post("/v1/batch", &[], body.as_bytes()).unwrap();
        match reply.status {
            200 => {
                acknowledged.extend(ids);
                number += 1;
                refused_in_a_row = 0;
            }
            503 => {
                assert!(reply.header("retry-after").is_some());
                refused_in_a_row += 1;
            }
            other => panic!("{other}: {}", reply.text()),
        }
        assert!(number < 5_000, "the limit is never reached");
    }
    let limit = |fsize: &str| {
        let pid = format!("--pid={}", process.child.id());
        Command::new("prlimit").args([&pid, &format!("--fsize={fsize}")]).status().is_ok_and(|status| status.success())
    };
    let mut until_taken = |number: usize| {
        let (ids, body) = batch("full", number, 20);
        for _ in 0..100 {
            if client.post("/v1/batch", &[], body.as_bytes()).unwrap().status == 200 {
                acknowledged.extend(ids);
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("it does not take events again by itself");
    };
    if limit("unlimited:unlimited") {
        until_taken(number);
        // A disk that takes no write at all, as one that was mounted read-only.
        assert!(limit("0:unlimited"));
        let (_, body) = batch("read-only", 0, 20);
        let mut other = Client::new(process.address);
        for _ in 0..5 {
            let reply = other.post("/v1/batch", &[], body.as_bytes()).unwrap();
            assert_eq!((reply.status, reply.header("retry-after").is_some()), (503, true));
        }
        assert_eq!(other.get("/readyz", &[]).unwrap().status, 503);
        assert!(limit("unlimited:unlimited"));
        until_taken(number + 1);
        assert_eq!(other.get("/readyz", &[]).unwrap().status, 200);
    } else {
        println!("skipped: the limit cannot be lifted here (no `prlimit`); recovery is shown by a restart only");
    }
    drop(process);
    let process = Process::start(folder.path());
    let (stored, duplicates) = stored_ids(&process.events());
    let missing = acknowledged.difference(&stored).count();
    println!("acknowledged {}, missing {missing}, duplicates {duplicates}", acknowledged.len());
    assert_eq!((missing, duplicates), (0, 0));
}

#[test]
fn hostile_bodies_and_slow_senders_do_not_grow_the_memory() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let (_, body) = batch("warm", 0, 500);
    assert_eq!(Client::new(process.address).post("/v1/batch", &[], body.as_bytes()).unwrap().status, 200);
    let before = process.peak_memory();
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![b'['; 10 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    let keys = format!("{{\"batch\":[{{{}\"a\":1}}]}}", "\"k\":1,".repeat(80_000));
    let nested = format!("{{\"batch\":[{}{}]}}", "[".repeat(200_000), "]".repeat(200_000));
    let mut client = Client::new(process.address);
    let slow: Vec<_> = (0..200)
        .map(|_| {
            let mut stream = std::net::TcpStream::connect(process.address).unwrap();
            stream.write_all(b"POST /v1/batch HTTP/1.1\r\nHost: c\r\nContent-Length: 500000\r\n\r\n{").unwrap();
            stream
        })
        .collect();
    for _ in 0..10 {
        assert_eq!(client.post("/v1/batch", &[("Content-Encoding", "gzip")], &bomb).unwrap().status, 413);
        assert_eq!(client.post("/v1/batch", &[], keys.as_bytes()).unwrap().status, 200);
        assert_eq!(client.post("/v1/batch", &[], nested.as_bytes()).unwrap().status, 200);
    }
    let grown = process.peak_memory().saturating_sub(before);
    println!("peak memory {} MB, {} KB more than before", process.peak_memory() >> 20, grown >> 10);
    // What was sent would take 100 MB of slow bodies, or ten bombs of 10 MB; what is kept for reuse stays far below.
    assert!(grown <= 24 << 20, "{grown}");
    drop(slow);
}

#[test]
fn every_200_comes_after_a_sync() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    if !Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success()) {
        println!("skipped: `strace` is not installed");
        return;
    }
    let mut command = Command::new("strace");
    command
        .args(["-f", "-qq", "-s", "32", "-e", "trace=fdatasync,fsync,write,writev,sendto,sendmsg,pwrite64", "-o"])
        .arg(&trace)
        .args([PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.path().join("data"));
    let process = Process::started(command);
    let mut client = Client::new(process.address);
    let requests = 1_000;
    for number in 0..requests {
        let (_, body) = batch("sync", number, 2);
        assert_eq!(client.post("/v1/batch", &[], body.as_bytes()).unwrap().status, 200);
    }
    // strace that is killed lets go of what it traces: the collector itself is ended, and strace with it.
    let tracer = process.child.id();
    let children = std::fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children")).unwrap();
    let ended = Command::new("kill").args(["-s", "KILL"]).args(children.split_whitespace()).status().unwrap();
    assert!(ended.success());
    drop(process);
    // One client, one request at a time: between two answers there must be the log's bytes and then a sync that ended.
    let text = std::fs::read_to_string(&trace).unwrap();
    let (mut written, mut synced, mut answers) = (false, false, 0);
    for line in text.lines() {
        let ended_sync = (line.contains("fdatasync(")
            || line.contains("fsync(")
            || line.contains("fdatasync resumed")
            || line.contains("fsync resumed"))
            && line.trim_end().ends_with("= 0");
        if line.contains("pwrite64(") {
            written = true;
        } else if ended_sync {
            synced = written;
        } else if line.contains("HTTP/1.1 200") {
            assert!(synced, "answer {answers} was sent before its sync: {line}");
            answers += 1;
            (written, synced) = (false, false);
        }
    }
    println!("{answers} answers, each after its sync");
    assert_eq!(answers, requests);
}

#[test]
fn wrong_use_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let run = |arguments: &[&str]| {
        let output = Command::new(PROGRAM).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let other = tempfile::tempdir().unwrap();
    let (data, busy) = (other.path().to_str().unwrap(), process.address.to_string());
    let (code, text) = run(&["serve", "--listen", &busy, "--data", data]);
    assert_eq!(code, Some(1));
    assert!(text.contains("is in use") && text.contains("--listen"), "{text}");
    let (code, text) = run(&["serve", "--listen", "127.0.0.1:0", "--data", folder.path().to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(text.contains("another collector uses") && text.contains("--data"), "{text}");
    let (code, text) = run(&["serve", "--listen", "127.0.0.1:0", "--data", "/proc/no/such"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("cannot write to the data folder `/proc/no/such`"), "{text}");
    let (code, text) = run(&["serve", "--listen", "127.0.0.1:0", "--data", data, "--site", "/no/such/site"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("`/no/such/site` does not exist"), "{text}");
    let (code, text) = run(&["serve", "--data", data, "--write-key", "K@shop"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("--write-key `K@shop`"), "{text}");
    // No header can carry these tokens, and no log may.
    for token in ["", "secret with spaces", "secret\n", "sécret"] {
        let (code, text) = run(&["serve", "--listen", "127.0.0.1:0", "--data", data, "--admin-token", token]);
        assert_eq!(code, Some(2));
        assert!(text.contains("--admin-token") && !text.contains("cret"), "{text}");
    }
    let (code, text) = run(&["export", "--data", data]);
    assert_eq!(code, Some(1));
    assert!(text.contains("no collector database"), "{text}");
    assert_eq!(run(&["serve"]).0, Some(2));
    let (code, text) = run(&["serve", "--listen", "nonsense", "--data", data]);
    assert_eq!(code, Some(2));
    assert!(text.contains("127.0.0.1:8787"), "{text}");
    // A name is looked up: the port is taken, so it was understood.
    let named = format!("localhost:{}", process.address.port());
    let (code, text) = run(&["serve", "--listen", &named, "--data", data]);
    assert_eq!((code, text.contains("is in use")), (Some(1), true), "{text}");
    assert_eq!(run(&["--help"]).0, Some(0));
}

#[test]
fn few_open_files_are_made_more_and_what_is_left_of_them_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let under = |limits: &str| {
        let mut command = Command::new("sh");
        let script = format!("{limits}; exec \"$0\" serve --listen 127.0.0.1:0 --admin-token T --data \"$1\"");
        command.args(["-c", &script, PROGRAM]).arg(folder.path());
        Process::started(command)
    };
    // A client's connection stays open as long as the client does.
    let healthy = |client: &mut Client| client.get("/healthz", &[]).map(|reply| reply.status);
    let raised = under("ulimit -Sn 100");
    let mut clients: Vec<_> = (0..300).map(|_| Client::new(raised.address)).collect();
    assert!(clients.iter_mut().all(|client| healthy(client).is_ok_and(|status| status == 200)));
    drop((clients, raised));

    let low = under("ulimit -n 150");
    let mut clients: Vec<_> = (0..200).map(|_| Client::new(low.address)).collect();
    let answers: Vec<_> = clients.iter_mut().map(healthy).collect();
    assert!(answers.iter().filter(|answer| matches!(answer, Ok(200))).count() > 50);
    assert!(answers.iter().any(|answer| !matches!(answer, Ok(200))), "the others are turned away, not left waiting");
    assert_eq!(clients[0].get("/v1/export", &[ADMIN]).unwrap().status, 200, "the database can still be opened");
}

#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    let script = "exec \"$0\" serve --listen 127.0.0.1:0 --admin-token T --data \"$1\" 2>/dev/full";
    command.args(["-c", script, PROGRAM]).arg(folder.path());
    let process = Process::started(command);
    let (_, body) = batch("unlogged", 0, 20);
    assert_eq!(Client::new(process.address).post("/v1/batch", &[], body.as_bytes()).unwrap().status, 200);
    assert_eq!(process.events().len(), 20);
}

#[test]
fn export_reads_beside_a_running_collector() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let (_, body) = batch("e", 0, 30);
    Client::new(process.address).post("/v1/batch", &[], body.as_bytes()).unwrap();
    let output = Command::new(PROGRAM).args(["export", "--data"]).arg(folder.path()).output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 30);
}
