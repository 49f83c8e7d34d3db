//! Adds up what the items of a session say about each candidate, and takes the best.

/// Candidates beyond this many are let go: a session of ten items with thirty neighbours each stays below.
const SLOTS: usize = 1024;
const FULL: u32 = 700;
const FREE: u32 = u32::MAX;

/// One candidate: the sum, and the position in the session that added the most to it.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) item: u32,
    pub(crate) score: f32,
    pub(crate) most: f32,
    pub(crate) because: u32,
}

/// A hash table of fixed size on the stack: no allocation, and clearing it costs next to nothing.
pub(crate) struct Tally {
    slots: [Candidate; SLOTS],
    count: u32,
}

impl Tally {
    pub(crate) fn new() -> Tally {
        let free = Candidate { item: FREE, score: 0.0, most: 0.0, because: 0 };
        Tally { slots: [free; SLOTS], count: 0 }
    }

    /// Adds `weight` for `item`, said by the session's item `because`.
    pub(crate) fn add(&mut self, item: u32, weight: f32, because: u32) {
        let mut at = (item.wrapping_mul(0x9e37_79b1) >> 22) as usize;
        loop {
            let Some(slot) = self.slots.get_mut(at % SLOTS) else { return };
            if slot.item == item {
                slot.score += weight;
                if weight > slot.most {
                    slot.most = weight;
                    slot.because = because;
                }
                return;
            }
            if slot.item == FREE {
                if self.count < FULL {
                    self.count += 1;
                    *slot = Candidate { item, score: weight, most: weight, because };
                }
                return;
            }
            at += 1;
        }
    }

    /// The best `limit` candidates that `allowed` lets through. `before` orders candidates of equal score.
    pub(crate) fn best(
        &self,
        limit: usize,
        allowed: impl Fn(u32) -> bool,
        before: impl Fn(u32, u32) -> bool,
    ) -> Vec<Candidate> {
        let mut best: Vec<Candidate> = Vec::with_capacity(limit + 1);
        for candidate in &self.slots {
            if candidate.item == FREE || !allowed(candidate.item) {
                continue;
            }
            let full = best.len() >= limit;
            let beats = |other: &Candidate| {
                candidate.score > other.score || candidate.score == other.score && before(candidate.item, other.item)
            };
            if full && !best.last().is_some_and(beats) {
                continue;
            }
            let place = best.iter().rposition(|other| !beats(other)).map_or(0, |at| at + 1);
            best.insert(place, *candidate);
            best.truncate(limit);
        }
        best
    }
}
