//! Which items follow which within sessions: one item's row at a time, straight from the sessions, so that no table of
//! pairs ever has to fit in memory.

use crate::sessions::Sessions;

/// How pairs are counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Counting {
    /// Weight of the item one, two, … steps later.
    pub ahead: Vec<f32>,
    /// Weight of the item one, two, … steps earlier.
    pub back: Vec<f32>,
    /// After how many newer sessions a session counts half.
    pub half_life: f32,
    /// Added to a row's sum before dividing by it: rows seen seldom speak softly.
    pub caution: f32,
}

impl Default for Counting {
    fn default() -> Counting {
        let ahead = vec![1.0, 0.5, 0.33, 0.25, 0.2];
        let back = ahead.iter().map(|weight| weight * 0.3).collect();
        Counting { ahead, back, half_life: 60_000.0, caution: 2.0 }
    }
}

/// A neighbour and its weight.
pub type Neighbour = (u32, f32);

/// Sessions with an index from items to where they were looked at.
pub struct Counter<'a> {
    sessions: &'a Sessions,
    /// Flat items, and per place its session.
    items: Vec<u32>,
    owner: Vec<u32>,
    bounds: Vec<u32>,
    /// Per item, where its places begin in `places`.
    starts: Vec<u32>,
    places: Vec<u32>,
}

impl<'a> Counter<'a> {
    /// Indexes sessions.
    pub fn new(sessions: &'a Sessions) -> Counter<'a> {
        let mut items = Vec::with_capacity(sessions.looks());
        let (mut owner, mut bounds) = (Vec::with_capacity(sessions.looks()), vec![0]);
        for (nth, session) in sessions.iter().enumerate() {
            items.extend_from_slice(session);
            owner.resize(items.len(), nth as u32);
            bounds.push(items.len() as u32);
        }
        let mut starts = vec![0u32; sessions.item_count() + 1];
        items.iter().for_each(|item| starts[*item as usize + 1] += 1);
        for nth in 1..starts.len() {
            starts[nth] += starts[nth - 1];
        }
        let mut next = starts.clone();
        let mut places = vec![0; items.len()];
        for (place, item) in items.iter().enumerate() {
            let slot = &mut next[*item as usize];
            places[*slot as usize] = place as u32;
            *slot += 1;
        }
        Counter { sessions, items, owner, bounds, starts, places }
    }

    /// How often an item was looked at.
    pub fn looks(&self, item: u32) -> u32 {
        self.starts[item as usize + 1] - self.starts[item as usize]
    }

    /// How many sessions were indexed.
    pub fn sessions(&self) -> &Sessions {
        self.sessions
    }

    /// How much each session counts: the newest 1, falling by half with every `half_life` sessions.
    pub fn ages(&self, half_life: f32) -> Vec<f32> {
        let newest = self.sessions.len();
        (0..newest).map(|nth| (-((newest - nth - 1) as f32) / half_life).exp2()).collect()
    }

    /// The row of `item`: every item near it in a session, with the weight that follows from `how`.
    pub fn row(&self, item: u32, how: &Counting, ages: &[f32], sums: &mut Sums) -> Vec<Neighbour> {
        let mut total = 0.0;
        for place in &self.places[self.starts[item as usize] as usize..self.starts[item as usize + 1] as usize] {
            let place = *place as usize;
            let session = self.owner[place] as usize;
            let (from, to) = (self.bounds[session] as usize, self.bounds[session + 1] as usize);
            let age = ages[session];
            for (step, weight) in how.ahead.iter().enumerate() {
                let Some(other) = Some(place + 1 + step).filter(|at| *at < to).map(|at| self.items[at]) else { break };
                if other != item {
                    sums.add(other, weight * age);
                    total += weight * age;
                }
            }
            for (step, weight) in how.back.iter().enumerate() {
                let Some(other) = place.checked_sub(1 + step).filter(|at| *at >= from).map(|at| self.items[at]) else {
                    break;
                };
                if other != item {
                    sums.add(other, weight * age);
                    total += weight * age;
                }
            }
        }
        sums.take(1.0 / (total + how.caution))
    }
}

/// Sums by item, cleared by reading them.
pub struct Sums {
    sums: Vec<f32>,
    touched: Vec<u32>,
}

impl Sums {
    /// Zero for each of `count` items.
    pub fn new(count: usize) -> Sums {
        Sums { sums: vec![0.0; count], touched: Vec::new() }
    }

    /// Adds to the sum of an item; `weight` is above zero.
    pub fn add(&mut self, item: u32, weight: f32) {
        let sum = &mut self.sums[item as usize];
        if *sum == 0.0 {
            self.touched.push(item);
        }
        *sum += weight;
    }

    /// All sums times `factor`, the largest first, and zero again afterwards.
    pub fn take(&mut self, factor: f32) -> Vec<Neighbour> {
        let sums = &mut self.sums;
        let taken = self.touched.drain(..).map(|item| (item, std::mem::take(&mut sums[item as usize]) * factor));
        let mut row: Vec<Neighbour> = taken.collect();
        row.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        row
    }
}
