//! What is bought together, and what others bought instead at a higher price.

use rustc_hash::FxHashMap;

use crate::events::{Act, Deed, Evidence, SESSION_PAUSE};
use crate::sums::{Neighbour, strongest};

/// An order with more items than this says nothing about any two of them.
const LARGEST_ORDER: usize = 40;
/// How many neighbours are kept.
const TOGETHER: usize = 8;
const UPSELL: usize = 6;
/// One order is chance.
const FEWEST_ORDERS: f32 = 2.0;
/// Added to how often an item was bought or looked at before dividing by it.
const CAUTION: f32 = 3.0;
/// A dearer choice costs more by this factor at least and at most.
const DEARER: std::ops::RangeInclusive<f64> = 1.05..=3.0;

/// Per item, the items of the same orders, by the share of its orders that they are in.
pub fn together(evidence: &Evidence) -> Vec<Vec<Neighbour>> {
    let mut pairs: FxHashMap<(u32, u32), f32> = FxHashMap::default();
    let mut orders = vec![0.0f32; evidence.items.len()];
    for order in orders_of(evidence) {
        order.iter().for_each(|item| orders[*item as usize] += 1.0);
        for one in order.iter().filter(|_| order.len() <= LARGEST_ORDER) {
            for other in order.iter().filter(|other| *other != one) {
                *pairs.entry((*one, *other)).or_default() += 1.0;
            }
        }
    }
    together_rows(pairs, &orders)
}

/// Rows from in how many orders two items were together, and in how many each was.
pub(crate) fn together_rows(pairs: FxHashMap<(u32, u32), f32>, orders: &[f32]) -> Vec<Vec<Neighbour>> {
    // What is in every order belongs to no item in particular.
    let weight = |one: u32, other: u32, count: f32| {
        count / (orders[one as usize] + CAUTION) / orders[other as usize].max(1.0).powf(0.25)
    };
    rows(pairs, orders.len(), TOGETHER, weight)
}

/// Per item, dearer items of the same category that others bought after having looked at it, and did not buy it.
pub fn upsell(evidence: &Evidence) -> Vec<Vec<Neighbour>> {
    let mut pairs: FxHashMap<(u32, u32), f32> = FxHashMap::default();
    let mut lookers = vec![0.0f32; evidence.items.len()];
    for session in sessions_of(&evidence.acts) {
        let mut looked = items_of(session, |deed| deed == Deed::Looked);
        let bought = items_of(session, |deed| deed == Deed::Bought);
        looked.retain(|item| !bought.contains(item));
        looked.iter().for_each(|item| lookers[*item as usize] += 1.0);
        for one in looked {
            for other in &bought {
                if is_dearer_choice(&evidence.categories, &evidence.prices, one, *other) {
                    *pairs.entry((one, *other)).or_default() += 1.0;
                }
            }
        }
    }
    upsell_rows(pairs, &lookers)
}

/// Rows from in how many sessions a dearer item was chosen, and in how many the item was looked at and not bought.
pub(crate) fn upsell_rows(pairs: FxHashMap<(u32, u32), f32>, lookers: &[f32]) -> Vec<Vec<Neighbour>> {
    rows(pairs, lookers.len(), UPSELL, |one, _, count| count / (lookers[one as usize] + CAUTION))
}

/// Whether somebody who needs the one may choose the other, and it is dearer.
pub(crate) fn is_dearer_choice(categories: &[Option<Box<str>>], prices: &[Option<f64>], one: u32, other: u32) -> bool {
    let (one, other) = (one as usize, other as usize);
    let same_need = categories[one].is_some() && categories[one] == categories[other];
    let prices = prices[one].zip(prices[other]);
    same_need && prices.is_some_and(|(price, dearer)| DEARER.contains(&(dearer / price)))
}

fn rows(
    pairs: FxHashMap<(u32, u32), f32>,
    count: usize,
    kept: usize,
    weight: impl Fn(u32, u32, f32) -> f32,
) -> Vec<Vec<Neighbour>> {
    let mut rows = vec![Vec::new(); count];
    for ((one, other), count) in pairs.into_iter().filter(|(_, count)| *count >= FEWEST_ORDERS) {
        rows[one as usize].push((other, weight(one, other, count)));
    }
    rows.iter_mut().for_each(|row| strongest(row, kept));
    rows
}

/// The items of each order, each once.
fn orders_of(evidence: &Evidence) -> impl Iterator<Item = Vec<u32>> {
    let orders = evidence.acts.chunk_by(|one, next| one.visitor == next.visitor && one.at == next.at);
    orders.map(|order| items_of(order, |deed| deed == Deed::Bought)).filter(|items| !items.is_empty())
}

/// Acts of one visitor without a long pause.
pub(crate) fn sessions_of(acts: &[Act]) -> impl Iterator<Item = &[Act]> {
    acts.chunk_by(|one, next| one.visitor == next.visitor && next.at - one.at < SESSION_PAUSE)
}

fn items_of(acts: &[Act], deed: impl Fn(Deed) -> bool) -> Vec<u32> {
    let mut items: Vec<u32> = acts.iter().filter(|act| deed(act.deed)).map(|act| act.item).collect();
    items.sort_unstable();
    items.dedup();
    items
}
