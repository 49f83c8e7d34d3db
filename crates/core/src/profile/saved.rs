//! The profile as text for the browser's store, and back. The store is not trusted: anything odd is an error.

use super::affinity::{Affinities, MAX_NAME, TypicalPrice};
use super::cart::{Cart, CartLine};
use super::decay::Fading;
use super::goods::MOST_LINES;
use super::line::Line;
use super::orders::{Bought, MOST_BOUGHT, MOST_IDS, MOST_TIMES, Orders};
use super::seen::{MOST as MOST_SEEN, MOST_TIMES as MOST_TIMES_SEEN, Seen, SeenAll};
use super::session::Session;
use super::{Count, MOST_ASSIGNED, MOST_COUNTS, MOST_VIEWED, Profile, Viewed};
use crate::attributes::Remembered;
use crate::journey::Stage;
use crate::json;
use crate::schema::{Millis, Value};

/// The version of this form.
const VERSION: f64 = 1.0;
/// No profile is longer.
const LONGEST: usize = 1 << 20;

/// A stored profile that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DamagedProfile {
    /// Which part of it is odd.
    pub part: &'static str,
}

impl core::fmt::Display for DamagedProfile {
    fn fmt(&self, out: &mut core::fmt::Formatter) -> core::fmt::Result {
        out.write_str("the stored profile is damaged at `")?;
        out.write_str(self.part)?;
        out.write_str("`, start a new one")
    }
}

impl core::error::Error for DamagedProfile {}

impl Profile {
    /// The profile as one line of JSON. [`Profile::load`] gives back a profile that saves to the same text.
    pub fn save(&self) -> String {
        let (session, orders) = (&self.session, &self.orders);
        let mut line = Line::new();
        line.number(VERSION).text(&self.id);
        line.maybe_text(self.user.as_deref()).maybe_text(self.group.as_deref());
        line.whole(self.first_seen).whole(self.latest).maybe_whole(self.previous_session);
        line.open("[");
        line.whole(session.number.into()).whole(session.start).whole(session.last);
        line.whole(session.pages.into()).whole(session.searches.into());
        for text in [&session.source, &session.medium, &session.campaign, &session.referrer, &session.landing] {
            line.maybe_text(text.as_deref());
        }
        line.close("]");
        for affinities in [&self.categories, &self.brands, &self.tags] {
            line.rows(affinities.entries(), |line, (name, sum)| {
                line.text(name).number(sum.sum).whole(sum.at);
            });
        }
        line.open("[").number(self.price.weighed).number(self.price.weights).whole(self.price.at).close("]");
        line.rows(self.counts.iter(), |line, count| {
            line.text(&count.event).whole(count.times.into()).whole(count.last);
        });
        line.rows(self.cart.lines.iter(), |line, known| {
            line.text(&known.id).number(known.quantity).number(known.price).text(&known.category);
        });
        line.value(&self.cart.checkout.into()).maybe_whole(self.cart.touched);
        line.open("[").whole(orders.count.into()).number(orders.revenue);
        line.maybe_whole(orders.last).whole(orders.last_session.into()).close("]");
        line.rows(orders.bought.iter(), |line, bought| {
            line.text(&bought.id).text(&bought.category);
            line.list(bought.times.iter(), |line, at| {
                line.whole(*at);
            });
        });
        line.list(orders.ids.iter(), |line, id| {
            line.text(id);
        });
        line.value(&self.traits).value(&self.group_traits);
        line.rows(self.seen.entries.iter(), |line, seen| {
            line.text(&seen.id).whole(seen.times.into()).whole(seen.session.into()).whole(seen.in_session.into());
            line.list(seen.recent.iter(), |line, at| {
                line.whole(*at);
            });
        });
        line.rows(self.assigned.iter(), |line, (experiment, variant)| {
            line.text(experiment).text(variant);
        });
        line.rows(self.viewed.iter(), |line, viewed| {
            line.text(&viewed.id).whole(viewed.at);
        });
        line.text(self.stage.name());
        line.rows(self.clicked.iter(), |line, (id, at)| {
            line.text(id).whole(*at);
        });
        line.list(self.history.written(), |line, event| {
            line.written(event);
        });
        line.end()
    }

