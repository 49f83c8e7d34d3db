//! The stage of the journey that a profile tells of.

use super::Profile;
use crate::journey::Stage;

impl Profile {
    /// Where the visitor stands. Time alone moves nobody: only events do.
    pub(super) fn standing(&self) -> Stage {
        let orders = self.orders();
        if orders.count > 1 || (orders.count == 1 && orders.last_session < self.session().number) {
            return Stage::Retention;
        }
        if orders.count == 1 || self.cart().stage() != "empty" {
            return Stage::Transaction;
        }
        let viewed = self.viewed().len();
        let asked = self.count("Products Searched") > 0 || self.count("Product Added to Wishlist") > 0;
        if asked || viewed >= 3 || (viewed > 0 && self.session().number > 1) {
            return Stage::Engagement;
        }
        Stage::Awareness
    }
}
