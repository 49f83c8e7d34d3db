//! The device behind an event, from what clients write into every event's context.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;
use tailorbird_core::profile::Device;
use tailorbird_core::schema::Millis;

use crate::line::Context;

/// Time zones by name, looked up once.
#[derive(Default)]
pub(crate) struct Zones(FxHashMap<String, Option<TimeZone>>);

impl Zones {
    /// Minutes that local time was ahead of UTC at a moment; 0 for zones that nobody knows.
    fn offset(&mut self, name: &str, at: Millis) -> i32 {
        if name.is_empty() {
            return 0;
        }
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), TimeZone::get(name).ok());
        }
        let zone = self.0.get(name).and_then(Option::as_ref);
        let moment = Timestamp::from_millisecond(at).ok();
        zone.zip(moment).map_or(0, |(zone, moment)| zone.to_offset(moment).seconds() / 60)
    }
}

/// Whether a device that was read from one context is the one of another: few visitors change theirs.
pub(crate) fn is_same(device: &Device, agent: &str, context: &Context, zones: &mut Zones, at: Millis) -> bool {
    agent == context.user_agent.0
        && device.language == context.locale.0
        && device.timezone == context.timezone.0
        && device.utc_offset == zones.offset(&context.timezone.0, at)
}

/// What the context of an event says of the device. Whether an iPad calls itself a Mac is not recorded.
pub(crate) fn device(context: &Context, zones: &mut Zones, at: Millis) -> Device {
    let agent = context.user_agent.0.as_ref();
    let says = |word: &str| agent.contains(word);
    let kind = if says("iPad") || says("Tablet") || (says("Android") && !says("Mobile")) {
        "tablet"
    } else if says("Mobi") || says("iPhone") {
        "mobile"
    } else {
        "desktop"
    };
    Device {
        kind: kind.to_owned(),
        language: context.locale.0.clone().into_owned(),
        timezone: context.timezone.0.clone().into_owned(),
        utc_offset: zones.offset(&context.timezone.0, at),
        touch: kind != "desktop",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_time_is_known() {
        let mut zones = Zones::default();
        let (winter, summer) = (1_767_225_600_000, 1_782_864_000_000);
        assert_eq!(zones.offset("Europe/Vienna", winter), 60);
        assert_eq!(zones.offset("Europe/Vienna", summer), 120);
        assert_eq!(zones.offset("America/New_York", winter), -300);
        assert_eq!(zones.offset("Nowhere/City", winter), 0);
    }
}
