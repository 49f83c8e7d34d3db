//! Google Merchant feeds as RSS or Atom: each `item` or `entry` is a product.

use std::io::BufRead;

use quick_xml::events::Event;
use quick_xml::{Error, Reader};

use super::field::{Fields, known};
use super::lines::Lines;
use super::{Options, Sink};
use crate::TrainError;

/// So many faults one after the other, without a product between them, mean that this is no feed.
const MOST_FAULTS: usize = 100;

pub(crate) fn read(feed: impl BufRead, options: &Options, sink: &mut Sink) -> Result<(), TrainError> {
    let (feed, line) = Lines::new(feed);
    let mut reader = Reader::from_reader(feed);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    config.expand_empty_elements = true;
    let mut buffer = Vec::new();
    let mut row: Option<Row> = None;
    let (mut faults, mut products) = (0, 0u64);
    // The element that holds all others, and whether it was closed: a feed may end early between products too.
    let (mut outermost, mut whole): (Option<String>, bool) = (None, false);
    loop {
        buffer.clear();
        let at = line.get();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) => break,
            Ok(Event::Start(start)) => {
                let name = start.name().local_name().into_inner().to_owned();
                if outermost.is_none() {
                    outermost = Some(name.clone());
                }
                match &mut row {
                    _ if is_product(&name) => {
                        // One that begins within another: the other was never closed.
                        if let Some(open) = row.take() {
                            sink(
                                open.line,
                                Err(format!("the product is not closed before the next one begins, {END}")),
                            )?;
                        }
                        row = Some(Row { line: at, fields: Fields::new(), element: None, depth: 0, fault: None });
                    }
                    Some(row) => row.open(&name),
                    None => {}
                }
            }
            Ok(Event::End(end)) => {
                let name = end.name().local_name().into_inner().to_owned();
                whole = outermost.as_ref() == Some(&name);
                if is_product(&name)
                    && let Some(row) = row.take()
                {
                    faults = 0;
                    products += 1;
                    sink(row.line, row.fault.map_or_else(|| row.fields.finish(options.now), Err))?;
                } else if let Some(row) = &mut row {
                    row.close();
                }
            }
            Ok(Event::Text(text)) => row.iter_mut().for_each(|row| row.text(&text.xml10_content())),
            Ok(Event::CData(text)) => row.iter_mut().for_each(|row| row.text(&text.xml10_content())),
            Ok(Event::GeneralRef(reference)) => {
                let letter = match reference.as_ref() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    "nbsp" => Some(' '),
                    _ => reference.resolve_char_ref().ok().flatten(),
                };
                if let Some(row) = &mut row {
                    match letter {
                        Some(letter) => row.text(letter.encode_utf8(&mut [0; 4])),
                        // HTML's names are common in feeds that nobody checked: the text stays as it is.
                        None => row.text(&format!("&{};", reference.as_ref())),
                    }
                }
            }
            Ok(_) => {}
            Err(Error::Io(error)) => return Err(std::io::Error::other(error).into()),
            Err(Error::Encoding(_)) => {
                let reason = "not UTF-8, save the feed as UTF-8 or have its first line say what it is, as in \
                              `<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>`";
                return Err(TrainError::Feed { line: line.get(), reason: reason.into() });
            }
            Err(error) => {
                faults += 1;
                match &mut row {
                    Some(row) => row.fault = Some(format!("{error}, {END}")),
                    None => sink(at, Err(format!("{error}, {END}")))?,
                }
                if faults >= MOST_FAULTS {
                    return Err(TrainError::Feed {
                        line: at,
                        reason: "too many faults, is this a product feed?".into(),
                    });
                }
            }
        }
    }
    let line = row.as_ref().map_or_else(|| line.get(), |open| open.line);
    let reason = match outermost {
        _ if row.is_some() => "the feed ends within the product that begins here, get all of it".to_owned(),
        _ if products == 0 => "no `item` or `entry`, give a Google Merchant feed".to_owned(),
        Some(name) if !whole => format!("the feed ends before `</{name}>`, get all of it"),
        _ => return Ok(()),
    };
    Err(TrainError::Feed { line, reason })
}

const END: &str = "repair the feed's XML there";

fn is_product(name: &str) -> bool {
    matches!(name, "item" | "entry")
}

/// A product that is being read.
struct Row {
    line: u64,
    fields: Fields,
    /// The field that text belongs to, and the text.
    element: Option<(String, String)>,
    /// How deep within that field's element.
    depth: usize,
    fault: Option<String>,
}

impl Row {
    fn open(&mut self, name: &str) {
        match &self.element {
            Some(_) => self.depth += 1,
            None => self.element = Some((name.to_owned(), String::new())),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some((_, own)) = &mut self.element
            && self.depth == 0
        {
            own.push_str(text);
        }
    }

    fn close(&mut self) {
        if self.depth > 0 {
            self.depth -= 1;
        } else if let Some((name, text)) = self.element.take()
            && let Some(field) = known(&name)
        {
            self.fields.set(&field, &text);
        }
    }
}
