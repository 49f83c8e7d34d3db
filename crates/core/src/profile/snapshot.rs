//! The profile as people read it: `agent.profile()` and `agent.export()`.

use super::Profile;
use super::affinity::{Affinities, Taste};
use crate::order::ordered;
use crate::schema::Gather;
use crate::schema::{Millis, Value};

/// How many names of each taste a snapshot shows.
const MOST_SHOWN: usize = 50;

/// An object in the making.
#[derive(Default)]
struct Object(Vec<(String, Value)>);

impl Object {
    fn value(&mut self, name: &str, value: Value) -> &mut Object {
        self.0.push((name.to_owned(), value));
        self
    }
    fn text(&mut self, name: &str, text: Option<&str>) -> &mut Object {
        self.value(name, text.map_or(Value::Null, Value::from))
    }
    fn number(&mut self, name: &str, number: f64) -> &mut Object {
        self.value(name, Value::Number(number))
    }
    fn moment(&mut self, name: &str, moment: Option<Millis>) -> &mut Object {
        self.value(name, moment.map_or(Value::Null, |moment| Value::Number(moment as f64)))
    }
    fn object(&mut self, name: &str, write: &mut dyn FnMut(&mut Object)) -> &mut Object {
        let mut inner = Object::default();
        write(&mut inner);
        self.value(name, Value::Map(inner.0))
    }
    /// A list of so many objects.
    fn list(&mut self, name: &str, count: usize, write: &mut dyn FnMut(usize, &mut Object)) -> &mut Object {
        let mut items = Vec::with_capacity(count);
        for nth in 0..count {
            let mut inner = Object::default();
            write(nth, &mut inner);
            items.push(Value::Map(inner.0));
        }
        self.value(name, Value::List(items))
    }
}

impl Profile {
    /// A readable picture of the visitor at `now`, interests strongest first.
    pub fn snapshot(&self, now: Millis, half_life_days: f64) -> Value {
        let mut all = Object::default();
        all.text("visitorId", Some(&self.id)).text("userId", self.user.as_deref());
        all.text("groupId", self.group.as_deref());
        all.moment("firstSeen", Some(self.first_seen)).moment("lastSeen", Some(self.latest));
        all.text("stage", Some(self.stage.name()));
        all.object("session", &mut |out| {
            let session = &self.session;
            out.number("number", session.number.into()).moment("start", Some(session.start));
            out.number("pages", session.pages.into()).number("searches", session.searches.into());
            for (name, text) in [
                ("source", &session.source),
                ("medium", &session.medium),
                ("campaign", &session.campaign),
                ("referrer", &session.referrer),
                ("landing", &session.landing),
            ] {
                out.text(name, text.as_deref());
            }
        });
        all.object("affinity", &mut |out| {
            for (name, taste) in [("category", Taste::Category), ("brand", Taste::Brand), ("tag", Taste::Tag)] {
                out.value(name, strongest_first(self.affinities(taste), now, half_life_days));
            }
        });
        all.value("typicalPrice", self.typical_price().into());
        all.object("counts", &mut |out| {
            for count in &self.counts {
                out.object(&count.event, &mut |out| {
                    out.number("times", count.times.into()).moment("last", Some(count.last));
                });
            }
        });
        let (cart, orders) = (&self.cart, &self.orders);
        all.object("cart", &mut |out| {
            out.text("stage", Some(cart.stage())).number("items", cart.items()).number("value", cart.value());
            out.moment("touched", cart.touched);
            out.list("lines", cart.lines.len(), &mut |nth, out| {
                if let Some(line) = cart.lines.get(nth) {
                    out.text("id", Some(&line.id)).number("quantity", line.quantity).number("price", line.price);
                    out.text("category", Some(&line.category));
                }
            });
        });
        all.object("orders", &mut |out| {
            out.number("count", orders.count.into()).number("revenue", orders.revenue).moment("last", orders.last);
            out.list("bought", orders.bought.len(), &mut |nth, out| {
                if let Some(bought) = orders.bought.get(nth) {
                    let times = bought.times.iter().map(|at| Value::Number(*at as f64));
                    out.text("id", Some(&bought.id)).value("times", Value::List(times.gather()));
                }
            });
        });
        all.list("viewed", self.viewed.len(), &mut |nth, out| {
            if let Some(viewed) = self.viewed.get(nth) {
                out.text("id", Some(&viewed.id)).moment("at", Some(viewed.at));
            }
        });
        all.value("traits", self.traits.clone()).value("groupTraits", self.group_traits.clone());
        all.object("seen", &mut |out| {
            for seen in &self.seen.entries {
                out.number(&seen.id, seen.times.into());
            }
        });
        all.object("experiments", &mut |out| {
            for (experiment, variant) in &self.assigned {
                out.text(experiment, Some(variant));
            }
        });
        Value::Map(all.0)
    }

    /// Everything that is stored about the visitor: the snapshot, and the remembered events one by one.
    pub fn export(&self, now: Millis, half_life_days: f64) -> Value {
        let mut all = self.snapshot(now, half_life_days);
        let mut history = Object::default();
        history.list("history", self.history().len(), &mut |nth, out| {
            if let Some(known) = self.history().get(nth) {
                out.text("event", Some(&known.event)).moment("at", Some(known.at));
                out.number("session", known.session.into()).value("properties", known.properties.clone());
            }
        });
        if let Value::Map(members) = &mut all {
            members.append(&mut history.0);
        }
        all
    }
}

fn strongest_first(affinities: &Affinities, now: Millis, half_life_days: f64) -> Value {
    let all: Vec<(&str, f64)> = affinities.entries().map(|(name, sum)| (name, sum.now(now, half_life_days))).gather();
    let strength = |nth: usize| all.get(nth).map_or(0.0, |(_, sum)| *sum);
    let mut out = Object::default();
    // Names are in order already, which is the order of equals.
    for nth in ordered(all.len(), &|one, other| strength(one) > strength(other)).into_iter().take(MOST_SHOWN) {
        if let Some((name, sum)) = all.get(nth as usize) {
            out.number(name, *sum);
        }
    }
    Value::Map(out.0)
}
