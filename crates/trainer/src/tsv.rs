//! Reads sessions from a table: `session_id`, `item_id`, `timestamp` (Unix seconds), separated by tabs or commas.

use std::io::{BufRead, Read};

use csv::ByteRecord;

use crate::TrainError;
use crate::events::{BYTE_ORDER_MARK, BadLine, MOST_TOLD, millis};
use crate::sessions::{Look, Names, Sessions};

/// Seconds of the year 5138, milliseconds of 1973: a larger number than this is milliseconds.
const MOST_SECONDS: f64 = 1e11;

/// Behind a table, so that its last line has an end too.
pub(crate) const LAST_END: &[u8] = b"\n";

/// What a table of sessions held.
#[derive(Debug)]
pub struct Table {
    /// The sessions.
    pub sessions: Sessions,
    /// The items' ids.
    pub items: Names,
    /// How many rows there were.
    pub lines: u64,
    /// How many of them could not be used.
    pub bad: u64,
    /// The first of those.
    pub bad_lines: Vec<BadLine>,
}

/// Reads a table; `progress` hears after every row how many bytes it took.
///
/// # Errors
/// The table cannot be read or lacks a column. A bad row is no error: it is noted and passed over.
pub fn read_table(mut input: impl BufRead, mut progress: impl FnMut(u64)) -> Result<Table, TrainError> {
    // Only the first line can tell what separates the cells.
    let mut head = Vec::new();
    input.read_until(b'\n', &mut head)?;
    let tabs = head.contains(&b'\t');
    let head = head.strip_prefix(BYTE_ORDER_MARK).map(<[u8]>::to_vec).unwrap_or(head);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if tabs { b'\t' } else { b',' })
        .quoting(!tabs)
        .flexible(true)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(head.as_slice().chain(input).chain(LAST_END));
    let mut names = reader.byte_headers().map_err(unread)?.clone();
    without_return(&mut names);
    let column = |name: &'static str| {
        names.iter().position(|found| found == name.as_bytes()).ok_or_else(|| TrainError::NoColumn {
            name,
            found: names.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(", "),
        })
    };
    let columns = [column("session_id")?, column("item_id")?, column("timestamp")?];

    let (mut items, mut sessions, mut looks) = (Names::default(), Names::default(), Vec::new());
    let (mut lines, mut bad, mut bad_lines) = (0, 0, Vec::new());
    let (mut row, mut before) = (ByteRecord::new(), 0);
    while reader.read_byte_record(&mut row).map_err(unread)? {
        let read = reader.position().byte();
        progress(read - before);
        before = read;
        without_return(&mut row);
        if row.len() == 1 && row[0].is_empty() {
            continue;
        }
        lines += 1;
        let cell = |nth: usize| std::str::from_utf8(row.get(columns[nth])?).ok().filter(|text| !text.is_empty());
        match (cell(0), cell(1), cell(2).and_then(seconds)) {
            (Some(session), Some(item), Some(at)) => {
                looks.push(Look { session: sessions.number_of(session), item: items.number_of(item), at });
            }
            _ => {
                bad += 1;
                if bad_lines.len() < MOST_TOLD {
                    bad_lines.push(BadLine { line: line_of(&reader, &row), reason: reason(&row) });
                }
            }
        }
    }
    let count = items.len();
    Ok(Table { sessions: Sessions::from_looks(looks, count), items, lines, bad, bad_lines })
}

/// Takes away what Windows ends a line with, of a row that was read up to the end of its line.
pub(crate) fn without_return(row: &mut ByteRecord) {
    let last = row.iter().next_back().and_then(|cell| cell.strip_suffix(b"\r")).map(<[u8]>::to_vec);
    if let Some(last) = last {
        row.truncate(row.len() - 1);
        row.push_field(&last);
    }
}

/// The line in which a row begins that was read last: the reader's own count is one short behind `\r\n` and empty lines.
///
/// INVARIANT: what is read ends with [`LAST_END`].
pub(crate) fn line_of<R: Read>(reader: &csv::Reader<R>, row: &ByteRecord) -> u64 {
    let inside = row.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
    reader.position().line().saturating_sub(inside + 1)
}

