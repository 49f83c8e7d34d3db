//! From sessions to all that a model holds.

use crate::TrainError;
use crate::counts::{Counter, Counting, Neighbour, Sums};
use crate::sessions::{Names, Sessions};
use crate::shards::{Learned, Lists};

/// How many neighbours a row keeps.
const KEPT: usize = 24;
/// How many popular items the head lists.
const POPULAR: usize = 40;

/// Learns from sessions alone.
///
/// # Errors
/// No session has two items.
pub fn learn(sessions: &Sessions, names: Names) -> Result<Learned, TrainError> {
    let how = Counting::default();
    let counter = Counter::new(sessions);
    let ages = counter.ages(how.half_life);
    let mut sums = Sums::new(names.len());
    let rows: Vec<Vec<Neighbour>> = (0..names.len() as u32)
        .map(|item| {
            let mut row = counter.row(item, &how, &ages, &mut sums);
            row.truncate(KEPT);
            row
        })
        .collect();
    if rows.iter().all(Vec::is_empty) {
        return Err(TrainError::Empty);
    }
    let popularity: Vec<u32> = (0..names.len() as u32).map(|item| counter.looks(item)).collect();
    let mut popular: Vec<u32> = (0..names.len() as u32).collect();
    popular.sort_by_key(|item| (std::cmp::Reverse(popularity[*item as usize]), *item));
    popular.truncate(POPULAR);
    Ok(Learned {
        popularity,
        rows: rows.into_iter().map(|next| [next, Vec::new(), Vec::new()]).collect(),
        rhythms: vec![None; names.len()],
        lists: Lists { popular, ..Lists::default() },
        memory: vec![1.0, 0.5, 0.25, 0.125, 0.06],
        again: vec![0.05, 0.1, 0.05, 0.03, 0.02],
        names,
    })
}
