//! Adds up what the items of a session say about each candidate, and takes the best.

/// Candidates beyond this many are let go: a session of ten items with forty neighbours each stays below.
const MOST: usize = 500;
const SLOTS: usize = 1024;

/// One candidate: the sum, and the position in the session that added the most to it.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) item: u32,
    pub(crate) score: f32,
    pub(crate) most: f32,
    pub(crate) because: u32,
}

/// Candidates in the order of their arrival, found through a small table that costs next to nothing to clear.
pub(crate) struct Tally {
    /// Where in `candidates` an item is, counted from 1; 0 is free. Always more than half free.
    slots: [u16; SLOTS],
    candidates: Vec<Candidate>,
}

impl Tally {
    pub(crate) fn new() -> Tally {
        Tally { slots: [0; SLOTS], candidates: Vec::with_capacity(MOST) }
    }

    /// Adds `weight` for `item`, said by the session's item `because`.
    pub(crate) fn add(&mut self, item: u32, weight: f32, because: u32) {
        let mut at = (item.wrapping_mul(0x9e37_79b1) >> 22) as usize;
        while let Some(slot) = self.slots.get_mut(at % SLOTS) {
            match self.candidates.get_mut(usize::from(*slot).wrapping_sub(1)) {
                Some(known) if known.item == item => {
                    known.score += weight;
                    if weight > known.most {
                        known.most = weight;
                        known.because = because;
                    }
                    return;
                }
                Some(_) => at += 1,
                None => {
                    if self.candidates.len() < MOST {
                        self.candidates.push(Candidate { item, score: weight, most: weight, because });
                        *slot = self.candidates.len() as u16;
                    }
                    return;
                }
            }
        }
    }

    /// The best `limit` candidates that `allowed` lets through. `before` orders candidates of equal score.
    pub(crate) fn best(
        &self,
        limit: usize,
        allowed: impl Fn(u32) -> bool,
        before: impl Fn(u32, u32) -> bool,
    ) -> Vec<Candidate> {
        let mut best: Vec<Candidate> = Vec::with_capacity(limit.min(MOST) + 1);
        for candidate in &self.candidates {
            let beats = |other: &Candidate| {
                candidate.score > other.score || candidate.score == other.score && before(candidate.item, other.item)
            };
            if best.len() >= limit && !best.last().is_some_and(beats) || !allowed(candidate.item) {
                continue;
            }
            let place = best.iter().rposition(|other| !beats(other)).map_or(0, |at| at + 1);
            best.insert(place, *candidate);
            best.truncate(limit);
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_come_first_and_name_who_spoke_for_them() {
        let mut tally = Tally::new();
        for (item, weight, because) in [(7, 0.2, 0), (9, 0.5, 0), (7, 0.4, 1), (3, 0.5, 1)] {
            tally.add(item, weight, because);
        }
        let best = tally.best(2, |item| item != 0, |one, other| one < other);
        let found: Vec<(u32, u32)> = best.iter().map(|candidate| (candidate.item, candidate.because)).collect();
        assert_eq!(found, [(7, 1), (3, 1)], "of two equal ones the first by order");
        assert!(tally.best(0, |_| true, |_, _| false).is_empty());
        assert_eq!(tally.best(9, |item| item == 9, |_, _| false).len(), 1);
    }

    #[test]
    fn more_candidates_than_there_is_room_for_are_let_go() {
        let mut tally = Tally::new();
        (0..5000).for_each(|item| tally.add(item, 1.0, 0));
        assert_eq!(tally.best(5000, |_| true, |one, other| one < other).len(), MOST);
    }
}
