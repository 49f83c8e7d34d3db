//! All listeners in one place: which of the page's happenings leads where. (long: every listener of the page, put up and taken down in one place)

use super::consent::ConsentSource;
use super::consents::{self, Consents};
use super::data_layer::DataLayer;
use super::described::Structured;
use super::happening::Source;
use super::page::{self, PageFacts};
use super::product::{fill, put, said};
use super::searches::{PATIENCE_MS, Searches};
use super::teller::Teller;
use super::views::{SEEN_MS, Views};
use super::words::among;
use super::{Lookup, Signal, Switches, clicks::Clicks, page_type, url};
use crate::reach::{self, Listener, Timer};
use crate::reach::{Hearing, many};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use tailorbird_core::consent::{Grant, Said};
use tailorbird_schema::Value;
use wasm_bindgen::prelude::*;

/// Routes settle within this: redirects are one page, and titles have changed by then.
const ROUTE_MS: u32 = 50;
/// Changes of the document are looked at so long after the first of them.
const CHANGE_MS: u32 = 300;
/// Cards seen within this of each other are told together.
const TOGETHER_MS: u32 = 2500;

/// Pages that are about no single product, whatever they describe.
const PLAIN_KINDS: &str = "home cart checkout search";

/// How the URL may have changed.
#[derive(Clone, Copy, PartialEq)]
enum Due {
    No,
    /// By `replaceState`: only another path is another page.
    Replaced,
    /// By `pushState` or the back button: other parameters are another page, too.
    Pushed,
}

pub(super) struct Ears {
    me: Weak<Ears>,
    switches: Switches,
    tap: JsValue,
    teller: Teller,
    clicks: Clicks,
    consents: Consents,
    data_layer: DataLayer,
    searches: Searches,
    structured: Structured,
    views: Views,
    held: RefCell<Held>,
    due: Cell<Due>,
    begun: Cell<bool>,
    /// Path and query of the page that was told last.
    address: RefCell<(String, String)>,
    /// What was told last.
    facts: RefCell<Facts>,
    /// The product whose view was told on this page.
    viewed: RefCell<String>,
}

/// What the page is.
#[derive(Clone, Default, PartialEq)]
struct Facts {
    kind: String,
    product: Option<String>,
    category: Option<String>,
}

