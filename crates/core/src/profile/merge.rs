//! Two profiles that turn out to be one visitor.

use super::{Count, MOST_COUNTS, MOST_VIEWED, Profile, ProfileSettings};
use crate::order::insert;

impl Profile {
    /// Takes over what another profile of the same visitor knows: interests, counts, orders, exposures and history add
    /// up, the cart touched last stays, and of traits and assignments this profile's own win. The id and the current
    /// session stay.
    pub fn merge(&mut self, other: &Profile, settings: &ProfileSettings) {
        let half_life = settings.half_life_days;
        self.categories.merge(&other.categories, half_life);
        self.brands.merge(&other.brands, half_life);
        self.tags.merge(&other.tags, half_life);
        self.price.merge(&other.price, half_life);
        for count in &other.counts {
            self.add_count(count);
        }
        while self.counts.len() > MOST_COUNTS {
            self.drop_oldest_count();
        }
        if other.cart.touched > self.cart.touched {
            self.cart = other.cart.clone();
        }
        self.orders.last_session = self.orders.last_session.min(self.session.number.saturating_sub(1));
        self.orders.merge(&other.orders);
        self.session.number = self.session.number.saturating_add(other.session.number);
        self.previous_session = self.previous_session.max(Some(other.session.last.min(self.session.start)));
        self.first_seen = self.first_seen.min(other.first_seen);
        self.latest = self.latest.max(other.latest);
        self.user = self.user.take().or_else(|| other.user.clone());
        self.group = self.group.take().or_else(|| other.group.clone());
        for (own, theirs) in [(&mut self.traits, &other.traits), (&mut self.group_traits, &other.group_traits)] {
            let mut both = theirs.clone();
            super::merge_traits(&mut both, own.members());
            *own = both;
        }
        self.seen.merge(&other.seen);
        for (experiment, variant) in &other.assigned {
            if self.assigned(experiment).is_none() {
                self.assign(experiment, variant);
            }
        }
        for viewed in &other.viewed {
            if self.viewed.iter().all(|own| own.id != viewed.id) {
                insert(&mut self.viewed, viewed.clone(), |own| own.at < viewed.at);
            }
        }
        self.viewed.truncate(MOST_VIEWED);
        self.history.merge(&other.history);
        self.stage = self.standing();
        self.all_moved();
    }

    fn add_count(&mut self, theirs: &Count) {
        match self.counts.iter_mut().find(|count| count.event == theirs.event) {
            Some(count) => {
                count.times = count.times.saturating_add(theirs.times);
                count.last = count.last.max(theirs.last);
            }
            None => self.counts.push(theirs.clone()),
        }
    }
}
