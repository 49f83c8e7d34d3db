//! Product cards that were really seen: at least half visible for one second, each once a page, told as lists.

use super::cards;
use super::happening::{Happening, Source};
use super::product::{MOST, put};
use super::reach;
use super::teller::Teller;
use std::cell::RefCell;
use tailorbird_schema::Value;
use wasm_bindgen::JsValue;

/// How long a card has to stay visible.
pub(super) const SEEN_MS: u32 = 1000;
/// More cards and links of one page are not looked at.
const MOST_CARDS: usize = 300;
const MOST_LINKS: u32 = 600;
/// Links of the page's frame are no product cards.
const CARDS: &str = "[data-tailorbird-product],a[href]:not(nav *,footer *,[data-tailorbird-product] *)";
/// For browsers that do not know lists in `:not`.
const CARDS_PLAIN: &str = "[data-tailorbird-product],a[href]";
/// What the catalogue's entry gives to a product in a list.
const IN_LISTS: [&str; 5] = ["name", "brand", "category", "price", "currency"];

#[derive(Default)]
pub(super) struct Views {
    watched: RefCell<Watched>,
}

#[derive(Default)]
struct Watched {
    observer: Option<JsValue>,
    /// From element to its place in `cards`.
    places: Option<JsValue>,
    cards: Vec<Card>,
    /// How many cards and links the document had at the last look.
    size: (f64, f64),
    seen: Vec<Seen>,
}

struct Card {
    element: JsValue,
    product: String,
    list: Option<String>,
    position: u32,
    visible_since: Option<f64>,
    done: bool,
}

struct Seen {
    product: String,
    list: Option<String>,
    position: u32,
}

impl Views {
    /// Where the browser tells what comes into view.
    pub(super) fn watch_with(&self, observer: JsValue) {
        let mut watched = self.watched.borrow_mut();
        watched.observer = Some(observer).filter(|observer| observer.is_object());
        watched.places = Some(reach::new("Map", &[]));
    }

    /// Looks for cards that are not watched yet; cheap while the document has as many links as before.
    pub(super) fn look(&self, teller: &Teller, here: Option<&str>) {
        let document = reach::document();
        let count = |list: JsValue| reach::number(&list, "length").unwrap_or(0.0);
        let size = (
            count(reach::ask(&document, "querySelectorAll", "[data-tailorbird-product]")),
            count(reach::get(&document, "links")),
        );
        let mut watched = self.watched.borrow_mut();
        if watched.observer.is_none() || size == watched.size || watched.cards.len() >= MOST_CARDS {
            return;
        }
        watched.size = size;
        let mut found: Vec<JsValue> = reach::all(&document, CARDS, MOST_LINKS).collect();
        if found.is_empty() {
            found = reach::all(&document, CARDS_PLAIN, MOST_LINKS).collect();
        }
        for element in found {
            watched.add(teller, element, here);
        }
    }

    /// How many cards the page has.
    pub(super) fn count(&self) -> usize {
        self.watched.borrow().cards.len()
    }

    /// Takes the observer's entries; whether somebody should ask again after [`SEEN_MS`].
    pub(super) fn moved(&self, entries: &JsValue) -> bool {
        let mut watched = self.watched.borrow_mut();
        let now = reach::now();
        for entry in reach::items(entries.clone(), 10_000) {
            let enough = reach::is_true(&entry, "isIntersecting")
                && reach::number(&entry, "intersectionRatio").unwrap_or(0.0) >= 0.49;
            if let Some(card) = watched.card(&reach::get(&entry, "target")) {
                card.visible_since = enough.then(|| card.visible_since.unwrap_or(now));
            }
        }
        watched.cards.iter().any(|card| card.visible_since.is_some())
    }

