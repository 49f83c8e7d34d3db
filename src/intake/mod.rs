//! The page as a source of events: what it shows, says and lets people do, in the field's words.
//!
//! Reading is split from reaching: small files without a browser say what JSON-LD, data layer entries, URLs and consent
//! answers mean (and are tested as tables); thin adapters fetch those from the page, through [`crate::reach`] alone, so that
//! nothing the page did to itself can throw into the module, and nothing here throws into the page.

mod cards;
mod clicks;
mod commerce;
mod consent;
mod consents;
mod data_layer;
mod described;
mod entry;
mod happening;
mod listen;
mod microdata;
mod numbers;
mod once;
mod order;
mod page;
mod page_type;
mod product;
mod scrub;
mod search;
mod searches;
mod structured;
mod teller;
mod url;
mod views;
mod words;

pub(crate) use consent::ConsentSource;
pub(crate) use consents::privacy_control;
pub(crate) use order::message_id;
pub(crate) use page::{PageFacts, context, device};

use listen::Ears;
use std::rc::Rc;
use tailorbird_core::consent::Said;
use tailorbird_schema::Value;
use wasm_bindgen::JsValue;

/// What the page told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Signal {
    /// A page was seen: first load, a route of the shop's own, the activation of a prerendered page, or one that the
    /// browser kept and shows again.
    Page {
        /// Whether it is an event, too: pages are listened to.
        counts: bool,
    },
    /// What kind of page it is, its product or its category turned out to be something else than when it was told.
    Facts,
    /// Something happened that the field has a name for.
    Track {
        /// Segment's name.
        name: String,
        /// Segment's properties; an object.
        properties: Value,
    },
    /// What a consent platform says. `None`: it says nothing about that purpose.
    Consent {
        /// Which one.
        source: ConsentSource,
        /// What it says.
        said: Said,
    },
    /// The page went out of sight; it may never come back.
    Hidden,
    /// The page is being left.
    Leaving,
    /// The page is in sight again.
    Shown,
    /// The page came out of the back/forward cache: other pages went on while it was frozen.
    Restored,
    /// The browser says that it is online, or that it no longer is.
    Online(bool),
    /// Something clickable inside a slot was clicked.
    SlotClick {
        /// The slot's placement.
        placement: String,
        /// The product that was hit.
        product: Option<String>,
    },
}

/// Which sources are listened to. Consent platforms always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Switches {
    /// Clicks on products and in slots.
    pub(crate) clicks: bool,
    /// Pages, routes, site search, and products known by their URL.
    pub(crate) pages: bool,
    /// GA4 and its predecessor in the data layer.
    pub(crate) data_layer: bool,
    /// schema.org data, JSON-LD and microdata.
    pub(crate) json_ld: bool,
    /// Product cards that were seen.
    pub(crate) visibility: bool,
}

/// What the catalogue knows; given by the agent.
pub(crate) trait Lookup {
    /// The id of the product whose page an absolute URL is.
    fn by_url(&self, url: &str) -> Option<String>;
    /// A product as Segment's product properties.
    fn properties(&self, id: &str) -> Option<Value>;
    /// The placement that an element shows, though it does not name it.
    fn placement(&self, element: &JsValue) -> Option<String>;
}

/// Listens to the page. Dropping it removes every listener and gives the page its own functions back.
pub(crate) struct Intake {
    ears: Rc<Ears>,
}

impl Intake {
    /// Starts to listen. Nothing is told before [`Intake::begin`].
    ///
    /// `tap` is `tap.ts`: it puts a function in front of one of the page's without standing in its way. Where it is
    /// missing, routes and data layer are still noticed, only later.
    pub(crate) fn listen(switches: Switches, lookup: Rc<dyn Lookup>, sink: Rc<dyn Fn(Signal)>, tap: JsValue) -> Intake {
        Intake { ears: Ears::open(switches, lookup, sink, tap) }
    }

    /// Tells what is there: consent first, then the page, then what it said before we came. A prerendered page is told
    /// once somebody looks at it.
    pub(crate) fn begin(&self) {
        self.ears.begin();
    }

    /// Looks at the document again: the catalogue came, or new markup.
    pub(crate) fn rescan(&self) {
        self.ears.look_again(true);
    }

    /// Looks now at what has changed and would be looked at in a moment.
    pub(crate) fn settle(&self) {
        self.ears.look_again(false);
    }

    /// Turns the page now if its URL says so.
    pub(crate) fn settle_route(&self) {
        self.ears.settle_route();
    }

    /// The page as conditions see it now.
    pub(crate) fn page(&self) -> PageFacts {
        self.ears.page()
    }

    /// The shop told this itself, through the API: no other source needs to. Whether it is news.
    pub(crate) fn told(&self, name: &str, properties: &Value) -> bool {
        self.ears.told(name, properties)
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.ears.close();
    }
}