    /// Reads what [`Profile::save`] wrote.
    ///
    /// # Errors
    /// The first part that is missing, of the wrong kind, out of range, or larger than a profile grows.
    pub fn load(text: &str) -> Result<Profile, DamagedProfile> {
        if text.len() > LONGEST {
            return Err(DamagedProfile { part: "length" });
        }
        let saved = json::parse_value(text).map_err(|_| DamagedProfile { part: "json" })?;
        let mut parts = saved.items().iter();
        let mut part = |name: &'static str| Part { name, value: parts.next().unwrap_or(&Value::Null) };
        part("version").read(|version| (version.as_f64() == Some(VERSION)).then_some(()))?;
        let id = part("id").read(text_of)?;
        let mut profile = Profile::new(&id, 0);
        profile.user = part("user").read(maybe(text_of))?;
        profile.group = part("group").read(maybe(text_of))?;
        profile.first_seen = part("first seen").read(moment)?;
        profile.latest = part("latest").read(moment)?;
        profile.previous_session = part("previous session").read(maybe(moment))?;
        profile.session = part("session").read(session)?;
        profile.categories = part("categories").read(affinities)?;
        profile.brands = part("brands").read(affinities)?;
        profile.tags = part("tags").read(affinities)?;
        profile.price = part("price").read(typical_price)?;
        profile.counts = part("counts").read(|value| rows(value, MOST_COUNTS, count))?;
        profile.cart = Cart {
            lines: part("cart").read(|value| rows(value, MOST_LINES, line))?,
            checkout: part("checkout").read(Value::as_bool)?,
            touched: part("cart touched").read(maybe(moment))?,
        };
        profile.orders = part("orders").read(orders)?;
        profile.orders.bought = part("bought").read(|value| rows(value, MOST_BOUGHT, bought))?;
        profile.orders.ids = part("order ids").read(|value| rows(value, MOST_IDS, text_of))?;
        profile.traits = part("traits").read(traits)?;
        profile.group_traits = part("group traits").read(traits)?;
        profile.seen = SeenAll { entries: part("seen").read(|value| rows(value, MOST_SEEN, seen))? };
        profile.assigned = part("assigned").read(|value| rows(value, MOST_ASSIGNED, pair(text_of)))?;
        let viewed = |value: &Value| pair(moment)(value).map(|(id, at)| Viewed { id, at });
        profile.viewed = part("viewed").read(|value| rows(value, MOST_VIEWED, viewed))?;
        profile.stage = part("stage").read(|value| Stage::from_name(value.as_str()?))?;
        profile.clicked = part("clicked").read(|value| rows(value, 1, pair(moment)))?.pop();
        part("history").read(|value| {
            let Value::List(events) = value else { return None };
            events.iter().try_for_each(|event| profile.history.restore(remembered(event)?))
        })?;
        Ok(profile)
    }
}

/// A piece of the stored list.
struct Part<'a> {
    name: &'static str,
    value: &'a Value,
}

impl<'a> Part<'a> {
    fn read<T>(self, read: impl FnOnce(&'a Value) -> Option<T>) -> Result<T, DamagedProfile> {
        read(self.value).ok_or(DamagedProfile { part: self.name })
    }
}

fn text_of(value: &Value) -> Option<String> {
    value.as_str().filter(|text| text.len() <= MAX_NAME).map(str::to_owned)
}

fn moment(value: &Value) -> Option<Millis> {
    let number = value.as_f64()?;
    (number.fract() == 0.0 && (0.0..=8.64e15).contains(&number)).then_some(number as Millis)
}

fn whole(value: &Value) -> Option<u32> {
    let number = value.as_f64()?;
    (number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number)).then_some(number as u32)
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.abs() <= 1e300)
}

