//! Which items follow which within sessions: one item's row at a time, straight from the sessions, so that no table of
//! all pairs ever has to fit in memory.

use crate::parallel::in_pieces;
use crate::sessions::Sessions;
use crate::settings::Counting;
use crate::sums::{Neighbour, Sums};

/// How many neighbours of an item are remembered between counting and weighing.
pub(crate) const REMEMBERED: usize = 150;

/// What was counted for one item.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// The sum over all neighbours.
    pub total: f32,
    /// The strongest neighbours.
    pub neighbours: Vec<Neighbour>,
}

/// Sessions with an index from items to where they were looked at.
pub struct Counter<'a> {
    sessions: &'a Sessions,
    /// Per look, its session.
    owner: Vec<u32>,
    /// Per item, where its places begin in `places`.
    starts: Vec<u32>,
    places: Vec<u32>,
}

impl<'a> Counter<'a> {
    /// Indexes sessions.
    pub fn new(sessions: &'a Sessions) -> Counter<'a> {
        let mut owner = Vec::with_capacity(sessions.looks());
        let mut starts = vec![0u32; sessions.item_count() + 1];
        for (nth, session) in sessions.iter().enumerate() {
            owner.resize(owner.len() + session.len(), nth as u32);
            session.iter().for_each(|item| starts[*item as usize + 1] += 1);
        }
        for nth in 1..starts.len() {
            starts[nth] += starts[nth - 1];
        }
        let mut next = starts.clone();
        let mut places = vec![0; sessions.looks()];
        for (place, item) in sessions.items().iter().enumerate() {
            let slot = &mut next[*item as usize];
            places[*slot as usize] = place as u32;
            *slot += 1;
        }
        Counter { sessions, owner, starts, places }
    }

    /// How often each item was looked at.
    pub fn looks(&self) -> Vec<u32> {
        self.starts.windows(2).map(|ends| ends[1] - ends[0]).collect()
    }

    /// Every item's row.
    pub fn rows(&self, how: &Counting) -> Vec<Counted> {
        let ahead: Vec<f32> = (1..=how.steps).map(|step| (step as f32).powf(-how.fade)).collect();
        let back: Vec<f32> = ahead.iter().map(|weight| weight * how.back).collect();
        let ages = self.ages(how.half_life);
        in_pieces(self.sessions.item_count(), |items| {
            let mut sums = Sums::new(self.sessions.item_count());
            items.map(|item| self.row(item as u32, &ahead, &back, &ages, &mut sums)).collect()
        })
    }

    /// How much each session counts: the newest 1, the older the less.
    fn ages(&self, half_life: f32) -> Vec<f32> {
        let count = self.sessions.len();
        let span = half_life * count as f32;
        (0..count).map(|nth| (-((count - nth) as f32) / span).exp2()).collect()
    }

    fn row(&self, item: u32, ahead: &[f32], back: &[f32], ages: &[f32], sums: &mut Sums) -> Counted {
        let mut total = 0.0;
        let items = self.sessions.items();
        for place in &self.places[self.starts[item as usize] as usize..self.starts[item as usize + 1] as usize] {
            let (place, session) = (*place as usize, self.owner[*place as usize] as usize);
            let bounds = self.sessions.bounds(session);
            let later = items[place + 1..bounds.end].iter().zip(ahead);
            let earlier = items[bounds.start..place].iter().rev().zip(back);
            for (other, weight) in later.chain(earlier) {
                if *other != item && *weight > 0.0 {
                    sums.add(*other, weight * ages[session]);
                    total += weight * ages[session];
                }
            }
        }
        Counted { total, neighbours: sums.take(REMEMBERED) }
    }
}
