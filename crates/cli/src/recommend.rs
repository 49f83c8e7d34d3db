//! `tailorbird recommend`: answers sessions with the items that come next, from the very files that the browser reads.

use std::io::{BufRead, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use tailorbird_core::json;
use tailorbird_trainer::folder;

use crate::failure::Failure;

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
pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let model = folder::open(&options.model).map_err(|error| Failure::Input(error.to_string()))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let written = |error: std::io::Error| Failure::Input(format!("standard output: {error}"));
    let mut text = String::new();
    for (nth, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line.map_err(|error| Failure::Input(format!("standard input: {error}")))?;
        if line.trim().is_empty() {
            continue;
        }
        let bad = |what: &str| {
            let wanted = "write one object like {\"prefix\":[\"id\"]} a line";
            Failure::Input(format!("line {}: {what}, {wanted}", nth + 1))
        };
        let case = json::parse(&line).map_err(|error| bad(error.message))?;
        let prefix = case.get("prefix").ok_or_else(|| bad("no `prefix`"))?;
        let session: Option<Vec<&str>> = prefix.items().map(json::Node::as_str).collect();
        let session = session.ok_or_else(|| bad("`prefix` holds something other than text"))?;
        text.clear();
        text.push('[');
        for (nth, pick) in model.next(&session, options.repeats, options.limit).iter().enumerate() {
            if nth > 0 {
                text.push(',');
            }
            json::write_text(pick.id, &mut text);
        }
        text.push_str("]\n");
        out.write_all(text.as_bytes()).map_err(written)?;
    }
    out.flush().map_err(written)
}