    /// Collects what has been visible long enough: whether anything new was seen, and whether something still has to
    /// wait for its second.
    pub(super) fn settle(&self) -> (bool, bool) {
        let mut watched = self.watched.borrow_mut();
        let Watched { observer, cards, seen, .. } = &mut *watched;
        let now = reach::now();
        let (mut news, mut waiting) = (false, false);
        for card in cards.iter_mut().filter(|card| !card.done) {
            let Some(since) = card.visible_since else { continue };
            // Timers may ring a little early.
            if now - since < f64::from(SEEN_MS) - 20.0 {
                waiting = true;
                continue;
            }
            news = true;
            card.done = true;
            card.visible_since = None;
            if let Some(observer) = observer {
                reach::call(observer, "unobserve", &[&card.element]);
            }
            seen.push(Seen { product: card.product.clone(), list: card.list.clone(), position: card.position });
        }
        (news, waiting)
    }

    /// The page went out of sight, or came back: nobody looked in between.
    pub(super) fn restart(&self) {
        let now = reach::now();
        for card in &mut self.watched.borrow_mut().cards {
            card.visible_since = card.visible_since.map(|_| now);
        }
    }

    /// Tells what was seen and not told yet, one event for each list.
    pub(super) fn tell(&self, teller: &Teller, page_list: Option<&str>, category: Option<&str>) {
        let seen = std::mem::take(&mut self.watched.borrow_mut().seen);
        let mut lists: Vec<(Option<String>, Vec<Value>)> = Vec::new();
        for Seen { product, list, position } in seen {
            if teller.has_listed(&product) {
                continue;
            }
            let known = teller.known(&product);
            let mut fields = Value::from([("product_id", product.into()), ("position", position.into())]);
            for name in IN_LISTS {
                put(&mut fields, name, known.as_ref().and_then(|known| known.get(name)).cloned().unwrap_or_default());
            }
            match lists.iter_mut().find(|(other, members)| *other == list && members.len() < MOST) {
                Some((_, members)) => members.push(fields),
                None => lists.push((list, vec![fields])),
            }
        }
        for (list, products) in lists {
            let mut properties = Value::map();
            // A list without a name of its own on a category or search page is that page's list.
            let of_page = list.is_none();
            put(&mut properties, "list_id", list.or_else(|| page_list.map(str::to_owned)));
            put(&mut properties, "category", category.filter(|_| of_page));
            properties.set("products", products.into());
            teller.track(Source::Visibility, Happening::new("Product List Viewed", properties));
        }
    }

    /// Forgets all cards: the page was turned.
    pub(super) fn turn_page(&self) {
        let mut watched = self.watched.borrow_mut();
        if let Some(observer) = &watched.observer {
            reach::call(observer, "disconnect", &[]);
        }
        let observer = watched.observer.take();
        *watched = Watched { observer, places: Some(reach::new("Map", &[])), ..Watched::default() };
    }

    /// Ends watching.
    pub(super) fn stop(&self) {
        self.turn_page();
        self.watched.borrow_mut().observer = None;
    }
}

impl Watched {
    fn add(&mut self, teller: &Teller, element: JsValue, here: Option<&str>) {
        if self.cards.len() >= MOST_CARDS || self.card(&element).is_some() {
            return;
        }
        let Some(product) = cards::product_of(teller, &element) else { return };
        // The picture and the title of one card are two links; the first is watched.
        if here == Some(product.as_str()) || self.cards.iter().any(|card| card.product == product) {
            return;
        }
        let list = cards::list_of(&element);
        let position = self.cards.iter().filter(|card| card.list == list).count() as u32 + 1;
        if let (Some(observer), Some(places)) = (&self.observer, &self.places) {
            reach::call(places, "set", &[&element, &JsValue::from(self.cards.len() as u32)]);
            reach::call(observer, "observe", &[&element]);
        }
        self.cards.push(Card { element, product, list, position, visible_since: None, done: false });
    }

    fn card(&mut self, element: &JsValue) -> Option<&mut Card> {
        let place = reach::call(self.places.as_ref()?, "get", &[element]).as_f64()?;
        self.cards.get_mut(place as usize)
    }
}
