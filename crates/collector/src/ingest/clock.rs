//! Times in events: reading what clients send, writing what is stored, correcting a client's wrong clock.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tailorbird_schema::Millis;

/// A moment out of ISO 8601 text; text without an offset is taken as UTC.
pub(crate) fn parse(text: &str) -> Option<Millis> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let local: DateTime = text.parse().ok()?;
    Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// ISO 8601 in UTC with milliseconds, as Segment writes it.
pub(crate) fn format(at: Millis) -> String {
    let moment = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    format!("{moment:.3}")
}

/// Now, by this machine's clock.
pub(crate) fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

/// Nothing waits longer than this (ten years) to be sent: one of the two times is nonsense.
const LONGEST_AGE: Millis = 10 * 31_556_952_000;

/// When an event happened by the collector's clock: as long before its arrival as the client's clock says that it
/// happened before it was sent. Never later than the arrival, which it is where the client's times make no sense.
pub(crate) fn corrected(original: Millis, sent: Millis, received: Millis) -> Millis {
    let age = sent.saturating_sub(original).max(0);
    if age > LONGEST_AGE { received } else { received.saturating_sub(age) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_clients_send() {
        let moment = Some(1_795_324_379_123);
        assert_eq!(parse("2026-11-22T05:12:59.123Z"), moment);
        assert_eq!(parse("2026-11-22T05:12:59.123456+00:00"), moment);
        assert_eq!(parse("2026-11-22T06:12:59.123+01:00"), moment);
        assert_eq!(parse("2026-11-22T05:12:59.123"), moment);
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("2026-13-22T05:12:59Z"), None);
        assert_eq!(format(1_795_324_379_000), "2026-11-22T05:12:59.000Z");
    }

    #[test]
    fn a_clock_wrong_by_years_is_corrected_to_the_millisecond() {
        let received = 1_795_324_379_123;
        for years in -10..=10 {
            let skew = years * 31_556_952_000;
            let (happened, sent) = (received - 5_000, received - 20);
            assert_eq!(corrected(happened + skew, sent + skew, received), happened + 20);
        }
        assert_eq!(corrected(received + 60_000, received, received), received);
        assert_eq!(corrected(received, 253_402_128_000_000, received), received, "sent in the year 9999");
    }
}
