//! Products in the order in which somebody would like them, without looking at those they would not.

use super::why::Because;
use crate::catalog::{Catalog, Product, category_levels};
use crate::order::ordered;
use crate::profile::{Affinities, Shopper, Taste};
use crate::schema::Gather;
use std::collections::BinaryHeap;

/// What the favourite brand adds to the favourite category's 1.
const BRAND: f32 = 0.15;
/// What the favourite tag adds.
const TAG: f32 = 0.15;
/// What a price far from the usual takes away at most.
const PRICE: f32 = 0.2;

/// A product that might be picked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    /// Its number in the catalogue.
    pub(super) nth: u32,
    /// How much it is meant, above 0; only the order within one stream counts.
    pub(super) score: f32,
    /// What spoke for it.
    pub(super) because: Because,
    /// What the model says that this contributed to the score.
    pub(super) weight: f32,
}

/// Categories, brands and tags with how much they are liked: the favourite of each kind 1.
#[derive(Debug, Clone)]
pub(super) struct Liking {
    categories: Shares,
    brands: Shares,
    tags: Shares,
    price: Option<f64>,
}

impl Liking {
    /// What a visitor likes, by their affinities.
    pub(super) fn of_shopper(shopper: &Shopper<'_>) -> Liking {
        let catalog = shopper.catalog;
        let shares = |taste: Taste, number: &dyn Fn(&str) -> Option<u32>| {
            Shares::of(shopper.profile.affinities(taste), shopper.settings.half_life_days, number)
        };
        Liking {
            categories: shares(Taste::Category, &|name| catalog.category(name)),
            brands: shares(Taste::Brand, &|name| catalog.brand(name)),
            tags: shares(Taste::Tag, &|name| catalog.tag(name)),
            price: shopper.profile.typical_price(),
        }
    }

    /// What somebody likes who looks for something like this product.
    pub(super) fn of_product(product: &Product<'_>, catalog: &Catalog) -> Liking {
        let levels = category_levels(product.category().unwrap_or_default());
        Liking {
            categories: Shares::alike(levels.filter_map(|level| catalog.category(level))),
            brands: Shares::alike(product.brand_number().into_iter()),
            tags: Shares::alike(product.tag_numbers().iter().copied()),
            price: product.price(),
        }
    }

    /// How much a category is liked: the widest level weighs half, the next a quarter and so on, the deepest as much
    /// as the one before it. So a category without a level of its own counts as if that were liked as its parent is.
    fn score_of_category(&self, catalog: &Catalog, category: u32) -> f32 {
        let mut score = self.categories.get(category);
        let mut above = catalog.parent(category);
        while let Some(category) = above {
            score = (self.categories.get(category) + score) / 2.0;
            above = catalog.parent(category);
        }
        score
    }

    fn score(&self, of_category: f32, product: &Product<'_>) -> f32 {
        let brand = product.brand_number().map_or(0.0, |brand| self.brands.get(brand));
        let tag = product.tag_numbers().iter().map(|tag| self.tags.get(*tag)).fold(0.0, f32::max);
        let price = match (self.price, product.price()) {
            (Some(usual), Some(price)) if usual + price > 0.0 => ((price - usual).abs() / (usual + price)) as f32,
            _ => 0.0,
        };
        (of_category + BRAND * brand + TAG * tag) * (1.0 - PRICE * price)
    }

    /// Products that `may` be shown, from the most liked on.
    ///
    /// INVARIANT: scores never rise. A category is only opened once nothing that waits could beat its best product.
    pub(super) fn ranked<'a>(self, catalog: &'a Catalog, may: &'a dyn Fn(&Product<'_>) -> bool) -> Ranked<'a> {
        let extra = BRAND * self.brands.best() + TAG * self.tags.best();
        let mut open: Vec<(f32, u32)> = Vec::new();
        for category in 0..catalog.category_count() as u32 {
            let score = self.score_of_category(catalog, category);
            if score > 0.0 && !catalog.in_category(category).is_empty() {
                open.push((score, category));
            }
        }
        // The best bucket last, where it is taken from.
        let score = |nth: usize| open.get(nth).map_or(0.0, |(score, _)| *score);
        let order = ordered(open.len(), &|one, other| score(one) < score(other));
        let buckets = order.iter().filter_map(|nth| open.get(*nth as usize).copied()).gather();
        let mut ranked = Ranked { catalog, liking: self, may, extra, buckets, waiting: BinaryHeap::new() };
        if ranked.liking.categories.best() <= 0.0 {
            ranked.open_brands_and_tags();
        }
        ranked
    }
}

