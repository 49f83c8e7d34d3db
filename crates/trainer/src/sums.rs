//! Sums by item: as many slots as items, of which only those that were touched are looked at.

/// A neighbour and its weight.
pub type Neighbour = (u32, f32);

/// Sums by item, zero again after each reading.
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

    /// The sum of one item.
    pub fn of(&self, item: u32) -> f32 {
        self.sums[item as usize]
    }

    /// How many items other than `item` and `besides` have a sum at least as large as that of `item`.
    pub fn ahead_of(&self, item: u32, besides: u32) -> usize {
        let own = self.sums[item as usize];
        let better = |other: &&u32| self.sums[**other as usize] >= own && **other != besides;
        self.touched.iter().filter(better).count().saturating_sub(usize::from(own > 0.0))
    }

    /// Forgets all sums.
    pub fn clear(&mut self) {
        for item in self.touched.drain(..) {
            self.sums[item as usize] = 0.0;
        }
    }

    /// The `most` largest sums, the largest first; those that are equal by item.
    pub fn take(&mut self, most: usize) -> Vec<Neighbour> {
        let sums = &mut self.sums;
        let mut row: Vec<Neighbour> =
            self.touched.drain(..).map(|item| (item, std::mem::take(&mut sums[item as usize]))).collect();
        strongest(&mut row, most);
        row
    }
}

/// Keeps the `most` strongest neighbours, the strongest first; those that are equal by item.
pub fn strongest(row: &mut Vec<Neighbour>, most: usize) {
    let order = |one: &Neighbour, other: &Neighbour| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0));
    if row.len() > most && most > 0 {
        row.select_nth_unstable_by(most - 1, order);
    }
    row.truncate(most);
    row.sort_unstable_by(order);
}