/// The moment in Unix seconds: written so, in milliseconds, or as a date and time.
fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    let of_number = number.map(|number| if number.abs() > MOST_SECONDS { number / 1000.0 } else { number } as i64);
    of_number.or_else(|| millis(text).map(|millis| millis.div_euclid(1000)))
}

fn reason(row: &ByteRecord) -> String {
    let cells: Vec<_> = row.iter().map(String::from_utf8_lossy).collect();
    let found: String = cells.join(" ").chars().take(80).collect();
    format!("expected a session, an item and a time such as Unix seconds, found `{found}`")
}

fn unread(error: csv::Error) -> TrainError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => TrainError::Io(error),
        other => TrainError::Io(std::io::Error::other(format!("{other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(table: &[u8]) -> Vec<Vec<String>> {
        let read = read_table(table, |_| {}).unwrap();
        read.sessions.iter().map(|items| items.iter().map(|item| read.items.name(*item).to_owned()).collect()).collect()
    }

    #[test]
    fn tables_are_read_as_they_come() {
        for table in [
            "session_id\titem_id\ttimestamp\n1\ta\t1\n1\tb, \"c\t2\n2\tb, \"c\t3\n2\ta\t4\n",
            "\u{feff}session_id\titem_id\ttimestamp\r\n1\ta\t1\r\n\r\n1\tb, \"c\t2\r\n2\tb, \"c\t3.5\r\n2\ta\t4",
            "\"session_id\",\"item_id\",\"timestamp\"\n1,a,1\n1,\"b, \"\"c\",2\n2,\"b, \"\"c\",3\n2,a,4\n",
            "timestamp\tmore\titem_id\tsession_id\n4\tx\ta\tt\n3\tx\tb, \"c\tt\n1\tx\ta\ts\n2\tx\tb, \"c\ts\n",
            "session_id\titem_id\ttimestamp\n1\ta\t1767225600000\n1\tb, \"c\t1767225601000\n2\tb, \"c\t1767225602\n2\ta\t1767225603\n",
            "session_id\titem_id\ttimestamp\n1\ta\t2026-01-01T00:00:00Z\n1\tb, \"c\t2026-01-01T00:00:01Z\n2\tb, \"c\t2026-01-01T00:00:02Z\n2\ta\t2026-01-01 00:00:03\n",
        ] {
            assert_eq!(sessions(table.as_bytes()), [["a", "b, \"c"], ["b, \"c", "a"]], "{table}");
        }
    }

    #[test]
    fn bad_rows_are_noted_and_passed_over() {
        let plain: &[u8] =
            b"session_id\titem_id\ttimestamp\ns\ta\t1\ns\t\t2\ns\tb\nx\n\n\tb\t2\ns\t\xff\t2\ns\tb\tsoon\ns\tb\t3\ns\tb\tNaN";
        let windows: Vec<u8> = plain
            .split_inclusive(|byte| *byte == b'\n')
            .flat_map(|line| {
                [line.strip_suffix(b"\n").unwrap_or(line), if line.ends_with(b"\n") { b"\r\n" } else { b"" }].concat()
            })
            .collect();
        for table in [plain, &windows, &[&windows, b"\r\n".as_slice()].concat()] {
            let read = read_table(table, |_| {}).unwrap();
            assert_eq!((read.lines, read.bad), (9, 7));
            assert_eq!(read.bad_lines.iter().map(|bad| bad.line).collect::<Vec<_>>(), [3, 4, 5, 7, 8, 9, 11]);
            assert_eq!(sessions(table), [["a", "b"]]);
        }
    }

    #[test]
    fn a_table_without_a_column_is_refused() {
        for (table, lacks) in [("", "session_id"), ("session_id\titem\n", "item_id"), ("1,2,3\n", "session_id")] {
            let error = read_table(table.as_bytes(), |_| {}).unwrap_err().to_string();
            assert!(error.contains(lacks), "{error}");
        }
    }
}
