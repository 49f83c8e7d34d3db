//! Which messageIds were stored before: an exact-enough set in memory, rebuilt at start from the `ids` table.
//!
//! Ids are kept as 64-bit keyed hashes in segments of a fixed size, oldest first; a full set lets go of its oldest
//! segment. Looking one up costs one memory access a segment. A new id is taken for a known one with a chance of
//! (ids kept) / 2^64: 1 in 1.8 million million at ten million ids. An index on disk would be exact but costs a random
//! page write for each event, because clients' ids are random.

use std::collections::VecDeque;

/// Slots of a segment: 8 MB. The system gives memory only for pages that are touched.
const SLOTS: usize = 1 << 20;
/// A segment is full when three quarters of its slots are taken.
const FULL: usize = SLOTS / 4 * 3;
/// How many segments hold ten million ids even just after the oldest one left.
const SEGMENTS: usize = 14;

/// The set of known ids.
#[derive(Debug)]
pub(crate) struct Dedupe {
    segments: VecDeque<Segment>,
    most_segments: usize,
    full: usize,
}

#[derive(Debug)]
struct Segment {
    slots: Box<[u64]>,
    used: usize,
    last_seq: i64,
}

impl Dedupe {
    /// An empty set of the usual size.
    pub(crate) fn new() -> Dedupe {
        Dedupe::with_capacity(SEGMENTS, SLOTS, FULL)
    }

    fn with_capacity(most_segments: usize, slots: usize, full: usize) -> Dedupe {
        let mut segments = VecDeque::with_capacity(most_segments);
        segments.push_back(Segment::new(slots));
        Dedupe { segments, most_segments, full }
    }

    /// Makes room for a commit of so many ids. Gives the last sequence number whose ids were let go, if any were.
    pub(crate) fn make_room(&mut self, ids: usize) -> Option<i64> {
        let newest = self.segments.back()?;
        if newest.used + ids <= self.full {
            return None;
        }
        let slots = newest.slots.len();
        let gone = if self.segments.len() == self.most_segments { self.segments.pop_front() } else { None };
        self.segments.push_back(Segment::new(slots));
        gone.map(|segment| segment.last_seq)
    }

    /// Adds an id; false when it was known. Call `make_room` once before the ids of a commit.
    pub(crate) fn insert(&mut self, id: u64) -> bool {
        let Some((newest, older)) = self.segments.make_contiguous().split_last_mut() else { return true };
        // Retries come soon after the first try, so the newest segments know most of what is known.
        if older.iter().rev().any(|segment| segment.contains(id)) {
            return false;
        }
        newest.insert(id)
    }

    /// Notes up to which sequence number the newest segment reaches.
    pub(crate) fn reached(&mut self, seq: i64) {
        if let Some(newest) = self.segments.back_mut() {
            newest.last_seq = seq;
        }
    }

    /// Takes back ids that were just inserted, in the order of their insertion: their commit failed.
    pub(crate) fn undo(&mut self, ids: &[u64]) {
        if let Some(newest) = self.segments.back_mut() {
            for id in ids.iter().rev() {
                newest.remove_latest(*id);
            }
        }
    }

    /// How many ids are known.
    pub(crate) fn len(&self) -> usize {
        self.segments.iter().map(|segment| segment.used).sum()
    }
}

impl Segment {
    fn new(slots: usize) -> Segment {
        Segment { slots: vec![0; slots].into_boxed_slice(), used: 0, last_seq: 0 }
    }

    /// The slot that holds the id, or the empty one where it belongs.
    fn slot_of(&self, id: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = id as usize & mask;
        while self.slots[slot] != 0 && self.slots[slot] != id {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn contains(&self, id: u64) -> bool {
        self.slots[self.slot_of(id)] == id
    }

    fn insert(&mut self, id: u64) -> bool {
        let slot = self.slot_of(id);
        let fresh = self.slots[slot] == 0;
        if fresh {
            self.slots[slot] = id;
            self.used += 1;
        }
        fresh
    }

    // INVARIANT: only the id inserted last may be taken out; no other id's search passes its slot then.
    fn remove_latest(&mut self, id: u64) {
        let slot = self.slot_of(id);
        if self.slots[slot] == id {
            self.slots[slot] = 0;
            self.used -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_new_once() {
        let mut known = Dedupe::new();
        assert!(known.insert(5) && !known.insert(5) && known.insert(5 + SLOTS as u64));
        assert_eq!(known.len(), 2);
    }

    #[test]
    fn a_failed_commit_leaves_no_trace() {
        let mut known = Dedupe::with_capacity(2, 16, 12);
        assert!(known.insert(1) && known.insert(17));
        assert!(known.insert(33) && known.insert(49));
        known.undo(&[33, 49]);
        assert_eq!(known.len(), 2);
        assert!(!known.insert(17) && known.insert(33) && known.insert(49));
    }

    #[test]
    fn the_oldest_segment_leaves_and_names_the_place_it_reached() {
        let mut known = Dedupe::with_capacity(3, 16, 12);
        let mut gone = Vec::new();
        for seq in 1..=60 {
            gone.extend(known.make_room(1));
            assert!(known.insert(seq as u64));
            known.reached(seq);
        }
        assert_eq!(gone, [12, 24]);
        assert!(!known.insert(25) && !known.insert(60) && known.insert(24));
    }

    #[test]
    fn ten_million_ids_fit() {
        const { assert!((SEGMENTS - 1) * (FULL - crate::admission::GROUP_EVENTS) >= 10_000_000) }
    }

    /// Prints what a lookup costs with ten million ids known; for figures, run it with `--release -- --ignored`.
    #[test]
    #[ignore = "prints a measurement"]
    fn ten_million_ids_are_told_apart() {
        let id = |number: u64| (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut known = Dedupe::new();
        for number in 0..10_000_000 {
            if number % 500 == 0 {
                known.make_room(500);
            }
            assert!(known.insert(id(number)));
        }
        let mut times: Vec<u128> = (0..1_000_000u64)
            .map(|number| {
                let started = std::time::Instant::now();
                assert!(!known.insert(id(number * 10)));
                started.elapsed().as_nanos()
            })
            .collect();
        times.sort_unstable();
        println!("{} ids known; lookup p50 {} ns, p99 {} ns", known.len(), times[500_000], times[990_000]);
    }
}
