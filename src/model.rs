//! The trained model: its manifest at the start, then only the files that this shopper's products need.

use crate::agent::Agent;
use crate::transport::then;
use std::collections::BTreeSet;
use tailorbird_core::recommend::Model;
use wasm_bindgen::{JsCast, JsValue};

/// How many products the model is asked about at most.
const MOST_ITEMS: usize = 20;
/// Of how many products that may come next files are fetched ahead.
const MOST_AHEAD: usize = 3;
/// Where the browser does not tell when it is idle: so many milliseconds later.
const AHEAD_AFTER: i64 = 1000;

/// A model that is in use, or on its way.
#[derive(Default)]
pub(crate) struct ModelFiles {
    /// The URL that file names are relative to.
    base: String,
    pub(crate) model: Option<Model>,
    /// Files under way.
    asked: BTreeSet<String>,
    /// The product from which it was looked ahead last.
    ahead_of: String,
}

impl ModelFiles {
    /// Whether any of it is under way.
    pub(crate) fn is_coming(&self) -> bool {
        !self.asked.is_empty()
    }
}

impl Agent {
    /// Fetches the manifest at `url`. Without it every strategy that needs a model falls back.
    pub(crate) fn load_model(&self, url: &str) {
        let base = url.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let got = self.weak(move |agent, bytes: Option<Vec<u8>>| {
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            match text.as_deref().map(Model::open) {
                Some(Ok(model)) => {
                    let files = ModelFiles { base: base.clone(), model: Some(model), ..ModelFiles::default() };
                    agent.0.mind.borrow_mut().model = files;
                    agent.model_moved();
                    agent.want_model_files();
                }
                Some(Err(error)) => agent.lost_model(&error.to_string()),
                None => agent.lost_model("the model could not be fetched; strategies that need it fall back"),
            }
        });
        self.0.mind.borrow_mut().model.asked.insert(url.to_owned());
        fetch(url, "default", got);
    }

    /// Fetches what the model still needs to speak about this shopper's products; once it has that and the page is idle,
    /// what it will need about those that come next.
    pub(crate) fn want_model_files(&self) {
        let items = self.0.mind.borrow().items_of_interest(MOST_ITEMS);
        let waits = self.want_files_of(&items);
        let current = items.into_iter().next().unwrap_or_default();
        let mut mind = self.0.mind.borrow_mut();
        let files = &mut mind.model;
        if waits || files.model.is_none() || files.ahead_of == current {
            return;
        }
        files.ahead_of.clone_from(&current);
        drop(mind);
        let ahead = self.weak(move |agent, ()| {
            let next: Vec<String> = {
                let mind = agent.0.mind.borrow();
                let Some(model) = &mind.model.model else { return };
                model.similar(&current, MOST_AHEAD).iter().map(|pick| pick.id.to_owned()).collect()
            };
            agent.want_files_of(&next);
        });
        when_idle(move || ahead(()));
    }

    /// Fetches what the model needs to speak about these products; whether anything is under way.
    fn want_files_of(&self, items: &[String]) -> bool {
        let (wanted, waits) = {
            let mut mind = self.0.mind.borrow_mut();
            let files = &mut mind.model;
            let Some(model) = &files.model else { return false };
            let items: Vec<&str> = items.iter().map(String::as_str).collect();
            let mut wanted = model.wanted(&items);
            wanted.retain(|file| files.asked.insert(file.clone()));
            (wanted, !files.asked.is_empty())
        };
        wanted.into_iter().for_each(|file| self.get_file(file, false));
        waits
    }

    /// Gets a file; one that proves damaged is asked for once more, past all caches.
    fn get_file(&self, file: String, again: bool) {
        let url = [self.0.mind.borrow().model.base.as_str(), "/", &file].concat();
        let got = self.weak(move |agent, bytes: Option<Vec<u8>>| {
            let added = {
                let mut mind = agent.0.mind.borrow_mut();
                let Some(model) = &mut mind.model.model else { return };
                match bytes {
                    Some(bytes) => model.add(&file, &bytes),
                    None => {
                        model.lose(&file);
                        Ok(())
                    }
                }
            };
            if let Err(error) = added {
                if !again {
                    return agent.get_file(file.clone(), true);
                }
                agent.warn("model", &error.to_string());
            }
            agent.0.mind.borrow_mut().model.asked.remove(&file);
            agent.model_moved();
            // Which further files are needed may stand in this one.
            agent.want_model_files();
        });
        // What a path holds never changes: what is cached needs no question back.
        fetch(&url, if again { "reload" } else { "force-cache" }, got);
    }

    fn lost_model(&self, why: &str) {
        self.0.mind.borrow_mut().model.asked.clear();
        self.warn("model", why);
    }

    fn model_moved(&self) {
        self.0.mind.borrow_mut().around.model_changed();
        self.render_soon();
    }
}

/// Calls back when the page has nothing better to do; where the browser does not tell, soon.
fn when_idle(then: impl FnOnce() + 'static) {
    match crate::boundary::function(&js_sys::global(), "requestIdleCallback") {
        Some(ask) => {
            let _ = ask.call1(&JsValue::NULL, &wasm_bindgen::closure::Closure::once_into_js(then));
        }
        None => {
            crate::clock::after(AHEAD_AFTER, then).forget();
        }
    }
}

/// Gets a file and calls `done` once with its bytes; `None` where it cannot be had.
pub(crate) fn fetch(url: &str, cache: &str, done: impl Fn(Option<Vec<u8>>) + 'static) {
    let done = std::rc::Rc::new(done);
    let (lost, unread) = (done.clone(), done.clone());
    let get = js_sys::Reflect::get(&js_sys::global(), &"fetch".into())
        .ok()
        .and_then(|get| get.dyn_into::<js_sys::Function>().ok());
    let how = js_sys::Object::new();
    let _ = js_sys::Reflect::set(&how, &"cache".into(), &cache.into());
    let Some(Ok(promise)) = get.map(|get| get.call2(&js_sys::global(), &url.into(), &how)) else { return done(None) };
    let read = move |response: JsValue| {
        let good = js_sys::Reflect::get(&response, &"ok".into()).is_ok_and(|ok| ok.is_truthy());
        let body = crate::boundary::function(&response, "arrayBuffer").filter(|_| good);
        let Some(Ok(body)) = body.map(|body| body.call0(&response)) else { return done(None) };
        then(&body, move |buffer| done(Some(js_sys::Uint8Array::new(&buffer).to_vec())), move || unread(None));
    };
    then(&promise, read, move || lost(None));
}
