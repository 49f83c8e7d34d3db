//! What the visitor bought.

use super::goods::{Good, amount, id_of};
use crate::catalog::category_levels;
use crate::order::insert;
use crate::schema::{Millis, Value};
use std::borrow::Cow;

/// How many different products are remembered as bought; the one not bought for longest gives way.
pub(crate) const MOST_BOUGHT: usize = 200;
/// How many purchases of one product are remembered.
pub(crate) const MOST_TIMES: usize = 8;
/// How many order ids are remembered.
pub(crate) const MOST_IDS: usize = 20;

/// A product that was bought.
#[derive(Debug, Clone, PartialEq)]
pub struct Bought {
    /// The product.
    pub id: String,
    /// Its category path; empty when nobody told.
    pub category: String,
    /// When, newest last.
    pub times: Vec<Millis>,
}

/// All orders together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Orders {
    /// How many.
    pub count: u32,
    /// What they brought.
    pub revenue: f64,
    /// When the last one was placed.
    pub last: Option<Millis>,
    /// In which session the last one was placed.
    pub last_session: u32,
    /// Products bought, the latest last.
    pub bought: Vec<Bought>,
    /// Ids of the latest orders, so that a reloaded thank-you page is no second order.
    pub(crate) ids: Vec<String>,
}

impl Orders {
    /// Revenue by orders.
    pub fn average(&self) -> Option<f64> {
        (self.count > 0).then(|| self.revenue / f64::from(self.count))
    }

    /// Every level of the categories bought from, once each.
    pub fn categories(&self) -> Vec<&str> {
        let mut levels = Vec::new();
        for level in self.bought.iter().flat_map(|bought| category_levels(&bought.category)) {
            if !levels.contains(&level) {
                levels.push(level);
            }
        }
        levels
    }

    /// Whether this product was bought.
    pub fn bought(&self, id: &str) -> bool {
        self.bought.iter().any(|bought| bought.id == id)
    }

    /// Whether an order with this event's `order_id` was recorded before.
    pub(crate) fn knows(&self, properties: &Value) -> bool {
        order_id(properties).is_some_and(|id| self.ids.iter().any(|known| *known == id))
    }

    /// Folds in `Order Completed`.
    pub(crate) fn record(&mut self, properties: &Value, listed: &[Good<'_>], at: Millis, session: u32) {
        if let Some(id) = order_id(properties) {
            self.ids.push(id.into_owned());
            if self.ids.len() > MOST_IDS {
                self.ids.remove(0);
            }
        }
        let told = ["revenue", "total", "value", "subtotal"].iter().find_map(|name| amount(properties.get(name)?));
        self.revenue += told.unwrap_or_else(|| listed.iter().map(Good::value).sum());
        self.count = self.count.saturating_add(1);
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        self.last_session = session;
        for good in listed.iter().filter(|good| !good.id.is_empty()) {
            self.buy(&good.id, &good.category, at);
        }
    }

    fn buy(&mut self, id: &str, category: &str, at: Millis) {
        let mut bought = match self.bought.iter().position(|bought| bought.id == id) {
            Some(nth) => self.bought.remove(nth),
            None => Bought { id: id.to_owned(), category: String::new(), times: Vec::new() },
        };
        if !category.is_empty() {
            category.clone_into(&mut bought.category);
        }
        if !bought.times.contains(&at) {
            insert(&mut bought.times, at, |other| *other > at);
        }
        if bought.times.len() > MOST_TIMES {
            bought.times.remove(0);
        }
        self.bought.push(bought);
        if self.bought.len() > MOST_BOUGHT {
            self.bought.remove(0);
        }
    }

    pub(crate) fn merge(&mut self, other: &Orders) {
        if other.ids.iter().any(|id| self.ids.contains(id)) && other.count <= self.ids.len() as u32 {
            // The same orders, told twice.
            return;
        }
        self.count = self.count.saturating_add(other.count);
        self.revenue += other.revenue;
        self.last = self.last.max(other.last);
        self.last_session = self.last_session.max(other.last_session);
        for bought in &other.bought {
            for at in &bought.times {
                self.buy(&bought.id, &bought.category, *at);
            }
        }
        self.ids.extend(other.ids.iter().cloned());
        let surplus = self.ids.len().saturating_sub(MOST_IDS);
        self.ids.drain(..surplus);
    }

    pub(crate) fn turn_back(&mut self, latest: Millis) {
        self.last = self.last.map(|last| last.min(latest));
        for at in self.bought.iter_mut().flat_map(|bought| &mut bought.times) {
            *at = (*at).min(latest);
        }
    }
}

fn order_id(properties: &Value) -> Option<Cow<'_, str>> {
    id_of(properties.get("order_id").or_else(|| properties.get("orderId"))?)
}
