//! Product cards that were really seen: at least half visible for one second, each once a page, told as lists.

use super::cards;
use super::described::added;
use super::happening::Source;
use super::product::{MOST, fill};
use super::teller::Teller;
use crate::reach;
use std::cell::RefCell;
use tailorbird_schema::Value;
use wasm_bindgen::JsValue;

/// How long a card has to stay visible.
pub(super) const SEEN_MS: u32 = 1000;
/// More cards and links of one page are not looked at.
const MOST_CARDS: usize = 300;
const MOST_LINKS: u32 = 600;
/// Links of the page's frame are no product cards. Browsers that do not know lists in `:not` find none.
const CARDS: &str = "[data-tailorbird-product],a[href]:not(nav *,footer *,[data-tailorbird-product] *)";
/// What may be a card among what was added.
const ADDED: &str = "a[href],[data-tailorbird-product]";
/// What the catalogue's entry gives to a product in a list.
const IN_LISTS: &str = "name brand category price currency";

#[derive(Default)]
pub(super) struct Views(RefCell<Watched>);

#[derive(Default)]
struct Watched {
    observer: JsValue,
    /// From element to its place in `cards`.
    places: JsValue,
    cards: Vec<Card>,
    /// How many cards and links the document had at the last look.
    size: f64,
}

struct Card {
    element: JsValue,
    product: String,
    /// Empty for the page's own list.
    list: String,
    position: u32,
    sight: Sight,
}

#[derive(Clone, Copy, PartialEq)]
enum Sight {
    Hidden,
    VisibleSince(f64),
    Seen,
    Told,
}

impl Views {
    /// Where the browser tells what comes into view.
    pub(super) fn watch_with(&self, observer: JsValue) {
        self.0.borrow_mut().observer = observer;
        self.turn_page();
    }

    /// Takes note of cards and links that were added, perhaps as many as went.
    pub(super) fn changed(&self, records: &JsValue) {
        let is_card =
            |node: &JsValue| reach::ask(node, "matches", ADDED) == JsValue::TRUE || reach::find(node, ADDED).is_some();
        let mut watched = self.0.borrow_mut();
        if watched.size >= 0.0 && added(records, &is_card) {
            watched.size = -1.0;
        }
    }

    /// Looks for cards that are not watched yet; cheap while the document has as many links as before.
    pub(super) fn look(&self, teller: &Teller, here: Option<&str>) {
        let document = reach::document();
        let size = reach::number(&reach::get(&document, "links"), "length") * 1000.0
            + reach::number(&reach::ask(&document, "querySelectorAll", "[data-tailorbird-product]"), "length");
        let mut watched = self.0.borrow_mut();
        if size == watched.size || !watched.observer.is_object() {
            return;
        }
        watched.size = size;
        for element in reach::all(&document, CARDS, MOST_LINKS) {
            watched.add(teller, element, here);
        }
    }

    /// Whether the page has any cards.
    pub(super) fn has_cards(&self) -> bool {
        !self.0.borrow().cards.is_empty()
    }

    /// Takes the observer's entries; whether somebody should ask again after [`SEEN_MS`].
    pub(super) fn moved(&self, entries: &JsValue) -> bool {
        let mut watched = self.0.borrow_mut();
        let now = reach::now();
        let mut waiting = false;
        for entry in reach::items(entries, 1000) {
            let enough = reach::is_true(&entry, "isIntersecting") && reach::number(&entry, "intersectionRatio") >= 0.49;
            let place = reach::call(&watched.places, "get", &[&reach::get(&entry, "target")]).as_f64().unwrap_or(1e9);
            if let Some(card) = watched.cards.get_mut(place as usize) {
                card.sight = match card.sight {
                    Sight::Hidden if enough => Sight::VisibleSince(now),
                    Sight::VisibleSince(_) if !enough => Sight::Hidden,
                    as_it_was => as_it_was,
                };
            }
            waiting |= enough;
        }
        waiting
    }