/// What has to be given back.
#[derive(Default)]
struct Held {
    listeners: Vec<Listener>,
    timers: Vec<(&'static str, Timer)>,
    functions: Vec<(&'static str, Hearing)>,
    observers: Vec<JsValue>,
    /// Functions that undo a tap.
    taps: Vec<(&'static str, JsValue)>,
}

impl Ears {
    pub(super) fn open(switches: Switches, lookup: Rc<dyn Lookup>, sink: Rc<dyn Fn(Signal)>, tap: JsValue) -> Rc<Ears> {
        Rc::new_cyclic(|me| Ears {
            me: me.clone(),
            switches,
            tap,
            teller: Teller::new(lookup, sink),
            clicks: Clicks::default(),
            consents: Consents::default(),
            data_layer: DataLayer::new(),
            searches: Searches::default(),
            structured: Structured::default(),
            views: Views::default(),
            held: RefCell::default(),
            due: Cell::new(Due::No),
            begun: Cell::new(false),
            address: RefCell::default(),
            facts: RefCell::default(),
            viewed: RefCell::default(),
        })
    }

    pub(super) fn begin(&self) {
        let document = reach::document();
        if self.begun.get() {
            return;
        }
        if reach::is_true(&document, "prerendering") {
            self.hear(&document, "prerenderingchange", |ears, _| ears.begin());
            return;
        }
        self.begun.set(true);
        self.wire(&document);
        self.ask_for_consent();
        *self.address.borrow_mut() = here();
        self.arrive();
    }

    /// Every listener there is. None of them is `unload` or `beforeunload`: the browser may keep the page.
    fn wire(&self, document: &JsValue) {
        let window = reach::window();
        self.hear(&window, "pagehide", |ears, _| ears.leave());
        self.hear(&window, "pageshow", |ears, event| {
            if reach::is_true(event, "persisted") {
                ears.teller.signal(Signal::Restored);
                ears.structured.forget();
                ears.turn();
            }
        });
        self.hear(document, "visibilitychange", |ears, _| ears.see_visibility());
        self.hear(&window, "online", |ears, _| ears.teller.signal(Signal::Online(true)));
        self.hear(&window, "offline", |ears, _| ears.teller.signal(Signal::Online(false)));
        for moment in ["DOMContentLoaded", "load"] {
            self.hear(&window, moment, |ears, _| ears.look_again(false));
        }
        self.hear(&window, "popstate", |ears, _| ears.may_have_turned(Due::Pushed));
        let history = reach::get(&window, "history");
        self.tap(&history, "pushState", |ears, _| ears.may_have_turned(Due::Pushed));
        self.tap(&history, "replaceState", |ears, _| ears.may_have_turned(Due::Replaced));
        self.hear(document, "visitorConsentCollected", |ears, _| ears.ask_for_consent());
        if self.switches.clicks {
            for kind in ["click", "auxclick"] {
                self.hear(&window, kind, |ears, event| {
                    ears.settle_route();
                    ears.clicks.clicked(&ears.teller, event, ears.product().as_deref());
                });
            }
            self.hear(&window, "keydown", |ears, event| {
                ears.clicks.key_pressed(&ears.teller, event, ears.product().as_deref())
            });
        }
        if self.switches.pages {
            self.hear(&window, "submit", |ears, event| {
                if ears.searches.submitted(event) {
                    ears.later("search", PATIENCE_MS, |ears| ears.searches.settle(&ears.teller));
                }
            });
        }
        if self.switches.json_ld || self.switches.visibility {
            self.observe(document);
        }
    }

    fn observe(&self, document: &JsValue) {
        let changed = self.function("change", |ears, records| {
            if ears.switches.json_ld {
                ears.structured.changed(records);
            }
            if ears.switches.visibility {
                ears.views.changed(records);
            }
            ears.soon("change", CHANGE_MS, |ears| ears.look(false, ears.structured.is_due()));
        });
        let observer = reach::new("MutationObserver", &[&changed]);
        let all = reach::literal(r#"{"childList":true,"subtree":true}"#);
        reach::call(&observer, "observe", &[document, &all]);
        self.held.borrow_mut().observers.push(observer);
        if self.switches.visibility {
            let moved = self.function("moved", |ears, entries| {
                if ears.views.moved(entries) {
                    ears.soon("seen", SEEN_MS, Ears::settle_views);
                }
            });
            let observer = reach::new("IntersectionObserver", &[&moved, &reach::literal(r#"{"threshold":0.5}"#)]);
            self.views.watch_with(observer.clone());
            self.held.borrow_mut().observers.push(observer);
        }
    }

    // --- pages ---

    /// A page is here, for the first time or as a route.
    fn arrive(&self) {
        self.catch_up();
        let told = self.data_layer.read();
        self.read_document();
        let facts = self.current_facts();
        let on_search_page = facts.kind == "search";
        *self.facts.borrow_mut() = facts;
        self.teller.signal(Signal::Page { counts: self.switches.pages });
        self.tell(told);
        self.tell_product();
        if self.switches.pages {
            self.searches.reached(&self.teller, &page::address(), on_search_page);
        }
        self.later("cards", CHANGE_MS, Ears::look_for_cards);
    }

    fn may_have_turned(&self, how: Due) {
        // Before the URL changes: what was seen was seen on the old page.
        self.tell_views();
        if self.data_layer.is_waiting() {
            self.drain();
        }
        if self.due.get() != Due::Pushed {
            self.due.set(how);
        }
        self.soon("route", ROUTE_MS, Ears::settle_route);
    }

    /// Turns the page now if the URL says so, so that whatever is told next belongs to the right one.
    pub(super) fn settle_route(&self) {
        let how = self.due.replace(Due::No);
        if how == Due::No {
            return;
        }
        let now = here();
        let before = self.address.replace(now.clone());
        if now.0 != before.0 {
            self.structured.turn_page();
        }
        if now.0 != before.0 || (how == Due::Pushed && now.1 != before.1) {
            self.turn();
        }
    }

    fn turn(&self) {
        self.teller.turn_page();
        self.data_layer.turn_page();
        self.views.turn_page();
        self.viewed.borrow_mut().clear();
        self.arrive();
    }

    fn leave(&self) {
        self.settle_route();
        self.drain();
        self.searches.settle(&self.teller);
        self.tell_views();
        self.teller.signal(Signal::Leaving);
    }

    fn see_visibility(&self) {
        let hidden = reach::text(&reach::document(), "visibilityState") == "hidden";
        if hidden {
            self.drain();
            self.tell_views();
        } else {
            self.views.restart();
        }
        self.teller.signal(if hidden { Signal::Hidden } else { Signal::Shown });
    }

    // --- what the document says ---

    /// The document changed, or somebody says so.
    pub(super) fn look_again(&self, asked: bool) {
        self.look(asked, true);
    }

    fn look(&self, asked: bool, read: bool) {
        if !self.begun.get() {
            return;
        }
        self.settle_route();
        self.catch_up();
        self.drain();
        if read {
            self.read_document();
        }
        let facts = self.current_facts();
        if *self.facts.borrow() != facts {
            *self.facts.borrow_mut() = facts;
            self.teller.signal(Signal::Facts);
        }
        self.tell_product();
        if asked {
            self.views.turn_page();
        }
        self.look_for_cards();
    }

    fn read_document(&self) {
        if self.switches.json_ld {
            self.structured.read(&page::address());
        }
    }

    /// The product that this page is about: what is known of it, and who says so.
    fn main_product(&self, address: &str) -> Option<(Value, Source)> {
        let by_url = self.teller.product_at(address);
        let found = self.structured.found();
        // A product described on a front page or in a cart is not what that page is about.
        let described = found.product.as_ref().filter(|_| by_url.is_some() || !self.is_plain(address));
        let (id, mut product, source) = match (described, by_url) {
            (Some(described), by_url) => {
                let ids = &described.ids;
                let id = by_url
                    .as_ref()
                    .filter(|id| ids.contains(id))
                    .or_else(|| ids.iter().find(|id| self.teller.known(id).is_some()))
                    .or(by_url.as_ref())
                    .or(ids.first());
                let name = said(&described.properties, "name");
                (id.map_or(name, String::as_str).to_owned(), described.properties.clone(), Source::Structured)
            }
            (None, Some(id)) => (id, Value::map(), Source::Catalogue),
            (None, None) => return None,
        };
        product.set("product_id", id.into());
        Some((product, source))
    }

    /// Whether the page is one of those that are about no product, by the shop's word, its tags, or else its address.
    fn is_plain(&self, address: &str) -> bool {
        let document = reach::document();
        let said = said_in_head(&document, "page-type").or_else(|| said_by_root(&document));
        let kind = said.and_then(|word| page_type::from_word(&word)).or_else(|| self.data_layer.page_type());
        let kind = kind.or_else(|| open_graph(&document).filter(|kind| *kind == "product"));
        among(kind.unwrap_or_else(|| page_type::from_url(address)), PLAIN_KINDS)
    }

    fn current_facts(&self) -> Facts {
        let document = reach::document();
        let address = page::address();
        let main = self.main_product(&address).map(|(product, _)| product).unwrap_or_default();
        let product = said_in_head(&document, "product").or_else(|| some(said(&main, "product_id")));
        let catalogued = product.as_ref().and_then(|id| self.teller.known(id)).unwrap_or_default();
        let category = said_in_head(&document, "category")
            .or_else(|| some(said(&catalogued, "category")))
            .or_else(|| some(&self.structured.found().category))
            .or_else(|| some(said(&main, "category")));
        let kind = match said_in_head(&document, "page-type").or_else(|| said_by_root(&document)) {
            // The shop's own last word may be a word of its own.
            Some(word) => page_type::from_word(&word).map(str::to_owned).unwrap_or(word),
            None => self.guessed_type(&document, &address, product.is_some()).to_owned(),
        };
        Facts { kind, product, category }
    }

    fn guessed_type(&self, document: &JsValue, address: &str, has_product: bool) -> &'static str {
        let by_url = page_type::from_url(address);
        if let Some(kind) = self.data_layer.page_type() {
            return kind;
        }
        if has_product {
            return "product";
        }
        if among(by_url, PLAIN_KINDS) {
            return by_url;
        }
        let found = self.structured.found();
        let lists = by_url == page_type::OTHER && found.list.len() > 1;
        found.page_type.or_else(|| open_graph(document)).unwrap_or(if lists { "category" } else { by_url })
    }

    /// Tells the view of the page's product, once.
    fn tell_product(&self) {
        let Some((mut product, source)) = self.main_product(&page::address()) else { return };
        let wanted = if source == Source::Catalogue { self.switches.pages } else { self.switches.json_ld };
        let id = said(&product, "product_id").to_owned();
        if !wanted || self.viewed.replace(id.clone()) == id {
            return;
        }
        if let Some(category) = some(&self.structured.found().category) {
            fill(&mut product, &Value::from([("category", category.into())]), "");
        }
        self.teller.track(source, "Product Viewed", product);
    }

    pub(super) fn page(&self) -> PageFacts {
        if !self.begun.get() {
            let facts = self.current_facts();
            *self.facts.borrow_mut() = facts;
        }
        let Facts { kind, product, category } = self.facts.borrow().clone();
        PageFacts { page_type: kind, product, category, ..page::read(&page::address()) }
    }

    fn product(&self) -> Option<String> {
        self.facts.borrow().product.clone()
    }

    pub(super) fn told(&self, name: &str, properties: &Value) -> bool {
        self.teller.takes(name, properties, Source::Api)
    }

    // --- product cards ---

    fn look_for_cards(&self) {
        if self.switches.visibility {
            self.views.look(&self.teller, self.product().as_deref());
        }
        // What was really seen is the better list; the described one stands in where no card can be recognised.
        if self.switches.json_ld && !self.views.has_cards() {
            self.tell_described_list();
        }
    }

    fn tell_described_list(&self) {
        let mut products = Vec::new();
        for described in self.structured.found().list.iter().take(super::product::MOST) {
            let known = described.ids.iter().find(|id| self.teller.known(id).is_some()).cloned();
            let by_url = || self.teller.product_at(said(&described.properties, "url"));
            if let Some(id) = known.or_else(by_url).or_else(|| described.ids.first().cloned()) {
                let mut product = described.properties.clone();
                product.set("product_id", id.into());
                product.set("position", (products.len() as u32 + 1).into());
                products.push(product);
            }
        }
        if products.len() < 2 {
            return;
        }
        let mut list = Value::map();
        put(&mut list, "list_id", some(self.page_list()).into());
        put(&mut list, "category", self.facts.borrow().category.clone().into());
        list.set("products", Value::List(products));
        self.teller.track(Source::Structured, "Product List Viewed", list);
    }

    fn settle_views(&self) {
        let (news, waiting) = self.views.settle();
        if waiting {
            self.later("seen", SEEN_MS / 2, Ears::settle_views);
        }
        if news {
            self.later("views", TOGETHER_MS, Ears::tell_views);
        }
    }

    fn tell_views(&self) {
        self.views.settle();
        let category = self.facts.borrow().category.clone();
        self.views.tell(&self.teller, self.page_list(), category.as_deref());
    }

    /// What a list without a name is called.
    fn page_list(&self) -> &'static str {
        match self.facts.borrow().kind.as_str() {
            "category" => "category",
            "search" => "search",
            _ => "",
        }
    }

    // --- data layer ---

    fn catch_up(&self) {
        let Some(layer) = self.data_layer.catch_up() else { return };
        self.untap("push");
        self.tap(&layer, "push", |ears, arguments| {
            ears.data_layer.pushed(arguments);
            if ears.data_layer.is_waiting() {
                ears.soon("push", 0, Ears::drain);
            }
        });
    }

    fn drain(&self) {
        self.settle_route();
        self.tell(self.data_layer.read());
    }

    fn tell(&self, told: Vec<super::entry::Told>) {
        for entry in told {
            if entry.consent {
                self.say(ConsentSource::ConsentMode, self.data_layer.consent());
            }
            if self.switches.data_layer {
                for mut happening in entry.events {
                    let id = said(&happening.properties, "product_id");
                    // The tag plan may call the page's product by an id that only it knows.
                    if happening.name == "Product Viewed"
                        && self.teller.known(id).is_none()
                        && let Some(product) = self.teller.product_at(&page::address())
                        && self.may_be(said(&happening.properties, "name"), &product)
                    {
                        happening.properties.set("product_id", product.into());
                    }
                    self.teller.tell(entry.source, happening);
                }
            }
        }
    }

    /// Whether a product of this name may be that of the catalogue: tag plans add variants or leave them out.
    fn may_be(&self, name: &str, product: &str) -> bool {
        let [name, known] =
            [name, said(&self.teller.known(product).unwrap_or_default(), "name")].map(str::to_ascii_lowercase);
        name.starts_with(&known) || known.starts_with(&name)
    }

    // --- consent ---

    fn ask_for_consent(&self) {
        if consents::privacy_control() {
            self.say(ConsentSource::Gpc, Said { personalization: None, analytics: Some(Grant::Denied) });
        }
        self.catch_up();
        // Only what was said of consent: the page it stands on has to be told before its events.
        if self.data_layer.peek_consent() {
            self.say(ConsentSource::ConsentMode, self.data_layer.consent());
        }
        self.consents.ask_tcf(&self.tcf());
        self.ask_shopify();
        if let Some(wait) = self.consents.next_try() {
            self.later("consent", wait, Ears::ask_for_consent);
        }
    }

    fn tcf(&self) -> JsValue {
        self.function("tcf", |ears, data| {
            if let Some(statement) = ears.consents.heard_tcf(data) {
                ears.say(ConsentSource::Tcf, statement);
            }
        })
    }

    fn ask_shopify(&self) {
        let loaded = self.function("shopify", |ears, _| ears.ask_shopify());
        if let Some(statement) = self.consents.read_shopify(&loaded) {
            self.say(ConsentSource::Shopify, statement);
        }
    }

    fn say(&self, source: ConsentSource, said: Said) {
        if self.consents.is_news(source, said) {
            self.teller.signal(Signal::Consent { source, said });
        }
    }

    // --- hands ---

    fn hear(&self, target: &JsValue, kind: &'static str, then: fn(&Ears, &JsValue)) {
        let me = self.me.clone();
        let listener = Listener::on(target, kind, move |event| {
            if let Some(ears) = me.upgrade() {
                then(&ears, &event);
            }
        });
        self.held.borrow_mut().listeners.push(listener);
    }

    /// The function of this name, made when it is first asked for; it lives as long as we do.
    fn function(&self, name: &'static str, then: fn(&Ears, &JsValue)) -> JsValue {
        if let Some((_, function)) = self.held.borrow().functions.iter().find(|(other, _)| *other == name) {
            return function.as_ref().clone();
        }
        let me = self.me.clone();
        let function = many(Box::new(move |argument| {
            if let Some(ears) = me.upgrade() {
                then(&ears, &argument);
            }
        }));
        let given = function.as_ref().clone();
        self.held.borrow_mut().functions.push((name, function));
        given
    }

    fn tap(&self, owner: &JsValue, name: &'static str, then: fn(&Ears, &JsValue)) {
        if self.tap.is_function() {
            let undo = reach::call_function(&self.tap, &[owner, &name.into(), &self.function(name, then)]);
            self.held.borrow_mut().taps.push((name, undo));
        }
    }

    fn untap(&self, name: &str) {
        let mut held = self.held.borrow_mut();
        let (gone, kept) = std::mem::take(&mut held.taps).into_iter().partition(|(tapped, _)| *tapped == name);
        held.taps = kept;
        drop(held);
        let gone: Vec<(&str, JsValue)> = gone;
        for (_, undo) in gone {
            reach::call_function(&undo, &[]);
        }
    }

    /// Later, counted from now.
    fn later(&self, what: &'static str, ms: u32, then: fn(&Ears)) {
        let me = self.me.clone();
        let timer = Timer::after(ms, move || {
            if let Some(ears) = me.upgrade() {
                ears.held.borrow_mut().timers.retain(|(other, _)| *other != what);
                then(&ears);
            }
        });
        let mut held = self.held.borrow_mut();
        held.timers.retain(|(other, _)| *other != what);
        held.timers.push((what, timer));
    }

    /// Later, counted from the first time it was asked for.
    fn soon(&self, what: &'static str, ms: u32, then: fn(&Ears)) {
        let waits = self.held.borrow().timers.iter().any(|(other, _)| *other == what);
        if !waits {
            self.later(what, ms, then);
        }
    }

    pub(super) fn close(&self) {
        for name in ["push", "pushState", "replaceState"] {
            self.untap(name);
        }
        self.consents.stop(&self.tcf());
        let held = self.held.take();
        for observer in &held.observers {
            reach::call(observer, "disconnect", &[]);
        }
        self.views.turn_page();
    }
}

/// Path and query as they stand.
fn here() -> (String, String) {
    let address = page::address();
    let parts = url::parts(&address);
    (parts.path.to_owned(), parts.query.to_owned())
}

fn some(text: &str) -> Option<String> {
    if text.is_empty() { None } else { Some(text.to_owned()) }
}

/// What a `<meta name="tailorbird:…">` says, the shop's own last word on its page.
fn said_in_head(document: &JsValue, what: &str) -> Option<String> {
    let found = reach::find(document, &["meta[name=\"tailorbird:", what, "\"]"].concat())?;
    some(&reach::attribute(&found, "content"))
}

/// What `og:type` says.
fn open_graph(document: &JsValue) -> Option<&'static str> {
    page_type::from_word(&reach::attribute(&reach::find(document, r#"meta[property="og:type"]"#)?, "content"))
}

/// `<html data-tailorbird-page="…">`, or on the body.
fn said_by_root(document: &JsValue) -> Option<String> {
    some(&reach::attribute(&reach::find(document, "[data-tailorbird-page]")?, "data-tailorbird-page"))
}
