//! One waiting event and its key: the key orders the store and tells age, size and identity.

use crate::schema::Millis;

/// The key of the row that remembers `Retry-After` for every tab and the next page; it sorts before all others.
pub(super) const GATE: &str = "!gate";

/// A row of the store. `key` is unique and orders the rows; `text` is the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Class, time, serial, size and message id: `1-01760000000000-0003-512-id`.
    pub key: String,
    /// JSON text of one event.
    pub text: String,
}

/// Gives out keys that ascend within a tab even when its clock goes back.
#[derive(Debug, Default)]
pub(super) struct Keys {
    at: Millis,
    serial: u32,
}

impl Keys {
    /// The next key. Reports sort before events, so that a count of lost events is the first to leave.
    pub(super) fn next(&mut self, report: bool, size: usize, id: &str, now: Millis) -> String {
        if now > self.at {
            self.at = now;
            self.serial = 0;
        } else {
            self.serial += 1;
            if self.serial > 9_999 {
                self.at += 1;
                self.serial = 0;
            }
        }
        let mut key = String::from(if report { "0-" } else { "1-" });
        digits(self.at.max(0) as u64, 14, &mut key);
        key.push('-');
        digits(u64::from(self.serial), 4, &mut key);
        key.push('-');
        digits(size as u64, 1, &mut key);
        key.push('-');
        key.push_str(id);
        key
    }
}

/// Whether this row is an `Events Dropped` event: it is never dropped itself.
pub(super) fn is_report(key: &str) -> bool {
    key.starts_with('0')
}

/// The `messageId` in a key.
pub(super) fn id_in(key: &str) -> &str {
    size_and_id(key).map_or(key, |(_, id)| id)
}

/// The size in bytes of the text that belongs to a key; 0 for a key that is not ours.
pub fn size_in(key: &str) -> usize {
    size_and_id(key).map_or(0, |(size, _)| number(size) as usize)
}

/// The time in a key.
pub(super) fn time_in(key: &str) -> Millis {
    number(key.get(2..16).unwrap_or_default())
}

/// `1-01760000000000-0003-512-id` has its size at 22.
fn size_and_id(key: &str) -> Option<(&str, &str)> {
    let rest = key.get(22..)?;
    let dash = rest.bytes().position(|byte| byte == b'-')?;
    Some((rest.get(..dash)?, rest.get(dash + 1..)?))
}

/// Reads what [`digits`] wrote; 0 for anything else.
pub(super) fn number(text: &str) -> Millis {
    text.parse().unwrap_or(0)
}

/// Writes a number with at least so many digits.
pub(super) fn digits(number: u64, least: usize, out: &mut String) {
    let mut text = [b'0'; 20];
    let mut rest = number;
    let mut from = text.len();
    for (at, digit) in text.iter_mut().enumerate().rev() {
        if rest == 0 && 20 - at > least.max(1) {
            break;
        }
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        from = at;
    }
    out.extend(text.iter().skip(from).map(|digit| char::from(*digit)));
}

/// Writes a moment as `2026-09-01T12:30:00.000Z`.
pub fn write_time(at: Millis, out: &mut String) {
    // The proleptic Gregorian calendar by eras of 400 years that begin on 1 March.
    let days = at.div_euclid(86_400_000) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let millis = at.rem_euclid(86_400_000);
    for (number, least, mark) in [
        (year, 4, '-'),
        (month, 2, '-'),
        (day, 2, 'T'),
        (millis / 3_600_000, 2, ':'),
        (millis / 60_000 % 60, 2, ':'),
        (millis / 1_000 % 60, 2, '.'),
        (millis % 1_000, 3, 'Z'),
    ] {
        digits(number.max(0) as u64, least, out);
        out.push(mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_ascend_even_when_the_clock_goes_back() {
        let mut keys = Keys::default();
        let mut last = String::new();
        for now in [5, 5, 9, 3, -7, 10].into_iter().chain(std::iter::repeat_n(2, 20_005)) {
            let key = keys.next(false, 12, "a-b", now);
            assert!(key > last, "{key} after {last}");
            last = key;
        }
        assert_eq!((size_in(&last), id_in(&last)), (12, "a-b"));
        assert!(GATE < "0" && keys.next(true, 1, "z", 99).as_str() < last.as_str());
    }

    #[test]
    fn moments_are_written_as_the_wire_wants_them() {
        for (at, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_790_000_000_123, "2026-09-21T14:13:20.123Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            let mut out = String::new();
            write_time(at, &mut out);
            assert_eq!(out, text);
        }
    }
}
