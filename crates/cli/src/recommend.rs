//! `tailorbird recommend`: answers sessions with the items that come next, from the very files that the browser reads.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use tailorbird_core::json;
use tailorbird_trainer::folder;

use crate::failure::Failure;
use crate::output::is_read;

/// What `recommend` can be told.
#[derive(Args)]
pub(crate) struct Options {
    /// The folder that `train` wrote.
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Let the current item be among the answers, as published measurements do.
    #[arg(long)]
    repeats: bool,
    /// How many items an answer has.
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    limit: usize,
}

/// Reads lines like `{"prefix":["a","b"],"t":1700000000}` and answers each with a line like `["c","d"]`.
///
/// A line that cannot be read is answered with an empty list, so that the answers stay in step with the questions.
pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let model = folder::open(&options.model).map_err(|error| Failure::Input(error.to_string()))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut input = BufReader::with_capacity(1 << 16, std::io::stdin().lock());
    let (mut line, mut text, mut bad) = (Vec::new(), String::new(), 0_u64);
    for nth in 1_u64.. {
        line.clear();
        let read = input.read_until(b'\n', &mut line);
        if read.map_err(|error| Failure::Input(format!("standard input: {error}")))? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        text.clear();
        text.push('[');
        match question(&line) {
            Ok(session) => {
                let session: Vec<&str> = session.iter().map(String::as_str).collect();
                for (nth, pick) in model.next(&session, options.repeats, options.limit).iter().enumerate() {
                    if nth > 0 {
                        text.push(',');
                    }
                    json::write_text(pick.id, &mut text);
                }
            }
            Err(what) => {
                bad += 1;
                eprintln!("tailorbird: line {nth}: {what}, write one object like {{\"prefix\":[\"id\"]}} a line");
            }
        }
        text.push_str("]\n");
        let written = out.write_all(text.as_bytes());
        // Who asks one question at a time waits for the answer.
        let written = if input.buffer().is_empty() { written.and_then(|()| out.flush()) } else { written };
        if !is_read(written)? {
            return Ok(());
        }
    }
    is_read(out.flush())?;
    if bad > 0 { Err(Failure::Told) } else { Ok(()) }
}

/// The ids of a session; numbers count as ids too.
fn question(line: &[u8]) -> Result<Vec<String>, &'static str> {
    let line = std::str::from_utf8(line).map_err(|_| "not UTF-8")?;
    let case = json::parse(line).map_err(|error| error.message)?;
    let prefix = case.get("prefix").ok_or("no `prefix`")?;
    if prefix.kind() != json::Kind::List {
        return Err("`prefix` is no list");
    }
    let id = |node: json::Node| match node.kind() {
        json::Kind::Number => Some(node.raw().to_owned()),
        _ => node.as_str().map(str::to_owned),
    };
    prefix.items().map(id).collect::<Option<_>>().ok_or("`prefix` holds something other than ids")
}
