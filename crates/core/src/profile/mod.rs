//! What is known of one visitor, folded from events: pure, bounded, saved as text. (long: one fold over every kind of event)

mod affinity;
mod cart;
mod decay;
mod facts;
pub(crate) mod goods;
mod history;
mod line;
mod merge;
mod orders;
mod saved;
mod seen;
mod session;
mod settings;
mod shopper;
mod snapshot;
mod standing;

pub use affinity::{Affinities, Taste};
pub use cart::{Cart, CartLine};
pub use decay::{DAY, Fading, halved};
pub use facts::Shopper;
pub use orders::{Bought, Orders};
pub use saved::DamagedProfile;
pub use session::Session;
pub use settings::ProfileSettings;
pub use shopper::{Device, Page, Surroundings};

use crate::attributes::{FAMILIES, Family, Remembered};
use crate::catalog::{Catalog, category_levels};
use crate::journey::{Stage, StageChange};
use crate::schema::{Event, EventKind, LAST_MOMENT, Millis, Value};
use affinity::{MAX_NAME, TypicalPrice};
use goods::Good;
use history::History;
use seen::SeenAll;

/// How many recently viewed products are remembered.
pub const MOST_VIEWED: usize = 50;
/// How many event names are counted; the one not met for longest gives way.
const MOST_COUNTS: usize = 100;
/// How many experiments are remembered.
const MOST_ASSIGNED: usize = 100;
/// How many traits are kept, and how long a text may be.
const MOST_TRAITS: usize = 100;
const LONGEST_TRAIT: usize = 1000;
/// A click and the view of the same product within this time are one look.
const ONE_LOOK: Millis = 60_000;
/// An event this much older than the newest one means that the clock had been wrong and was set right.
const CLOCK_TOLERANCE: Millis = 86_400_000;

/// How often an event happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Count {
    pub(crate) event: String,
    pub(crate) times: u32,
    pub(crate) last: Millis,
}

/// A product that was viewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewed {
    /// The product.
    pub id: String,
    /// When, the last time.
    pub at: Millis,
}

/// One visitor.
///
/// INVARIANT: its size is bounded whatever is recorded; no number in it is NaN or infinite.
#[derive(Debug, Clone)]
pub struct Profile {
    pub(crate) id: String,
    pub(crate) user: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) group_traits: Value,
    pub(crate) first_seen: Millis,
    /// When the newest event happened.
    pub(crate) latest: Millis,
    pub(crate) session: Session,
    pub(crate) previous_session: Option<Millis>,
    pub(crate) categories: Affinities,
    pub(crate) brands: Affinities,
    pub(crate) tags: Affinities,
    pub(crate) price: TypicalPrice,
    pub(crate) counts: Vec<Count>,
    pub(crate) cart: Cart,
    pub(crate) orders: Orders,
    pub(crate) traits: Value,
    pub(crate) seen: SeenAll,
    pub(crate) assigned: Vec<(String, String)>,
    pub(crate) viewed: Vec<Viewed>,
    pub(crate) history: History,
    pub(crate) stage: Stage,
    pub(crate) clicked: Option<(String, Millis)>,
    generations: [u32; FAMILIES],
    history_generation: u32,
}

impl Profile {
    /// A visitor who is here for the first time. Of an id that is no id at least the beginning counts, of a moment that
    /// no calendar knows the nearest one.
    pub fn new(visitor_id: &str, now: Millis) -> Profile {
        let now = now.clamp(0, LAST_MOMENT);
        Profile {
            id: session::short(visitor_id),
            user: None,
            group: None,
            group_traits: Value::map(),
            first_seen: now,
            latest: now,
            session: Session { number: 1, start: now, last: now, ..Session::default() },
            previous_session: None,
            categories: Affinities::default(),
            brands: Affinities::default(),
            tags: Affinities::default(),
            price: TypicalPrice::default(),
            counts: Vec::new(),
            cart: Cart::default(),
            orders: Orders::default(),
            traits: Value::map(),
            seen: SeenAll::default(),
            assigned: Vec::new(),
            viewed: Vec::new(),
            history: History::default(),
            stage: Stage::default(),
            clicked: None,
            generations: [0; FAMILIES],
            history_generation: 0,
        }
    }

