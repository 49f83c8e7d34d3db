//! The local store: one IndexedDB database, behind it `localStorage`, behind that memory. Blocked storage is a normal
//! case, never an error.
//!
//! Rows are events that wait, by a key that sorts by age. The one state is the profile. Nothing is opened or written
//! before the shopper agreed: the agent decides when to call [`Store::open`].

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbKeyRange, IdbOpenDbRequest, IdbTransaction, IdbTransactionMode};

const ROWS: &str = "events";
const STATE: &str = "state";
const PROFILE: &str = "profile";
/// A database that does not open within so many milliseconds is taken for blocked.
const PATIENCE: i64 = 3_000;

/// An event that waits: its key sorts by age.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) key: String,
    pub(crate) text: String,
}

/// Where things are kept, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Medium {
    IndexedDb,
    LocalStorage,
    Memory,
}

/// The store of one prefix. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store(Rc<Inner>);

struct Inner {
    prefix: String,
    backend: RefCell<Backend>,
}

enum Backend {
    Indexed(IdbDatabase),
    Local(web_sys::Storage),
    Memory { rows: BTreeMap<String, String>, profile: Option<String> },
}

impl Store {
    /// A store that forgets everything with the page.
    pub(crate) fn in_memory(prefix: &str) -> Store {
        Store::with(prefix, Backend::Memory { rows: BTreeMap::new(), profile: None })
    }

    fn with(prefix: &str, backend: Backend) -> Store {
        Store(Rc::new(Inner { prefix: prefix.to_owned(), backend: RefCell::new(backend) }))
    }

