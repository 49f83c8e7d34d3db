//! The trained model: its manifest at the start, then only the files that this shopper's products need.

use crate::agent::Agent;
use crate::transport::then;
use std::collections::BTreeSet;
use tailorbird_core::recommend::Model;
use wasm_bindgen::{JsCast, JsValue};

/// How many products the model is asked about at most.
const MOST_ITEMS: usize = 20;

/// A model that is in use, or on its way.
#[derive(Default)]
pub(crate) struct ModelFiles {
    /// The URL that file names are relative to.
    base: String,
    pub(crate) model: Option<Model>,
    /// Files under way.
    asked: BTreeSet<String>,
}

impl Agent {
    /// Fetches the manifest at `url`. Without it every strategy that needs a model falls back.
    pub(crate) fn load_model(&self, url: &str) {
        let base = url.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let got = self.weak(move |agent, bytes: Option<Vec<u8>>| {
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            match text.as_deref().map(Model::open) {
                Some(Ok(model)) => {
                    let files = ModelFiles { base: base.clone(), model: Some(model), asked: BTreeSet::new() };
                    agent.0.mind.borrow_mut().model = files;
                    agent.model_moved();
                    agent.want_model_files();
                }
                Some(Err(error)) => agent.warn("model", &error.to_string()),
                None => agent.warn("model", "the model could not be fetched; strategies that need it fall back"),
            }
        });
        fetch(url, got);
    }

    /// Fetches what the model still needs to speak about this shopper's products.
    pub(crate) fn want_model_files(&self) {
        let wanted: Vec<(String, String)> = {
            let mut mind = self.0.mind.borrow_mut();
            if mind.model.model.is_none() {
                return;
            }
            let items = mind.items_of_interest(MOST_ITEMS);
            let items: Vec<&str> = items.iter().map(String::as_str).collect();
            let files = &mut mind.model;
            let wanted = files.model.as_ref().map(|model| model.wanted(&items)).unwrap_or_default();
            let fresh: Vec<String> = wanted.into_iter().filter(|file| files.asked.insert(file.clone())).collect();
            fresh.into_iter().map(|file| ([files.base.as_str(), "/", &file].concat(), file)).collect()
        };
        for (url, file) in wanted {
            let got = self.weak(move |agent, bytes: Option<Vec<u8>>| {
                let damaged = {
                    let mut mind = agent.0.mind.borrow_mut();
                    mind.model.asked.remove(&file);
                    let Some(model) = &mut mind.model.model else { return };
                    match bytes {
                        Some(bytes) => model.add(&file, &bytes).err(),
                        None => {
                            model.lose(&file);
                            None
                        }
                    }
                };
                if let Some(error) = damaged {
                    agent.warn("model", &error.to_string());
                }
                agent.model_moved();
                // Which further files are needed may stand in this one.
                agent.want_model_files();
            });
            fetch(&url, got);
        }
    }

    fn model_moved(&self) {
        self.0.mind.borrow_mut().around.model_changed();
        self.render_soon();
    }
}

/// Gets a file and calls `done` once with its bytes; `None` where it cannot be had.
fn fetch(url: &str, done: impl Fn(Option<Vec<u8>>) + 'static) {
    let done = std::rc::Rc::new(done);
    let (lost, unread) = (done.clone(), done.clone());
    let get = js_sys::Reflect::get(&js_sys::global(), &"fetch".into())
        .ok()
        .and_then(|get| get.dyn_into::<js_sys::Function>().ok());
    let Some(Ok(promise)) = get.map(|get| get.call1(&js_sys::global(), &url.into())) else { return done(None) };
    let read = move |response: JsValue| {
        let good = js_sys::Reflect::get(&response, &"ok".into()).is_ok_and(|ok| ok.is_truthy());
        let body = crate::boundary::function(&response, "arrayBuffer").filter(|_| good);
        let Some(Ok(body)) = body.map(|body| body.call0(&response)) else { return done(None) };
        then(&body, move |buffer| done(Some(js_sys::Uint8Array::new(&buffer).to_vec())), move || unread(None));
    };
    then(&promise, read, move || lost(None));
}
