//! What is in demand now: every deed counts, and half as much with every few days that have passed since.

use crate::events::{Deed, Evidence};
use crate::sessions::Sessions;
use crate::sums::{Neighbour, strongest};

/// After so many days a deed counts half.
const HALF_LIFE: f64 = 3.0;
/// How many items are listed.
const LISTED: usize = 40;

/// The items most in demand when the newest event happened, with scores from 0 to 1.
pub fn trending(evidence: &Evidence) -> Vec<Neighbour> {
    let deeds = evidence.acts.iter().map(|act| {
        let weight = match act.deed {
            Deed::Looked => 1.0,
            Deed::Took => 3.0,
            Deed::Bought => 5.0,
        };
        (act.item, weight, (evidence.newest - act.at) as f64 / 86_400_000.0)
    });
    listed(deeds, evidence.items.len())
}

/// The same from sessions alone.
pub fn trending_of(sessions: &Sessions) -> Vec<Neighbour> {
    let newest = (0..sessions.len()).map(|nth| sessions.end(nth)).max().unwrap_or(0);
    let age = |nth: usize| (newest - sessions.end(nth)) as f64 / 86_400.0;
    let looks =
        (0..sessions.len()).flat_map(|nth| sessions.session(nth).iter().map(move |item| (*item, 1.0, age(nth))));
    listed(looks, sessions.item_count())
}

fn listed(deeds: impl Iterator<Item = (u32, f64, f64)>, count: usize) -> Vec<Neighbour> {
    let mut demand = vec![0.0f64; count];
    for (item, weight, days) in deeds {
        demand[item as usize] += weight * (-days.max(0.0) / HALF_LIFE).exp2();
    }
    most_wanted(demand)
}

/// The items with the highest demand, the highest of all being 1.
pub(crate) fn most_wanted(demand: Vec<f64>) -> Vec<Neighbour> {
    let most = demand.iter().copied().fold(0.0, f64::max);
    let scored = demand.into_iter().zip(0..).map(|(demand, item)| (item, (demand / most) as f32));
    let mut scored: Vec<Neighbour> = scored.filter(|(_, score)| *score > 0.0).collect();
    strongest(&mut scored, LISTED);
    scored
}
