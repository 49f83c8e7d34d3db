//! The attributes that docs/rules.md lists, answered from a profile and its surroundings at one moment.

use super::affinity::Taste;
use super::decay::DAY;
use super::settings::{score_of_amount, score_of_days};
use super::{Profile, ProfileSettings, Surroundings};
use crate::attributes::{Attribute, FAMILIES, Facts, Family, Per, Remembered, Shown};
use crate::catalog::Catalog;
use crate::products::{ModelScores, due_products};
use crate::schema::Gather;
use crate::schema::{Millis, Value};

/// A visitor at one moment: everything that conditions may ask about.
#[derive(Clone, Copy)]
pub struct Shopper<'a> {
    /// Who.
    pub profile: &'a Profile,
    /// Where.
    pub around: &'a Surroundings,
    /// What is sold.
    pub catalog: &'a Catalog,
    /// How the profile is read.
    pub settings: &'a ProfileSettings,
    /// What the model says.
    pub scores: &'a dyn ModelScores,
    /// When.
    pub now: Millis,
}

/// Every family under its name, in the order in which all of them are told.
const NAMES: [(&str, Family); 12] = [
    ("visitor", Family::Visitor),
    ("session", Family::Session),
    ("page", Family::Page),
    ("device", Family::Device),
    ("affinity", Family::Affinity),
    ("top", Family::Top),
    ("count", Family::Count),
    ("days", Family::Days),
    ("cart", Family::Cart),
    ("orders", Family::Orders),
    ("seen", Family::Seen),
    ("consent", Family::Consent),
];

impl Facts for Shopper<'_> {
    fn now(&self) -> Millis {
        self.now
    }

    fn value(&self, attribute: &Attribute) -> Value {
        if let Some(told) = self.around.context().at(&attribute.path) {
            return told.clone();
        }
        let rest = attribute.rest();
        match attribute.family {
            Family::Visitor => self.visitor(rest),
            Family::Session => self.session_fact(rest),
            Family::Page => self.page(rest),
            Family::Device => self.device(rest),
            Family::Affinity => self.affinity(rest),
            Family::Top => self.top(rest),
            Family::Count if rest.is_empty() => self.family(Family::Count),
            Family::Count => self.profile.count(rest).into(),
            Family::Days if rest.is_empty() => self.family(Family::Days),
            Family::Days => {
                let found = self.profile.counts.iter().find(|count| count.event == rest);
                self.days_since(found.map(|count| count.last))
            }
            Family::Cart => self.cart(rest),
            Family::Orders => self.orders(rest),
            Family::Rfm => self.rfm(&attribute.path),
            Family::Stage => self.profile.stage.name().into(),
            Family::Model => self.scores.probability(&attribute.path, self).into(),
            Family::Traits if rest.is_empty() => self.profile.traits.clone(),
            Family::Traits => self.profile.traits.at(rest).cloned().unwrap_or_default(),
            Family::Seen if rest.is_empty() => self.family(Family::Seen),
            Family::Seen => self.profile.seen.times(rest).into(),
            Family::Consent => self.consent(rest),
            Family::Custom => self.custom(&attribute.path),
        }
    }

    fn generation(&self, family: Family) -> u32 {
        let own = self.profile.generation(family);
        match family {
            // A probability may weigh every attribute there is.
            Family::Model => (0..FAMILIES)
                .map(|nth| self.around.generations.get(nth).copied().unwrap_or(0))
                .fold(self.profile.history_generation, u32::wrapping_add)
                .wrapping_add(self.profile.generation(Family::Visitor)),
            // What is due at home is also said by the model and the catalogue.
            Family::Orders => own
                .wrapping_add(self.around.generation(family))
                .wrapping_add(self.around.generation(Family::Model))
                .wrapping_add(self.catalog.generation()),
            // Both counts only ever rise, so their sum moves whenever one does.
            _ => own.wrapping_add(self.around.generation(family)),
        }
    }

    fn moves_with_time(&self, attribute: &Attribute) -> bool {
        let rest = attribute.rest();
        match attribute.family {
            Family::Affinity | Family::Days | Family::Model => true,
            Family::Visitor => matches!(rest, "" | "firstSeenDays" | "lastSeenDays"),
            Family::Session => matches!(rest, "" | "minutes"),
            Family::Device => matches!(rest, "" | "hour" | "weekday"),
            Family::Cart => matches!(rest, "" | "idleMinutes"),
            Family::Orders => matches!(rest, "" | "lastDays" | "due"),
            Family::Rfm => attribute.path == "recency",
            _ => false,
        }
    }

    fn history(&self) -> &[Remembered] {
        self.profile.history()
    }
    fn history_generation(&self) -> u32 {
        self.profile.history_generation
    }
    fn session(&self) -> u32 {
        self.profile.session.number
    }
    fn visitor_id(&self) -> &str {
        &self.profile.id
    }
    fn shown(&self, experience: &str, per: Per) -> Shown {
        let session = self.profile.session.number;
        self.profile.seen.shown(experience, per, self.now, session, self.around.device().utc_offset)
    }
    fn assigned(&self, experiment: &str) -> Option<&str> {
        self.profile.assigned(experiment)
    }
}

