//! Site search: what the results page's URL says, and what was typed where no URL will say it.

use super::happening::{Happening, Source};
use super::reach::{self, is_nothing};
use super::teller::Teller;
use super::{scrub, search};
use std::cell::RefCell;
use wasm_bindgen::JsValue;

/// How long a form may take to change the URL before it counts as one that does not.
pub(super) const PATIENCE_MS: u32 = 1000;

#[derive(Default)]
pub(super) struct Searches {
    /// What was told last, so that a route of the same results tells nothing again.
    last: RefCell<Option<String>>,
    waiting: RefCell<Option<Submitted>>,
}

struct Submitted {
    term: String,
    event: JsValue,
    /// The results page will carry the term in its URL.
    in_url: bool,
}

impl Searches {
    /// Reads the URL of a page that was just reached.
    pub(super) fn reached(&self, teller: &Teller, address: &str, on_search_page: bool) {
        let Some(term) = search::term(address, on_search_page) else {
            self.last.take();
            return;
        };
        self.told(teller, &term, Source::Url);
    }

    /// A form was submitted; whether somebody should ask again after [`PATIENCE_MS`].
    pub(super) fn submitted(&self, event: &JsValue) -> bool {
        let form = reach::get(event, "target");
        let Some(field) = search_field(&form) else { return false };
        let Some(term) = reach::text(&field, "value").as_deref().and_then(search::cleaned) else { return false };
        let named = reach::attribute(&field, "name").is_some_and(|name| search::is_term_name(&name));
        let posts = reach::attribute(&form, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        *self.waiting.borrow_mut() = Some(Submitted { term, event: event.clone(), in_url: named && !posts });
        true
    }

    /// The form had its time, or the page is left: tells what no URL told.
    pub(super) fn settle(&self, teller: &Teller) {
        let Some(Submitted { term, event, in_url }) = self.waiting.take() else { return };
        let stays = reach::is_true(&event, "defaultPrevented");
        if stays || !in_url {
            self.told(teller, &term, Source::Form);
        }
    }

    fn told(&self, teller: &Teller, term: &str, source: Source) {
        let term = scrub::text(term);
        let mut waiting = self.waiting.borrow_mut();
        if waiting.as_ref().is_some_and(|waiting| scrub::text(&waiting.term).eq_ignore_ascii_case(&term)) {
            *waiting = None;
        }
        drop(waiting);
        let is_news = !self.last.borrow().as_ref().is_some_and(|last| last.eq_ignore_ascii_case(&term));
        if is_news {
            *self.last.borrow_mut() = Some(term.clone());
            teller.track(source, Happening::new("Products Searched", [("query", term.into())].into()));
        }
    }
}

/// The field of a search form in which the term stands. Nothing of other forms and no other field is ever read.
fn search_field(form: &JsValue) -> Option<JsValue> {
    if reach::tag(form) != "form" {
        return None;
    }
    if let Some(field) = reach::find(form, "input[type=search],input[role=searchbox]") {
        return Some(field);
    }
    let is_search = reach::nearest(form, "[role=search],search").is_some()
        || reach::attribute(form, "action")
            .is_some_and(|action| search::is_search_path(super::url::parts(&action).path));
    let fields = reach::all(form, "input:not([type]),input[type=text]", 10);
    let mut named =
        fields.filter(|field| reach::attribute(field, "name").is_some_and(|name| search::is_term_name(&name)));
    named.next().filter(|field| is_search && !is_nothing(field))
}
