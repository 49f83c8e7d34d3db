//! Tables: Google's TSV, and CSV with any names for its columns.

use std::io::BufRead;

use csv::{ByteRecord, ErrorKind, ReaderBuilder};

use super::field::Fields;
use super::{Options, Sink};
use crate::TrainError;
use crate::tsv::{LAST_END, line_of, without_return};

pub(crate) fn read(mut feed: impl BufRead, options: &Options, sink: &mut Sink) -> Result<(), TrainError> {
    let start = feed.fill_buf()?;
    let head = start.split(|byte| *byte == b'\n').next().unwrap_or(start);
    let count = |separator: u8| head.iter().filter(|byte| **byte == separator).count();
    let separator = [b'\t', b';', b',', b'|'].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',');
    // Google's TSV knows no quotes; a lone one in a name would swallow the rest of the feed.
    let quoting = separator != b'\t' || start.windows(2).any(|pair| pair == b"\t\"");
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .quoting(quoting)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(feed.chain(LAST_END));

    let names: Vec<String> = match reader.headers() {
        Ok(names) => names.iter().map(|name| name.trim().to_owned()).collect(),
        Err(error) => return Err(TrainError::Feed { line: 1, reason: error.to_string() }),
    };
    if let Some(missing) = options.mapping.columns().find(|column| !names.iter().any(|name| name == column)) {
        let reason = format!("no column `{missing}`, there are `{}`", names.join("`, `"));
        return Err(TrainError::Feed { line: 1, reason });
    }
    let fields: Vec<Option<String>> = names.iter().map(|name| options.mapping.field_of(name)).collect();
    for wanted in ["id", "name"] {
        if !fields.iter().flatten().any(|field| field == wanted) {
            let reason = format!("no column for `{wanted}` among `{}`, say --map {wanted}=COLUMN", names.join("`, `"));
            return Err(TrainError::Feed { line: 1, reason });
        }
    }
    let mut record = ByteRecord::new();
    // Where a row with too few cells ended: if the table does too, without an end of the line, it was cut off there.
    let mut short = None;
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(false) => {
                return match short {
                    Some((line, end)) if end == reader.position().byte() => {
                        Err(TrainError::Feed { line, reason: "the table ends within this row, get all of it".into() })
                    }
                    _ => Ok(()),
                };
            }
            Ok(true) => {}
            Err(error) => match error.into_kind() {
                ErrorKind::Io(error) => return Err(error.into()),
                other => {
                    sink(reader.position().line(), Err(format!("{other:?}")))?;
                    continue;
                }
            },
        }
        without_return(&mut record);
        if record.len() == 1 && record[0].is_empty() {
            continue;
        }
        let line = line_of(&reader, &record);
        if record.len() != names.len() {
            if record.len() < names.len() {
                short = Some((line, reader.position().byte()));
            }
            let reason = format!(
                "{} cells where the first line names {}, quote cells that hold the separator",
                record.len(),
                names.len()
            );
            sink(line, Err(reason))?;
            continue;
        }
        let mut row = Fields::new();
        for (cell, (field, name)) in record.iter().zip(fields.iter().zip(&names)) {
            match (field, std::str::from_utf8(cell)) {
                (Some(field), Ok(text)) => row.set(field, text),
                // It will not be the only row: all of the table was saved as something else.
                (Some(_), Err(_)) => {
                    let reason = format!("column `{name}` is not UTF-8, save the table as UTF-8");
                    return Err(TrainError::Feed { line, reason });
                }
                (None, _) => {}
            }
        }
        sink(line, row.finish(options.now))?;
    }
}
