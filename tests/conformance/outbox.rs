//! Runs the conformance cases about the outbox: each is a dialogue, input by input, with the commands that follow.
//!
//! The same file is part of the native tests and of those inside wasm. A step is `[time, input, command, …]`; commands
//! are written as lines (`commit 1 put a b delete c`). `wake` and `sync` are only compared where a case says `show`.

use tailorbird_core::json::{parse_value, write, write_text};
use tailorbird_core::outbox::{Command, Config, Consent, Input, Outbox, Row, size_in};
use tailorbird_core::schema::Value;

/// One case and how it went.
pub(crate) struct Case {
    /// The behaviour it shows.
    pub(crate) name: String,
    /// What was wrong; `None` when all was well.
    pub(crate) wrong: Option<String>,
}

/// Runs all cases of a file. `None` when they are not about the outbox.
pub(crate) fn run(text: &str) -> Option<Vec<Case>> {
    let file = parse_value(text).ok()?;
    if file.get("kind")?.as_str()? != "outbox" {
        return None;
    }
    let run = |case: &Value| Case { name: text_of(case, "name").to_owned(), wrong: dialogue(case).err() };
    Some(file.get("cases")?.items().iter().map(run).collect())
}

fn text_of<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn dialogue(case: &Value) -> Result<(), String> {
    let mut outbox = Outbox::new(config(case.get("config"))?);
    let chance = case.get("chance").and_then(Value::as_f64).unwrap_or(0.5);
    let show = text_of(case, "show");
    // Rows by message id, as the store would know them.
    let mut known: Vec<Row> = Vec::new();
    let steps = case.get("steps").ok_or("no steps")?;
    for (nth, step) in steps.items().iter().enumerate() {
        let mut parts = step.items().iter();
        let at = parts.next().and_then(Value::as_f64).ok_or("a step begins with its time")? as i64;
        let line = parts.next().and_then(Value::as_str).ok_or("a step needs an input")?;
        let expected: Vec<&str> = parts.filter_map(Value::as_str).collect();
        let input = input(line, &mut known).ok_or_else(|| format!("unknown input `{line}`"))?;
        let mut found = Vec::new();
        for command in outbox.handle(input, at, chance) {
            if let Command::Commit { put, .. } = &command {
                known.extend(put.iter().cloned());
            }
            let shown = written(&command, show.contains("body"));
            let kind = shown.split(' ').next().unwrap_or_default();
            if (kind != "wake" && kind != "sync") || show.contains(kind) {
                found.push(shown);
            }
        }
        if found != expected {
            let (found, expected) = (found.join("\n    "), expected.join("\n    "));
            return Err(format!("step {nth}, `{line}`:\n  expected\n    {expected}\n  found\n    {found}"));
        }
    }
    Ok(())
}

fn config(given: Option<&Value>) -> Result<Config, String> {
    let mut config = Config { write_key: "k".into(), ..Config::default() };
    let Some(Value::Map(members)) = given else { return Ok(config) };
    for (name, value) in members {
        let size = value.as_f64().unwrap_or_default();
        match name.as_str() {
            "durable" => config.durable = value == &Value::Bool(true),
            "report" => config.report = value.as_str().unwrap_or_default().into(),
            "writeKey" => config.write_key = value.as_str().unwrap_or_default().into(),
            "flushAt" => config.flush_at = size as usize,
            "refusedMost" => config.refused_most = size as i64,
            "flushInterval" => config.flush_interval = size as i64,
            "maxRows" => config.max_rows = size as usize,
            "maxBytes" => config.max_bytes = size as usize,
            "batchRows" => config.batch_rows = size as usize,
            "batchBytes" => config.batch_bytes = size as usize,
            "keepaliveBytes" => config.keepalive_bytes = size as usize,
            _ => return Err(format!("unknown setting `{name}`")),
        }
    }
    Ok(config)
}

/// `{"messageId":"a"}`, longer where a size is asked for.
fn event(id: &str, size: usize) -> String {
    let mut text = String::from("{\"messageId\":");
    write_text(id, &mut text);
    let plain = text.len() + 1;
    if size > plain + 9 {
        text.push_str(",\"pad\":\"");
        text.extend(std::iter::repeat_n('x', size - plain - 9));
        text.push('"');
    }
    text.push('}');
    text
}

