//! JSON text with positions: one small reader for rules, catalogues and stored profiles, and a writer.
//!
//! A tree that remembers where each node stands lets `check` and the browser's warnings point at line and column.
//! serde_json was weighed against it for the browser and knows no positions.

use crate::schema::Value;
use std::borrow::Cow;

/// Deeper nesting than this is refused.
pub const MAX_DEPTH: usize = 100;

/// A JSON value and where it stands in the text (byte offsets).
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'a> {
    /// Where it begins.
    pub at: usize,
    /// Where it ends.
    pub end: usize,
    /// What it is.
    pub kind: Kind<'a>,
}

/// The value of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A finite number.
    Number(f64),
    /// Text, unescaped; borrowed where it held no escapes.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Node<'a>>),
    /// An object; members in order, repeated names kept.
    Map(Vec<Member<'a>>),
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Member<'a> {
    /// Its name, unescaped.
    pub key: Cow<'a, str>,
    /// Where the name's opening quote stands.
    pub at: usize,
    /// Its value.
    pub value: Node<'a>,
}

/// Text that is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// Byte offset of the trouble.
    pub at: usize,
    /// One lower-case sentence.
    pub message: &'static str,
}

/// The line and the column (both from 1, columns in characters) of a byte offset.
pub fn line_column(text: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = text.get(..at).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |found| found + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before.get(line_start..).map_or(0, |part| part.chars().count()) + 1)
}

impl<'a> Node<'a> {
    /// The last member with this name; `None` for anything but an object.
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.members().iter().rev().find(|member| member.key == key).map(|member| &member.value)
    }
    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }
    /// The number, if it is a number.
    pub fn as_f64(&self) -> Option<f64> {
        match self.kind {
            Kind::Number(number) => Some(number),
            _ => None,
        }
    }
    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(flag) => Some(flag),
            _ => None,
        }
    }
    /// The items of an array; empty for anything else.
    pub fn items(&self) -> &[Node<'a>] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }
    /// The members of an object; empty for anything else.
    pub fn members(&self) -> &[Member<'a>] {
        match &self.kind {
            Kind::Map(members) => members,
            _ => &[],
        }
    }
    /// Whether it is an object.
    pub fn is_map(&self) -> bool {
        matches!(self.kind, Kind::Map(_))
    }
    /// What a person would call it: `an object`, `text`, …
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "true or false",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "an object",
        }
    }
    /// The value without positions.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(flag) => Value::Bool(*flag),
            Kind::Number(number) => Value::Number(*number),
            Kind::Text(text) => Value::Text(text.clone().into_owned()),
            Kind::List(items) => Value::List(items.iter().map(Node::to_value).collect()),
            Kind::Map(members) => Value::Map(
                members.iter().map(|member| (member.key.clone().into_owned(), member.value.to_value())).collect(),
            ),
        }
    }
}

/// Reads one JSON document.
///
/// # Errors
/// The first place where the text is not JSON, nests deeper than [`MAX_DEPTH`] or holds a number out of range.
pub fn parse(text: &str) -> Result<Node<'_>, JsonError> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0 };
    if text.starts_with('\u{feff}') {
        reader.at = 3;
    }
    let node = reader.node(0)?;
    reader.space();
    if reader.at < text.len() {
        return reader.fail("text goes on after the end of the document");
    }
    Ok(node)
}

