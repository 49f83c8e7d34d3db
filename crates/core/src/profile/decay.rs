//! Sums that fade: Σ weight·2^(−age/halfLife), kept as one number and the moment it was true.

use crate::schema::Millis;

/// Milliseconds of a day.
pub const DAY: f64 = 86_400_000.0;

/// 1/13!, 1/12!, … 1/1!, 1/0!
const SERIES: [f64; 14] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// 2^−x, for x ≥ 0. Written out so that browser and server agree to the last bit, and because the platform's `exp2`
/// brings a table of four kilobytes.
pub fn halved(x: f64) -> f64 {
    // Also refuses NaN.
    if !(0.0..1022.0).contains(&x) {
        return if x < 0.0 { 1.0 } else { 0.0 };
    }
    let whole = (x + 0.5) as u64;
    let y = (whole as f64 - x) * core::f64::consts::LN_2;
    // e^y for |y| ≤ ln 2 / 2, by its series; what follows is below the last bit.
    let power = SERIES.iter().fold(0.0, |power, term| power * y + term);
    power * f64::from_bits((1023 - whole) << 52)
}

/// How much of a weight is left after `age`; the future counts as now.
pub(super) fn left_after(age: Millis, half_life_days: f64) -> f64 {
    halved(age.max(0) as f64 / (half_life_days * DAY))
}

/// A fading sum.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Fading {
    /// The sum at `at`.
    pub sum: f64,
    /// When it was this much.
    pub at: Millis,
}

impl Fading {
    /// Adds a weight that was given at `at`.
    pub fn add(&mut self, weight: f64, at: Millis, half_life_days: f64) {
        if at >= self.at {
            self.sum = self.sum * left_after(at - self.at, half_life_days) + weight;
            self.at = at;
        } else {
            self.sum += weight * left_after(self.at - at, half_life_days);
        }
    }

    /// What is left of it at `now`.
    pub fn now(&self, now: Millis, half_life_days: f64) -> f64 {
        self.sum * left_after(now.saturating_sub(self.at), half_life_days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_agrees_with_the_platform() {
        for nth in 0..20_000_u32 {
            let x = f64::from(nth) * 0.037;
            let expected = (-x).exp2();
            assert!((halved(x) - expected).abs() <= expected * 1e-15, "{x}: {} {expected}", halved(x));
        }
        assert_eq!(halved(0.0), 1.0);
        assert_eq!(halved(1.0), 0.5);
        assert_eq!(halved(3.0), 0.125);
    }

    #[test]
    fn odd_ages_are_harmless() {
        assert_eq!(halved(-5.0), 1.0);
        assert_eq!(halved(f64::NAN), 0.0);
        assert_eq!(halved(f64::INFINITY), 0.0);
        assert_eq!(left_after(-1, 14.0), 1.0);
        assert_eq!(left_after(1, 0.0), 0.0);
    }

    #[test]
    fn the_order_of_adding_does_not_matter() {
        let day = 86_400_000;
        let mut forward = Fading::default();
        forward.add(1.0, day, 14.0);
        forward.add(3.0, 5 * day, 14.0);
        let mut backward = Fading::default();
        backward.add(3.0, 5 * day, 14.0);
        backward.add(1.0, day, 14.0);
        assert!((forward.now(9 * day, 14.0) - backward.now(9 * day, 14.0)).abs() < 1e-12);
    }
}
