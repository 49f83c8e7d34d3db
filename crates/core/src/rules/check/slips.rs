//! Slips in writing JSON, mended so that `check` can go on: one comma too many need not hide what else is wrong.
//!
//! Each slip is an error; only what stands where the slip was is left out of what is found afterwards. The page never
//! does this: a document that is not JSON is not used.

use super::Finding;
use crate::json::{self, JsonError};
use crate::rules::Problem;

/// So many bytes are read again and again at most, so that no number of slips takes long.
const PATIENCE: usize = 100 << 20;
/// So many slips are told at most.
const MOST: usize = 100;

/// A text in which slips were mended.
pub(super) struct Mended {
    pub(super) text: String,
    /// Whether it is JSON now.
    pub(super) whole: bool,
    /// What was wrong, in places of the text as it was.
    pub(super) slips: Vec<Finding>,
    /// Where something was put in: offsets in the mended text.
    added: Vec<usize>,
    /// What stands for something that was no JSON, in the mended text.
    made_up: Vec<(usize, usize)>,
}

/// What can be done about a slip.
enum Mend {
    /// Space in place of what stands between two offsets.
    Blank(usize, usize),
    /// A value of no meaning in place of it.
    MakeUp(usize, usize),
    /// Another character in place of the one at an offset.
    Replace(usize, u8),
    /// Both quotes around what stands between two offsets.
    Requote(usize, usize),
    /// A character before an offset.
    Add(usize, u8),
    /// Quotes around what stands between two offsets.
    Quote(usize, usize),
}

/// The text with its slips mended, up to one that nobody can be sure how to mend.
pub(super) fn mended(text: &str) -> Mended {
    let mut mended =
        Mended { text: text.to_owned(), whole: false, slips: Vec::new(), added: Vec::new(), made_up: Vec::new() };
    for _ in 0..MOST.min(1 + PATIENCE / text.len().max(1)) {
        let Err(error) = json::parse(&mended.text) else {
            mended.whole = true;
            break;
        };
        let next = mended.text.get(error.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let slip = slip(mended.text.as_bytes(), &error);
        let (mend, (at, end), message) = match slip {
            Some((mend, place, message)) => (Some(mend), place, message),
            None => (None, (error.at, error.at + next), error.message),
        };
        let (at, end) = (mended.place_of(at), mended.place_of(end));
        mended.slips.push(Problem::error("not-json", text, at, end, message).into());
        let Some(mend) = mend else { break };
        mended.apply(mend);
    }
    mended
}

impl Mended {
    /// The place that it had in the text as it was.
    fn place_of(&self, at: usize) -> usize {
        at - self.added.iter().filter(|added| **added < at).count()
    }

    /// What was found in the mended text, in places of the text as it was.
    pub(super) fn in_place(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        findings.retain(|finding| {
            let (at, end) = (finding.problem.at, finding.problem.end);
            !self.made_up.iter().any(|span| span.0 == at && span.1 >= end)
        });
        for finding in &mut findings {
            finding.problem.at = self.place_of(finding.problem.at);
            finding.problem.end = self.place_of(finding.problem.end);
        }
        findings
    }

    fn apply(&mut self, mend: Mend) {
        let fill = |text: &mut String, at: usize, end: usize, first: &str| {
            let kept = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
            let blank: String = text.bytes().take(end).skip(at + first.len()).map(kept).collect();
            text.replace_range(at..end, &[first, &blank].concat());
        };
        match mend {
            Mend::Blank(at, end) => fill(&mut self.text, at, end, ""),
            Mend::MakeUp(at, end) => {
                fill(&mut self.text, at, end, "0");
                self.made_up.push((at, end));
            }
            Mend::Replace(at, byte) => self.text.replace_range(at..at + 1, char::from(byte).encode_utf8(&mut [0; 4])),
            Mend::Requote(at, end) => {
                self.text.replace_range(at..at + 1, "\"");
                self.text.replace_range(end - 1..end, "\"");
            }
            Mend::Add(at, byte) => self.add(at, byte),
            Mend::Quote(at, end) => {
                self.add(end, b'"');
                self.add(at, b'"');
            }
        }
    }

    fn add(&mut self, at: usize, byte: u8) {
        self.text.insert(at, char::from(byte));
        for place in self.added.iter_mut().chain(self.made_up.iter_mut().flat_map(|(at, end)| [at, end])) {
            *place += usize::from(*place >= at);
        }
        self.added.push(at);
    }
}

/// What to do about a slip, where it is, and what it is called.
fn slip(text: &[u8], error: &JsonError) -> Option<(Mend, (usize, usize), &'static str)> {
    let at = error.at;
    let byte = *text.get(at)?;
    let before = text.get(..at)?.iter().rposition(|byte| !byte.is_ascii_whitespace());
    let last = before.and_then(|before| text.get(before).copied());
    let here = (at, at + 1);
    let wants = |start: &str| error.message.starts_with(start);
    Some(match byte {
        b'}' | b']' if last == Some(b',') => {
            let comma = before?;
            (Mend::Replace(comma, b' '), (comma, comma + 1), "a comma before a closing bracket, take it away")
        }
        b',' if matches!(last, Some(b',' | b'[' | b'{' | b':')) => {
            (Mend::Replace(at, b' '), here, "a comma with nothing before it, take it away")
        }
        b'#' | b'/' if !wants("unknown escape") && !wants("a control") => {
            let end = comment(text, at)?;
            (Mend::Blank(at, end), (at, end), "a comment, which JSON does not have, take it away")
        }
        b'\'' => {
            let end = quoted(text, at)?;
            (Mend::Requote(at, end), (at, end), "single quotes, write double ones")
        }
        _ if wants("expected `,`") && starts_value(byte) => {
            (Mend::Add(at, b','), here, "expected a comma between this and what comes before")
        }
        b'=' if wants("expected `:`") => (Mend::Replace(at, b':'), here, error.message),
        _ if wants("expected `:`") && starts_value(byte) => (Mend::Add(at, b':'), here, error.message),
        _ if wants("expected a member name") && is_word(byte) => {
            let end = word_end(text, at);
            (Mend::Quote(at, end), (at, end), error.message)
        }
        b'\t' if wants("a control") => (Mend::Replace(at, b' '), here, error.message),
        _ if wants("unknown escape") => (Mend::Replace(at - 1, b' '), (at - 1, at), error.message),
        _ if wants("expected a JSON value") || wants("not a JSON number") || wants("a number out of range") => {
            let end = word_end(text, at);
            (Mend::MakeUp(at, (end > at).then_some(end)?), (at, end), error.message)
        }
        _ if wants("expected a digit") => {
            // The number begins before the place that lacks a digit.
            let start = text.get(..at)?.iter().rposition(|byte| !is_word(*byte)).map_or(0, |before| before + 1);
            let end = word_end(text, at);
            (Mend::MakeUp(start, (end > start).then_some(end)?), (start, end), error.message)
        }
        _ => return None,
    })
}

/// Where the comment ends that begins here.
fn comment(text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    if rest.starts_with(b"/*") {
        return Some(at + 2 + rest.get(2..)?.windows(2).position(|pair| pair == b"*/")? + 2);
    }
    let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    (rest.starts_with(b"//") || rest.starts_with(b"#")).then_some(at + line)
}

/// Where the text in single quotes ends that begins here, if they only need to be exchanged.
fn quoted(text: &[u8], at: usize) -> Option<usize> {
    let inside = text.get(at + 1..)?;
    let length = inside.iter().position(|byte| matches!(byte, b'\'' | b'"' | b'\\' | b'\n'))?;
    (inside.get(length) == Some(&b'\'')).then_some(at + length + 2)
}

fn starts_value(byte: u8) -> bool {
    matches!(byte, b'"' | b'{' | b'[' | b'\'') || is_word(byte)
}

/// Whether it may be part of a number, or of a word without quotes.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_' | b'$') || byte >= 0x80
}

