//! Which products a shopper sees, best first, each with the reason for it.

mod candidates;
mod filter;
mod liking;
mod model;
mod pick;
mod replenish;
mod why;

pub use filter::Checked;
pub use model::{Ask, ModelScores, NoModel, Offer};
pub(crate) use pick::any_product;
pub use pick::{Pick, Picked, pick_products};
pub use replenish::due_products;
pub use why::Because;