    /// Opens the best store there is and calls `done` once with it and the profile it holds.
    pub(crate) fn open(prefix: &str, done: impl FnOnce(Store, Option<String>) + 'static) {
        let once = Rc::new(std::cell::Cell::new(Some(done)));
        let name = prefix.to_owned();
        let settle = Rc::new(move |database: Option<IdbDatabase>| {
            let Some(done) = once.take() else { return };
            match database {
                Some(database) => {
                    let store = Store::with(&name, Backend::Indexed(database));
                    let opened = store.clone();
                    store.read_profile(move |profile| done(opened, profile));
                }
                None => {
                    let store = Store::without_database(&name);
                    let profile = store.local_profile();
                    done(store, profile);
                }
            }
        });
        let Some(request) = open_request(prefix) else { return settle(None) };
        let late = settle.clone();
        let timer = RefCell::new(Some(crate::clock::after(PATIENCE, move || late(None))));
        let opening: IdbOpenDbRequest = request.clone();
        // Kept alive by the request: `upgradeneeded` may come before the end, so this one is no once-closure.
        let handler = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| match event.type_().as_str() {
            "upgradeneeded" => {
                if let Some(database) = database_of(&opening) {
                    let _ = database.create_object_store(ROWS);
                    let _ = database.create_object_store(STATE);
                }
            }
            "success" => {
                timer.take();
                let database = database_of(&opening);
                if let Some(database) = &database {
                    close_when_asked(database);
                }
                settle(database);
            }
            "error" => {
                timer.take();
                event.prevent_default();
                settle(None);
            }
            _ => {}
        })
        .into_js_value();
        let handler: &js_sys::Function = handler.unchecked_ref();
        request.set_onupgradeneeded(Some(handler));
        request.set_onsuccess(Some(handler));
        request.set_onerror(Some(handler));
    }

    fn without_database(prefix: &str) -> Store {
        match local_storage().filter(|local| can_write(local, prefix)) {
            Some(local) => Store::with(prefix, Backend::Local(local)),
            None => Store::in_memory(prefix),
        }
    }

    /// Which store it turned out to be.
    pub(crate) fn medium(&self) -> Medium {
        match &*self.0.backend.borrow() {
            Backend::Indexed(_) => Medium::IndexedDb,
            Backend::Local(_) => Medium::LocalStorage,
            Backend::Memory { .. } => Medium::Memory,
        }
    }

    /// Writes rows and, where given, the profile in one transaction; `done` hears whether all of it is on disk.
    pub(crate) fn put(&self, rows: &[Row], profile: Option<&str>, done: impl FnOnce(bool) + 'static) {
        match &mut *self.0.backend.borrow_mut() {
            Backend::Indexed(database) => {
                let Some(work) = Work::begin(database, IdbTransactionMode::Readwrite, done) else { return };
                for row in rows {
                    work.put(ROWS, &row.key, &row.text);
                }
                if let Some(profile) = profile {
                    work.put(STATE, PROFILE, profile);
                }
                work.commit();
            }
            Backend::Local(local) => {
                let mut good = true;
                for row in rows {
                    good &= local.set_item(&self.0.row_name(&row.key), &row.text).is_ok();
                }
                if let Some(profile) = profile {
                    good &= local.set_item(&self.0.profile_name(), profile).is_ok();
                }
                soon(move || done(good));
            }
            Backend::Memory { rows: kept, profile: state } => {
                kept.extend(rows.iter().map(|row| (row.key.clone(), row.text.clone())));
                if let Some(profile) = profile {
                    *state = Some(profile.to_owned());
                }
                soon(move || done(true));
            }
        }
    }

    /// Takes rows out; `done` hears whether they are gone.
    pub(crate) fn delete(&self, keys: &[String], done: impl FnOnce(bool) + 'static) {
        match &mut *self.0.backend.borrow_mut() {
            Backend::Indexed(database) => {
                let Some(work) = Work::begin(database, IdbTransactionMode::Readwrite, done) else { return };
                for key in keys {
                    work.delete(key);
                }
                work.commit();
            }
            Backend::Local(local) => {
                for key in keys {
                    let _ = local.remove_item(&self.0.row_name(key));
                }
                soon(move || done(true));
            }
            Backend::Memory { rows, .. } => {
                for key in keys {
                    rows.remove(key);
                }
                soon(move || done(true));
            }
        }
    }

    /// The oldest rows whose keys come after `after`, at most `limit`.
    pub(crate) fn load(&self, after: Option<&str>, limit: u32, done: impl FnOnce(Vec<Row>) + 'static) {
        match &*self.0.backend.borrow() {
            Backend::Indexed(database) => load_indexed(database, after, limit, done),
            Backend::Local(local) => {
                let mut keys = self.0.row_keys(local);
                keys.retain(|key| after.is_none_or(|after| key.as_str() > after));
                keys.sort_unstable();
                keys.truncate(limit as usize);
                let row = |key: String| {
                    let text = local.get_item(&self.0.row_name(&key)).ok()??;
                    Some(Row { key, text })
                };
                let rows = keys.into_iter().filter_map(row).collect();
                soon(move || done(rows));
            }
            Backend::Memory { rows, .. } => {
                let rest = rows.iter().filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
                let rows = rest.take(limit as usize).map(|(key, text)| Row { key: key.clone(), text: text.clone() });
                let rows = rows.collect();
                soon(move || done(rows));
            }
        }
    }

    /// Erases everything under this prefix and closes: rows, profile, the database itself.
    pub(crate) fn wipe(&self) {
        let memory = Backend::Memory { rows: BTreeMap::new(), profile: None };
        if let Backend::Indexed(database) = self.0.backend.replace(memory) {
            database.close();
            if let Some(factory) = factory() {
                let _ = factory.delete_database(&self.0.prefix);
            }
        }
        if let Some(local) = local_storage() {
            for key in self.0.row_keys(&local) {
                let _ = local.remove_item(&self.0.row_name(&key));
            }
            let _ = local.remove_item(&self.0.profile_name());
        }
    }

    fn read_profile(&self, done: impl FnOnce(Option<String>) + 'static) {
        let backend = self.0.backend.borrow();
        let Backend::Indexed(database) = &*backend else { return soon(|| done(None)) };
        let found = Rc::new(RefCell::new(None));
        let filled = found.clone();
        let Some(work) = Work::begin(database, IdbTransactionMode::Readonly, move |_| done(filled.take())) else { return };
        let request = work.store(STATE).and_then(|store| store.get(&PROFILE.into()).ok());
        if let Some(request) = request {
            let asked = request.clone();
            let keep = move |_: JsValue| *found.borrow_mut() = asked.result().ok().and_then(|text| text.as_string());
            request.set_onsuccess(Some(Closure::once_into_js(keep).unchecked_ref()));
        }
    }

    fn local_profile(&self) -> Option<String> {
        match &*self.0.backend.borrow() {
            Backend::Local(local) => local.get_item(&self.0.profile_name()).ok()?,
            _ => None,
        }
    }
}

impl Inner {
    fn row_name(&self, key: &str) -> String {
        [self.prefix.as_str(), ".event.", key].concat()
    }
    fn profile_name(&self) -> String {
        [self.prefix.as_str(), ".profile"].concat()
    }
    fn row_keys(&self, local: &web_sys::Storage) -> Vec<String> {
        let start = self.row_name("");
        let names = (0..local.length().unwrap_or(0)).filter_map(|nth| local.key(nth).ok()?);
        names.filter_map(|name| Some(name.strip_prefix(&start)?.to_owned())).collect()
    }
}