fn word_end(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or(&[]);
    at + rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each slip as what it stands on, and the text, if it is JSON now.
    fn slips(text: &str) -> (Vec<&str>, Option<crate::schema::Value>) {
        let mended = mended(text);
        let found = mended.slips.iter().map(|slip| &text[slip.problem.at..slip.problem.end]).collect();
        (found, mended.whole.then(|| json::parse_value(&mended.text).unwrap()))
    }

    #[test]
    fn slips_that_are_clear_are_mended_and_each_is_told() {
        for (text, places, meant) in [
            (r#"{"a":[1,2,],}"#, vec![",", ","], r#"{"a":[1,2]}"#),
            (r#"[,1,,2]"#, vec![",", ","], "[1,2]"),
            (r#"{"a":1 "b":2"c":[1{}]}"#, vec!["\"", "\"", "{"], r#"{"a":1,"b":2,"c":[1,{}]}"#),
            (
                "{ // one\n\"a\": 1, /* two\n */ \"b\" # three\n: 2 }",
                vec!["// one", "/* two\n */", "# three"],
                r#"{"a":1,"b":2}"#,
            ),
            ("{'a': 'b'}", vec!["'a'", "'b'"], r#"{"a":"b"}"#),
            ("{a: 1, $b_c: {d-e: 2}}", vec!["a", "$b_c", "d-e"], r#"{"a":1,"$b_c":{"d-e":2}}"#),
            (
                "[NaN, -Infinity, 01, .5, 1., 1e, 1e999, True, ü]",
                vec!["NaN", "-Infinity", "01", ".5", "1.", "1e", "1e999", "True", "ü"],
                "[0,0,0,0,0,0,0,0,0]",
            ),
            (r#"{"a" 1, "b" = 2}"#, vec!["1", "="], r#"{"a":1,"b":2}"#),
            ("[\"a\tb\", \"c\\x\"]", vec!["\t", "\\"], r#"["a b","c x"]"#),
        ] {
            assert_eq!(slips(text), (places, json::parse_value(meant).ok()), "{text}");
        }
    }

    #[test]
    fn what_nobody_can_be_sure_of_is_told_and_left() {
        let deep = "[".repeat(200);
        for (text, places) in [
            ("", vec![""]),
            ("[1", vec![""]),
            ("{\"a\": [1}", vec!["}"]),
            ("[1,] 2", vec![",", "2"]),
            ("\"a", vec![""]),
            ("[\"a\nb\"]", vec!["\n"]),
            ("/* a", vec!["/"]),
            ("{'it\\'s': 1}", vec!["'"]),
            ("[1 2, ?]", vec!["2", "?"]),
            (&deep, vec!["["]),
        ] {
            assert_eq!(slips(text), (places, None), "{text}");
        }
        assert_eq!(slips("[1]"), (vec![], json::parse_value("[1]").ok()));
    }

    #[test]
    fn no_number_of_slips_takes_long() {
        assert_eq!(slips(&format!("[{}1]", "1 ".repeat(2_000))).0.len(), MOST);
        let long = format!("[{}1]", "1 ".repeat(10 << 20));
        assert_eq!(slips(&long).0.len(), 1 + PATIENCE / long.len());
    }
}
