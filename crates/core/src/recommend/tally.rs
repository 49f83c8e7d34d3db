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
