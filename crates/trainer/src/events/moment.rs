//! Moments as Segment writes them: `2026-09-01T12:30:00.000Z`, with any offset and precision.

use tailorbird_core::rules::millis_of;
use tailorbird_core::schema::Millis;

/// The moment that `text` names; a date alone is its midnight, a time without an offset is UTC.
pub(crate) fn millis(text: &str) -> Option<Millis> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = bytes.get(range)?;
        digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
    };
    let midnight = millis_of(text.get(..10)?)?;
    let Some(separator) = bytes.get(10) else { return Some(midnight) };
    if !matches!(separator, b'T' | b't' | b' ') || bytes.get(13) != Some(&b':') {
        return None;
    }
    let (hour, minute) = (number(11..13)?, number(14..16)?);
    if hour > 23 || minute > 59 {
        return None;
    }
    let mut millis = midnight + hour * 3_600_000 + minute * 60_000;
    let mut rest = bytes.get(16..)?;
    if let [b':', after @ ..] = rest {
        // A minute may have a leap second.
        millis += number(17..19).filter(|second| *second <= 60)? * 1000;
        rest = after.get(2..)?;
    }
    if let [b'.' | b',', after @ ..] = rest {
        let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let fraction = after.iter().take(digits).chain([b'0'; 3].iter()).take(3);
        millis += fraction.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        rest = &after[digits..];
    }
    match rest {
        [] | [b'Z' | b'z'] => Some(millis),
        [sign @ (b'+' | b'-'), offset @ ..] => {
            let digit = |byte: &u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
            let digits: Option<Vec<i64>> = offset.iter().filter(|byte| **byte != b':').map(digit).collect();
            let [h1, h2, m1, m2] = digits?.try_into().ok()?;
            let minutes = (h1 * 10 + h2) * 60 + m1 * 10 + m2;
            Some(if *sign == b'+' { millis - minutes * 60_000 } else { millis + minutes * 60_000 })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::millis;

    #[test]
    fn moments_are_read_in_every_form_that_clients_send() {
        for (text, expected) in [
            ("1970-01-01", Some(0)),
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-09-01T12:30:00.000Z", Some(1_788_265_800_000)),
            ("2026-09-01T12:30:00.12Z", Some(1_788_265_800_120)),
            ("2026-09-01T12:30:00.123456+02:00", Some(1_788_258_600_123)),
            ("2026-09-01 12:30", Some(1_788_265_800_000)),
            ("2024-02-29T23:59:59.999-0130", Some(1_709_256_599_999)),
            ("yesterday", None),
            ("2026-13-01", None),
            ("2026-09-01T12:30:00+9", None),
            ("2026-02-30T00:00:00Z", None),
            ("2026-02-29", None),
            ("2026-09-01T24:00:00Z", None),
            ("2026-09-01T12:60:00Z", None),
            ("2026-09-01T12:30:61Z", None),
            ("2026-09-01T12:30:0Z", None),
            ("2026-09-01T12:30:x9Z", None),
            ("2026-09-01T12:30:00+ab:cd", None),
            ("2026-09-01T12:30:00+01:00:00", None),
            ("", None),
        ] {
            assert_eq!(millis(text), expected, "{text}");
        }
    }
}
