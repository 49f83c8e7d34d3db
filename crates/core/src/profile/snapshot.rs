//! The profile as people read it: `agent.profile()` and `agent.export()`.

use super::Profile;
use super::affinity::{Affinities, Taste};
use crate::schema::{Millis, Value};

/// How many names of each taste a snapshot shows.
const MOST_SHOWN: usize = 50;

impl Profile {
    /// A readable picture of the visitor at `now`, interests strongest first.
    pub fn snapshot(&self, now: Millis, half_life_days: f64) -> Value {
        let time = |moment: Millis| Value::Number(moment as f64);
        let maybe_time = |moment: Option<Millis>| moment.map(|moment| moment as f64).into();
        let session = &self.session;
        let strongest = |taste: Taste| strongest_first(self.affinities(taste), now, half_life_days);
        let counts = self.counts.iter().map(|count| {
            let told = Value::from([("times", count.times.into()), ("last", time(count.last))]);
            (count.event.clone(), told)
        });
        let lines = self.cart.lines.iter().map(|line| {
            Value::from([
                ("id", line.id.as_str().into()),
                ("quantity", line.quantity.into()),
                ("price", line.price.into()),
                ("category", line.category.as_str().into()),
            ])
        });
        let bought = self.orders.bought.iter().map(|bought| {
            let times = bought.times.iter().map(|at| time(*at)).collect();
            Value::from([("id", bought.id.as_str().into()), ("times", Value::List(times))])
        });
        let viewed =
            self.viewed.iter().map(|viewed| Value::from([("id", viewed.id.as_str().into()), ("at", time(viewed.at))]));
        let seen = self.seen.entries.iter().map(|seen| (seen.id.clone(), seen.times.into()));
        let assigned = self.assigned.iter().map(|(experiment, variant)| (experiment.clone(), variant.as_str().into()));
        Value::from([
            ("visitorId", self.id.as_str().into()),
            ("userId", self.user.as_deref().into()),
            ("groupId", self.group.as_deref().into()),
            ("firstSeen", time(self.first_seen)),
            ("lastSeen", time(self.latest)),
            ("stage", self.stage.name().into()),
            (
                "session",
                Value::from([
                    ("number", session.number.into()),
                    ("start", time(session.start)),
                    ("pages", session.pages.into()),
                    ("searches", session.searches.into()),
                    ("source", session.source.as_deref().into()),
                    ("medium", session.medium.as_deref().into()),
                    ("campaign", session.campaign.as_deref().into()),
                    ("referrer", session.referrer.as_deref().into()),
                    ("landing", session.landing.as_deref().into()),
                ]),
            ),
            (
                "affinity",
                Value::from([
                    ("category", strongest(Taste::Category)),
                    ("brand", strongest(Taste::Brand)),
                    ("tag", strongest(Taste::Tag)),
                ]),
            ),
            ("typicalPrice", self.typical_price().into()),
            ("counts", Value::Map(counts.collect())),
            (
                "cart",
                Value::from([
                    ("stage", self.cart.stage().into()),
                    ("items", self.cart.items().into()),
                    ("value", self.cart.value().into()),
                    ("touched", maybe_time(self.cart.touched)),
                    ("lines", Value::List(lines.collect())),
                ]),
            ),
            (
                "orders",
                Value::from([
                    ("count", self.orders.count.into()),
                    ("revenue", self.orders.revenue.into()),
                    ("last", maybe_time(self.orders.last)),
                    ("bought", Value::List(bought.collect())),
                ]),
            ),
            ("viewed", Value::List(viewed.collect())),
            ("traits", self.traits.clone()),
            ("groupTraits", self.group_traits.clone()),
            ("seen", Value::Map(seen.collect())),
            ("experiments", Value::Map(assigned.collect())),
        ])
    }

    /// Everything that is stored about the visitor: the snapshot, and the remembered events one by one.
    pub fn export(&self, now: Millis, half_life_days: f64) -> Value {
        let mut all = self.snapshot(now, half_life_days);
        let history = self.history().iter().map(|known| {
            Value::from([
                ("event", known.event.as_str().into()),
                ("at", Value::Number(known.at as f64)),
                ("session", known.session.into()),
                ("properties", known.properties.clone()),
            ])
        });
        all.set("history", Value::List(history.collect()));
        all
    }
}

fn strongest_first(affinities: &Affinities, now: Millis, half_life_days: f64) -> Value {
    let mut all: Vec<(&str, f64)> =
        affinities.entries().map(|(name, sum)| (name, sum.now(now, half_life_days))).collect();
    all.sort_unstable_by(|(name, sum), (other, more)| more.total_cmp(sum).then(name.cmp(other)));
    all.truncate(MOST_SHOWN);
    Value::Map(all.into_iter().map(|(name, sum)| (name.to_owned(), sum.into())).collect())
}
