//! Feeds as UTF-8, whatever they were saved in: what their first bytes or their XML declaration say.

use std::io::{BufRead, Error, ErrorKind, Read, Result};

use crate::TrainError;

/// The encodings that feeds come in, beside UTF-8.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Encoding {
    /// ISO-8859-1 too: browsers read both alike.
    Windows1252,
    Latin9,
    Utf16 {
        big: bool,
    },
}

/// What the bytes from 0x80 to 0x9f mean in Windows-1252; what it leaves free stays as it is.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The feed as UTF-8 without a byte order mark. What is not said to be anything else goes through as it is.
pub(crate) fn decoded<'r>(mut feed: impl BufRead + 'r) -> std::result::Result<Box<dyn BufRead + 'r>, TrainError> {
    let start = feed.fill_buf()?;
    let (mark, encoding) = match start {
        [0xef, 0xbb, 0xbf, ..] => (3, None),
        [0xff, 0xfe, ..] => (2, Some(Encoding::Utf16 { big: false })),
        [0xfe, 0xff, ..] => (2, Some(Encoding::Utf16 { big: true })),
        [b'<', 0, ..] => (0, Some(Encoding::Utf16 { big: false })),
        [0, b'<', ..] => (0, Some(Encoding::Utf16 { big: true })),
        _ => (0, declared(start).map_or(Ok(None), |name| named(&name))?),
    };
    feed.consume(mark);
    Ok(match encoding {
        None => Box::new(feed),
        Some(encoding) => Box::new(Decoded { inner: feed, encoding, rest: Vec::new(), text: Vec::new(), at: 0 }),
    })
}

/// The encoding that an XML declaration names.
fn declared(start: &[u8]) -> Option<String> {
    let declaration = start.strip_prefix(b"<?xml")?;
    let end = declaration.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(&declaration[..end]).ok()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    Some(value[1..].split(quote).next()?.to_ascii_lowercase())
}

fn named(name: &str) -> std::result::Result<Option<Encoding>, TrainError> {
    Ok(match name {
        // Who can read that it is UTF-16 reads something else.
        "" | "utf-8" | "utf8" | "us-ascii" | "ascii" | "utf-16" | "utf-16le" | "utf-16be" => None,
        "iso-8859-1" | "iso8859-1" | "latin1" | "latin-1" | "windows-1252" | "cp1252" => Some(Encoding::Windows1252),
        "iso-8859-15" | "iso8859-15" | "latin9" | "latin-9" => Some(Encoding::Latin9),
        other => {
            let reason = format!("the feed is in `{other}`, which is not read here, save it as UTF-8");
            return Err(TrainError::Feed { line: 1, reason });
        }
    })
}

struct Decoded<R> {
    inner: R,
    encoding: Encoding,
    /// Bytes that are no whole letter yet.
    rest: Vec<u8>,
    text: Vec<u8>,
    at: usize,
}

impl<R: BufRead> Decoded<R> {
    /// Takes in more text; there is none at the end.
    fn more(&mut self) -> Result<()> {
        (self.at, self.text) = (0, Vec::new());
        while self.text.is_empty() {
            let bytes = self.inner.fill_buf()?;
            let length = bytes.len();
            self.rest.extend_from_slice(bytes);
            self.inner.consume(length);
            let mut text = String::with_capacity(length);
            let read = match self.encoding {
                Encoding::Utf16 { big } => wide(&self.rest, big, &mut text)?,
                encoding => {
                    text.extend(self.rest.iter().map(|byte| letter(*byte, encoding)));
                    self.rest.len()
                }
            };
            self.rest.drain(..read);
            self.text = text.into_bytes();
            if length == 0 {
                return if self.rest.is_empty() {
                    Ok(())
                } else {
                    Err(wrong("the feed ends within a letter of UTF-16"))
                };
            }
        }
        Ok(())
    }
}

fn letter(byte: u8, encoding: Encoding) -> char {
    match (encoding, byte) {
        (Encoding::Latin9, 0xa4) => '€',
        (Encoding::Latin9, 0xa6) => 'Š',
        (Encoding::Latin9, 0xa8) => 'š',
        (Encoding::Latin9, 0xb4) => 'Ž',
        (Encoding::Latin9, 0xb8) => 'ž',
        (Encoding::Latin9, 0xbc) => 'Œ',
        (Encoding::Latin9, 0xbd) => 'œ',
        (Encoding::Latin9, 0xbe) => 'Ÿ',
        (Encoding::Windows1252, 0x80..=0x9f) => WINDOWS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// Reads whole letters of UTF-16 and answers how many bytes they took.
fn wide(bytes: &[u8], big: bool, text: &mut String) -> Result<usize> {
    let unit = |pair: &[u8]| {
        let pair = [pair[0], pair[1]];
        if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    };
    let mut units: Vec<u16> = bytes.chunks_exact(2).map(unit).collect();
    // The second half of a letter may come with the next bytes.
    if units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
        units.pop();
    }
    for letter in char::decode_utf16(units.iter().copied()) {
        text.push(letter.map_err(|_| wrong("the feed begins as UTF-16 and goes on as something else"))?);
    }
    Ok(2 * units.len())
}

fn wrong(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        if self.at >= self.text.len() {
            self.more()?;
        }
        Ok(&self.text[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> std::result::Result<String, String> {
        let mut text = String::new();
        // Small pieces, so that letters come in parts.
        let feed = std::io::BufReader::with_capacity(61, bytes);
        decoded(feed)
            .map_err(|error| error.to_string())?
            .read_to_string(&mut text)
            .map_err(|error| error.to_string())?;
        Ok(text)
    }

    #[test]
    fn what_a_feed_says_of_itself_is_believed() {
        let of =
            |name: &str, byte: u8| [format!("<?xml version='1.0' encoding='{name}'?>").as_bytes(), &[byte]].concat();
        for (name, byte, letter) in
            [("ISO-8859-1", 0xfc, 'ü'), ("Windows-1252", 0x80, '€'), ("ISO-8859-15", 0xa4, '€'), ("latin1", b'a', 'a')]
        {
            assert!(read(&of(name, byte)).unwrap().ends_with(letter), "{name}");
        }
        assert!(read(&of("Shift_JIS", b'a')).unwrap_err().contains("`shift_jis`"));
        assert!(read(&of("UTF-8", 0xfc)).unwrap_err().contains("UTF-8"));
        assert_eq!(read(b"\xef\xbb\xbfid").unwrap(), "id");
    }

    #[test]
    fn utf_16_is_known_by_its_first_bytes() {
        let text = format!("<a>{}</a>", "ü𝄞 ".repeat(100));
        let bytes = |big: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        for (mark, big) in [(&b"\xff\xfe"[..], false), (b"\xfe\xff", true), (b"", false), (b"", true)] {
            let bytes = [mark, &bytes(big)].concat();
            assert_eq!(read(&bytes).unwrap(), text);
            assert!(read(&bytes[..bytes.len() - 1]).is_err());
        }
    }
}
