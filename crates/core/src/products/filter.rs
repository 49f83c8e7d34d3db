//! Which products may be picked at all.

use crate::catalog::{Catalog, Product};
use crate::profile::Shopper;
use crate::rules::{Condition, Exclude, Products, Strategy};
use core::cell::RefCell;
use std::borrow::Cow;

/// Answers of product conditions, so that a condition is asked once for each product however often is decided.
///
/// INVARIANT: belongs to one rules document; a catalogue that changed is noticed.
#[derive(Debug, Clone, Default)]
pub struct Checked(RefCell<Answers>);

#[derive(Debug, Clone, Default)]
struct Answers {
    generation: u32,
    /// Where the condition stands in the rules, and for each product 0 (not asked), 1 (no) or 2 (yes).
    by_condition: Vec<(usize, Vec<u8>)>,
}

impl Checked {
    /// Whether a product fulfils the condition that stands at `at`.
    pub(super) fn holds(&self, at: usize, condition: &Condition, product: &Product<'_>, catalog: &Catalog) -> bool {
        let answers = &mut *self.0.borrow_mut();
        if answers.generation != catalog.generation() {
            answers.by_condition.clear();
            answers.generation = catalog.generation();
        }
        let known = match answers.by_condition.iter().position(|(known, _)| *known == at) {
            Some(found) => answers.by_condition.get_mut(found),
            None => {
                answers.by_condition.push((at, vec![0; catalog.len()]));
                answers.by_condition.last_mut()
            }
        };
        match known.and_then(|(_, answers)| answers.get_mut(product.nth() as usize)) {
            Some(2) => true,
            Some(1) => false,
            slot => {
                let holds = condition.matches_by(&|path| Cow::Owned(product.field(path)));
                if let Some(slot) = slot {
                    *slot = 1 + u8::from(holds);
                }
                holds
            }
        }
    }
}

/// What this shopper is not to be shown, as products and as groups of variants.
#[derive(Debug, Clone, Default)]
pub(super) struct LeftOut {
    products: Vec<u32>,
    groups: Vec<u32>,
}

impl LeftOut {
    /// What the experience excludes. The product of the page is never recommended on it, only pinned.
    pub(super) fn of(want: &Products, shopper: &Shopper<'_>) -> LeftOut {
        let mut out = LeftOut::default();
        let catalog = shopper.catalog;
        let profile = shopper.profile;
        for exclude in &want.exclude {
            match exclude {
                Exclude::Cart => profile.cart().lines.iter().for_each(|line| out.leave_out(&line.id, catalog)),
                Exclude::Bought => profile.orders().bought.iter().for_each(|known| out.leave_out(&known.id, catalog)),
                Exclude::Viewed => profile.viewed().iter().for_each(|viewed| out.leave_out(&viewed.id, catalog)),
                Exclude::Page => out.leave_out_page(shopper),
            }
        }
        if want.strategy != Strategy::Pinned {
            out.leave_out_page(shopper);
        }
        out
    }

    fn leave_out_page(&mut self, shopper: &Shopper<'_>) {
        if let Some(current) = &shopper.around.page().product {
            self.leave_out(current, shopper.catalog);
        }
    }

    fn leave_out(&mut self, id: &str, catalog: &Catalog) {
        if let Some(product) = catalog.product(id) {
            self.add(&product);
        }
    }

    /// Leaves out a product and its variants.
    pub(super) fn add(&mut self, product: &Product<'_>) {
        self.products.push(product.nth());
        self.groups.extend(product.group_number());
    }

    /// Takes back the latest leaving out of a product.
    pub(super) fn take_back(&mut self, nth: u32, catalog: &Catalog) {
        if let Some(found) = self.products.iter().rposition(|known| *known == nth) {
            self.products.remove(found);
        }
        let group = catalog.nth(nth).and_then(|product| product.group_number());
        if let Some(found) = self.groups.iter().rposition(|known| Some(*known) == group) {
            self.groups.remove(found);
        }
    }

    pub(super) fn has(&self, product: &Product<'_>) -> bool {
        self.products.contains(&product.nth())
            || product.group_number().is_some_and(|group| self.groups.contains(&group))
    }
}
