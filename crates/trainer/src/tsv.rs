//! Reads sessions from a table: `session_id`, `item_id`, `timestamp` (Unix seconds), separated by tabs or commas.

use std::io::BufRead;

use crate::TrainError;
use crate::sessions::{Look, Names, Sessions};

/// What a table of sessions held.
#[derive(Debug)]
pub struct Table {
    /// The sessions.
    pub sessions: Sessions,
    /// The items' ids.
    pub items: Names,
}

/// Reads a table; `progress` hears after every line how many bytes it took.
///
/// # Errors
/// The table lacks a column, or a line lacks a cell or has a timestamp that is no number.
pub fn read_table(mut input: impl BufRead, mut progress: impl FnMut(u64)) -> Result<Table, TrainError> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let separator = if line.contains('\t') { '\t' } else { ',' };
    let names: Vec<&str> = line.trim_end_matches(['\n', '\r']).split(separator).collect();
    let column = |name: &'static str| {
        names.iter().position(|found| *found == name).ok_or(TrainError::NoColumn { name, found: names.join(", ") })
    };
    let columns = [column("session_id")?, column("item_id")?, column("timestamp")?];
    let width = names.len();
    progress(line.len() as u64);

    let (mut items, mut sessions, mut looks) = (Names::default(), Names::default(), Vec::new());
    for number in 2u64.. {
        line.clear();
        if input.read_line(&mut line)? == 0 {
            break;
        }
        progress(line.len() as u64);
        let row = line.trim_end_matches(['\n', '\r']);
        if row.is_empty() {
            continue;
        }
        let mut cells = [""; 3];
        let mut found = 0;
        for (nth, cell) in row.split(separator).enumerate().take(width) {
            if let Some(slot) = columns.iter().position(|column| *column == nth) {
                cells[slot] = cell;
                found += 1;
            }
        }
        let at = cells[2].parse::<i64>().ok().or_else(|| cells[2].parse::<f64>().ok().map(|at| at as i64));
        match at {
            Some(at) if found == 3 && !cells[1].is_empty() => {
                let (session, item) = (sessions.number_of(cells[0]), items.number_of(cells[1]));
                looks.push(Look { session, item, at });
            }
            _ => return Err(TrainError::BadLine { line: number, text: row.chars().take(80).collect() }),
        }
    }
    let count = items.len();
    Ok(Table { sessions: Sessions::from_looks(looks, count), items })
}
