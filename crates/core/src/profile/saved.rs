//! The profile as text for the browser's store, and back. The store is not trusted: an odd row is left out, anything else odd is an error.

use super::affinity::{MAX_NAME, TypicalPrice};
use super::cart::CartLine;
use super::decay::Fading;
use super::goods::MOST_LINES;
use super::line::Line;
use super::orders::{Bought, MOST_BOUGHT, MOST_IDS, MOST_TIMES};
use super::seen::{MOST as MOST_SEEN, MOST_TIMES as MOST_TIMES_SEEN, Seen};
use super::{Count, MOST_ASSIGNED, MOST_COUNTS, MOST_VIEWED, Profile, Viewed};
use crate::attributes::Remembered;
use crate::journey::Stage;
use crate::json;
use crate::schema::{LAST_MOMENT, Millis, Value};

/// The version of this form.
const VERSION: f64 = 1.0;
/// No profile is longer.
// INVARIANT: `save` writes nothing that `load` refuses for its length.
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
    ///
    /// Of one that is too long, which takes somebody who fills it on purpose, half of its longest lists is left out.
    pub fn save(&self) -> String {
        let mut halvings = 0;
        loop {
            let text = self.written(halvings);
            if text.len() <= LONGEST || halvings > 8 {
                return text;
            }
            halvings += 1;
        }
    }

    /// `halvings`: how often what may grow long is cut by half: interests, purchases, traits, exposures.
    fn written(&self, halvings: u32) -> String {
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
            line.rows(affinities.entries().take(affinities.entries().len() >> halvings), |line, (name, sum)| {
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
        line.rows(latest(&orders.bought, halvings), |line, bought| {
            line.text(&bought.id).text(&bought.category);
            line.list(bought.times.iter(), |line, at| {
                line.whole(*at);
            });
        });
        line.list(orders.ids.iter(), |line, id| {
            line.text(id);
        });
        for traits in [self.traits.members(), self.group_traits.members()] {
            line.members(traits.get(..traits.len() >> halvings).unwrap_or_default());
        }
        line.rows(latest(&self.seen.entries, halvings), |line, seen| {
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

    /// Reads what [`Profile::save`] wrote. An odd row of a list, or one more than a profile has, is left out.
    ///
    /// # Errors
    /// The first other part that is missing, of the wrong kind, out of range, or larger than a profile grows.
    pub fn load(text: &str) -> Result<Profile, DamagedProfile> {
        let saved = if text.len() > LONGEST { None } else { json::parse_value(text).ok() };
        let saved = saved.ok_or(DamagedProfile { part: "json" })?;
        let mut stored = Stored::of(&saved, "version");
        if stored.number() != VERSION {
            return Err(DamagedProfile { part: "version" });
        }
        let mut profile = Profile::new(&stored.part("id").text(), 0);
        profile.read(&mut stored);
        stored.damaged.map_or(Ok(profile), |part| Err(DamagedProfile { part }))
    }

    /// Reads all that follows version and id.
    fn read(&mut self, stored: &mut Stored<'_>) {
        self.user = stored.part("user").maybe_text();
        self.group = stored.part("group").maybe_text();
        self.first_seen = stored.part("first seen").moment();
        self.latest = stored.part("latest").moment();
        self.previous_session = stored.part("previous session").maybe_moment();
        stored.part("session").row(&mut |row| {
            let session = &mut self.session;
            (session.number, session.start, session.last) = (row.whole(), row.moment(), row.moment());
            (session.pages, session.searches) = (row.whole(), row.whole());
            let [source, medium, campaign, referrer, landing] = [(); 5].map(|()| row.maybe_text());
            (session.source, session.medium, session.campaign) = (source, medium, campaign);
            (session.referrer, session.landing) = (referrer, landing);
            row.check(session.number > 0);
        });
        for (name, affinities) in
            [("categories", &mut self.categories), ("brands", &mut self.brands), ("tags", &mut self.tags)]
        {
            stored.part(name).rows(usize::MAX, &mut |row| {
                let (name, sum) = (row.text(), Fading { sum: row.number(), at: row.moment() });
                if row.good() {
                    affinities.restore(name, sum);
                }
            });
        }
        stored.part("price").row(&mut |row| {
            self.price = TypicalPrice { weighed: row.positive(), weights: row.positive(), at: row.moment() };
        });
        stored.part("counts").rows(MOST_COUNTS, &mut |row| {
            let count = Count { event: row.text(), times: row.whole(), last: row.moment() };
            row.push(&mut self.counts, count);
        });
        stored.part("cart").rows(MOST_LINES, &mut |row| {
            let (id, quantity, price, category) = (row.text(), row.positive(), row.positive(), row.text());
            row.check(quantity > 0.0);
            row.push(&mut self.cart.lines, CartLine { id, quantity, price, category });
        });
        self.cart.checkout = stored.part("checkout").flag();
        self.cart.touched = stored.part("cart touched").maybe_moment();
        let orders = &mut self.orders;
        stored.part("orders").row(&mut |row| {
            (orders.count, orders.revenue) = (row.whole(), row.positive());
            (orders.last, orders.last_session) = (row.maybe_moment(), row.whole());
        });
        stored.part("bought").rows(MOST_BOUGHT, &mut |row| {
            let (id, category, times) = (row.text(), row.text(), row.moments(MOST_TIMES));
            row.push(&mut orders.bought, Bought { id, category, times });
        });
        let ids = stored.part("order ids").next().items().iter().filter_map(Value::as_str);
        orders.ids.extend(ids.filter(|id| id.len() <= MAX_NAME).take(MOST_IDS).map(str::to_owned));
        self.traits = stored.part("traits").traits();
        self.group_traits = stored.part("group traits").traits();
        stored.part("seen").rows(MOST_SEEN, &mut |row| {
            let (id, times, session, in_session) = (row.text(), row.whole(), row.whole(), row.whole());
            let recent = row.moments(MOST_TIMES_SEEN);
            row.push(&mut self.seen.entries, Seen { id, times, session, in_session, recent });
        });
        stored.part("assigned").rows(MOST_ASSIGNED, &mut |row| {
            let assigned = (row.text(), row.text());
            row.push(&mut self.assigned, assigned);
        });
        stored.part("viewed").rows(MOST_VIEWED, &mut |row| {
            let viewed = Viewed { id: row.text(), at: row.moment() };
            row.push(&mut self.viewed, viewed);
        });
        let stage = Stage::from_name(&stored.part("stage").text());
        stored.check(stage.is_some());
        self.stage = stage.unwrap_or_default();
        stored.part("clicked").rows(1, &mut |row| {
            let clicked = (row.text(), row.moment());
            self.clicked = row.good().then_some(clicked);
        });
        let mut full = false;
        stored.part("history").rows(usize::MAX, &mut |row| {
            if full {
                return;
            }
            let (event, at, session) = (row.text(), row.moment(), row.whole());
            let properties = row.next().clone();
            // One from the future would make all others too old.
            row.check(matches!(properties, Value::Map(_)) && at <= self.latest);
            full = row.good() && !self.history.restore(Remembered { event, at, session, properties });
        });
    }
}

/// The last half of a list, or the last quarter, …
fn latest<T>(all: &[T], halvings: u32) -> core::slice::Iter<'_, T> {
    all.get(all.len() - (all.len() >> halvings)..).unwrap_or_default().iter()
}

/// A stored list, read item by item. What is odd reads as nothing and is noted.
struct Stored<'a> {
    items: core::slice::Iter<'a, Value>,
    part: &'static str,
    /// The first part that was odd.
    damaged: Option<&'static str>,
}

impl<'a> Stored<'a> {
    fn of(value: &'a Value, part: &'static str) -> Stored<'a> {
        let mut stored = Stored { items: value.items().iter(), part, damaged: None };
        stored.check(matches!(value, Value::List(_)));
        stored
    }

    /// What is read next, by name.
    fn part(&mut self, name: &'static str) -> &mut Stored<'a> {
        self.part = name;
        self
    }

    fn check(&mut self, well: bool) {
        if !well && self.damaged.is_none() {
            self.damaged = Some(self.part);
        }
    }

    fn next(&mut self) -> &'a Value {
        self.items.next().unwrap_or(&Value::Null)
    }

    fn text(&mut self) -> String {
        let text = self.next().as_str().filter(|text| text.len() <= MAX_NAME);
        self.check(text.is_some());
        text.unwrap_or_default().to_owned()
    }

    fn maybe_text(&mut self) -> Option<String> {
        self.skip_null().then(|| self.text())
    }

    /// Whether something else than `null` comes next.
    fn skip_null(&mut self) -> bool {
        let null = matches!(self.items.as_slice().first(), Some(Value::Null));
        if null {
            self.items.next();
        }
        !null
    }

    fn number(&mut self) -> f64 {
        let number = self.next().as_f64().filter(|number| number.abs() <= 1e300);
        self.check(number.is_some());
        number.unwrap_or(0.0)
    }

    fn positive(&mut self) -> f64 {
        let number = self.number();
        self.check(number >= 0.0);
        number.max(0.0)
    }

    fn up_to(&mut self, most: f64) -> f64 {
        let number = self.positive();
        self.check(number <= most && number.fract() == 0.0);
        number
    }

    fn whole(&mut self) -> u32 {
        self.up_to(f64::from(u32::MAX)) as u32
    }

    fn moment(&mut self) -> Millis {
        self.up_to(LAST_MOMENT as f64) as Millis
    }

    fn maybe_moment(&mut self) -> Option<Millis> {
        self.skip_null().then(|| self.moment())
    }

    fn flag(&mut self) -> bool {
        let flag = self.next().as_bool();
        self.check(flag.is_some());
        flag == Some(true)
    }

    fn traits(&mut self) -> Value {
        let stored = self.next();
        self.check(matches!(stored, Value::Map(_)));
        let mut traits = Value::map();
        let members = stored.members();
        super::merge_traits(&mut traits, members.get(..super::MOST_TRAITS).unwrap_or(members));
        traits
    }

    /// Whether the row was read to its end and nothing in it was odd.
    fn good(&self) -> bool {
        self.damaged.is_none() && self.items.as_slice().is_empty()
    }

    /// Adds what the row tells, if it is good.
    fn push<T>(&self, rows: &mut Vec<T>, row: T) {
        if self.good() {
            rows.push(row);
        }
    }

    /// A list, all of which is to be read.
    fn row(&mut self, read: &mut dyn FnMut(&mut Stored<'a>)) {
        let mut row = Stored::of(self.next(), self.part);
        read(&mut row);
        self.check(row.good());
    }

    /// A list of at most so many items.
    fn list(&mut self, most: usize, read: &mut dyn FnMut(&mut Stored<'a>)) {
        self.row(&mut |list| {
            list.check(list.items.len() <= most);
            while list.damaged.is_none() && !list.items.as_slice().is_empty() {
                read(list);
            }
        });
    }

    /// A list of lists, each of which is odd or good by itself.
    fn rows(&mut self, most: usize, read: &mut dyn FnMut(&mut Stored<'a>)) {
        for row in self.next().items().iter().take(most) {
            read(&mut Stored::of(row, self.part));
        }
    }

    fn moments(&mut self, most: usize) -> Vec<Millis> {
        let mut moments = Vec::new();
        self.list(most, &mut |item| moments.push(item.moment()));
        moments
    }
}
