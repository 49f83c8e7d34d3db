//! Moments as people write them: ISO 8601 dates and times, checked against the calendar.

use crate::schema::Millis;

/// Days from 1970-01-01 to a day of the Gregorian calendar (month 1 to 12).
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day comes last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Takes exactly `count` digits off the front.
fn number(rest: &mut &str, count: usize) -> Option<i64> {
    let (digits, after) = rest.split_at_checked(count)?;
    *rest = after;
    digits.bytes().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

fn sign(rest: &mut &str, sign: char) -> Option<()> {
    *rest = rest.strip_prefix(sign)?;
    Some(())
}

fn within(number: i64, low: i64, high: i64) -> Option<i64> {
    (low..=high).contains(&number).then_some(number)
}

/// Reads `2026-11-01`, `2026-11-01T08:30Z`, `2026-11-01T08:30:15.250+01:00` and the like. A time without a zone is UTC.
/// `None` for anything else, and for days and times that do not exist.
pub fn millis_of(text: &str) -> Option<Millis> {
    let mut rest = text;
    let year = number(&mut rest, 4)?;
    sign(&mut rest, '-')?;
    let month = within(number(&mut rest, 2)?, 1, 12)?;
    sign(&mut rest, '-')?;
    let day = within(number(&mut rest, 2)?, 1, days_in_month(year, month))?;
    let midnight = days_from_epoch(year, month, day) * 86_400_000;
    if rest.is_empty() {
        return Some(midnight);
    }
    sign(&mut rest, 'T')?;
    let hour = within(number(&mut rest, 2)?, 0, 23)?;
    sign(&mut rest, ':')?;
    let minute = within(number(&mut rest, 2)?, 0, 59)?;
    let mut millis = (hour * 60 + minute) * 60_000;
    if sign(&mut rest, ':').is_some() {
        millis += within(number(&mut rest, 2)?, 0, 59)? * 1_000;
        if sign(&mut rest, '.').is_some() {
            let length = rest.bytes().take_while(u8::is_ascii_digit).count();
            let digits = within(length as i64, 1, 9)?;
            let fraction = number(&mut rest, length)?;
            millis += fraction * 1_000 / 10_i64.pow(digits as u32);
        }
    }
    Some(midnight + millis - zone(rest)?)
}

/// How far a zone such as `Z`, `+01:00`, `-0530` is ahead of UTC, in milliseconds.
fn zone(mut rest: &str) -> Option<i64> {
    if rest.is_empty() || rest == "Z" {
        return Some(0);
    }
    let ahead = if sign(&mut rest, '+').is_some() { 1 } else { sign(&mut rest, '-').map(|()| -1)? };
    let hours = within(number(&mut rest, 2)?, 0, 23)?;
    let _ = sign(&mut rest, ':');
    let minutes = within(number(&mut rest, 2)?, 0, 59)?;
    rest.is_empty().then_some(ahead * (hours * 60 + minutes) * 60_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_milliseconds_since_the_epoch() {
        for (text, expected) in [
            ("1970-01-01", 0),
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29", 951_782_400_000),
            ("2026-11-01T00:00:00Z", 1_793_491_200_000),
            ("2026-11-01T01:00:00+01:00", 1_793_491_200_000),
            ("2026-10-31T18:30-0530", 1_793_491_200_000),
            ("2026-11-01T00:00:00.25Z", 1_793_491_200_250),
            ("2026-11-01T00:00:00.1239999Z", 1_793_491_200_123),
            ("1969-12-31T23:59:59.999Z", -1),
            ("0000-03-01", -62_162_035_200_000),
        ] {
            assert_eq!(millis_of(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        for text in [
            "",
            "2026",
            "2026-02-29",
            "2100-02-29",
            "2026-04-31",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "2026-1-1",
            "2026-01-01T24:00Z",
            "2026-01-01T12:60Z",
            "2026-01-01T12:00:60Z",
            "2026-01-01T12",
            "2026-01-01 12:00",
            "2026-01-01T12:00:00.Z",
            "2026-01-01T12:00+1",
            "2026-01-01T12:00:00ZZ",
            "01/02/2026",
            "2026-01-01T12:00 Z",
            "２026-01-01",
            "2026-01-01T",
        ] {
            assert_eq!(millis_of(text), None, "{text}");
        }
    }
}