impl Shopper<'_> {
    /// What conditions see, nested: `attributes()` of the agent. Members without a value are left out.
    pub fn attributes(&self) -> Value {
        let mut all = self.around.context().clone();
        if !matches!(all, Value::Map(_)) {
            all = Value::map();
        }
        for (name, family) in NAMES {
            all.set(name, self.family(family));
        }
        all.set("stage", self.profile.stage.name().into());
        all.set("traits", self.profile.traits.clone());
        if let (Some(group), None) = (&self.profile.group, all.get("group")) {
            let group = [("id", group.as_str().into()), ("traits", self.profile.group_traits.clone())];
            all.set("group", Value::from(group));
        }
        for name in ["recency", "frequency", "monetary", "intent", "churn"] {
            match self.value(&Attribute::parse(name)) {
                Value::Null => drop(all.remove(name)),
                value => all.set(name, value),
            }
        }
        all
    }

    /// A whole family as an object.
    fn family(&self, family: Family) -> Value {
        let profile = self.profile;
        let from = |names: &[&str], of: &dyn Fn(&str) -> Value| {
            let members = names.iter().map(|name| ((*name).to_owned(), of(name)));
            Value::Map(members.filter(|(_, value)| !value.is_null()).gather())
        };
        match family {
            Family::Visitor => {
                from(&["id", "new", "sessions", "firstSeenDays", "lastSeenDays"], &|name| self.visitor(name))
            }
            Family::Session => from(
                &["pages", "minutes", "source", "medium", "campaign", "referrer", "landing", "searches"],
                &|name| self.session_fact(name),
            ),
            Family::Page => {
                from(&["url", "path", "type", "title", "product", "category", "query"], &|name| self.page(name))
            }
            Family::Device => {
                from(&["type", "language", "timezone", "hour", "weekday", "touch"], &|name| self.device(name))
            }
            Family::Affinity => from(&["category", "brand", "tag"], &|name| self.affinity(name)),
            Family::Top => from(&["category", "brand", "price"], &|name| self.top(name)),
            Family::Cart => {
                from(&["items", "value", "products", "categories", "idleMinutes", "stage"], &|name| self.cart(name))
            }
            Family::Orders => {
                from(&["count", "revenue", "average", "lastDays", "products", "categories", "due"], &|name| {
                    self.orders(name)
                })
            }
            Family::Consent => from(&["personalization", "analytics"], &|name| self.consent(name)),
            Family::Count => {
                Value::Map(profile.counts.iter().map(|count| (count.event.clone(), count.times.into())).gather())
            }
            Family::Days => {
                let days = |count: &super::Count| (count.event.clone(), self.days_since(Some(count.last)));
                Value::Map(profile.counts.iter().map(days).gather())
            }
            Family::Seen => {
                let seen = profile.seen.entries.iter();
                Value::Map(seen.map(|seen| (seen.id.clone(), seen.times.into())).gather())
            }
            _ => Value::Null,
        }
    }

    fn visitor(&self, rest: &str) -> Value {
        let profile = self.profile;
        match rest {
            "" => self.family(Family::Visitor),
            "id" => profile.id.as_str().into(),
            "new" => (profile.session.number == 1).into(),
            "sessions" => profile.session.number.into(),
            "firstSeenDays" => self.days_since(Some(profile.first_seen)),
            "lastSeenDays" => self.days_since(profile.previous_session),
            _ => Value::Null,
        }
    }

    fn session_fact(&self, rest: &str) -> Value {
        let session = &self.profile.session;
        let text = |text: &Option<String>| text.as_deref().into();
        match rest {
            "" => self.family(Family::Session),
            "pages" => session.pages.into(),
            "minutes" => self.minutes_since(session.start).into(),
            "source" => text(&session.source),
            "medium" => text(&session.medium),
            "campaign" => text(&session.campaign),
            "referrer" => text(&session.referrer),
            "landing" => text(&session.landing),
            "searches" => session.searches.into(),
            _ => Value::Null,
        }
    }

    fn page(&self, rest: &str) -> Value {
        let page = self.around.page();
        match rest {
            "" => self.family(Family::Page),
            "url" => told(&page.url),
            "path" => told(&page.path),
            "type" => told(&page.kind),
            "title" => told(&page.title),
            "product" => page.product.as_deref().into(),
            "category" => page.category.as_deref().into(),
            "query" => {
                Value::Map(page.query.iter().map(|(name, value)| (name.clone(), value.as_str().into())).gather())
            }
            _ => {
                let name = rest.strip_prefix("query.");
                let found = name.and_then(|name| page.query.iter().find(|(known, _)| known == name));
                found.map_or(Value::Null, |(_, value)| value.as_str().into())
            }
        }
    }

    fn device(&self, rest: &str) -> Value {
        let device = self.around.device();
        let local = self.now.saturating_add(Millis::from(device.utc_offset) * 60_000);
        match rest {
            "" => self.family(Family::Device),
            "type" => told(&device.kind),
            "language" => told(&device.language),
            "timezone" => told(&device.timezone),
            "hour" => (local.div_euclid(3_600_000).rem_euclid(24) as f64).into(),
            // The first of January 1970 was a Thursday.
            "weekday" => ((local.div_euclid(86_400_000) + 3).rem_euclid(7) as f64 + 1.0).into(),
            "touch" => device.touch.into(),
            _ => Value::Null,
        }
    }

    fn affinity(&self, rest: &str) -> Value {
        if rest.is_empty() {
            return self.family(Family::Affinity);
        }
        let (kind, name) = rest.split_once('.').unwrap_or((rest, ""));
        let affinities = match kind {
            "category" => self.profile.affinities(Taste::Category),
            "brand" => self.profile.affinities(Taste::Brand),
            "tag" => self.profile.affinities(Taste::Tag),
            _ => return Value::Null,
        };
        let half_life = self.settings.half_life_days;
        if !name.is_empty() {
            return affinities.now(name, self.now, half_life).into();
        }
        let members = affinities.entries().map(|(name, sum)| (name.to_owned(), sum.now(self.now, half_life).into()));
        Value::Map(members.gather())
    }

    fn top(&self, rest: &str) -> Value {
        let top = |taste: Taste| {
            // Where weights take away, a department may have less than what lies in it.
            let counts = |name: &str| taste != Taste::Category || !name.contains('/');
            self.profile.affinities(taste).top(self.settings.half_life_days, &counts).into()
        };
        match rest {
            "" => self.family(Family::Top),
            "category" => top(Taste::Category),
            "brand" => top(Taste::Brand),
            "price" => self.profile.typical_price().into(),
            _ => Value::Null,
        }
    }

    fn cart(&self, rest: &str) -> Value {
        let cart = self.profile.cart();
        match rest {
            "" => self.family(Family::Cart),
            "items" => cart.items().into(),
            "value" => money(cart.value()),
            "products" => cart.lines.iter().map(|line| line.id.as_str()).gather().into(),
            "categories" => cart.categories().into(),
            "idleMinutes" if cart.stage() != "empty" => cart.touched.map(|moment| self.minutes_since(moment)).into(),
            "stage" => cart.stage().into(),
            _ => Value::Null,
        }
    }

    fn orders(&self, rest: &str) -> Value {
        let orders = self.profile.orders();
        match rest {
            "" => self.family(Family::Orders),
            "count" => orders.count.into(),
            "revenue" => money(orders.revenue),
            "average" => orders.average().map_or(Value::Null, money),
            "lastDays" => self.days_since(orders.last),
            "products" => orders.bought.iter().map(|bought| bought.id.as_str()).gather().into(),
            "categories" => orders.categories().into(),
            // What runs out at home about now.
            "due" => due_products(self).iter().map(|(id, _)| *id).gather().into(),
            _ => Value::Null,
        }
    }

    /// Scores of customers; who never ordered has none.
    fn rfm(&self, path: &str) -> Value {
        let (orders, rfm) = (self.profile.orders(), &self.settings.rfm);
        let Some(last) = orders.last.filter(|_| orders.count > 0) else { return Value::Null };
        match path {
            "recency" => score_of_days(&rfm.recency, self.days_between(last)).into(),
            "frequency" => score_of_amount(&rfm.frequency, f64::from(orders.count)).into(),
            "monetary" => score_of_amount(&rfm.monetary, cents(orders.revenue)).into(),
            _ => Value::Null,
        }
    }

    fn consent(&self, rest: &str) -> Value {
        let consent = self.around.consent();
        match rest {
            "" => self.family(Family::Consent),
            "personalization" => consent.personalization.name().into(),
            "analytics" => consent.analytics.name().into(),
            _ => Value::Null,
        }
    }

    /// The visitor's group as `group.id` and `group.traits`.
    fn custom(&self, path: &str) -> Value {
        match path.strip_prefix("group.") {
            Some("id") => self.profile.group.as_deref().into(),
            Some("traits") => self.profile.group_traits.clone(),
            Some(rest) => {
                let name = rest.strip_prefix("traits.").unwrap_or_default();
                self.profile.group_traits.at(name).cloned().unwrap_or_default()
            }
            None => Value::Null,
        }
    }

    fn days_between(&self, then: Millis) -> f64 {
        self.now.saturating_sub(then).max(0) as f64 / DAY
    }

    fn days_since(&self, moment: Option<Millis>) -> Value {
        moment.map(|then| self.days_between(then)).into()
    }

    fn minutes_since(&self, moment: Millis) -> f64 {
        self.now.saturating_sub(moment).max(0) as f64 / 60_000.0
    }
}

/// Text; an empty one is none.
fn told(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}

/// An amount without the dust that adding decimals leaves.
fn cents(amount: f64) -> f64 {
    if amount.abs() < 9e12 { (amount * 10_000.0).round() / 10_000.0 } else { amount }
}

fn money(amount: f64) -> Value {
    cents(amount).into()
}