/// Reads one JSON document as a plain value.
///
/// # Errors
/// As [`parse`].
pub fn parse_value(text: &str) -> Result<Value, JsonError> {
    parse(text).map(|node| node.to_value())
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn fail<T>(&self, message: &'static str) -> Result<T, JsonError> {
        Err(JsonError { at: self.at, message })
    }
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn node(&mut self, depth: usize) -> Result<Node<'a>, JsonError> {
        if depth > MAX_DEPTH {
            return self.fail("nested too deeply, at most 100 levels");
        }
        self.space();
        let at = self.at;
        let kind = match self.peek() {
            Some(b'{') => Kind::Map(self.map(depth)?),
            Some(b'[') => Kind::List(self.list(depth)?),
            Some(b'"') => Kind::Text(self.text()?),
            Some(b't') => self.word("true", Kind::Bool(true))?,
            Some(b'f') => self.word("false", Kind::Bool(false))?,
            Some(b'n') => self.word("null", Kind::Null)?,
            Some(b'-' | b'0'..=b'9') => Kind::Number(self.number()?),
            None => return self.fail("the document ends too early"),
            Some(_) => return self.fail("expected a JSON value"),
        };
        Ok(Node { at, end: self.at, kind })
    }

    fn word(&mut self, word: &str, kind: Kind<'a>) -> Result<Kind<'a>, JsonError> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            return Ok(kind);
        }
        self.fail("expected a JSON value")
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node<'a>>, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.eat(b']') {
            return Ok(items);
        }
        loop {
            items.push(self.node(depth + 1)?);
            self.space();
            if self.eat(b']') {
                return Ok(items);
            }
            if !self.eat(b',') {
                return self.fail("expected `,` or `]`");
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Vec<Member<'a>>, JsonError> {
        self.at += 1;
        let mut members = Vec::new();
        self.space();
        if self.eat(b'}') {
            return Ok(members);
        }
        loop {
            self.space();
            let at = self.at;
            if self.peek() != Some(b'"') {
                return self.fail("expected a member name in double quotes");
            }
            let key = self.text()?;
            self.space();
            if !self.eat(b':') {
                return self.fail("expected `:` after a member name");
            }
            let value = self.node(depth + 1)?;
            members.push(Member { key, at, value });
            self.space();
            if self.eat(b'}') {
                return Ok(members);
            }
            if !self.eat(b',') {
                return self.fail("expected `,` or `}`");
            }
        }
    }

    fn text(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.at += 1;
        let mut from = self.at;
        let mut owned = String::new();
        loop {
            match self.peek() {
                None => return self.fail("text without its closing quote"),
                Some(b'"') => {
                    let part = self.text.get(from..self.at).unwrap_or("");
                    self.at += 1;
                    if owned.is_empty() {
                        return Ok(Cow::Borrowed(part));
                    }
                    owned.push_str(part);
                    return Ok(Cow::Owned(owned));
                }
                Some(b'\\') => {
                    owned.push_str(self.text.get(from..self.at).unwrap_or(""));
                    self.at += 1;
                    owned.push(self.escape()?);
                    from = self.at;
                }
                Some(byte) if byte < 0x20 => return self.fail("a control character inside text, write it as \\u00XX"),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let Some(byte) = self.peek() else { return self.fail("text without its closing quote") };
        self.at += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex()?;
                let code = if (0xd800..0xdc00).contains(&first) && self.bytes.get(self.at..self.at + 2) == Some(b"\\u")
                {
                    let back = self.at;
                    self.at += 2;
                    let second = self.hex()?;
                    if (0xdc00..0xe000).contains(&second) {
                        0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                    } else {
                        self.at = back;
                        0xfffd
                    }
                } else {
                    first
                };
                // A lone surrogate has no character: it becomes the replacement character, as in TextDecoder.
                char::from_u32(code).unwrap_or('\u{fffd}')
            }
            _ => {
                self.at -= 1;
                return self.fail("unknown escape, expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u");
            }
        })
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let digits =
            self.text.get(self.at..self.at + 4).filter(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => self.fail("expected four hexadecimal digits after \\u"),
        }
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - from
    }

    fn number(&mut self) -> Result<f64, JsonError> {
        let from = self.at;
        self.eat(b'-');
        let first = self.at;
        let whole = self.digits();
        if whole == 0 || (whole > 1 && self.bytes.get(first) == Some(&b'0')) {
            self.at = from;
            return self.fail("not a JSON number");
        }
        let mut plain = true;
        if self.eat(b'.') {
            plain = false;
            if self.digits() == 0 {
                return self.fail("expected a digit after the decimal point");
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            plain = false;
            self.at += 1;
            if !self.eat(b'-') {
                self.eat(b'+');
            }
            if self.digits() == 0 {
                return self.fail("expected a digit in the exponent");
            }
        }
        let part = self.text.get(from..self.at).unwrap_or("");
        if plain && whole <= 15 {
            return Ok(part.parse::<i64>().unwrap_or(0) as f64);
        }
        match part.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => {
                self.at = from;
                self.fail("a number out of range")
            }
        }
    }
}

/// Writes a value as compact JSON. Numbers that JSON cannot say (NaN, infinite) become `null`.
pub fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(*number, out),
        Value::Text(text) => write_text(text, out),
        Value::List(items) => {
            out.push('[');
            for (nth, item) in items.iter().enumerate() {
                if nth > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Map(members) => {
            out.push('{');
            for (nth, (key, member)) in members.iter().enumerate() {
                if nth > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write(member, out);
            }
            out.push('}');
        }
    }
}

/// Writes a number the shortest way that reads back the same.
pub fn write_number(number: f64, out: &mut String) {
    if !number.is_finite() {
        out.push_str("null");
    } else if number.fract() == 0.0 && number.abs() < 9e15 {
        out.push_str(&(number as i64).to_string());
    } else {
        out.push_str(&number.to_string());
    }
}

/// Writes text in quotes, escaped. `<` is escaped too, so that the result may stand inside a script element.
pub fn write_text(text: &str, out: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && !matches!(byte, b'"' | b'\\' | b'<') {
            continue;
        }
        out.push_str(text.get(from..at).unwrap_or(""));
        from = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                out.push_str("\\u00");
                out.push(HEX.get(usize::from(byte >> 4)).copied().unwrap_or('0'));
                out.push(HEX.get(usize::from(byte & 15)).copied().unwrap_or('0'));
            }
        }
    }
    out.push_str(text.get(from..).unwrap_or(""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_the_same() {
        for text in [r#"{"a":[1,2.5,-3e-7,true,null,"x\"y\\z\u0001"],"ü":{"b":""}}"#, "[]", "\"\\u003c\"", "1e300"] {
            let value = parse_value(text).unwrap();
            let mut written = String::new();
            write(&value, &mut written);
            assert_eq!(parse_value(&written).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn trouble_is_found_where_it_stands() {
        for (text, at) in [
            ("{\"a\":1,}", 7),
            ("[1 2]", 3),
            ("{\"a\":1", 6),
            ("\"a", 2),
            ("01", 0),
            ("1e999", 0),
            ("nul", 0),
            ("[1] x", 4),
            ("\"\\x\"", 2),
            ("", 0),
            ("{a:1}", 1),
        ] {
            assert_eq!(parse(text).unwrap_err().at, at, "{text}");
        }
        assert_eq!(line_column("ab\ncä d", 7), (2, 4));
    }

    #[test]
    fn deep_nesting_is_refused_not_overflowed() {
        assert!(parse(&"[".repeat(10_000)).unwrap_err().message.contains("nested"));
        assert!(parse(&format!("{}1{}", "[".repeat(100), "]".repeat(100))).is_ok());
    }

    #[test]
    fn surrogates_pair_up_or_are_replaced() {
        assert_eq!(parse_value(r#""\ud83d\udc30""#).unwrap().as_str(), Some("🐰"));
        assert_eq!(parse_value(r#""\ud83dx""#).unwrap().as_str(), Some("\u{fffd}x"));
    }
}
