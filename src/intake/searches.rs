//! Site search: what the results page's URL says, and what was typed where no URL will say it.

use super::happening::Source;
use super::teller::Teller;
use super::{scrub, search, url};
use crate::reach;
use std::cell::RefCell;
use wasm_bindgen::JsValue;

/// How long a form may take to change the URL before it counts as one that does not.
pub(super) const PATIENCE_MS: u32 = 1000;

/// Fields that no search for products has: the form asks who somebody is, or where they live. A user's name is a name.
const OF_A_PERSON: &str = "[type=password],[type=email],[type=tel],[autocomplete*=name],[autocomplete*=address],\
                           [autocomplete*=postal],[autocomplete*=tel],[autocomplete*=email],[autocomplete^=cc-]";

#[derive(Default)]
pub(super) struct Searches {
    /// What was told last, so that a route of the same results tells nothing again.
    last: RefCell<String>,
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
        match search::term(address, on_search_page) {
            Some(term) => {
                self.waiting.take();
                self.told(teller, &term, Source::Url);
            }
            None => self.last.borrow_mut().clear(),
        }
    }

    /// A form was submitted; whether somebody should ask again after [`PATIENCE_MS`].
    pub(super) fn submitted(&self, event: &JsValue) -> bool {
        let form = reach::get(event, "target");
        let Some(field) = search_field(&form) else { return false };
        let Some(term) = search::cleaned(&reach::text(&field, "value")) else { return false };
        let in_url = !posts(&form) && search::is_term_name(&reach::attribute(&field, "name"));
        *self.waiting.borrow_mut() = Some(Submitted { term, event: event.clone(), in_url });
        true
    }

    /// The form had its time, or the page is left: tells what no URL told.
    pub(super) fn settle(&self, teller: &Teller) {
        if let Some(Submitted { term, event, in_url }) = self.waiting.take()
            && (!in_url || reach::is_true(&event, "defaultPrevented"))
        {
            self.told(teller, &term, Source::Form);
        }
    }

    fn told(&self, teller: &Teller, term: &str, source: Source) {
        let term = scrub::text(term);
        if !self.last.replace(term.clone()).eq_ignore_ascii_case(&term) {
            teller.track(source, "Products Searched", [("query", term.into())].into());
        }
    }
}

/// The field of a search form in which the term stands. Nothing of other forms and no other field is ever read.
fn search_field(form: &JsValue) -> Option<JsValue> {
    let action = reach::attribute(form, "action");
    let path = url::parts(&action).path;
    if reach::find(form, OF_A_PERSON).is_some() || search::is_other_form(path) {
        return None;
    }
    let is_search = reach::nearest(form, "[role=search],search").is_some() || search::is_search_path(path);
    let is_named = |field: &JsValue| search::is_term_name(&reach::attribute(field, "name"));
    if let Some(field) = reach::find(form, "input[type=search],input[role=searchbox]") {
        let clear = is_search || is_named(&field) || !posts(form);
        let is_other = |name| search::is_other_form(&reach::attribute(&field, name));
        return (clear && !is_other("name") && !is_other("id")).then_some(field);
    }
    let fields = reach::all(form, "input:not([type]),input[type=text]", if is_search { 10 } else { 0 });
    fields.into_iter().find(is_named)
}

fn posts(form: &JsValue) -> bool {
    reach::attribute(form, "method").eq_ignore_ascii_case("post")
}
