//! When something that runs out is due to be bought again.

use super::bits::Bits;

/// How many of its low bits Rice's code keeps plain for a number of quarter days.
pub const DAYS_LOW: u32 = 5;

/// The days between purchases of one thing: the middle one and how far half of them lie from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rhythm {
    /// Median days between purchases.
    pub days: f32,
    /// Median distance of the intervals from `days`.
    pub spread: f32,
}

impl Rhythm {
    /// Days are written in quarters.
    pub(crate) fn read(bits: &mut Bits) -> Option<Rhythm> {
        let (days, spread) = (bits.rice(DAYS_LOW)?, bits.rice(DAYS_LOW)?);
        Some(Rhythm { days: days as f32 / 4.0, spread: spread as f32 / 4.0 })
    }

    /// How due it is `since` days after the last purchase: 0 when it is too early or long past, 1 right on the day.
    ///
    /// The window opens one spread (at least an eighth of the rhythm) before the day and closes four after it: who has
    /// not come back by then buys elsewhere, or no longer at all.
    pub fn due(&self, since: f32) -> f32 {
        let slack = self.spread.max(self.days / 8.0);
        let late = (since - self.days) / slack;
        if !(self.days > 0.0 && (-1.0..=4.0).contains(&late)) {
            return 0.0;
        }
        if late < 0.0 { 1.0 + late / 2.0 } else { 1.0 - late / 5.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_thirty_days_is_due_around_the_thirtieth() {
        let food = Rhythm { days: 30.0, spread: 2.0 };
        for (since, due) in [(1.0, false), (20.0, false), (27.0, true), (30.0, true), (40.0, true), (60.0, false)] {
            assert_eq!(food.due(since) > 0.0, due, "after {since} days");
        }
        assert!(food.due(30.0) > food.due(27.0) && food.due(30.0) > food.due(40.0));
        assert_eq!(food.due(30.0), 1.0);
    }

    #[test]
    fn no_rhythm_and_odd_numbers_are_never_due() {
        for days in [0.0, -1.0, f32::NAN] {
            assert_eq!(Rhythm { days, spread: 0.0 }.due(0.0), 0.0);
        }
        assert_eq!(Rhythm { days: 30.0, spread: 2.0 }.due(f32::NAN), 0.0);
    }
}
