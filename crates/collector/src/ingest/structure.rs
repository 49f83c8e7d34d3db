//! One pass over JSON text that measures what a parser must not be trusted with: depth, members, numbers, escapes.

use memchr::memchr2;

/// What the pass saw.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Structure {
    /// How deep arrays and objects nest.
    pub(crate) depth: usize,
    /// How many members all objects have together.
    pub(crate) members: usize,
    /// A number that no 64-bit float can hold, such as `1e999`: other readers of the store would stumble over it.
    pub(crate) number_out_of_range: bool,
    /// An escape for half of a surrogate pair: JavaScript writes it for a cut emoji, strict readers refuse it.
    pub(crate) lone_surrogate: bool,
}

/// Measures JSON text. Broken text is measured as far as it makes sense; saying that it is broken is the parser's work.
pub(crate) fn measure(text: &str) -> Structure {
    let bytes = text.as_bytes();
    let mut seen = Structure::default();
    let mut depth = 0usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = skip_string(bytes, at + 1, &mut seen),
            b'{' | b'[' => {
                depth += 1;
                seen.depth = seen.depth.max(depth);
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            b':' => {
                seen.members += 1;
                at += 1;
            }
            b'-' | b'0'..=b'9' => at = skip_number(text, at, &mut seen),
            _ => at += 1,
        }
    }
    seen
}

/// The place after a string's closing quote.
fn skip_string(bytes: &[u8], mut at: usize, seen: &mut Structure) -> usize {
    // The high half of a pair was the escape just before this place.
    let mut high_ends_at = None;
    loop {
        let Some(found) = memchr2(b'"', b'\\', &bytes[at..]).map(|offset| at + offset) else { return bytes.len() };
        if high_ends_at.is_some_and(|end| end != found) || (high_ends_at.is_some() && bytes[found] == b'"') {
            seen.lone_surrogate = true;
            high_ends_at = None;
        }
        if bytes[found] == b'"' {
            return found + 1;
        }
        let unit = escaped_unit(bytes, found);
        match (unit, high_ends_at.take()) {
            (Some(0xDC00..=0xDFFF), Some(_)) => {}
            (Some(0xD800..=0xDBFF), before) => {
                seen.lone_surrogate |= before.is_some();
                high_ends_at = Some(found + 6);
            }
            (Some(0xDC00..=0xDFFF), None) | (_, Some(_)) => seen.lone_surrogate = true,
            _ => {}
        }
        at = (found + if unit.is_some() { 6 } else { 2 }).min(bytes.len());
    }
}

/// The UTF-16 unit of an escape `\uXXXX` that starts at `at`.
fn escaped_unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at + 2..at + 6)?;
    if bytes[at + 1] != b'u' {
        return None;
    }
    digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
}

/// The place after a number.
fn skip_number(text: &str, from: usize, seen: &mut Structure) -> usize {
    let length = text.as_bytes()[from..]
        .iter()
        .take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
        .count();
    let number = &text[from..from + length];
    if length > 300 || number.contains(['e', 'E']) {
        seen.number_out_of_range |= number.parse::<f64>().is_ok_and(|value| !value.is_finite());
    }
    from + length
}

/// The same JSON text with every lone surrogate escape replaced by U+FFFD, as decoders of text do.
pub(crate) fn with_whole_surrogates(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut copied) = (0, 0);
    while let Some(found) = memchr::memchr(b'\\', &bytes[at..]).map(|offset| at + offset) {
        let Some(unit) = escaped_unit(bytes, found) else {
            at = (found + 2).min(bytes.len());
            continue;
        };
        at = found + 6;
        let followed_by_low = bytes.get(at) == Some(&b'\\') && matches!(escaped_unit(bytes, at), Some(0xDC00..=0xDFFF));
        match unit {
            0xD800..=0xDBFF if followed_by_low => at += 6,
            0xD800..=0xDFFF => {
                out.push_str(&text[copied..found]);
                out.push_str("\\ufffd");
                copied = at;
            }
            _ => {}
        }
    }
    out.push_str(&text[copied..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_and_members_are_counted_outside_strings_only() {
        let seen = measure(r#"{"a":[{"b":"}}]]:\"{{"}],"c":-1.5e3}"#);
        assert_eq!(seen, Structure { depth: 3, members: 3, ..Structure::default() });
        assert_eq!(measure(&"[".repeat(10_000)).depth, 10_000);
    }

    #[test]
    fn numbers_beyond_a_double_are_seen() {
        assert!(measure("[1e999]").number_out_of_range);
        assert!(measure(&format!("[{}]", "9".repeat(400))).number_out_of_range);
        assert!(!measure("[1e308, 12345678901234567890, \"1e999\"]").number_out_of_range);
    }

    #[test]
    fn lone_surrogates_are_seen_and_mended_and_pairs_stay() {
        for (text, mended) in [
            (r#"{"a":"x\ud83d"}"#, r#"{"a":"x\ufffd"}"#),
            (r#"{"a":"\ude00x"}"#, r#"{"a":"\ufffdx"}"#),
            (r#"{"a":"\ud83d\n\ude00"}"#, r#"{"a":"\ufffd\n\ufffd"}"#),
            (r#"{"a":"\ud83d\ud83d\ude00"}"#, r#"{"a":"\ufffd\ud83d\ude00"}"#),
            (r#"{"a":"\ud83d-\ude00"}"#, r#"{"a":"\ufffd-\ufffd"}"#),
        ] {
            assert!(measure(text).lone_surrogate, "{text}");
            assert_eq!(with_whole_surrogates(text), mended);
            assert!(!measure(mended).lone_surrogate);
            serde_json::from_str::<serde_json::Value>(mended).unwrap();
        }
        for whole in [r#"{"a":"\ud83d\ude00"}"#, r#"{"a":"\\ud83d"}"#, r#"{"a":"plain \u00e9"}"#] {
            assert!(!measure(whole).lone_surrogate, "{whole}");
            assert_eq!(with_whole_surrogates(whole), whole);
        }
    }

    #[test]
    fn text_cut_anywhere_does_not_panic() {
        let text = r#"{"a":"\ud83d\ude00 \u00e9","b":[1e5,{"c":null}]}"#;
        for end in 0..text.len() {
            measure(&text[..end]);
            with_whole_surrogates(&text[..end]);
        }
    }
}