    /// Folds an event in. The change of stage is returned, so that it can be told as an event of its own.
    ///
    /// Events come in the order in which they happened; one that is a little late finds its place. `identify` merges
    /// traits (another user's start afresh), `group` and `alias` set who it is, `page` counts the session's pages as
    /// `Page Viewed`, `track` does the rest.
    pub fn record(&mut self, event: &Event, settings: &ProfileSettings, catalog: &Catalog) -> Option<StageChange> {
        // Moments that no calendar knows would only overflow.
        if !(0..=LAST_MOMENT).contains(&event.at) {
            return None;
        }
        if event.at < self.latest.saturating_sub(CLOCK_TOLERANCE) {
            self.turn_back(event.at);
        }
        self.enter_session(event.at, settings);
        self.latest = self.latest.max(event.at);
        self.session.record(event);
        self.moved(&[Family::Visitor, Family::Session]);
        match event.kind {
            EventKind::Track => self.track(event, &event.name, settings, catalog),
            EventKind::Page | EventKind::Screen => self.track(event, "Page Viewed", settings, catalog),
            EventKind::Identify => self.identify(event),
            EventKind::Group => {
                let other = event.other_id.as_deref().filter(|id| !id.is_empty() && id.len() <= MAX_NAME);
                if other.is_some() && other != self.group.as_deref() {
                    self.group = other.map(str::to_owned);
                    self.group_traits = Value::map();
                }
                merge_traits(&mut self.group_traits, event.traits.members());
                self.moved(&[Family::Custom]);
            }
            EventKind::Alias => self.named(event.user_id.as_deref()),
        }
        let (from, to) = (self.stage, self.standing());
        if from == to {
            return None;
        }
        self.stage = to;
        self.moved(&[Family::Stage]);
        Some(StageChange { from, to })
    }

    /// Begins the next session when the pause was long enough: a pause of exactly `sessionMinutes` is.
    fn enter_session(&mut self, at: Millis, settings: &ProfileSettings) {
        let pause = at.saturating_sub(self.session.last);
        if pause as f64 >= settings.session_minutes * 60_000.0 {
            // A profile that was made but never told anything has had no session yet.
            let number = self.session.number.saturating_add(u32::from(self.has_events()));
            if self.has_events() {
                self.previous_session = Some(self.session.last);
            }
            self.session = Session { number, start: at, last: at, ..Session::default() };
            self.moved(&[Family::Seen]);
        }
        self.first_seen = self.first_seen.min(at);
    }

    fn has_events(&self) -> bool {
        self.session.number > 1
            || self.session.pages > 0
            || !self.counts.is_empty()
            || !self.traits.members().is_empty()
    }

    fn track(&mut self, event: &Event, name: &str, settings: &ProfileSettings, catalog: &Catalog) {
        if name.is_empty() || name.len() > MAX_NAME {
            return;
        }
        let properties = &event.properties;
        // A thank-you page that is loaded again completes nothing.
        if name == "Order Completed" && self.orders.knows(properties) {
            return;
        }
        self.count_event(name, event.at);
        self.history.record(event, name, self.session.number, catalog);
        self.history_generation = self.history_generation.wrapping_add(1);
        match name {
            "Page Viewed" | "Stage Changed" | "Experience Clicked" => return,
            "Experience Viewed" => {
                if let Some(id) = key(properties, "experience_id") {
                    self.seen.record(id, event.at, self.session.number);
                    self.moved(&[Family::Seen]);
                }
                return;
            }
            "Experiment Viewed" => {
                if let (Some(id), Some(variant)) = (key(properties, "experiment_id"), key(properties, "variation_id")) {
                    self.assign(id, variant);
                }
                return;
            }
            _ => {}
        }
        let good = Good::read(properties, catalog);
        let listed = Good::list(properties, catalog);
        if name == "Order Completed" {
            self.orders.record(properties, &listed, event.at, self.session.number);
            self.moved(&[Family::Orders, Family::Rfm]);
        }
        let has_list = matches!(properties.get("products"), Some(Value::List(_)));
        if self.cart.record(name, &good, has_list.then_some(&listed), event.at) {
            self.moved(&[Family::Cart]);
        }
        let weight = self.weight_of_look(name, &good.id, event.at, settings);
        self.draw_to(name, weight, &good, &listed, event.at, settings);
        if name == "Product Viewed" {
            self.view(&good.id, event.at);
        }
    }

    fn count_event(&mut self, name: &str, at: Millis) {
        match self.counts.iter_mut().find(|count| count.event == name) {
            Some(count) => {
                count.times = count.times.saturating_add(1);
                count.last = count.last.max(at);
            }
            None => {
                if self.counts.len() >= MOST_COUNTS {
                    self.drop_oldest_count();
                }
                self.counts.push(Count { event: name.to_owned(), times: 1, last: at });
            }
        }
        self.moved(&[Family::Count, Family::Days]);
    }

