//! Sums by item: as many slots as items, of which only those that were touched are looked at.

/// A neighbour and its weight.
pub type Neighbour = (u32, f32);

/// Sums by item, zero again after each reading.
pub struct Sums {
    sums: Vec<f32>,
    touched: Vec<u32>,
    keys: Vec<u64>,
}

impl Sums {
    /// Zero for each of `count` items.
    pub fn new(count: usize) -> Sums {
        Sums { sums: vec![0.0; count], touched: Vec::new(), keys: Vec::new() }
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
        self.keys.clear();
        self.keys.extend(self.touched.drain(..).map(|item| key((item, std::mem::take(&mut sums[item as usize])))));
        first(&mut self.keys, most);
        self.keys.iter().map(|key| neighbour(*key)).collect()
    }
}

/// Keeps the `most` strongest neighbours, the strongest first; those that are equal by item.
pub fn strongest(row: &mut Vec<Neighbour>, most: usize) {
    let mut keys: Vec<u64> = row.iter().map(|neighbour| key(*neighbour)).collect();
    first(&mut keys, most);
    row.clear();
    row.extend(keys.iter().map(|key| neighbour(*key)));
}

/// A neighbour as a number, smaller the stronger it is and then the smaller its item: numbers compare several times as fast.
fn key((item, weight): Neighbour) -> u64 {
    let bits = weight.to_bits();
    // Floats below zero are ordered the other way round.
    let order = if bits >> 31 == 0 { !(bits | 1 << 31) } else { bits };
    u64::from(order) << 32 | u64::from(item)
}

fn neighbour(key: u64) -> Neighbour {
    let order = (key >> 32) as u32;
    let bits = if order >> 31 == 0 { !order & !(1 << 31) } else { order };
    (key as u32, f32::from_bits(bits))
}

/// Keeps the `most` smallest, in order.
fn first(keys: &mut Vec<u64>, most: usize) {
    if keys.len() > most && most > 0 {
        keys.select_nth_unstable(most - 1);
    }
    keys.truncate(most);
    keys.sort_unstable();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_as_weights_do_and_then_as_items_do() {
        let weights = [f32::INFINITY, 3.5, 1.0, f32::MIN_POSITIVE, 1e-45, 0.0, -0.0, -1e-45, -2.0, f32::NEG_INFINITY];
        let all: Vec<Neighbour> =
            weights.into_iter().flat_map(|weight| [(0, weight), (7, weight), (u32::MAX, weight)]).collect();
        assert!(all.iter().map(|one| key(*one)).is_sorted());
        for one in &all {
            let back = neighbour(key(*one));
            assert_eq!((back.0, back.1.to_bits()), (one.0, one.1.to_bits()));
        }
        let mut row: Vec<Neighbour> = all.iter().rev().copied().collect();
        strongest(&mut row, 4);
        assert_eq!(row, all[..4]);
        strongest(&mut row, 0);
        assert!(row.is_empty());
    }
}