/// The iterator of [`Liking::ranked`].
pub(super) struct Ranked<'a> {
    catalog: &'a Catalog,
    liking: Liking,
    may: &'a dyn Fn(&Product<'_>) -> bool,
    /// What brand and tag can add to a category's score.
    extra: f32,
    /// Categories not opened yet with their scores, the best last.
    buckets: Vec<(f32, u32)>,
    /// Products by score, then by popularity, in the bits of one number.
    waiting: BinaryHeap<u64>,
}

impl Ranked<'_> {
    /// Who likes no category is shown the favourite brands and tags.
    fn open_brands_and_tags(&mut self) {
        let catalog = self.catalog;
        for nth in 0..catalog.len() as u32 {
            self.wait(nth, 0.0);
        }
    }

    fn wait(&mut self, nth: u32, of_category: f32) {
        let Some(product) = self.catalog.nth(nth).filter(|product| (self.may)(product)) else { return };
        let score = self.liking.score(of_category, &product);
        if score > 0.0 {
            // Of positive numbers the bits are in the same order.
            self.waiting.push(u64::from(score.to_bits()) << 32 | u64::from(u32::MAX - product.rank()));
        }
    }
}

impl Iterator for Ranked<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        let score_of = |waiting: u64| f32::from_bits((waiting >> 32) as u32);
        while let Some((score, category)) = self.buckets.last().copied() {
            if self.waiting.peek().is_some_and(|best| score_of(*best) > score + self.extra) {
                break;
            }
            self.buckets.pop();
            let catalog = self.catalog;
            for nth in catalog.in_category(category) {
                self.wait(*nth, score);
            }
        }
        let best = self.waiting.pop()?;
        let nth = *self.catalog.popular().get((u32::MAX - best as u32) as usize)?;
        Some(Candidate { nth, score: score_of(best), because: Because::Nothing, weight: 0.0 })
    }
}

/// How much each category, brand or tag is liked, by its number: the favourite 1, the unknown 0.
#[derive(Debug, Clone, Default)]
struct Shares(Vec<f32>);

impl Shares {
    /// Affinities against the strongest. All fade alike, so the shares hold at any time.
    fn of(affinities: &Affinities, half_life_days: f64, number: &dyn Fn(&str) -> Option<u32>) -> Shares {
        let mut shares = Shares::default();
        let Some(latest) = affinities.latest() else { return shares };
        for (name, sum) in affinities.entries() {
            if let Some(number) = number(name) {
                shares.set(number, sum.now(latest, half_life_days).max(0.0) as f32);
            }
        }
        let most = shares.best();
        if most > 0.0 {
            shares.0.iter_mut().for_each(|share| *share /= most);
        }
        shares
    }

    /// All of these alike.
    fn alike(numbers: impl Iterator<Item = u32>) -> Shares {
        let mut shares = Shares::default();
        numbers.for_each(|number| shares.set(number, 1.0));
        shares
    }

    fn set(&mut self, number: u32, share: f32) {
        let nth = number as usize;
        if self.0.len() <= nth {
            self.0.resize(nth + 1, 0.0);
        }
        if let Some(slot) = self.0.get_mut(nth) {
            *slot = share;
        }
    }

    fn get(&self, number: u32) -> f32 {
        self.0.get(number as usize).copied().unwrap_or(0.0)
    }

    fn best(&self) -> f32 {
        self.0.iter().copied().fold(0.0, f32::max)
    }
}
