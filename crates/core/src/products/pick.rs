//! The choice: candidates filtered, made diverse and filled up along the fallbacks.

use super::candidates::{Candidate, candidates};
use super::filter::{Checked, LeftOut};
use super::why::{Because, sentence};
use crate::catalog::{Catalog, Product, category_levels};
use crate::profile::{Shopper, Taste};
use crate::rules::{Diverse, Products, Strategy};

/// How many candidates diversity chooses from, at most.
const MOST_POOLED: usize = 400;

/// A picked product and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick {
    /// The product.
    pub id: String,
    /// The strategy that brought it: the one asked for, or a fallback.
    pub strategy: Strategy,
    /// How much it is meant; only the order among picks of one strategy counts.
    pub score: f64,
    /// What spoke for it.
    pub because: Because,
}

impl Pick {
    /// A sentence a shopper may read: `Because you viewed Hay for rabbits`.
    pub fn why(&self, catalog: &Catalog) -> String {
        sentence(self.strategy, &self.because, catalog)
    }
}

/// The products of an experience for a shopper, best first.
///
/// INVARIANT: never more than asked for, never one twice, never two variants of a group, never one that cannot be
/// bought or does not fulfil `where`.
pub fn pick_products(want: &Products, shopper: &Shopper<'_>, checked: &mut Checked) -> Vec<Pick> {
    let mut picked: Vec<Pick> = Vec::new();
    let mut out = LeftOut::of(want, shopper);
    let mut tried: Vec<Strategy> = Vec::new();
    for strategy in core::iter::once(want.strategy).chain(want.fallback.iter().copied()) {
        let missing = (want.limit as usize).saturating_sub(picked.len());
        if missing == 0 {
            break;
        }
        if tried.contains(&strategy) {
            continue;
        }
        tried.push(strategy);
        let mut pool = Pool { want, shopper, checked, out: &mut out };
        for candidate in pool.best(strategy, missing) {
            if let Some(product) = shopper.catalog.nth(candidate.nth) {
                let because = reason(strategy, candidate.because, &product, shopper);
                picked.push(Pick { id: product.id().to_owned(), strategy, score: f64::from(candidate.score), because });
            }
        }
    }
    picked
}

struct Pool<'p, 'a> {
    want: &'a Products,
    shopper: &'p Shopper<'a>,
    checked: &'p mut Checked,
    out: &'p mut LeftOut,
}

impl Pool<'_, '_> {
    fn best(&mut self, strategy: Strategy, missing: usize) -> Vec<Candidate> {
        let mut pool: Vec<(Option<u32>, Candidate)> = Vec::new();
        let mut kinds: Vec<Option<u32>> = Vec::new();
        for candidate in candidates(strategy, self.want, self.shopper) {
            let Some(product) = self.shopper.catalog.nth(candidate.nth) else { continue };
            if !self.may_be_picked(&product) {
                continue;
            }
            let kind = match self.want.diverse {
                None => None,
                Some(Diverse::Category) => product.category_number(),
                Some(Diverse::Brand) => product.brand_number(),
            };
            // More of one kind than places are never needed.
            if self.want.diverse.is_some() && pool.iter().filter(|(other, _)| *other == kind).count() >= missing {
                continue;
            }
            self.out.add(&product);
            pool.push((kind, candidate));
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
            let enough = if self.want.diverse.is_some() { kinds.len() } else { pool.len() };
            if enough >= missing || pool.len() >= MOST_POOLED {
                break;
            }
        }
        in_turns(pool, &kinds, missing)
    }

    fn may_be_picked(&mut self, product: &Product<'_>) -> bool {
        product.available()
            && !self.out.has(product)
            && self
                .want
                .only
                .as_ref()
                .is_none_or(|only| self.checked.holds(self.want.at, only, product, self.shopper.catalog))
    }
}

/// The best of every kind, then the second best of every kind, and so on.
fn in_turns(mut pool: Vec<(Option<u32>, Candidate)>, kinds: &[Option<u32>], most: usize) -> Vec<Candidate> {
    let mut chosen = Vec::new();
    if kinds.len() < 2 {
        chosen.extend(pool.into_iter().map(|(_, candidate)| candidate));
    } else {
        while !pool.is_empty() && chosen.len() < most {
            for kind in kinds {
                if let Some(found) = pool.iter().position(|(other, _)| other == kind) {
                    chosen.push(pool.remove(found).1);
                }
            }
        }
    }
    chosen.truncate(most);
    chosen
}

/// What spoke for a pick. For one that is liked: the product viewed last that it is closest to, else the category,
/// brand or tag.
fn reason(strategy: Strategy, because: Because, product: &Product<'_>, shopper: &Shopper<'_>) -> Because {
    if because != Because::Nothing || strategy != Strategy::Affinity {
        return because;
    }
    let catalog = shopper.catalog;
    let levels: Vec<&str> = category_levels(product.category().unwrap_or_default()).collect();
    let half_life = shopper.settings.half_life_days;
    let likes = |taste: Taste, name: &str| shopper.profile.affinities(taste).now(name, shopper.now, half_life) > 0.0;
    for level in levels.iter().rev() {
        if !likes(Taste::Category, level) {
            continue;
        }
        let near = shopper.profile.viewed().iter().find(|viewed| {
            let category = catalog.product(&viewed.id).and_then(|product| product.category()).unwrap_or_default();
            viewed.id != product.id() && category_levels(category).any(|other| other == *level)
        });
        return near
            .map_or_else(|| Because::Category((*level).to_owned()), |viewed| Because::Product(viewed.id.clone()));
    }
    if let Some(brand) = product.brand().filter(|brand| likes(Taste::Brand, brand)) {
        return Because::Brand(brand.to_owned());
    }
    product.tags().find(|tag| likes(Taste::Tag, tag)).map_or(Because::Nothing, |tag| Because::Tag(tag.to_owned()))
}
