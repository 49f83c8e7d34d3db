//! How values of different types meet in a comparison: the rules of JavaScript, which GrowthBook's conditions rest on.

use crate::json;
use crate::schema::Value;
use core::cmp::Ordering;
use std::borrow::Cow;

/// The number that a value counts as: missing 0, `true` 1, text as it reads; NaN when it is none.
pub(crate) fn number(value: &Value) -> f64 {
    match value {
        Value::Null | Value::Bool(false) => 0.0,
        Value::Bool(true) => 1.0,
        Value::Number(number) => *number,
        Value::Text(text) => number_in(text),
        Value::List(_) | Value::Map(_) => number_in(&text(value)),
    }
}

fn number_in(text: &str) -> f64 {
    let text = text.trim();
    if text.is_empty() {
        return 0.0;
    }
    if text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
        return crate::decimal::read(text).unwrap_or(f64::NAN);
    }
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if !digits.starts_with('+') => {
            u64::from_str_radix(digits, 16).map_or(f64::NAN, |number| number as f64)
        }
        _ if text == "Infinity" => f64::INFINITY,
        _ if text == "-Infinity" => f64::NEG_INFINITY,
        _ => f64::NAN,
    }
}

/// The text that a value counts as: numbers and booleans as written, lists joined with commas.
pub(crate) fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Text(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed("null"),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Number(number) => {
            let mut out = String::new();
            json::write_number(*number, &mut out);
            Cow::Owned(out)
        }
        Value::List(items) => {
            let mut out = String::new();
            for (nth, item) in items.iter().enumerate() {
                if nth > 0 {
                    out.push(',');
                }
                if !item.is_null() {
                    out.push_str(&text(item));
                }
            }
            Cow::Owned(out)
        }
        Value::Map(_) => Cow::Borrowed("[object Object]"),
    }
}

/// Whether a value counts as true: all but missing, `false`, 0 and empty text.
pub(crate) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => *number != 0.0,
        Value::Text(text) => !text.is_empty(),
        Value::List(_) | Value::Map(_) => true,
    }
}

/// How two values compare: text with text by its characters, everything else as numbers. `None` when no number is there.
pub(crate) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    let words = |value: &Value| matches!(value, Value::Text(_) | Value::List(_) | Value::Map(_));
    if words(left) && words(right) {
        return Some(text(left).cmp(&text(right)));
    }
    number(left).partial_cmp(&number(right))
}

/// The version text, padded so that versions compare as text: `1.10.0` after `1.9.0`, `1.0.0-beta` before `1.0.0`.
pub(crate) fn padded_version(value: &Value) -> String {
    let version = match value {
        Value::Number(_) => text(value),
        Value::Text(text) if !text.is_empty() => Cow::Borrowed(&**text),
        _ => Cow::Borrowed("0"),
    };
    let core = version.strip_prefix('v').unwrap_or(&version);
    let core = core.split_once('+').map_or(core, |(before, _)| before);
    let mut out = String::new();
    let mut parts = 0;
    for part in core.split(['-', '.']) {
        if parts > 0 {
            out.push('-');
        }
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            for _ in part.len()..5 {
                out.push(' ');
            }
        }
        out.push_str(part);
        parts += 1;
    }
    if parts == 3 {
        // A release comes after its pre-releases: no text of theirs is greater than `~`.
        out.push_str("-~");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_as_a_number_the_way_javascript_reads_it() {
        for (text, expected) in [
            ("", 0.0),
            (" 5 ", 5.0),
            ("1e3", 1000.0),
            ("-.5", -0.5),
            ("5.", 5.0),
            ("0x1f", 31.0),
            ("Infinity", f64::INFINITY),
        ] {
            assert_eq!(number(&text.into()), expected, "{text}");
        }
        for text in ["abc", "1 2", "inf", "nan", "NaN", "infinity", "0x", "0x+1", "1_000", "--1", "5px"] {
            assert!(number(&text.into()).is_nan(), "{text}");
        }
    }
}
