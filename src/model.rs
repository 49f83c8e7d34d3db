//! The trained model: its manifest at the start, then only the files that this shopper's products need.

use crate::agent::Agent;
use crate::transport::then;
use tailorbird_core::recommend::Model;
use wasm_bindgen::{JsCast, JsValue};

/// How many products the model is asked about at most.
const MOST_ITEMS: usize = 20;
/// Stands among the files under way for those that an earlier page kept.
const KEPT: &str = "";
/// How many bytes of files are kept; the oldest go.
const MOST_KEPT: usize = 100_000;
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
    asked: Vec<String>,
    /// The product from which it was looked ahead last.
    ahead_of: String,
    /// The files themselves, for the shopper's next page: a database gives all of them sooner than a cache one.
    kept: Vec<(String, Vec<u8>)>,
    /// Whether `kept` is not what was written.
    moved: bool,
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
                    let asked = vec![KEPT.to_owned()];
                    let files = ModelFiles { base: base.clone(), model: Some(model), asked, ..ModelFiles::default() };
                    agent.0.mind.borrow_mut().model = files;
                    agent.take_kept_files();
                }
                Some(Err(error)) => agent.lost_model(&error.to_string()),
                None => agent.lost_model("the model could not be fetched; strategies that need it fall back"),
            }
        });
        self.0.mind.borrow_mut().model.asked.push(url.to_owned());
        fetch(url, "default", got);
    }

    /// Fetches what the model still needs to speak about this shopper's products; once it has that and the page is idle,
    /// what it will need about those that come next.
    pub(crate) fn want_model_files(&self) {
        if self.0.mind.borrow().model.model.is_none() {
            return;
        }
        let items = self.0.mind.borrow().items_of_interest(MOST_ITEMS);
        let waits = self.want_files_of(&items);
        let current = items.into_iter().next().unwrap_or_default();
        if waits {
            return;
        }
        self.keep_files();
        let mut mind = self.0.mind.borrow_mut();
        let files = &mut mind.model;
        if files.ahead_of == current {
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
            let Some(model) = files.model.as_ref().filter(|_| !files.asked.iter().any(|asked| asked == KEPT)) else {
                return !files.asked.is_empty();
            };
            let items: Vec<&str> = items.iter().map(String::as_str).collect();
            let mut wanted = model.wanted(&items);
            wanted.retain(|file| !files.asked.contains(file));
            files.asked.extend_from_slice(&wanted);
            (wanted, !files.asked.is_empty())
        };
        wanted.into_iter().for_each(|file| self.get_file(file, false));
        waits
    }

    /// Begins with the files that an earlier page of this shopper kept.
    fn take_kept_files(&self) {
        let taken = self.weak(|agent, kept: JsValue| {
            {
                let mut mind = agent.0.mind.borrow_mut();
                let files = &mut mind.model;
                files.asked.retain(|asked| asked != KEPT);
                let kept = js_sys::Array::is_array(&kept).then(|| js_sys::Array::from(&kept).to_vec());
                for pair in kept.unwrap_or_default().chunks_exact(2) {
                    let [Some(file), Some(bytes)] = [pair.first(), pair.last()] else { continue };
                    let (Some(model), Some(file)) = (&mut files.model, file.as_string()) else { continue };
                    let bytes = js_sys::Uint8Array::new(bytes).to_vec();
                    // Those of an older model are let go.
                    match model.add(&file, &bytes) {
                        Ok(()) => files.kept.push((file, bytes)),
                        Err(_) => files.moved = true,
                    }
                }
            }
            agent.model_moved();
            agent.want_model_files();
        });
        let store = self.0.store.borrow().clone();
        store.read_files(taken);
    }

    /// Keeps the files for the shopper's next page, if that is allowed, once the page is idle.
    fn keep_files(&self) {
        if !self.may_save() || !std::mem::take(&mut self.0.mind.borrow_mut().model.moved) {
            return;
        }
        let keep = self.weak(|agent, ()| {
            if agent.may_save() {
                let pairs = js_sys::Array::new();
                for (file, bytes) in &agent.0.mind.borrow().model.kept {
                    pairs.push(&file.as_str().into());
                    pairs.push(&js_sys::Uint8Array::from(bytes.as_slice()));
                }
                agent.0.store.borrow().keep_files(&pairs);
            }
        });
        when_idle(move || keep(()));
    }

    /// Gets a file; one that proves damaged is asked for once more, past all caches.
    fn get_file(&self, file: String, again: bool) {
        let url = [self.0.mind.borrow().model.base.as_str(), "/", &file].concat();
        let got = self.weak(move |agent, bytes: Option<Vec<u8>>| {
            let added = {
                let mut mind = agent.0.mind.borrow_mut();
                let files = &mut mind.model;
                let Some(model) = &mut files.model else { return };
                match bytes {
                    Some(bytes) => model.add(&file, &bytes).map(|()| {
                        files.kept.push((file.clone(), bytes));
                        files.moved = true;
                        while files.kept.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > MOST_KEPT {
                            files.kept.remove(0);
                        }
                    }),
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
            agent.0.mind.borrow_mut().model.asked.retain(|asked| *asked != file);
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
