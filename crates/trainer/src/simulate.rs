//! Made-up shoppers with a known truth, to measure and test learning at any size.

use crate::sessions::{Look, Names, Sessions};

/// Random numbers that are the same everywhere.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall the same way for the same seed.
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below 1.
    pub fn share(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        (self.share() * count as f64) as usize
    }

    /// A whole number below `count`, small ones more often.
    pub fn skewed(&mut self, count: usize) -> usize {
        (self.share().powf(2.5) * count as f64) as usize
    }

    /// The numbers below `count` in a random order.
    pub fn shuffled(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for nth in (1..count).rev() {
            order.swap(nth, self.below(nth + 1));
        }
        order
    }
}

/// How many items a made-up category has.
const CATEGORY: usize = 60;

/// Shoppers who wander through categories along each item's own few successors, return to what they saw before, and now
/// and then leave for another category. Ids say nothing about categories; popularity falls like that of real catalogues.
pub fn sessions(items: usize, sessions: usize, seed: u64) -> (Sessions, Names) {
    let mut dice = Dice::new(seed);
    let ids = dice.shuffled(items);
    let categories = items.div_ceil(CATEGORY);
    let order = dice.shuffled(categories);
    let within = |category: usize, nth: usize| (category * CATEGORY + nth).min(items - 1);
    let successors: Vec<Vec<usize>> = (0..items)
        .map(|item| {
            let near: Vec<usize> = (0..12).map(|_| within(item / CATEGORY, dice.skewed(CATEGORY))).collect();
            let far = (0..3).map(|_| within(order[dice.skewed(categories)], dice.skewed(CATEGORY)));
            near.into_iter().chain(far.collect::<Vec<_>>()).collect()
        })
        .collect();
    let mut names = Names::default();
    let mut looks = Vec::new();
    let mut now = 1_700_000_000i64;
    for session in 0..sessions as u32 {
        now += 1 + dice.below(20) as i64;
        let mut at = now;
        let mut item = within(order[dice.skewed(categories)], dice.skewed(CATEGORY));
        let mut seen = vec![item];
        looks.push(Look { session, item: names.number_of(&(ids[item] + 1).to_string()), at });
        while seen.len() < 2 || dice.share() > 0.26 && seen.len() < 60 {
            item = match dice.share() {
                mood if mood < 0.66 => successors[item][dice.skewed(successors[item].len())],
                mood if mood < 0.80 => seen[dice.below(seen.len())],
                mood if mood < 0.97 => within(item / CATEGORY, dice.skewed(CATEGORY)),
                _ => within(order[dice.skewed(categories)], dice.skewed(CATEGORY)),
            };
            at += 5 + dice.skewed(300) as i64;
            looks.push(Look { session, item: names.number_of(&(ids[item] + 1).to_string()), at });
            seen.push(item);
        }
    }
    let count = names.len();
    (Sessions::from_looks(looks, count), names)
}