    /// Collects what has been visible long enough: whether anything new was seen, and whether something still has to
    /// wait for its second.
    pub(super) fn settle(&self) -> (bool, bool) {
        let mut watched = self.0.borrow_mut();
        let now = reach::now();
        let (mut news, mut waiting) = (false, false);
        for card in &mut watched.cards {
            if let Sight::VisibleSince(since) = card.sight {
                // Timers may ring a little early.
                if now - since < f64::from(SEEN_MS) - 20.0 {
                    waiting = true;
                } else {
                    news = true;
                    card.sight = Sight::Seen;
                }
            }
        }
        (news, waiting)
    }

    /// The page is in sight again: nobody looked in between.
    pub(super) fn restart(&self) {
        for card in &mut self.0.borrow_mut().cards {
            if let Sight::VisibleSince(_) = card.sight {
                card.sight = Sight::VisibleSince(reach::now());
            }
        }
    }

    /// Tells what was seen and not told yet, one event for each list. A list without a name of its own is the page's.
    pub(super) fn tell(&self, teller: &Teller, page_list: &str, category: Option<&str>) {
        while let Some((list, products)) = self.next_list(teller) {
            let mut properties = Value::map();
            let name = if list.is_empty() { page_list } else { &list };
            if !name.is_empty() {
                properties.set("list_id", name.into());
            }
            if let (true, Some(category)) = (list.is_empty(), category) {
                properties.set("category", category.into());
            }
            properties.set("products", Value::List(products));
            teller.track(Source::Visibility, "Product List Viewed", properties);
        }
    }

    fn next_list(&self, teller: &Teller) -> Option<(String, Vec<Value>)> {
        let mut watched = self.0.borrow_mut();
        let mut list: Option<String> = None;
        let mut products = Vec::new();
        for card in &mut watched.cards {
            if card.sight != Sight::Seen
                || products.len() >= MOST
                || list.as_ref().is_some_and(|list| *list != card.list)
            {
                continue;
            }
            card.sight = Sight::Told;
            if teller.has_listed(&card.product) {
                continue;
            }
            list = Some(card.list.clone());
            let mut fields =
                Value::from([("product_id", card.product.as_str().into()), ("position", card.position.into())]);
            fill(&mut fields, &teller.known(&card.product).unwrap_or_default(), IN_LISTS);
            products.push(fields);
        }
        Some((list?, products))
    }

    /// Forgets all cards: the page was turned.
    pub(super) fn turn_page(&self) {
        let mut watched = self.0.borrow_mut();
        reach::call(&watched.observer, "disconnect", &[]);
        watched.places = reach::new("Map", &[]);
        watched.cards.clear();
        watched.size = 0.0;
    }
}

impl Watched {
    fn add(&mut self, teller: &Teller, element: JsValue, here: Option<&str>) {
        let Some(product) = cards::product_of(teller, &element) else { return };
        // The picture and the title of one card are two links; the first is watched.
        if let Some(nth) = self.cards.iter().position(|card| card.product == product) {
            return self.renew(nth, element);
        }
        if here == Some(product.as_str()) || self.cards.len() >= MOST_CARDS {
            return;
        }
        let list = cards::list_of(&element);
        let position = self.cards.iter().filter(|card| card.list == list).count() as u32 + 1;
        self.observe(self.cards.len(), &element);
        self.cards.push(Card { element, product, list, position, sight: Sight::Hidden });
    }

    /// A card that was built anew before it was seen is watched where it stands now.
    fn renew(&mut self, nth: usize, element: JsValue) {
        let Some(card) = self.cards.get_mut(nth) else { return };
        if matches!(card.sight, Sight::Hidden | Sight::VisibleSince(_)) && !reach::is_true(&card.element, "isConnected")
        {
            card.sight = Sight::Hidden;
            card.element = element.clone();
            self.observe(nth, &element);
        }
    }

    fn observe(&self, nth: usize, element: &JsValue) {
        reach::call(&self.places, "set", &[element, &JsValue::from(nth as u32)]);
        reach::call(&self.observer, "observe", &[element]);
    }
}