fn positive(value: &Value) -> Option<f64> {
    number(value).filter(|number| *number >= 0.0)
}

fn maybe<T>(read: impl Fn(&Value) -> Option<T>) -> impl Fn(&Value) -> Option<Option<T>> {
    move |value| if value.is_null() { Some(None) } else { read(value).map(Some) }
}

fn pair<T>(read: impl Fn(&Value) -> Option<T>) -> impl Fn(&Value) -> Option<(String, T)> {
    move |value| match value.items() {
        [name, other] => Some((text_of(name)?, read(other)?)),
        _ => None,
    }
}

fn rows<T>(value: &Value, most: usize, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    let Value::List(items) = value else { return None };
    if items.len() > most {
        return None;
    }
    items.iter().map(read).collect()
}

fn session(value: &Value) -> Option<Session> {
    let [session_number, start, last, pages, searches, source, medium, campaign, referrer, landing] = value.items()
    else {
        return None;
    };
    let text = maybe(text_of);
    Some(Session {
        number: whole(session_number).filter(|number| *number > 0)?,
        start: moment(start)?,
        last: moment(last)?,
        pages: whole(pages)?,
        searches: whole(searches)?,
        source: text(source)?,
        medium: text(medium)?,
        campaign: text(campaign)?,
        referrer: text(referrer)?,
        landing: text(landing)?,
    })
}

fn affinities(value: &Value) -> Option<Affinities> {
    let Value::List(items) = value else { return None };
    let mut read = Affinities::default();
    for item in items {
        let [name, sum, at] = item.items() else { return None };
        read.restore(name.as_str()?, Fading { sum: number(sum)?, at: moment(at)? })?;
    }
    Some(read)
}

fn typical_price(value: &Value) -> Option<TypicalPrice> {
    let [weighed, weights, at] = value.items() else { return None };
    Some(TypicalPrice { weighed: positive(weighed)?, weights: positive(weights)?, at: moment(at)? })
}

fn count(value: &Value) -> Option<Count> {
    let [event, times, last] = value.items() else { return None };
    Some(Count { event: text_of(event)?, times: whole(times)?, last: moment(last)? })
}

fn line(value: &Value) -> Option<CartLine> {
    let [id, quantity, price, category] = value.items() else { return None };
    let quantity = positive(quantity).filter(|quantity| *quantity > 0.0)?;
    Some(CartLine { id: text_of(id)?, quantity, price: positive(price)?, category: text_of(category)? })
}

fn orders(value: &Value) -> Option<Orders> {
    let [times, revenue, last, last_session] = value.items() else { return None };
    Some(Orders {
        count: whole(times)?,
        revenue: positive(revenue)?,
        last: maybe(moment)(last)?,
        last_session: whole(last_session)?,
        ..Orders::default()
    })
}

fn bought(value: &Value) -> Option<Bought> {
    let [id, category, times] = value.items() else { return None };
    Some(Bought { id: text_of(id)?, category: text_of(category)?, times: rows(times, MOST_TIMES, moment)? })
}

fn seen(value: &Value) -> Option<Seen> {
    let [id, times, session, in_session, recent] = value.items() else { return None };
    Some(Seen {
        id: text_of(id)?,
        times: whole(times)?,
        session: whole(session)?,
        in_session: whole(in_session)?,
        recent: rows(recent, MOST_TIMES_SEEN, moment)?,
    })
}

fn traits(value: &Value) -> Option<Value> {
    let fits = value.members().len() <= super::MOST_TRAITS
        && value.members().iter().all(|(_, told)| super::weight_in_bytes(told, 0) <= super::LONGEST_TRAIT);
    (matches!(value, Value::Map(_)) && fits).then(|| value.clone())
}

fn remembered(value: &Value) -> Option<Remembered> {
    let [event, at, session, properties] = value.items() else { return None };
    matches!(properties, Value::Map(_)).then_some(())?;
    Some(Remembered {
        event: text_of(event)?,
        at: moment(at)?,
        session: whole(session)?,
        properties: properties.clone(),
    })
}
