//! The choice: candidates filtered, adjusted to the shop's wishes, made diverse and filled up along the fallbacks.

use super::candidates::candidates;
use super::filter::{Checked, LeftOut};
use super::liking::Candidate;
use super::why::{Because, reason, sentence};
use crate::catalog::{Catalog, Product};
use crate::order::{insert, ordered};
use crate::profile::Shopper;
use crate::rules::{Act, Adjust, Diverse, Products, STRATEGIES, Strategy};
use crate::schema::Gather;
use crate::schema::Value;
use core::cell::RefCell;

/// How many candidates diversity and wishes choose from, at most.
const MOST_POOLED: usize = 400;

/// A picked product and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick {
    /// The product.
    pub id: String,
    /// The strategy that brought it: the one asked for, or a fallback; `Pinned` where the shop's wish alone did.
    pub strategy: Strategy,
    /// How much it is meant; only the order among picks of one strategy counts.
    pub score: f64,
    /// What spoke for it.
    pub because: Because,
    /// What that contributed to the score, as far as the model told.
    pub weight: f32,
}

impl Pick {
    /// A sentence a shopper may read: `Because you viewed Hay for rabbits`.
    pub fn why(&self, catalog: &Catalog) -> String {
        sentence(self.strategy, &self.because, catalog)
    }

    /// As an object for JavaScript: `id`, `strategy`, `why`, `because` (an id or a name), `weight`, `score`.
    pub fn to_value(&self, catalog: &Catalog) -> Value {
        let strategy = STRATEGIES.iter().find(|(_, known)| *known == self.strategy).map(|(name, _)| *name);
        Value::from([
            ("id", self.id.as_str().into()),
            ("strategy", strategy.into()),
            ("why", self.why(catalog).into()),
            ("because", self.because.subject().into()),
            ("weight", f64::from(self.weight).into()),
            ("score", self.score.into()),
        ])
    }
}

/// The picked products, and those that could not be.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picked {
    /// Best first.
    pub picks: Vec<Pick>,
    /// Ids that would have come before the last pick but are not in the catalogue: sold no more, or in a part of it that
    /// has not arrived.
    pub missing: Vec<String>,
}

/// The products of an experience for a shopper, best first.
///
/// INVARIANT: never more than asked for, never one twice, never two variants of a group, never one that cannot be
/// bought or does not fulfil `where`.
pub fn pick_products(want: &Products, shopper: &Shopper<'_>, checked: &Checked) -> Picked {
    let most = want.limit as usize;
    let missing = RefCell::new(Vec::new());
    let out = LeftOut::of(want, shopper);
    let mut choice = Choice { want, shopper, checked, out, buried: Vec::new(), missing: &missing };
    let mut picked: Vec<(Strategy, Candidate)> = Vec::new();
    let mut tried: Vec<Strategy> = Vec::new();
    for strategy in core::iter::once(want.strategy).chain(want.fallback.iter().copied()) {
        if picked.len() < most && !tried.contains(&strategy) {
            tried.push(strategy);
            let last = picked.last().and_then(|(_, candidate)| kind_of(want, &shopper.catalog.nth(candidate.nth)?));
            let best = choice.best(strategy, most - picked.len(), last);
            picked.extend(best.into_iter().map(|candidate| (strategy, candidate)));
        }
    }
    picked.append(&mut choice.buried);
    picked.truncate(most);
    choice.pin(&mut picked);
    let explained = picked.into_iter().filter_map(|(strategy, candidate)| {
        let product = shopper.catalog.nth(candidate.nth)?;
        let (score, weight) = (f64::from(candidate.score), candidate.weight);
        let because = reason(strategy, candidate.because, &product, shopper);
        Some(Pick { id: product.id().to_owned(), strategy, score, because, weight })
    });
    Picked { picks: explained.gather(), missing: missing.take() }
}

