//! Why a product was picked, for `explain` and for templates.

use crate::catalog::{Catalog, Product, category_levels};
use crate::profile::{Shopper, Taste};
use crate::rules::Strategy;
use crate::schema::Gather;

/// What spoke for a product.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Because {
    /// Nothing in particular: it is popular, or was pinned.
    #[default]
    Nothing,
    /// This product: viewed, in the cart or at hand.
    Product(String),
    /// This category.
    Category(String),
    /// This brand.
    Brand(String),
    /// This tag.
    Tag(String),
}

impl Because {
    /// What a person would call it: the product's name, the last level of the category, the brand or tag.
    pub fn label(&self, catalog: &Catalog) -> String {
        match self {
            Because::Nothing => String::new(),
            Because::Product(id) => catalog.product(id).map_or(id.as_str(), |product| product.name()).to_owned(),
            Because::Category(path) => path.rsplit('/').next().unwrap_or_default().to_owned(),
            Because::Brand(name) | Because::Tag(name) => name.clone(),
        }
    }

    /// The id, path or name; empty for nothing.
    pub fn subject(&self) -> &str {
        match self {
            Because::Nothing => "",
            Because::Product(name) | Because::Category(name) | Because::Brand(name) | Because::Tag(name) => name,
        }
    }
}

/// A sentence a shopper may read.
pub(super) fn sentence(strategy: Strategy, because: &Because, catalog: &Catalog) -> String {
    let label = because.label(catalog);
    let before = match (strategy, because) {
        (Strategy::Recent, _) => "You looked at this",
        (Strategy::Pinned, _) => "Chosen by the shop",
        (Strategy::Replenish, _) => "You may be running low",
        (Strategy::Trending, _) => "Popular now",
        (Strategy::Together, Because::Product(_)) => "Often bought with ",
        (Strategy::Upsell, Because::Product(_)) => "Others chose it over ",
        (Strategy::Similar, Because::Product(_)) => "Similar to ",
        (_, Because::Product(_)) => "Because you viewed ",
        (_, Because::Nothing) => "Picked for you",
        _ => "Because you like ",
    };
    let mut out = String::with_capacity(before.len() + label.len());
    out.push_str(before);
    if before.ends_with(' ') {
        out.push_str(&label);
    }
    out
}

/// What spoke for a pick. For one that is liked: the product viewed last that it is closest to, else the category,
/// brand or tag.
pub(super) fn reason(strategy: Strategy, because: Because, product: &Product<'_>, shopper: &Shopper<'_>) -> Because {
    if because != Because::Nothing || strategy != Strategy::Affinity {
        return because;
    }
    let catalog = shopper.catalog;
    let levels: Vec<&str> = category_levels(product.category().unwrap_or_default()).gather();
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
