//! What runs out at home: products bought before, at the time when they are usually bought again.

use crate::order::insert;
use crate::profile::{Bought, DAY, Shopper};
use crate::recommend::Rhythm;
use crate::schema::Value;

/// Products that are due about now with how due they are, the most due first.
///
/// The rhythm is the shopper's own after three purchases; else what the model learned of the product or its category;
/// else the catalogue's attribute `replenishDays`; else the one interval between two purchases.
pub fn due_products<'a>(shopper: &Shopper<'a>) -> Vec<(&'a str, f32)> {
    let mut due: Vec<(&str, f32)> = Vec::new();
    for bought in &shopper.profile.orders().bought {
        let (Some(rhythm), Some(last)) = (rhythm_of(bought, shopper), bought.times.last()) else { continue };
        let since = shopper.now.saturating_sub(*last).max(0) as f64 / DAY;
        let how = rhythm.due(since as f32);
        if how > 0.0 {
            insert(&mut due, (&bought.id, how), |(_, less)| *less < how);
        }
    }
    due
}

fn rhythm_of(bought: &Bought, shopper: &Shopper<'_>) -> Option<Rhythm> {
    let own = own_rhythm(bought);
    if bought.times.len() >= 3 && own.is_some() {
        return own;
    }
    let product = shopper.catalog.product(&bought.id);
    let category = product.and_then(|product| product.category()).unwrap_or(&bought.category);
    shopper
        .scores
        .rhythm(&bought.id, category)
        .or_else(|| {
            let told = product.map(|product| product.field("attributes.replenishDays"));
            let days = told.as_ref().and_then(Value::as_f64).filter(|days| *days > 0.0)?;
            Some(Rhythm { days: days as f32, spread: 0.0 })
        })
        .or(own)
}

/// The median of the days between this shopper's purchases, and the median distance from it.
fn own_rhythm(bought: &Bought) -> Option<Rhythm> {
    let mut days: Vec<f32> = Vec::new();
    for (one, next) in bought.times.iter().zip(bought.times.iter().skip(1)) {
        let pause = ((next - one) as f64 / DAY) as f32;
        // Two orders on one day are one purchase.
        if pause >= 1.0 {
            insert(&mut days, pause, |other| *other > pause);
        }
    }
    let middle = days.get(days.len() / 2).copied()?;
    let mut distances: Vec<f32> = Vec::new();
    for pause in &days {
        let distance = (pause - middle).abs();
        insert(&mut distances, distance, |other| *other > distance);
    }
    Some(Rhythm { days: middle, spread: distances.get(distances.len() / 2).copied()? })
}