/// Whether there is any product to pick, as [`pick_products`] would tell, but found with the first one.
pub(crate) fn any_product(want: &Products, shopper: &Shopper<'_>, checked: &Checked) -> bool {
    let missing = RefCell::new(Vec::new());
    let out = LeftOut::of(want, shopper);
    let choice = Choice { want, shopper, checked, out, buried: Vec::new(), missing: &missing };
    let catalog = shopper.catalog;
    let fits = |nth: u32| catalog.nth(nth).is_some_and(|product| choice.may_be_picked(&product));
    let may = |product: &Product<'_>| may_be_shown(want, product, checked, catalog);
    let strategies = || core::iter::once(want.strategy).chain(want.fallback.iter().copied());
    // What is popular is among the trending, and can be had without any ranking.
    (strategies().any(|strategy| strategy == Strategy::Trending) && catalog.popular().iter().any(|nth| fits(*nth)))
        || strategies().any(|strategy| candidates(strategy, want, shopper, &may, &|_| ()).any(|one| fits(one.nth)))
        || want.adjust.iter().filter(|adjust| matches!(adjust.act, Act::Pin(_))).any(|Adjust { only, at, .. }| {
            let pinned =
                |nth: &u32| catalog.nth(*nth).is_some_and(|product| checked.holds(*at, only, &product, catalog));
            catalog.popular().iter().any(|nth| pinned(nth) && fits(*nth))
        })
}

struct Choice<'p, 'a> {
    want: &'a Products,
    shopper: &'p Shopper<'a>,
    checked: &'p Checked,
    out: LeftOut,
    /// What the shop would rather not show.
    buried: Vec<(Strategy, Candidate)>,
    missing: &'p RefCell<Vec<String>>,
}

impl Choice<'_, '_> {
    /// The best candidates of one strategy; `last` is the kind of what stands before them.
    fn best(&mut self, strategy: Strategy, missing: usize, last: Option<u32>) -> Vec<Candidate> {
        let want = self.want;
        let boosts = want.adjust.iter().any(|adjust| matches!(adjust.act, Act::Boost(_)));
        let mut pool: Vec<Pooled> = Vec::new();
        let mut kinds: Vec<Option<u32>> = Vec::new();
        let (checked, catalog) = (self.checked, self.shopper.catalog);
        let may = |product: &Product<'_>| may_be_shown(want, product, checked, catalog);
        let all_missing = self.missing;
        let miss = |id: &str| {
            let mut all = all_missing.borrow_mut();
            if all.len() < want.limit as usize && !all.iter().any(|known| known == id) {
                all.push(id.to_owned());
            }
        };
        for candidate in candidates(strategy, want, self.shopper, &may, &miss) {
            let Some(product) = self.shopper.catalog.nth(candidate.nth) else { continue };
            if !self.may_be_picked(&product) {
                continue;
            }
            if self.wished(&product, |act| act == Act::Bury).is_some() {
                if self.buried.len() < want.limit as usize {
                    self.out.add(&product);
                    self.buried.push((strategy, candidate));
                }
                continue;
            }
            let kind = kind_of(want, &product);
            // More of one kind than places are never needed.
            let same_kind = || pool.iter().filter(|other| other.kind == kind).count();
            if want.diverse.is_some() && !boosts && same_kind() >= missing {
                continue;
            }
            self.out.add(&product);
            let weight = if boosts { self.boosted(&product, pool.len()) } else { 0.0 };
            pool.push(Pooled { kind, weight, candidate });
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
            let enough = if want.diverse.is_some() { kinds.len() } else { pool.len() };
            if (enough >= missing && !boosts) || pool.len() >= MOST_POOLED {
                break;
            }
        }
        let chosen = in_turns(&pool, missing, last);
        for (nth, pooled) in pool.iter().enumerate() {
            if !chosen.contains(&(nth as u32)) {
                self.out.take_back(pooled.candidate.nth, catalog);
            }
        }
        chosen.iter().filter_map(|nth| Some(pool.get(*nth as usize)?.candidate.clone())).gather()
    }

    fn may_be_picked(&self, product: &Product<'_>) -> bool {
        !self.out.has(product) && may_be_shown(self.want, product, self.checked, self.shopper.catalog)
    }

    /// The first wish of a kind that is about this product.
    fn wished(&self, product: &Product<'_>, kind: impl Fn(Act) -> bool) -> Option<Act> {
        let catalog = self.shopper.catalog;
        let mut wishes = self.want.adjust.iter().filter(|adjust| kind(adjust.act));
        wishes.find(|adjust| self.checked.holds(adjust.at, &adjust.only, product, catalog)).map(|adjust| adjust.act)
    }

