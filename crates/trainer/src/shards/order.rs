//! Which items share a file: those that are neighbours, so that a session needs few files and rows stay inside theirs.

use std::collections::BinaryHeap;

use crate::sums::Neighbour;

/// A weight that can be compared, with the item it stands for; equal weights go by the lower number.
#[derive(PartialEq)]
struct Pull(f32, u32);

impl Eq for Pull {}
impl PartialOrd for Pull {
    fn partial_cmp(&self, other: &Pull) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Pull {
    fn cmp(&self, other: &Pull) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0).then(other.1.cmp(&self.1))
    }
}

/// Groups of at most `size` items. Each grows from the most popular item left, by the item that is pulled most strongly.
pub(crate) fn groups(rows: &[&[Neighbour]], popularity: &[u32], size: usize) -> Vec<Vec<u32>> {
    let both_ways = mutual(rows);
    let mut by_popularity: Vec<u32> = (0..rows.len() as u32).collect();
    by_popularity.sort_by_key(|item| (std::cmp::Reverse(popularity[*item as usize]), *item));
    let mut taken = vec![false; rows.len()];
    let mut pulls = vec![0.0f32; rows.len()];
    let mut groups: Vec<Vec<u32>> = Vec::new();
    let mut group = Vec::new();
    let mut edge = BinaryHeap::new();
    let mut seeds = by_popularity.into_iter();
    loop {
        let next = std::iter::from_fn(|| edge.pop())
            .find(|Pull(pull, item)| !taken[*item as usize] && *pull == pulls[*item as usize]);
        let Some(item) = next.map(|pull| pull.1).or_else(|| seeds.find(|item| !taken[*item as usize])) else { break };
        taken[item as usize] = true;
        group.push(item);
        for (other, weight) in &both_ways[item as usize] {
            if !taken[*other as usize] {
                pulls[*other as usize] += weight;
                edge.push(Pull(pulls[*other as usize], *other));
            }
        }
        if group.len() >= size {
            groups.push(std::mem::take(&mut group));
            for Pull(_, item) in edge.drain() {
                pulls[item as usize] = 0.0;
            }
        }
    }
    if !group.is_empty() {
        groups.push(group);
    }
    groups
}

/// Every edge seen from both its ends.
fn mutual(rows: &[&[Neighbour]]) -> Vec<Vec<Neighbour>> {
    let mut both: Vec<Vec<Neighbour>> = rows.iter().map(|row| row.to_vec()).collect();
    for (item, row) in rows.iter().enumerate() {
        for (other, weight) in *row {
            both[*other as usize].push((item as u32, *weight));
        }
    }
    both
}