/// One IndexedDB transaction; `done` is called once, when it completed or came to nothing.
struct Work(IdbTransaction);

impl Work {
    fn begin(database: &IdbDatabase, mode: IdbTransactionMode, done: impl FnOnce(bool) + 'static) -> Option<Work> {
        let names = js_sys::Array::of2(&ROWS.into(), &STATE.into());
        match database.transaction_with_str_sequence_and_mode(&names, mode) {
            Ok(transaction) => {
                // An error ends in `abort`, so exactly one of the two comes.
                let ended = Closure::once_into_js(move |event: web_sys::Event| done(event.type_() == "complete"));
                transaction.set_oncomplete(Some(ended.unchecked_ref()));
                transaction.set_onabort(Some(ended.unchecked_ref()));
                Some(Work(transaction))
            }
            Err(_) => {
                soon(move || done(false));
                None
            }
        }
    }

    fn store(&self, name: &str) -> Option<web_sys::IdbObjectStore> {
        self.0.object_store(name).ok()
    }

    fn put(&self, store: &str, key: &str, text: &str) {
        let asked = self.store(store).map(|store| store.put_with_key(&text.into(), &key.into()));
        if !matches!(asked, Some(Ok(_))) {
            let _ = self.0.abort();
        }
    }

    fn delete(&self, key: &str) {
        let _ = self.store(ROWS).map(|store| store.delete(&key.into()));
    }

    /// Ends the transaction at once instead of at the next turn of the event loop: the page may be leaving.
    fn commit(&self) {
        if let Some(commit) = crate::boundary::function(&self.0, "commit") {
            let _ = commit.call0(&self.0);
        }
    }
}

fn load_indexed(database: &IdbDatabase, after: Option<&str>, limit: u32, done: impl FnOnce(Vec<Row>) + 'static) {
    let found: Rc<RefCell<[Option<js_sys::Array>; 2]>> = Rc::default();
    let filled = found.clone();
    let ended = move |_| {
        let [keys, texts] = filled.take();
        let pairs = keys.into_iter().flat_map(|keys| keys.to_vec()).zip(texts.into_iter().flat_map(|texts| texts.to_vec()));
        done(pairs.filter_map(|(key, text)| Some(Row { key: key.as_string()?, text: text.as_string()? })).collect());
    };
    let Some(work) = Work::begin(database, IdbTransactionMode::Readonly, ended) else { return };
    let Some(store) = work.store(ROWS) else { return };
    let range = after.and_then(|after| IdbKeyRange::lower_bound_with_open(&after.into(), true).ok());
    let range = range.map_or(JsValue::UNDEFINED, JsValue::from);
    for (nth, asked) in [
        store.get_all_keys_with_key_and_limit(&range, limit),
        store.get_all_with_key_and_limit(&range, limit),
    ]
    .into_iter()
    .enumerate()
    {
        let Ok(request) = asked else { continue };
        let (found, asked) = (found.clone(), request.clone());
        let keep = move |_: JsValue| {
            if let (Some(slot), Ok(list)) = (found.borrow_mut().get_mut(nth), asked.result()) {
                *slot = list.dyn_into().ok();
            }
        };
        request.set_onsuccess(Some(Closure::once_into_js(keep).unchecked_ref()));
    }
}

fn factory() -> Option<web_sys::IdbFactory> {
    web_sys::window()?.indexed_db().ok()?
}

fn open_request(prefix: &str) -> Option<IdbOpenDbRequest> {
    factory()?.open_with_u32(prefix, 1).ok()
}

fn database_of(request: &IdbOpenDbRequest) -> Option<IdbDatabase> {
    request.result().ok()?.dyn_into().ok()
}

/// Another tab that erases everything must not wait for this one.
fn close_when_asked(database: &IdbDatabase) {
    let closing = database.clone();
    let handler = Closure::<dyn Fn()>::new(move || closing.close()).into_js_value();
    database.set_onversionchange(Some(handler.unchecked_ref()));
}

/// The shop's `localStorage`, where touching it does not throw.
pub(crate) fn local_storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn can_write(local: &web_sys::Storage, prefix: &str) -> bool {
    let name = [prefix, ".probe"].concat();
    let good = local.set_item(&name, "1").is_ok();
    let _ = local.remove_item(&name);
    good
}

/// In a later turn of the event loop, as a database would answer: callers may hold a borrow now.
fn soon(then: impl FnOnce() + 'static) {
    crate::clock::after(0, then).forget();
}
