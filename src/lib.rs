//! The agent in the page: the public face of tailorbird for JavaScript. Each method is one call long.

mod agent;
mod answers;
mod boundary;
mod calls;
mod clock;
mod consenting;
mod delivery;
mod forgetting;
mod intake;
mod keeping;
mod later;
mod lookup;
mod mind;
mod model;
mod options;
mod parts;
mod reach;
mod render;
mod segment;
mod showing;
mod storage;
mod tabs;
mod transport;

use crate::boundary::{map_from_text, to_js};
use wasm_bindgen::prelude::*;

/// The standard library's allocator weighs 2 KB more in every shopper's download.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// One agent in one page. The package's facade turns arguments into text and keeps everything away from the page that
/// goes wrong.
#[wasm_bindgen]
pub struct Agent(agent::Agent);

#[wasm_bindgen]
impl Agent {
    /// `options`: JSON text. `hooks`: the functions of the facade (`emit`, `warn`, `fill`, …) and of a test (`clock`, `transport`).
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str, hooks: &JsValue) -> Agent {
        Agent(agent::Agent::new(options, hooks))
    }

    /// Takes the rules in. Answers the URL of the catalogue that they name.
    pub fn load(&self, rules: Option<String>) -> Option<String> {
        self.0.load(rules.as_deref())
    }

    /// Takes in the catalogue that lies at `address`.
    pub fn catalog(&self, text: &str, address: &str) {
        self.0.load_catalog(text, address);
    }

    /// The URL of the model's manifest that the rules name.
    pub fn model_named(&self) -> Option<String> {
        self.0.model_named()
    }

    /// Fetches the model whose manifest is at this URL.
    pub fn load_model(&self, url: &str) {
        self.0.load_model(url);
    }

    /// Opens what consent allows to open; calls `done` once.
    pub fn open(&self, done: js_sys::Function) {
        self.0.open(move || drop(done.call0(&JsValue::NULL)));
    }

    /// Begins to listen and to show.
    pub fn begin(&self) {
        self.0.begin();
    }

    /// Ends listening and showing; the page's own markup comes back.
    pub fn stop(&self) {
        self.current().stop();
    }

    /// For tests: does now what would be done within the next moments. Whether something is still on its way.
    pub fn settle(&self) -> bool {
        self.current().settle()
    }

    /// For the overlay: the page's slots as pairs of a placement's name and its element.
    pub fn places(&self) -> js_sys::Array {
        self.0.places()
    }

    /// One of Segment's calls, by its name; `data` and `options` as JSON text. `at`: milliseconds, the moment of the call.
    pub fn tell(&self, kind: &str, first: &str, second: &str, data: &str, options: &str, at: f64) {
        let [data, options] = [data, options].map(|text| {
            if !text.is_empty() && tailorbird_core::json::parse(text).is_err() {
                self.0.warn(
                    "argument",
                    "what is given to a call may nest 100 levels deep; it goes without what is deeper",
                );
            }
            map_from_text(text)
        });
        self.0.tell(kind, (first, second), data, &options, at as i64);
    }

    /// The decision for a placement; `context` as JSON text.
    pub fn decide(&self, placement: &str, context: &str) -> JsValue {
        to_js(&mind::decision_value(&self.current().decide(placement, context)))
    }

    /// The decisions for all placements of the rules, by name.
    pub fn decide_all(&self, context: &str) -> JsValue {
        to_js(&self.current().decide_all(context))
    }

    /// Shows a placement, or every slot of the page.
    pub fn render(&self, placement: Option<String>) {
        self.current().render(placement.as_deref());
    }

    /// Every experience of the placement with its outcome.
    pub fn explain(&self, placement: &str) -> JsValue {
        to_js(&self.current().explain(placement))
    }

    /// The profile, readable.
    pub fn profile(&self) -> JsValue {
        to_js(&self.current().profile())
    }

    /// What conditions see.
    pub fn attributes(&self) -> JsValue {
        to_js(&self.current().attributes())
    }

    /// Updates consent by JSON text.
    pub fn set_consent(&self, update: &str) {
        self.current().set_consent(&boundary::from_text(update));
    }

    /// The consent in force.
    pub fn consent(&self) -> JsValue {
        to_js(&self.0.consent_value())
    }

    /// All that is stored about this shopper here.
    pub fn export(&self) -> JsValue {
        to_js(&self.current().export())
    }

    /// Erases this visitor from the device, and asks the collector to if `everywhere`; then calls `done`.
    pub fn forget(&self, everywhere: bool, done: js_sys::Function) {
        self.current().forget(everywhere, done);
    }

    /// Sends what waits; calls `done` once that was tried.
    pub fn flush(&self, done: js_sys::Function) {
        self.current().flush(done);
    }

    /// Somebody else may sit here now.
    pub fn reset(&self) {
        self.current().reset();
    }

    /// Shows an experience whatever the rules say; without one, the rules count again.
    pub fn preview(&self, experience: &str, variant: &str) {
        let variant = (!variant.is_empty()).then(|| variant.to_owned());
        self.current().preview((!experience.is_empty()).then(|| (experience.to_owned(), variant)));
    }
}

impl Agent {
    /// The agent with all that happened so far behind it.
    fn current(&self) -> &agent::Agent {
        self.0.work_off();
        &self.0
    }
}