fn input(line: &str, known: &mut Vec<Row>) -> Option<Input> {
    let mut words = line.split(' ');
    let mut next = || words.next();
    let consent = |word: Option<&str>| match word {
        Some("granted") => Some(Consent::Granted),
        Some("pending") => Some(Consent::Pending),
        Some("denied") => Some(Consent::Denied),
        _ => None,
    };
    Some(match next()? {
        "start" => Input::Start(consent(next())?),
        "consent" => Input::Consent(consent(next())?),
        "push" => {
            let id = next()?;
            let size = next().and_then(|size| size.parse().ok()).unwrap_or(0);
            Input::Push { id: id.into(), event: event(id, size) }
        }
        "stored" => Input::Stored { commit: next()?.parse().ok()? },
        "failed" => Input::StoreFailed { commit: next()?.parse().ok()? },
        // `loaded a b of 5`: rows by id; `a@17` is a row of time 17 that an earlier page left.
        "loaded" => {
            let mut rows = Vec::new();
            let mut word = next();
            while let Some(id) = word.filter(|word| *word != "of") {
                rows.push(row(id, known));
                word = next();
            }
            let stored_rows = next().and_then(|count| count.parse().ok()).unwrap_or(rows.len());
            let stored_bytes = rows.iter().map(|row| size_in(&row.key)).sum();
            Input::Loaded { rows, stored_rows, stored_bytes }
        }
        "announced" => {
            let rows = next()?.parse().ok()?;
            let flush = next() == Some("flush");
            Input::Announced { rows, bytes: rows * 100, flush }
        }
        "flushed" => Input::Flushed { looked: next()?.parse().ok()? },
        // `answered 3 429 after 20000 {"body":1}`
        "answered" => {
            let (batch, status) = (next()?.parse().ok()?, next()?.parse().ok()?);
            let mut word = next();
            let mut retry_after = None;
            if word == Some("after") {
                retry_after = next()?.parse().ok();
                word = next();
            }
            Input::Answered { batch, status, retry_after, body: word.unwrap_or_default().into() }
        }
        "unreachable" => Input::Unreachable { batch: next()?.parse().ok()? },
        "flush" => Input::Flush,
        "look" => Input::Look,
        "tick" => Input::Tick,
        "elected" => Input::Elected,
        "load-failed" => Input::LoadFailed,
        "offline" => Input::Offline,
        "online" => Input::Online,
        "hidden" => Input::Hidden,
        "visible" => Input::Visible,
        "pagehide" => Input::PageHide,
        "resume" => Input::Resume,
        "erase" => Input::Erase,
        _ => return None,
    })
}

fn row(word: &str, known: &mut Vec<Row>) -> Row {
    if let Some(text) = word.strip_prefix("!gate=") {
        return Row { key: "!gate".into(), text: text.into() };
    }
    let (id, at) = word.split_once('@').unwrap_or((word, "0"));
    if let Some(row) = known.iter().rev().find(|row| name(&row.key) == id) {
        return row.clone();
    }
    let text = event(id, 0);
    let row = Row { key: format!("1-{at:0>14}-0000-{}-{id}", text.len()), text };
    known.push(row.clone());
    row
}

/// The message id in a key.
fn name(key: &str) -> &str {
    key.splitn(5, '-').nth(4).unwrap_or(key)
}

fn written(command: &Command, whole_body: bool) -> String {
    let mut line = String::new();
    let mut say = |word: &str| {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    };
    match command {
        Command::Campaign => say("campaign"),
        Command::Resign => say("resign"),
        Command::Wipe => say("wipe"),
        Command::Commit { commit, put, delete } => {
            say("commit");
            say(&commit.to_string());
            for (word, rows) in [
                ("put", put.iter().map(shown).collect()),
                ("delete", delete.iter().map(|key| name(key).to_owned()).collect::<Vec<_>>()),
            ] {
                if !rows.is_empty() {
                    say(word);
                    say(&rows.join(" "));
                }
            }
        }
        Command::Load { after, .. } => {
            say("load");
            if !after.is_empty() {
                say("after");
                say(name(after));
            }
        }
        Command::Announce { rows, flush, .. } => {
            say("announce");
            say(&rows.to_string());
            if *flush {
                say("flush");
            }
        }
        Command::Flushed { looked } => {
            say("flushed");
            say(&looked.to_string());
        }
        Command::Send { batch, body, keepalive } => {
            say("send");
            say(&batch.to_string());
            if whole_body {
                say(body);
            } else {
                let body = parse_value(body).unwrap_or_default();
                for event in body.get("batch").map(Value::items).unwrap_or_default() {
                    say(&event_name(event));
                }
            }
            if *keepalive {
                say("keepalive");
            }
        }
        Command::Abort { batch } => {
            say("abort");
            say(&batch.to_string());
        }
        Command::Wake(wait) => {
            say("wake");
            say(&wait.to_string());
        }
        Command::Sync(status) => {
            say("sync");
            say(&format!("waiting {} delivered {}", status.waiting, status.delivered));
            for (word, count) in [
                ("rejected", status.rejected),
                ("dropped", status.dropped),
                ("refused", status.refused),
                ("failures", status.failures as usize),
                ("flushing", usize::from(status.flushing)),
            ] {
                if count > 0 {
                    say(&format!("{word} {count}"));
                }
            }
        }
        Command::Warn(warning) => {
            say("warn");
            say(&format!("{warning:?}"));
        }
    }
    line
}

/// A row as it is put: its id, and what it counts if it is a report.
fn shown(row: &Row) -> String {
    if row.key == "!gate" {
        return format!("!gate={}", row.text);
    }
    event_name(&parse_value(&row.text).unwrap_or_default())
}

fn event_name(event: &Value) -> String {
    let id = text_of(event, "messageId").to_owned();
    let Some(properties) = event.get("properties") else { return id };
    let mut count = String::new();
    write(properties.get("dropped").unwrap_or(&Value::Null), &mut count);
    format!("{id}({count},{})", text_of(properties, "reason").replace(' ', "-"))
}
