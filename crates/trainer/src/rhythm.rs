//! How many days lie between purchases of the same product, and of the same category.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use tailorbird_core::catalog::category_levels;
use tailorbird_core::recommend::Rhythm;

use crate::events::{Act, Deed, Evidence};

/// So few intervals tell no rhythm.
const FEWEST_OF_PRODUCT: usize = 4;
const FEWEST_OF_CATEGORY: usize = 10;
/// A spread above this share of the rhythm is none: the things are bought when wanted, not when used up.
const LOOSEST: f32 = 0.4;
const DAY: f64 = 86_400_000.0;

/// What was learned of rhythms.
#[derive(Debug, Default)]
pub struct Rhythms {
    /// Per item.
    pub products: Vec<Option<Rhythm>>,
    /// Per category, at every level of its path.
    pub categories: BTreeMap<String, Rhythm>,
}

/// Rhythms from what visitors bought again. Two orders on one day are one purchase.
pub fn rhythms(evidence: &Evidence) -> Rhythms {
    let mut of_items: FxHashMap<u32, Vec<f32>> = FxHashMap::default();
    let mut of_categories: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
    for visitor in evidence.acts.chunk_by(|one, next| one.visitor == next.visitor) {
        let mut last_of_item: FxHashMap<u32, f64> = FxHashMap::default();
        let mut last_of_category: FxHashMap<&str, f64> = FxHashMap::default();
        for Act { item, at, .. } in visitor.iter().filter(|act| act.deed == Deed::Bought) {
            let day = *at as f64 / DAY;
            let interval = |last: Option<f64>| last.map(|last| (day - last) as f32).filter(|days| *days >= 1.0);
            let before = last_of_item.insert(*item, day);
            if let Some(days) = interval(before) {
                of_items.entry(*item).or_default().push(days);
            }
            let category = evidence.categories[*item as usize].as_deref().unwrap_or("");
            for level in category_levels(category) {
                if let Some(days) = interval(last_of_category.insert(level, day)) {
                    of_categories.entry(level).or_default().push(days);
                }
            }
        }
    }
    let products = (0..evidence.items.len() as u32).map(|item| rhythm(of_items.get_mut(&item)?, FEWEST_OF_PRODUCT));
    let products = products.collect();
    let categories = of_categories
        .into_iter()
        .filter_map(|(level, mut days)| Some((level.to_owned(), rhythm(&mut days, FEWEST_OF_CATEGORY)?)));
    Rhythms { products, categories: categories.collect() }
}

fn rhythm(days: &mut [f32], fewest: usize) -> Option<Rhythm> {
    if days.len() < fewest {
        return None;
    }
    let middle = median(days);
    let mut distances: Vec<f32> = days.iter().map(|days| (days - middle).abs()).collect();
    told(middle, median(&mut distances))
}

/// The rhythm of intervals whose median and spread are known, if there is one.
fn told(days: f32, spread: f32) -> Option<Rhythm> {
    (spread <= days * LOOSEST).then_some(Rhythm { days, spread })
}

/// The rhythm of a product that was counted elsewhere.
pub(crate) fn of_product(intervals: usize, days: f32, spread: f32) -> Option<Rhythm> {
    told(days, spread).filter(|_| intervals >= FEWEST_OF_PRODUCT)
}

/// The rhythm of a category that was counted elsewhere.
pub(crate) fn of_category(intervals: usize, days: f32, spread: f32) -> Option<Rhythm> {
    told(days, spread).filter(|_| intervals >= FEWEST_OF_CATEGORY)
}

fn median(numbers: &mut [f32]) -> f32 {
    numbers.sort_unstable_by(f32::total_cmp);
    let half = numbers.len() / 2;
    if numbers.len() % 2 == 1 { numbers[half] } else { (numbers[half - 1] + numbers[half]) / 2.0 }
}
