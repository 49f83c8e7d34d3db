//! The cart as the shop's events tell it.

use super::goods::{Good, MOST_LINES};
use crate::catalog::category_levels;
use crate::schema::Millis;

/// One product in the cart.
#[derive(Debug, Clone, PartialEq)]
pub struct CartLine {
    /// The product.
    pub id: String,
    /// How many of it.
    pub quantity: f64,
    /// What one costs.
    pub price: f64,
    /// Its category path; empty when nobody told.
    pub category: String,
}

/// What lies in the cart.
///
/// INVARIANT: at most [`MOST_LINES`] lines, each with a positive quantity, no product twice.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cart {
    /// The lines, in the order of adding.
    pub lines: Vec<CartLine>,
    /// Whether the shopper is in the checkout.
    pub checkout: bool,
    /// When it was last changed, viewed or brought to the checkout.
    pub touched: Option<Millis>,
}

impl Cart {
    /// How many pieces.
    pub fn items(&self) -> f64 {
        self.lines.iter().fold(0.0, |sum, line| sum + line.quantity)
    }

    /// What they cost.
    pub fn value(&self) -> f64 {
        self.lines.iter().fold(0.0, |sum, line| sum + line.quantity * line.price)
    }

    /// `empty`, `open` or `checkout`.
    pub fn stage(&self) -> &'static str {
        match (self.checkout, self.lines.is_empty()) {
            (true, _) => "checkout",
            (false, true) => "empty",
            (false, false) => "open",
        }
    }

    /// Every level of the categories in it, once each.
    pub fn categories(&self) -> Vec<&str> {
        let mut levels = Vec::new();
        for level in self.lines.iter().flat_map(|line| category_levels(&line.category)) {
            if !levels.contains(&level) {
                levels.push(level);
            }
        }
        levels
    }

    /// Folds in a cart event; whether it was one. `listed` is what its list holds, if it has one.
    pub(crate) fn record(&mut self, event: &str, good: &Good<'_>, listed: Option<&[Good<'_>]>, at: Millis) -> bool {
        match event {
            "Product Added" => {
                self.checkout = false;
                self.add(good);
            }
            "Product Removed" => {
                self.checkout = false;
                self.take(good);
            }
            // A cart that is shown in full is the truth, whatever was missed before, also when nothing is in it.
            "Cart Viewed" | "Cart Updated" => {
                self.checkout = false;
                self.replace(listed);
            }
            // Nobody pays for nothing.
            "Checkout Started" => {
                self.checkout = true;
                self.replace(listed.filter(|listed| !listed.is_empty()));
            }
            "Order Completed" => *self = Cart::default(),
            _ => return false,
        }
        self.touched = (event != "Order Completed").then_some(at);
        true
    }

    fn replace(&mut self, listed: Option<&[Good<'_>]>) {
        if let Some(listed) = listed {
            self.lines.clear();
            listed.iter().for_each(|good| self.add(good));
        }
    }

    fn add(&mut self, good: &Good<'_>) {
        let quantity = good.quantity.unwrap_or(1.0);
        if good.id.is_empty() || quantity <= 0.0 {
            return;
        }
        if let Some(line) = self.lines.iter_mut().find(|line| line.id == good.id) {
            line.quantity += quantity;
            line.price = good.price.unwrap_or(line.price);
        } else if self.lines.len() < MOST_LINES {
            self.lines.push(CartLine {
                id: good.id.clone().into_owned(),
                quantity,
                price: good.price.unwrap_or(0.0),
                category: good.category.clone().into_owned(),
            });
        }
    }

    /// Takes as many away as the event says, else all.
    fn take(&mut self, good: &Good<'_>) {
        let Some(nth) = self.lines.iter().position(|line| line.id == good.id) else { return };
        let Some(line) = self.lines.get_mut(nth) else { return };
        line.quantity -= good.quantity.filter(|quantity| *quantity > 0.0).unwrap_or(line.quantity);
        if line.quantity <= 0.0 {
            self.lines.remove(nth);
        }
    }
}
