//! The trained model: its manifest at the start, then only the files that this shopper's products need.

use crate::agent::Agent;
use crate::reach;
use crate::reach::once;
use crate::transport::then;
use std::rc::Rc;
use tailorbird_core::recommend::{Model, ModelError};
use tailorbird_schema::Gather;
use wasm_bindgen::JsValue;

/// How many products the model is asked about at most.
const MOST_ITEMS: usize = 20;
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
    /// The manifest by its URL, then the files, for the shopper's next page: a database gives all of them sooner than a
    /// cache gives one.
    kept: Vec<(String, Vec<u8>)>,
    /// Whether `kept` is not what was written.
    moved: bool,
}

impl ModelFiles {
    /// Whether any of it is under way.
    pub(crate) fn is_coming(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Takes a file, and keeps it if it is good.
    fn add(&mut self, file: String, bytes: Vec<u8>) -> Result<(), ModelError> {
        self.moved = true;
        self.model.as_mut().ok_or(ModelError::NotOurs)?.add(&file, &bytes)?;
        self.kept.push((file, bytes));
        while self.kept.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > MOST_KEPT && self.kept.len() > 1 {
            self.kept.remove(1);
        }
        Ok(())
    }
}

impl Agent {
    /// Begins with the model that an earlier page of this shopper kept, and fetches the manifest at `url`: without one
    /// every strategy that needs a model falls back.
    pub(crate) fn load_model(&self, url: &str) {
        self.0.mind.borrow_mut().model.asked.push(url.to_owned());
        let kept = self.0.store.borrow().kept_files();
        let kept = if kept.is_object() { js_sys::Array::from(&kept).to_vec() } else { Vec::new() };
        let mut kept = kept.chunks_exact(2).filter_map(|pair| match pair {
            [name, bytes] => Some((name.as_string()?, js_sys::Uint8Array::new(bytes).to_vec())),
            _ => None,
        });
        let manifest = kept.next().filter(|(name, _)| name == url);
        if let Some((_, manifest)) = manifest
            && self.use_model(url, manifest).is_ok()
        {
            let mut damaged = false;
            for (file, bytes) in kept {
                damaged |= self.0.mind.borrow_mut().model.add(file, bytes).is_err();
            }
            self.0.mind.borrow_mut().model.moved = damaged;
            self.model_moved();
            self.want_model_files();
        }
        self.fetch_manifest(url);
    }

    fn fetch_manifest(&self, url: &str) {
        let address = url.to_owned();
        let got = self.weak(move |agent, manifest: Option<Vec<u8>>| {
            let Some(manifest) = manifest else {
                return agent.lost_model("the model could not be fetched; strategies that need it fall back");
            };
            let known = agent.0.mind.borrow().model.kept.first().is_some_and(|(_, known)| *known == manifest);
            if !known {
                if let Err(error) = agent.use_model(&address, manifest) {
                    return agent.lost_model(&error.to_string());
                }
                agent.model_moved();
            }
            agent.0.mind.borrow_mut().model.asked.retain(|asked| *asked != address);
            agent.want_model_files();
        });
        fetch(url, "default", Rc::new(got));
    }

    /// From now on this model counts, of which no other file is here yet.
    fn use_model(&self, url: &str, manifest: Vec<u8>) -> Result<(), ModelError> {
        let model = Model::open(core::str::from_utf8(&manifest).unwrap_or_default())?;
        self.0.mind.borrow_mut().model = ModelFiles {
            base: url.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
            model: Some(model),
            asked: vec![url.to_owned()],
            kept: vec![(url.to_owned(), manifest)],
            ..ModelFiles::default()
        };
        Ok(())
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
                model.similar(&current, MOST_AHEAD).iter().map(|pick| pick.id.to_owned()).gather()
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
            let items: Vec<&str> = items.iter().map(String::as_str).gather();
            let mut wanted = model.wanted(&items);
            wanted.retain(|file| !files.asked.contains(file));
            files.asked.extend_from_slice(&wanted);
            (wanted, !files.asked.is_empty())
        };
        wanted.into_iter().for_each(|file| self.get_file(file, false));
        waits
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
                let files = &mut agent.0.mind.borrow_mut().model;
                // Another model may have come meanwhile.
                let Some(model) = files.model.as_mut().filter(|_| files.asked.contains(&file)) else { return };
                match bytes {
                    Some(bytes) => files.add(file.clone(), bytes),
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
        fetch(&url, if again { "reload" } else { "force-cache" }, Rc::new(got));
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
    match crate::reach::function(&reach::window(), "requestIdleCallback") {
        Some(ask) => {
            let _ = ask.call1(&JsValue::NULL, &once(Box::new(move |_| then())));
        }
        None => {
            crate::clock::after(AHEAD_AFTER, then).forget();
        }
    }
}

/// How long after a request failed it counts, in milliseconds: Firefox and Safari drop those of a page that is about to be left.
const WHILE: i64 = 300;

/// Gets a file and calls `done` once with its bytes; `None` where it cannot be had.
pub(crate) fn fetch(url: &str, cache: &str, done: Rc<dyn Fn(Option<Vec<u8>>)>) {
    let late = |done: &Rc<dyn Fn(Option<Vec<u8>>)>| {
        let done = done.clone();
        move || {
            crate::clock::after(WHILE, move || done(None)).forget();
        }
    };
    let (lost, unread) = (late(&done), late(&done));
    let get = crate::reach::function(&reach::window(), "fetch");
    let how = js_sys::Object::new();
    reach::set(&how, "cache", &cache.into());
    let Some(Ok(promise)) = get.map(|get| get.call2(&JsValue::UNDEFINED, &url.into(), &how)) else { return done(None) };
    let read = move |response: JsValue| {
        let good = reach::is_true(&response, "ok");
        let body = crate::reach::function(&response, "arrayBuffer").filter(|_| good);
        let Some(Ok(body)) = body.map(|body| body.call0(&response)) else { return done(None) };
        then(&body, move |buffer| done(Some(js_sys::Uint8Array::new(&buffer).to_vec())), unread);
    };
    then(&promise, read, lost);
}
