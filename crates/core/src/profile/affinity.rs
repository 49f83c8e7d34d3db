//! What a visitor is drawn to: fading sums per category level, brand and tag.

use super::decay::{Fading, left_after};
use crate::schema::Gather;
use crate::schema::Millis;
use core::cmp::Ordering;

/// Longer names are no names.
pub(crate) const MAX_NAME: usize = 200;

/// What an affinity is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taste {
    /// A level of the category path.
    Category,
    /// A brand.
    Brand,
    /// A tag.
    Tag,
}

/// How many names are kept of each kind; the weakest give way, several at once.
const MOST: usize = 224;
const KEPT: usize = 200;

/// Fading sums by name.
///
/// INVARIANT: sorted by name, at most [`MOST`] names, every sum finite.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Affinities {
    entries: Vec<(String, Fading)>,
}

impl Affinities {
    /// Adds a weight to a name.
    pub(crate) fn add(&mut self, name: &str, weight: f64, at: Millis, half_life_days: f64) {
        if weight == 0.0 || name.is_empty() || name.len() > MAX_NAME {
            return;
        }
        match self.entries.binary_search_by(|(known, _)| known.as_str().cmp(name)) {
            Ok(found) => {
                if let Some((_, sum)) = self.entries.get_mut(found) {
                    sum.add(weight, at, half_life_days);
                }
            }
            Err(place) => {
                self.entries.insert(place, (name.to_owned(), Fading { sum: weight, at }));
                if self.entries.len() > MOST {
                    self.drop_weakest(at, half_life_days);
                }
            }
        }
    }

    fn drop_weakest(&mut self, now: Millis, half_life_days: f64) {
        let strength = |(_, sum): &(String, Fading)| sum.now(now, half_life_days).abs();
        let mut strengths: Vec<f64> = self.entries.iter().map(strength).gather();
        while self.entries.len() > KEPT {
            let weakest = strengths.iter().enumerate().min_by(|(_, one), (_, other)| one.total_cmp(other));
            let Some((weakest, _)) = weakest else { return };
            strengths.remove(weakest);
            self.entries.remove(weakest);
        }
    }

    /// What is left for a name at `now`; 0 for a name without events.
    pub fn now(&self, name: &str, now: Millis, half_life_days: f64) -> f64 {
        let found = self.entries.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok();
        found.and_then(|found| self.entries.get(found)).map_or(0.0, |(_, sum)| sum.now(now, half_life_days))
    }

    /// The name with the highest sum, of those that count: of equals the wider category, then the one met last, then the first by name.
    /// All names fade alike, so the answer does not change with time.
    pub fn top(&self, half_life_days: f64, counts: &dyn Fn(&str) -> bool) -> Option<&str> {
        let latest = self.latest()?;
        let depth = |name: &str| name.bytes().filter(|byte| *byte == b'/').count();
        let mut best: Option<(&str, f64, Millis)> = None;
        for (name, sum) in &self.entries {
            // Fading never adds: who had less before has less after.
            if best.is_some_and(|(_, most, _)| sum.sum < most * 0.999) {
                continue;
            }
            let strength = sum.sum * left_after(latest.saturating_sub(sum.at), half_life_days);
            let beats = best.is_none_or(|(other, most, at)| {
                // Sums that were added up in another order differ in the last bits.
                if (strength - most).abs() > most.abs() * 1e-9 {
                    return strength > most;
                }
                depth(name).cmp(&depth(other)).then(at.cmp(&sum.at)) == Ordering::Less
            });
            if strength > 0.0 && beats && counts(name) {
                best = Some((name, strength, sum.at));
            }
        }
        best.map(|(name, ..)| name)
    }

    /// Every name with its sum and moment, by name.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&str, Fading)> {
        self.entries.iter().map(|(name, sum)| (name.as_str(), *sum))
    }

    /// When the newest sum was added to.
    pub fn latest(&self) -> Option<Millis> {
        self.entries.iter().map(|(_, sum)| sum.at).max()
    }

    /// Takes over what another profile knows.
    pub(crate) fn merge(&mut self, other: &Affinities, half_life_days: f64) {
        for (name, sum) in other.entries() {
            self.add(name, sum.sum, sum.at, half_life_days);
        }
    }

    pub(crate) fn turn_back(&mut self, latest: Millis) {
        for (_, sum) in &mut self.entries {
            sum.at = sum.at.min(latest);
        }
    }

    /// Puts back a stored sum, unless there are too many, or one by this name.
    pub(crate) fn restore(&mut self, name: String, sum: Fading) {
        if self.entries.len() < MOST
            && let Err(place) = self.entries.binary_search_by(|(known, _)| known.cmp(&name))
        {
            self.entries.insert(place, (name, sum));
        }
    }
}

/// The typical price of what was viewed: a mean in which older views count less.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct TypicalPrice {
    pub(crate) weighed: f64,
    pub(crate) weights: f64,
    pub(crate) at: Millis,
}

impl TypicalPrice {
    pub(crate) fn add(&mut self, price: f64, weight: f64, at: Millis, half_life_days: f64) {
        let mut weighed = Fading { sum: self.weighed, at: self.at };
        let mut weights = Fading { sum: self.weights, at: self.at };
        weighed.add(price * weight, at, half_life_days);
        weights.add(weight, at, half_life_days);
        *self = TypicalPrice { weighed: weighed.sum, weights: weights.sum, at: weights.at };
    }

    /// The mean; both sums fade alike, so it does not change with time.
    pub(crate) fn price(&self) -> Option<f64> {
        (self.weights > 0.0).then(|| self.weighed / self.weights)
    }

    pub(crate) fn merge(&mut self, other: &TypicalPrice, half_life_days: f64) {
        if let Some(price) = other.price() {
            self.add(price, other.weights, other.at, half_life_days);
        }
    }
}
