//! `tailorbird train`, `recommend` and `import` as people call them: odd tables, odd questions, an answer to each at once,
//! and a catalogue that a bad feed leaves alone.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tailorbird"))
}

fn train(folder: &Path, table: &[u8]) -> Output {
    fs::write(folder.join("sessions.tsv"), table).unwrap();
    let arguments = ["train", "--sessions", "sessions.tsv", "--out", "model"];
    program().args(arguments).current_dir(folder).output().unwrap()
}

/// A model in which 2 follows 1, and 3 follows 2.
fn trained(folder: &Path) {
    let rows: String =
        (0..20).map(|nth| format!("s{nth}\t1\t{0}0\ns{nth}\t2\t{0}1\ns{nth}\t3\t{0}2\n", nth + 1)).collect();
    let output = train(folder, format!("session_id\titem_id\ttimestamp\n{rows}").as_bytes());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn rows_that_cannot_be_used_are_told_and_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let output =
        train(folder.path(), b"\xef\xbb\xbfsession_id\titem_id\ttimestamp\r\na\tx\t1\r\na\t\t2\r\na\ty\t3\r\n");
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("`sessions.tsv` line 3: expected a session, an item and a time"), "{told}");
    assert!(told.contains("1 of 3 lines passed over"), "{told}");
    let output = train(folder.path(), b"session_id\titem_id\ttimestamp\na\tx\tsoon\n");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn every_question_has_its_answer_whatever_stands_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    trained(folder.path());
    let questions: [(&[u8], &str); 10] = [
        (b"\xef\xbb\xbf{\"prefix\":[\"1\"],\"t\":5}\r\n", r#"["2","3"]"#),
        (b"{\"prefix\":[1]}\n", r#"["2","3"]"#),
        (b"garbage\n", "[]"),
        (b"{}\n", "[]"),
        (b"{\"prefix\":\"1\"}\n", "[]"),
        (b"{\"prefix\":[null]}\n", "[]"),
        (b"\xff\n", "[]"),
        (b"{\"prefix\":[\"nobody knows\", \"1\"]}\n", r#"["2","3"]"#),
        (b"\n", ""),
        (b"{\"prefix\":[\"1\",\"2\"],\"t\":\"x\"}", r#"["3","1"]"#),
    ];
    let input: Vec<u8> = questions.iter().flat_map(|(line, _)| line.iter().copied()).collect();
    let mut child = asked(folder.path());
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let output = child.wait_with_output().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    let expected: Vec<&str> = questions.iter().map(|(_, answer)| *answer).filter(|answer| !answer.is_empty()).collect();
    assert_eq!(answers.lines().collect::<Vec<_>>(), expected);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told.lines().count(), 5, "{told}");
    assert!(told.starts_with("tailorbird: line 3: "), "{told}");
    assert_eq!(output.status.code(), Some(1), "some of the input is bad");
}

#[test]
fn who_asks_one_question_at_a_time_need_not_wait_for_the_next() {
    let folder = tempfile::tempdir().unwrap();
    trained(folder.path());
    let mut child = asked(folder.path());
    let (mut input, mut answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    for _ in 0..3 {
        input.write_all(b"{\"prefix\":[\"1\"]}\n").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, "[\"2\",\"3\"]\n");
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn who_has_read_enough_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    trained(folder.path());
    let mut child = asked(folder.path());
    drop(child.stdout.take());
    // The questions may outlive the program.
    let _ = child.stdin.take().unwrap().write_all(&b"{\"prefix\":[\"1\"]}\n".repeat(5_000));
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{output:?}");
}

#[test]
fn settings_go_with_counts_alone() {
    let folder = tempfile::tempdir().unwrap();
    trained(folder.path());
    for input in ["--sessions", "--events"] {
        let arguments = ["train", input, "sessions.tsv", "--settings", "model/settings.json", "--out", "other"];
        let output = program().args(arguments).current_dir(folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}

fn asked(folder: &Path) -> std::process::Child {
    let mut command = program();
    command.args(["recommend", "--model", "model"]).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_bad_feed_leaves_the_catalogue_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let import = |feed: &str, more: &[&str]| {
        fs::write(folder.path().join("feed"), feed).unwrap();
        let arguments = [&["import", "feed", "--out", "catalog.json"], more].concat();
        program().args(arguments).current_dir(folder.path()).output().unwrap().status.code()
    };
    let files = || {
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        (names, fs::read_to_string(folder.path().join("catalog.json")).unwrap())
    };
    assert_eq!(import("id,name\n1,Ball\n", &[]), Some(0));
    let good = files();
    assert!(good.1.contains("Ball"), "{}", good.1);
    for feed in [
        "",
        "id,name\n",
        "id,name\n1\n",
        "<html></html>",
        "<rss><item><id>1</id><title>A</title></item><item><id>2</id>",
        "id\tname\tprice\n1\tA\t1 EUR\n2\tB",
        "{\"products\":[{\"id\":1,\"title\":\"A\",\"variants\":[{\"id\":2}]},",
    ] {
        assert_eq!((import(feed, &[]), import(feed, &["--parts"])), (Some(1), Some(1)), "{feed}");
        assert_eq!(files(), good, "{feed}");
    }
    for wrong in ["EURO", "€", "E1R"] {
        assert_eq!((import("id,name\n2,Bowl\n", &["--currency", wrong]), files()), (Some(2), good.clone()), "{wrong}");
    }
    assert_eq!(import("id,name\n2,Bowl\n", &[]), Some(0));
    assert!(files().1.contains("Bowl"));
    // A feed that is not there at all.
    let missing =
        program().args(["import", "nothing", "--out", "catalog.json"]).current_dir(folder.path()).output().unwrap();
    assert_eq!((missing.status.code(), files().1.contains("Bowl")), (Some(1), true));
}