    fn drop_oldest_count(&mut self) {
        let oldest = self.counts.iter().map(|count| count.last).min();
        if let Some(nth) = self.counts.iter().position(|count| Some(count.last) == oldest) {
            self.counts.remove(nth);
        }
    }

    /// The event's weight; of a click and the view it leads to, only what the heavier one weighs.
    fn weight_of_look(&mut self, name: &str, id: &str, at: Millis, settings: &ProfileSettings) -> f64 {
        let weight = settings.weight(name);
        if name == "Product Clicked" && !id.is_empty() {
            self.clicked = Some((id.to_owned(), at));
        } else if name == "Product Viewed"
            && let Some((clicked, moment)) = self.clicked.take_if(|(clicked, _)| clicked == id)
            && !clicked.is_empty()
            && at.saturating_sub(moment) <= ONE_LOOK
        {
            return (weight - settings.weight("Product Clicked")).max(0.0);
        }
        weight
    }

    /// Adds an event's weight to what it is about, once for each name however many products it lists.
    fn draw_to(
        &mut self,
        name: &str,
        weight: f64,
        good: &Good<'_>,
        listed: &[Good<'_>],
        at: Millis,
        settings: &ProfileSettings,
    ) {
        if matches!(name, "Product Viewed" | "Product Clicked")
            && let Some(price) = good.price
            && weight > 0.0
        {
            self.price.add(price, weight, at, settings.half_life_days);
            self.moved(&[Family::Top]);
        }
        if weight == 0.0 || !weight.is_finite() {
            return;
        }
        // A list shown is about its category; what it happens to hold was not chosen.
        let chosen = if name.starts_with("Product List") || name == "Products Searched" { &[] } else { listed };
        let mut done: Vec<(Taste, &str)> = Vec::with_capacity(8);
        for good in core::iter::once(good).chain(chosen) {
            for level in category_levels(&good.category) {
                add_once(&mut done, Taste::Category, level);
            }
            add_once(&mut done, Taste::Brand, good.brand);
            for tag in &good.tags {
                add_once(&mut done, Taste::Tag, tag);
            }
        }
        for (taste, name) in &done {
            let affinities = match taste {
                Taste::Category => &mut self.categories,
                Taste::Brand => &mut self.brands,
                Taste::Tag => &mut self.tags,
            };
            affinities.add(name, weight, at, settings.half_life_days);
        }
        if !done.is_empty() {
            self.moved(&[Family::Affinity, Family::Top]);
        }
    }

    fn view(&mut self, id: &str, at: Millis) {
        if id.is_empty() || id.len() > MAX_NAME {
            return;
        }
        self.viewed.retain(|viewed| viewed.id != id);
        let place = self.viewed.iter().position(|viewed| viewed.at <= at).unwrap_or(self.viewed.len());
        self.viewed.insert(place, Viewed { id: id.to_owned(), at });
        self.viewed.truncate(MOST_VIEWED);
    }

    fn assign(&mut self, experiment: &str, variant: &str) {
        self.assigned.retain(|(known, _)| known != experiment);
        self.assigned.push((experiment.to_owned(), variant.to_owned()));
        if self.assigned.len() > MOST_ASSIGNED {
            self.assigned.remove(0);
        }
    }

    fn identify(&mut self, event: &Event) {
        self.known_as(event.user_id.as_deref());
        merge_traits(&mut self.traits, event.traits.members());
        self.moved(&[Family::Traits]);
    }

    /// Somebody else signed in on this device: their traits are not the last one's.
    fn known_as(&mut self, user: Option<&str>) {
        let before = self.user.clone();
        self.named(user);
        if before.is_some() && before != self.user {
            self.traits = Value::map();
            self.moved(&[Family::Traits]);
        }
    }

    /// Another name, which may be the same person's.
    fn named(&mut self, user: Option<&str>) {
        if let Some(user) = user.filter(|user| !user.is_empty() && user.len() <= MAX_NAME) {
            self.user = Some(user.to_owned());
        }
    }

    /// The clock had run ahead and was set right: nothing that was recorded lies in the future of `latest`.
    fn turn_back(&mut self, latest: Millis) {
        self.latest = self.latest.min(latest);
        self.first_seen = self.first_seen.min(latest);
        self.previous_session = self.previous_session.map(|moment| moment.min(latest));
        self.session.turn_back(latest);
        for tastes in [&mut self.categories, &mut self.brands, &mut self.tags] {
            tastes.turn_back(latest);
        }
        self.price.at = self.price.at.min(latest);
        for count in &mut self.counts {
            count.last = count.last.min(latest);
        }
        for viewed in &mut self.viewed {
            viewed.at = viewed.at.min(latest);
        }
        self.cart.touched = self.cart.touched.map(|moment| moment.min(latest));
        self.clicked = None;
        self.orders.turn_back(latest);
        self.seen.turn_back(latest);
        self.history.turn_back(latest);
        self.all_moved();
    }

    pub(crate) fn all_moved(&mut self) {
        self.generations.iter_mut().for_each(|generation| *generation = generation.wrapping_add(1));
        self.history_generation = self.history_generation.wrapping_add(1);
    }

    pub(crate) fn moved(&mut self, families: &[Family]) {
        for family in families {
            if let Some(generation) = self.generations.get_mut(*family as usize) {
                *generation = generation.wrapping_add(1);
            }
        }
    }

    /// Moves whenever values of this family may have changed for a reason other than time.
    pub fn generation(&self, family: Family) -> u32 {
        self.generations.get(family as usize).copied().unwrap_or(0)
    }

    /// Moves whenever [`Profile::history`] changes.
    pub fn history_generation(&self) -> u32 {
        self.history_generation
    }

    /// The anonymous id.
    pub fn visitor_id(&self) -> &str {
        &self.id
    }
    /// The known id, from `identify` or `alias`.
    pub fn user_id(&self) -> Option<&str> {
        self.user.as_deref()
    }
    /// When the visitor was first here.
    pub fn first_seen(&self) -> Millis {
        self.first_seen
    }
    /// When the newest event happened.
    pub fn latest(&self) -> Millis {
        self.latest
    }
    /// The current session.
    pub fn session(&self) -> &Session {
        &self.session
    }
    /// Affinities of one kind.
    pub fn affinities(&self, taste: Taste) -> &Affinities {
        match taste {
            Taste::Category => &self.categories,
            Taste::Brand => &self.brands,
            Taste::Tag => &self.tags,
        }
    }
    /// The typical price of what was viewed.
    pub fn typical_price(&self) -> Option<f64> {
        self.price.price()
    }
    /// How often an event happened.
    pub fn count(&self, event: &str) -> u32 {
        self.counts.iter().find(|count| count.event == event).map_or(0, |count| count.times)
    }
    /// The cart.
    pub fn cart(&self) -> &Cart {
        &self.cart
    }
    /// The orders.
    pub fn orders(&self) -> &Orders {
        &self.orders
    }
    /// What `identify` told.
    pub fn traits(&self) -> &Value {
        &self.traits
    }
    /// Products viewed, the latest first, each once.
    pub fn viewed(&self) -> &[Viewed] {
        &self.viewed
    }
    /// Remembered events, oldest first.
    pub fn history(&self) -> &[Remembered] {
        self.history.events()
    }
    /// The stage.
    pub fn stage(&self) -> Stage {
        self.stage
    }
    /// The variant that an experiment gave this visitor.
    pub fn assigned(&self, experiment: &str) -> Option<&str> {
        self.assigned.iter().find(|(known, _)| known == experiment).map(|(_, variant)| variant.as_str())
    }
}

fn add_once<'a>(done: &mut Vec<(Taste, &'a str)>, taste: Taste, name: &'a str) {
    if !name.is_empty() && !done.contains(&(taste, name)) {
        done.push((taste, name));
    }
}

