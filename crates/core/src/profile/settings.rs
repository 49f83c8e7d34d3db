//! What the team may tune about profiles: `settings` of the rules.

use crate::rules::{Rfm, Settings};
use crate::schema::Gather;

/// Weights of Segment's e-commerce events where `settings.weights` says nothing.
///
/// A click on a product and the view that follows within a minute are one look: together they count what the heavier
/// of the two weighs.
const WEIGHTS: [(&str, f64); 9] = [
    ("Product Viewed", 1.0),
    ("Product Clicked", 1.0),
    ("Product Added", 3.0),
    ("Order Completed", 5.0),
    ("Product List Viewed", 0.5),
    ("Product List Filtered", 0.5),
    ("Products Searched", 0.5),
    ("Product Added to Wishlist", 2.0),
    ("Product Shared", 2.0),
];

/// How events become a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileSettings {
    /// After how many days half of an interest is left. `settings.halfLifeDays`, 14.
    pub half_life_days: f64,
    /// After how many minutes without an event the next one begins a session. `settings.sessionMinutes`, 30.
    pub session_minutes: f64,
    /// What an event by this name says about interest. `settings.weights`.
    pub weights: Vec<(String, f64)>,
    /// `settings.rfm`.
    pub rfm: Rfm,
}

impl Default for ProfileSettings {
    fn default() -> ProfileSettings {
        ProfileSettings {
            half_life_days: 14.0,
            session_minutes: 30.0,
            weights: WEIGHTS.iter().map(|(event, weight)| ((*event).to_owned(), *weight)).gather(),
            rfm: Settings::default().rfm,
        }
    }
}

impl ProfileSettings {
    /// Says what events by this name weigh.
    pub fn set_weight(&mut self, event: &str, weight: f64) {
        match self.weights.iter_mut().find(|(name, _)| name == event) {
            Some((_, slot)) => *slot = weight,
            None => self.weights.push((event.to_owned(), weight)),
        }
    }

    /// What an event by this name weighs, no more than rules may say; 0 when nothing was said.
    pub fn weight(&self, event: &str) -> f64 {
        self.weights.iter().find(|(name, _)| name == event).map_or(0.0, |(_, weight)| weight.clamp(-1e6, 1e6))
    }
}

impl From<&Settings> for ProfileSettings {
    fn from(settings: &Settings) -> ProfileSettings {
        let mut read = ProfileSettings {
            half_life_days: settings.half_life_days,
            session_minutes: settings.session_minutes,
            rfm: settings.rfm.clone(),
            ..ProfileSettings::default()
        };
        for (event, weight) in &settings.weights {
            read.set_weight(event, *weight);
        }
        read
    }
}

/// 5 for what is within the first threshold, 1 for what is beyond the last.
pub(crate) fn score_of_days(thresholds: &[f64; 4], days: f64) -> u32 {
    1 + thresholds.iter().filter(|threshold| days <= **threshold).count() as u32
}

/// 1 below the first threshold, 5 from the last on.
pub(crate) fn score_of_amount(thresholds: &[f64; 4], amount: f64) -> u32 {
    1 + thresholds.iter().filter(|threshold| amount >= **threshold).count() as u32
}