    /// What a product weighs by its rank and the shop's boosts, whatever the strategy's scores mean.
    fn boosted(&self, product: &Product<'_>, rank: usize) -> f64 {
        let catalog = self.shopper.catalog;
        let mut weight = 1.0 / (1.0 + rank as f64 / f64::from(self.want.limit.max(1)));
        for Adjust { only, act, at } in &self.want.adjust {
            if let Act::Boost(factor) = act
                && self.checked.holds(*at, only, product, catalog)
            {
                weight *= factor;
            }
        }
        weight
    }

    /// Puts products into the positions that the shop wishes: those picked already, else the most popular that may be.
    fn pin(&mut self, picked: &mut Vec<(Strategy, Candidate)>) {
        let catalog = self.shopper.catalog;
        let want = self.want;
        let mut pins: Vec<(u32, &Adjust)> = Vec::new();
        for adjust in &want.adjust {
            if let Act::Pin(position) = adjust.act {
                insert(&mut pins, (position, adjust), |(other, _)| *other > position);
            }
        }
        let mut pinned: Vec<u32> = Vec::new();
        let mut found: Vec<(usize, (Strategy, Candidate))> = Vec::new();
        for (position, Adjust { only, at, .. }) in pins {
            let fits = |choice: &mut Self, nth: u32| {
                let product = catalog.nth(nth)?;
                let fits = !pinned.contains(&nth) && choice.checked.holds(*at, only, &product, catalog);
                fits.then_some(product)
            };
            let there = picked.iter().position(|(_, candidate)| fits(self, candidate.nth).is_some());
            let choice = match there {
                Some(there) => Some(picked.remove(there)),
                None => catalog.popular().iter().copied().find_map(|nth| {
                    let product = fits(self, nth)?;
                    self.may_be_picked(&product).then(|| {
                        self.out.add(&product);
                        (Strategy::Pinned, Candidate { nth, score: 1.0, because: Because::Nothing, weight: 0.0 })
                    })
                }),
            };
            if let Some(choice) = choice {
                pinned.push(choice.1.nth);
                found.push((position as usize - 1, choice));
            }
        }
        // All are out of the row by now, so that none moves another, and the first positions come first.
        for (position, choice) in found {
            picked.insert(position.min(picked.len()), choice);
        }
        // What was pushed out is the last that nobody pinned.
        while picked.len() > want.limit as usize {
            let last = picked.iter().rposition(|(_, candidate)| !pinned.contains(&candidate.nth));
            picked.remove(last.unwrap_or(picked.len() - 1));
        }
    }
}

/// The category or brand of a product that its neighbours should not share.
fn kind_of(want: &Products, product: &Product<'_>) -> Option<u32> {
    match want.diverse? {
        Diverse::Category => product.category_number(),
        Diverse::Brand => product.brand_number(),
    }
}

fn may_be_shown(want: &Products, product: &Product<'_>, checked: &Checked, catalog: &Catalog) -> bool {
    product.available() && want.only.as_ref().is_none_or(|only| checked.holds(want.at, only, product, catalog))
}

/// A candidate that may be picked.
struct Pooled {
    /// The category or brand that neighbours should not share.
    kind: Option<u32>,
    /// The order that the shop's boosts make.
    weight: f64,
    candidate: Candidate,
}

/// The best of every kind, then the second best of every kind, and so on: places in the pool. No two neighbours are of one
/// kind as long as that can be had, `last` included, the kind of what stands before them.
fn in_turns(pool: &[Pooled], most: usize, mut last: Option<u32>) -> Vec<u32> {
    let weight = |nth: usize| pool.get(nth).map_or(0.0, |pooled| pooled.weight);
    // Without a kind, every product is of its own.
    let kind = |nth: u32| pool.get(nth as usize).and_then(|pooled| pooled.kind);
    let differs = |nth: u32, other: Option<u32>| kind(nth).is_none() || kind(nth) != other;
    let mut waiting = ordered(pool.len(), &|one, other| weight(one) > weight(other));
    let mut chosen = Vec::new();
    let mut taken: Vec<u32> = Vec::new();
    while !waiting.is_empty() && chosen.len() < most {
        let fresh = |nth: &u32| differs(*nth, last) && kind(*nth).is_none_or(|kind| !taken.contains(&kind));
        let found = waiting.iter().position(fresh).or_else(|| {
            // Another round.
            taken.clear();
            waiting.iter().position(|nth| differs(*nth, last))
        });
        let nth = waiting.remove(found.unwrap_or(0));
        last = kind(nth);
        taken.extend(last);
        chosen.push(nth);
    }
    chosen
}
