//! Rows of neighbours from counts: weighed, then widened by the neighbours' own neighbours.

use crate::counts::Counted;
use crate::parallel::in_pieces;
use crate::settings::{Walking, Weighing};
use crate::sums::{Neighbour, Sums, strongest};

/// How many neighbours a weighed row keeps for walking and reading.
const WEIGHED: usize = 100;
/// How many neighbours a walk goes on from, at each of its steps.
const PATHS: usize = 30;

/// Counts as weights between 0 and 1.
pub fn weighed(counted: &[Counted], looks: &[u32], how: &Weighing) -> Vec<Vec<Neighbour>> {
    let fame: Vec<f32> = looks.iter().map(|looks| (looks.max(&1).to_owned() as f32).powf(-how.fame)).collect();
    in_pieces(counted.len(), |items| {
        let row = |item: usize| {
            let counted = &counted[item];
            let share = 1.0 / (counted.total + how.caution);
            let weight = |(other, count): &Neighbour| {
                (*other, (count * share * fame[*other as usize]).powf(how.bend).max(f32::MIN_POSITIVE))
            };
            let mut row = counted.neighbours.iter().map(weight).collect();
            strongest(&mut row, WEIGHED);
            row
        };
        items.map(row).collect()
    })
}

/// The rows of `wanted` items, each widened by walks of two and three steps and then cut to the item's length.
pub fn widened(rows: &[Vec<Neighbour>], wanted: &[u32], how: &Walking, lengths: &[usize]) -> Vec<Vec<Neighbour>> {
    in_pieces(wanted.len(), |part| {
        let (mut sums, mut steps) = (Sums::new(rows.len()), Sums::new(rows.len()));
        let row = |nth: usize| {
            let item = wanted[nth];
            let own = &rows[item as usize];
            own.iter().for_each(|(other, weight)| sums.add(*other, *weight));
            if how.two > 0.0 {
                let second = step(own, rows, item, &mut steps);
                second.iter().for_each(|(other, weight)| sums.add(*other, weight * how.two));
                if how.three > 0.0 {
                    let third = step(&second, rows, item, &mut steps);
                    third.iter().for_each(|(other, weight)| sums.add(*other, weight * how.three));
                }
            }
            sums.take(lengths[item as usize])
        };
        part.map(row).collect()
    })
}

/// How many neighbours each item keeps: `most_kept` / 2 for half of all items, and the more the more it is looked at, for
/// a long row of an item that nobody looks at is bytes without use.
pub fn lengths(looks: &[u32], most_kept: usize) -> Vec<usize> {
    let mut sorted = looks.to_vec();
    sorted.sort_unstable();
    let median = sorted.get(sorted.len() / 2).map_or(1.0, |looks| f64::from(*looks).max(1.0));
    let least = most_kept / 2;
    let extra = |looks: &u32| (f64::from(*looks) / median).max(1.0).log2() * most_kept as f64 / 8.0;
    looks.iter().map(|looks| (least + extra(looks) as usize).min(most_kept)).collect()
}

/// One step further from the strongest of `from`, never back to `start`.
fn step(from: &[Neighbour], rows: &[Vec<Neighbour>], start: u32, sums: &mut Sums) -> Vec<Neighbour> {
    for (middle, first) in from.iter().take(PATHS) {
        for (other, second) in rows[*middle as usize].iter().take(PATHS) {
            if *other != start {
                sums.add(*other, first * second);
            }
        }
    }
    sums.take(WEIGHED)
}
