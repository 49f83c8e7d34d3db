//! Products in the order in which somebody would like them, without looking at those they would not.

use super::candidates::Candidate;
use super::why::Because;
use crate::catalog::{Catalog, Product, category_levels};
use crate::profile::{Affinities, Shopper, Taste};
use core::cmp::Reverse;
use std::collections::BinaryHeap;

/// What the favourite brand adds to the favourite category's 1.
const BRAND: f32 = 0.15;
/// What the favourite tag adds.
const TAG: f32 = 0.15;
/// What a price far from the usual takes away at most.
const PRICE: f32 = 0.2;

/// Categories, brands and tags with how much they are liked: the favourite of each kind 1.
#[derive(Debug, Clone, Default)]
pub(super) struct Liking {
    categories: Vec<f32>,
    brands: Vec<(u32, f32)>,
    tags: Vec<(u32, f32)>,
    price: Option<f64>,
    likes_categories: bool,
}

impl Liking {
    /// What a visitor likes, by their affinities.
    pub(super) fn of_shopper(shopper: &Shopper<'_>) -> Liking {
        let catalog = shopper.catalog;
        let shares = |taste: Taste, number: &dyn Fn(&str) -> Option<u32>| {
            shares_of(shopper.profile.affinities(taste), shopper.settings.half_life_days, number)
        };
        let mut liking = Liking {
            categories: vec![0.0; catalog.category_count()],
            brands: shares(Taste::Brand, &|name| catalog.brand(name)),
            tags: shares(Taste::Tag, &|name| catalog.tag(name)),
            price: shopper.profile.typical_price(),
            likes_categories: false,
        };
        for (category, share) in shares(Taste::Category, &|name| catalog.category(name)) {
            liking.like_category(category, share);
        }
        liking
    }

    /// What somebody likes who looks for something like this product.
    pub(super) fn of_product(product: &Product<'_>, catalog: &Catalog) -> Liking {
        let mut liking = Liking {
            categories: vec![0.0; catalog.category_count()],
            brands: product.brand_number().map(|brand| (brand, 1.0)).into_iter().collect(),
            tags: product.tag_numbers().iter().map(|tag| (*tag, 1.0)).collect(),
            price: product.price(),
            likes_categories: false,
        };
        for level in category_levels(product.category().unwrap_or_default()) {
            if let Some(category) = catalog.category(level) {
                liking.like_category(category, 1.0);
            }
        }
        liking
    }

    fn like_category(&mut self, category: u32, share: f32) {
        if let Some(slot) = self.categories.get_mut(category as usize) {
            *slot = share;
            self.likes_categories |= share > 0.0;
        }
    }

    fn of_category(&self, category: u32) -> f32 {
        self.categories.get(category as usize).copied().unwrap_or(0.0)
    }

    /// How much a category is liked: the widest level weighs half, the next a quarter and so on, the deepest as much
    /// as the one before it. So a category without a level of its own counts as if that were liked as its parent is.
    fn score_of_category(&self, catalog: &Catalog, category: u32) -> f32 {
        let mut score = self.of_category(category);
        let mut above = catalog.parent(category);
        while let Some(category) = above {
            score = (self.of_category(category) + score) / 2.0;
            above = catalog.parent(category);
        }
        score
    }

    fn score(&self, of_category: f32, product: &Product<'_>) -> f32 {
        let brand = product.brand_number().map_or(0.0, |brand| share(&self.brands, brand));
        let tag = product.tag_numbers().iter().map(|tag| share(&self.tags, *tag)).fold(0.0, f32::max);
        let price = match (self.price, product.price()) {
            (Some(usual), Some(price)) if usual + price > 0.0 => ((price - usual).abs() / (usual + price)) as f32,
            _ => 0.0,
        };
        (of_category + BRAND * brand + TAG * tag) * (1.0 - PRICE * price)
    }

    /// Products from the most liked on.
    ///
    /// INVARIANT: scores never rise. A category is only opened once nothing that waits could beat its best product.
    pub(super) fn ranked<'a>(self, catalog: &'a Catalog) -> Ranked<'a> {
        let best = |shares: &[(u32, f32)]| shares.iter().map(|(_, share)| *share).fold(0.0, f32::max);
        let extra = BRAND * best(&self.brands) + TAG * best(&self.tags);
        let mut buckets: Vec<(f32, f32, u32)> = Vec::new();
        for category in 0..catalog.category_count() as u32 {
            let score = self.score_of_category(catalog, category);
            if score > 0.0 && !catalog.in_category(category).is_empty() {
                buckets.push((score + extra, score, category));
            }
        }
        // The best bucket last, where it is taken from.
        buckets.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(other.2.cmp(&one.2)));
        let mut ranked = Ranked { catalog, liking: self, buckets, waiting: BinaryHeap::new() };
        if !ranked.liking.likes_categories {
            ranked.open_brands_and_tags();
        }
        ranked
    }
}

/// The iterator of [`Liking::ranked`].
pub(super) struct Ranked<'a> {
    catalog: &'a Catalog,
    liking: Liking,
    buckets: Vec<(f32, f32, u32)>,
    /// Score and popularity as ordered bits, then the product, the first first.
    waiting: BinaryHeap<(u32, u32, Reverse<u32>)>,
}

impl Ranked<'_> {
    /// Who likes no category is shown the favourite brands and tags.
    fn open_brands_and_tags(&mut self) {
        let brands = self.liking.brands.iter().flat_map(|(brand, _)| self.catalog.of_brand(*brand));
        let tags = self.liking.tags.iter().flat_map(|(tag, _)| self.catalog.with_tag(*tag));
        let mut products: Vec<u32> = brands.chain(tags).copied().collect();
        products.sort_unstable();
        products.dedup();
        for nth in products {
            self.wait(nth, 0.0);
        }
    }

    fn wait(&mut self, nth: u32, of_category: f32) {
        let Some(product) = self.catalog.nth(nth).filter(|product| product.available()) else { return };
        let score = self.liking.score(of_category, &product);
        if score > 0.0 {
            self.waiting.push((score.to_bits(), product.popularity().max(0.0).to_bits(), Reverse(nth)));
        }
    }
}

impl Iterator for Ranked<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        while let Some((bound, score, category)) = self.buckets.last().copied() {
            if self.waiting.peek().is_some_and(|(best, ..)| f32::from_bits(*best) > bound) {
                break;
            }
            self.buckets.pop();
            let catalog = self.catalog;
            for nth in catalog.in_category(category) {
                self.wait(*nth, score);
            }
        }
        let (score, _, Reverse(nth)) = self.waiting.pop()?;
        Some(Candidate { nth, score: f32::from_bits(score), because: Because::Nothing })
    }
}

fn share(shares: &[(u32, f32)], number: u32) -> f32 {
    shares.iter().find(|(known, _)| *known == number).map_or(0.0, |(_, share)| *share)
}

/// Affinities by number, the strongest as 1. All fade alike, so the shares hold at any time.
fn shares_of(affinities: &Affinities, half_life_days: f64, number: &dyn Fn(&str) -> Option<u32>) -> Vec<(u32, f32)> {
    let Some(latest) = affinities.latest() else { return Vec::new() };
    let mut shares: Vec<(u32, f32)> = Vec::new();
    for (name, sum) in affinities.entries() {
        if let Some(number) = number(name) {
            shares.push((number, sum.now(latest, half_life_days) as f32));
        }
    }
    let most = shares.iter().map(|(_, share)| *share).fold(0.0, f32::max);
    if most <= 0.0 {
        return Vec::new();
    }
    for (_, share) in &mut shares {
        *share = (*share / most).max(0.0);
    }
    shares
}