fn key<'a>(properties: &'a Value, name: &str) -> Option<&'a str> {
    properties.get(name)?.as_str().filter(|text| !text.is_empty() && text.len() <= MAX_NAME)
}

/// Takes over traits: `null` takes one away, as in Segment's destinations. What is too long or too deep is left out.
fn merge_traits(traits: &mut Value, told: &[(String, Value)]) {
    for (name, value) in told {
        if value.is_null() {
            traits.remove(name);
        } else if name.len() <= MAX_NAME
            && weight_in_bytes(value, 0) <= LONGEST_TRAIT
            && (traits.get(name).is_some() || traits.members().len() < MOST_TRAITS)
        {
            traits.set(name, value.clone());
        }
    }
}

/// About what a value takes as text; more than anything allowed when it nests too deeply, or when no JSON can say it.
pub(crate) fn weight_in_bytes(value: &Value, depth: usize) -> usize {
    match value {
        _ if depth > 5 => LONGEST_TRAIT + 1,
        Value::Number(number) if !number.is_finite() => LONGEST_TRAIT + 1,
        Value::Text(text) => text.len(),
        Value::List(items) => items.iter().map(|item| 2 + weight_in_bytes(item, depth + 1)).sum(),
        Value::Map(members) => members.iter().map(|(key, item)| 4 + key.len() + weight_in_bytes(item, depth + 1)).sum(),
        _ => 5,
    }
}
