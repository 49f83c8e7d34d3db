//! From sessions to all that a model holds.

use crate::TrainError;
use crate::counts::Counter;
use crate::rows::{weighed, widened};
use crate::sessions::{Names, Sessions};
use crate::settings::Settings;
use crate::shards::{Learned, Lists};

/// How many neighbours a row keeps.
pub const KEPT: usize = 24;
/// How many popular items the head lists.
const POPULAR: usize = 40;

/// Learns from sessions alone, with settings chosen before.
///
/// # Errors
/// No session has two items.
pub fn learn(sessions: &Sessions, names: Names, settings: &Settings) -> Result<Learned, TrainError> {
    let counter = Counter::new(sessions);
    let looks = counter.looks();
    let rows = weighed(&counter.rows(&settings.counting), &looks, &settings.weighing);
    let all: Vec<u32> = (0..names.len() as u32).collect();
    let rows = widened(&rows, &all, &settings.walking, KEPT);
    if rows.iter().all(Vec::is_empty) {
        return Err(TrainError::Empty);
    }
    let mut popular = all;
    popular.sort_by_key(|item| (std::cmp::Reverse(looks[*item as usize]), *item));
    popular.truncate(POPULAR);
    Ok(Learned {
        popularity: looks,
        rows: rows.into_iter().map(|next| [next, Vec::new(), Vec::new()]).collect(),
        rhythms: vec![None; names.len()],
        lists: Lists { popular, ..Lists::default() },
        memory: settings.reading.loudness(),
        again: settings.reading.again(),
        names,
    })
}
