//! Where products come from: one stream of candidates for each strategy, best first.

use super::liking::{Candidate, Liking};
use super::model::{Ask, Offer};
use super::replenish::due_products;
use super::why::Because;
use crate::catalog::{Catalog, Product};
use crate::profile::Shopper;
use crate::rules::{Products, Strategy};

/// A stream of candidates. A `dyn Iterator` would bring all of an iterator's methods along for each strategy.
pub(super) struct Candidates<'a>(Box<dyn FnMut() -> Option<Candidate> + 'a>);

impl Iterator for Candidates<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        (self.0)()
    }
}

fn stream<'a>(mut candidates: impl Iterator<Item = Candidate> + 'a) -> Candidates<'a> {
    Candidates(Box::new(move || candidates.next()))
}

/// A strategy's candidates, and to `miss` the ids of those that the catalogue does not know; products that may not be shown (`may`) are left out where there could be many. Where the model has no answer, `similar`, `trending` and `replenish` go on with what the
/// catalogue and the profile alone can tell.
pub(super) fn candidates<'a>(
    strategy: Strategy,
    want: &'a Products,
    shopper: &Shopper<'a>,
    may: &'a dyn Fn(&Product<'_>) -> bool,
    miss: &'a dyn Fn(&str),
) -> Candidates<'a> {
    let catalog = shopper.catalog;
    let ask = Ask::of(shopper, want.limit as usize * 4 + 20);
    let offered = |strategy| offers(shopper.scores.offers(strategy, &ask), catalog, miss);
    match strategy {
        Strategy::Pinned => stream(known(catalog, want.ids.iter().map(String::as_str), miss)),
        Strategy::Recent => {
            stream(known(catalog, shopper.profile.viewed().iter().map(|viewed| viewed.id.as_str()), miss))
        }
        Strategy::Affinity => stream(Liking::of_shopper(shopper).ranked(catalog, may)),
        Strategy::Trending => stream(offered(strategy).chain(in_order(catalog.popular().iter().copied()))),
        Strategy::Similar => {
            let current = ask.current.and_then(|id| catalog.product(id));
            let like_it = current.into_iter().flat_map(move |product| {
                let because = Because::Product(product.id().to_owned());
                Liking::of_product(&product, catalog)
                    .ranked(catalog, may)
                    .map(move |candidate| Candidate { because: because.clone(), ..candidate })
            });
            // What is looked at along with it is not always alike: a ring beside the puppy food.
            let shelf = current.and_then(|product| product.category_number());
            let alike = move |candidate: &Candidate| {
                shelf.is_none() || catalog.nth(candidate.nth).and_then(|product| product.category_number()) == shelf
            };
            stream(offered(strategy).filter(alike).chain(like_it))
        }
        Strategy::Replenish => {
            let due = due_products(shopper).into_iter().filter_map(move |(id, how)| {
                let nth = number_of(id, catalog, miss)?;
                Some(Candidate { nth, score: how, because: Because::Product(id.to_owned()), weight: 0.0 })
            });
            stream(due)
        }
        Strategy::Next | Strategy::Together | Strategy::Upsell => stream(offered(strategy)),
    }
}

/// A product's number in the catalogue; one that is not there is told.
fn number_of(id: &str, catalog: &Catalog, miss: &dyn Fn(&str)) -> Option<u32> {
    let product = catalog.product(id);
    if product.is_none() {
        miss(id);
    }
    Some(product?.nth())
}

fn offers<'a>(
    offers: Vec<Offer>,
    catalog: &'a Catalog,
    miss: &'a dyn Fn(&str),
) -> impl Iterator<Item = Candidate> + use<'a> {
    offers.into_iter().filter_map(move |offer| {
        let nth = number_of(&offer.id, catalog, miss)?;
        let because = offer.because.map_or(Because::Nothing, Because::Product);
        Some(Candidate { nth, score: offer.score as f32, because, weight: offer.weight })
    })
}

/// Products by id, in the order given.
fn known<'a>(
    catalog: &'a Catalog,
    ids: impl Iterator<Item = &'a str> + 'a,
    miss: &'a dyn Fn(&str),
) -> impl Iterator<Item = Candidate> + 'a {
    in_order(ids.filter_map(move |id| number_of(id, catalog, miss)))
}

/// Products whose order says it all: the first is meant most.
fn in_order(products: impl Iterator<Item = u32>) -> impl Iterator<Item = Candidate> {
    let ranks = (1..).map(|rank: u32| 1.0 / rank as f32);
    products.zip(ranks).map(|(nth, score)| Candidate { nth, score, because: Because::Nothing, weight: 0.0 })
}
