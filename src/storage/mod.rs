//! The local store: one IndexedDB database, behind it `localStorage`, behind that memory. (long: three media behind one face)
//! Blocked storage is a normal case, never an error.
//!
//! Rows are events that wait, by a key that sorts by age. The one state is the profile. Nothing is opened or written
//! before the shopper agreed: the agent decides when to call [`Store::open`].

mod files;
mod indexed;
mod local;

use crate::reach;
use crate::reach::many;
use indexed::{Begun, Link, Work, database_of, factory, on_success, open_request, span, transaction};
use local::can_write;
pub(crate) use local::local_storage;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use tailorbird_core::order::{insert, sort_texts};
use tailorbird_core::outbox::{Row, size_in};
use tailorbird_schema::Gather;
use wasm_bindgen::prelude::*;
use web_sys::{IdbDatabase, IdbOpenDbRequest, IdbTransactionMode};

const ROWS: &str = "events";
const STATE: &str = "state";
const PROFILE: &str = "profile";
/// A database that does not open within so many milliseconds is taken for blocked.
const PATIENCE: i64 = 3_000;
/// Milliseconds between the beginnings of two transactions that write, unless the page may be leaving: in a burst of events
/// the transaction is the dearest part of each. An event after so much quiet is written at once, and any is on disk well
/// within the 100 ms that are promised.
const PACE: f64 = 30.0;

/// What is in the store: the rows asked for, and how much there is in all.
pub(crate) struct Shelf {
    pub(crate) rows: Vec<Row>,
    pub(crate) stored_rows: usize,
    pub(crate) stored_bytes: usize,
}

impl Shelf {
    /// `keys`: all that are stored.
    fn of(rows: Vec<Row>, keys: &[String]) -> Shelf {
        Shelf { rows, stored_rows: keys.len(), stored_bytes: keys.iter().map(|key| size_in(key)).sum() }
    }
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
    /// What was asked to be written and is in no transaction yet.
    group: RefCell<Vec<Asked>>,
    /// Whether a transaction that writes a group is under way.
    writing: Cell<bool>,
    /// What the transactions under way write, the first one first.
    flying: RefCell<VecDeque<Vec<Row>>>,
    /// Whether some of it lies in `localStorage`, too.
    copied: Cell<bool>,
    /// When the last one began, in the browser's milliseconds.
    began: Cell<f64>,
    /// Whether the group has waited as long as it should.
    due: Cell<bool>,
    /// Whether nothing may wait for a transaction that is under way, because the page may be gone by then.
    hurried: Cell<bool>,
    /// How it stands with the database, where there is one.
    link: Cell<Link>,
    /// What else waits for it.
    waiting: RefCell<Vec<(IdbTransactionMode, Begun)>>,
    /// The model's files, read with the profile and not asked for yet.
    files: RefCell<JsValue>,
}

/// One call of [`Store::commit`] that waits for the end of the turn, or of the transaction before.
struct Asked {
    put: Vec<Row>,
    delete: Vec<String>,
    profile: Option<String>,
    done: Box<dyn FnOnce(bool)>,
}

enum Backend {
    Indexed(IdbDatabase),
    Local(web_sys::Storage),
    Memory { rows: Vec<Row>, profile: Option<String> },
}

impl Backend {
    fn memory() -> Backend {
        Backend::Memory { rows: Vec::new(), profile: None }
    }
}

impl Store {
    /// A store that forgets everything with the page.
    pub(crate) fn in_memory(prefix: &str) -> Store {
        Store::with(prefix, Backend::memory())
    }

    fn with(prefix: &str, backend: Backend) -> Store {
        Store(Rc::new(Inner {
            prefix: prefix.to_owned(),
            backend: RefCell::new(backend),
            group: RefCell::default(),
            writing: Cell::default(),
            flying: RefCell::default(),
            copied: Cell::default(),
            began: Cell::default(),
            due: Cell::default(),
            hurried: Cell::default(),
            link: Cell::default(),
            waiting: RefCell::default(),
            files: RefCell::default(),
        }))
    }

    /// Opens the best store there is and calls `done` once with it and the profile it holds. Where `make` is not set there
    /// is no database afterwards if there was none before.
    pub(crate) fn open(prefix: &str, make: bool, done: impl FnOnce(Store, Option<String>) + 'static) {
        // One body for all callers: each of its own would cost shoppers a kilobyte.
        Store::open_for(prefix, make, Box::new(done));
    }

    fn open_for(prefix: &str, make: bool, done: Box<dyn FnOnce(Store, Option<String>)>) {
        let once = Rc::new(Cell::new(Some(done)));
        let name = prefix.to_owned();
        let settle = Rc::new(move |database: Option<IdbDatabase>| {
            let Some(done) = once.take() else {
                // Too late: nobody waits for it, and left open it would keep others from erasing it.
                if let Some(database) = database {
                    database.close();
                }
                return;
            };
            match database {
                Some(database) => {
                    let store = Store::with(&name, Backend::Indexed(database.clone()));
                    store.watch(&database);
                    // One that cannot be read at once is nobody's loss, and opening it again would go on for ever.
                    store.0.link.set(Link::Erased);
                    let opened = store.clone();
                    store.read_profile(move |profile| {
                        opened.0.link.set(Link::Up);
                        let profile = opened.inherit(profile);
                        done(opened, profile);
                    });
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
        let handler = many(Box::new(move |event| match reach::text(&event, "type").as_str() {
            "upgradeneeded" if !make => drop(opening.transaction().map(|making| making.abort())),
            "upgradeneeded" => {
                if let Some(database) = database_of(&opening) {
                    let _ = database.create_object_store(ROWS);
                    let _ = database.create_object_store(STATE);
                }
            }
            "success" => {
                timer.take();
                settle(database_of(&opening));
            }
            "error" => {
                timer.take();
                reach::call(&event, "preventDefault", &[]);
                settle(None);
            }
            _ => {}
        }))
        .into_js_value();
        reach::hear(&request, &["onupgradeneeded", "onsuccess", "onerror"], &handler);
    }

    /// Moves into the database what pages kept in `localStorage` while it would not open: nobody else would look there. A
    /// profile counts only where the database has none.
    fn inherit(&self, profile: Option<String>) -> Option<String> {
        let Some(local) = local_storage() else { return profile };
        let inner = &self.0;
        let rows: Vec<Row> = inner.row_keys(&local).iter().filter_map(|key| inner.local_row(&local, key)).gather();
        let kept = local.get_item(&inner.profile_name()).ok().flatten();
        if rows.is_empty() && kept.is_none() {
            return profile;
        }
        let inherited = kept.filter(|_| profile.is_none());
        let store = self.clone();
        let keys: Vec<String> = rows.iter().map(|row| row.key.clone()).gather();
        let moved = move |good| {
            if good {
                keys.iter().for_each(|key| drop(local.remove_item(&store.0.row_name(key))));
                let _ = local.remove_item(&store.0.profile_name());
            }
        };
        self.commit(&rows, &[], inherited.as_deref(), Box::new(moved));
        profile.or(inherited)
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

    /// One transaction: writes rows, takes rows out and, where given, keeps the profile. `done` hears whether all of it is
    /// on disk; otherwise none of it is.
    pub(crate) fn commit(&self, put: &[Row], delete: &[String], profile: Option<&str>, done: Box<dyn FnOnce(bool)>) {
        match &mut *self.0.backend.borrow_mut() {
            // What one turn of the event loop asks for is one transaction: thirty in a row would still be waiting for
            // each other when the page is gone, and would go with it. What is asked for while one is under way, or has
            // only just begun, is the next.
            Backend::Indexed(_) => {
                let mut group = self.0.group.borrow_mut();
                group.push(Asked {
                    put: put.to_vec(),
                    delete: delete.to_vec(),
                    profile: profile.map(str::to_owned),
                    done,
                });
                if group.len() == 1 {
                    let store = self.clone();
                    let due = move || {
                        store.0.due.set(true);
                        store.write_next();
                    };
                    // A clock that was set back must not hold anything up.
                    let since = js_sys::Date::now() - self.0.began.get();
                    if self.0.hurried.get() || !(0.0..PACE).contains(&since) {
                        crate::clock::in_this_turn(due);
                    } else {
                        crate::clock::after((PACE - since) as i64, due).forget();
                    }
                }
            }
            Backend::Local(local) => {
                let mut good = true;
                for row in put {
                    good &= local.set_item(&self.0.row_name(&row.key), &row.text).is_ok();
                }
                // What was not written whole is taken back.
                let gone: Vec<&String> =
                    if good { delete.iter().gather() } else { put.iter().map(|row| &row.key).gather() };
                for key in gone {
                    let _ = local.remove_item(&self.0.row_name(key));
                }
                if let Some(profile) = profile {
                    let _ = local.set_item(&self.0.profile_name(), profile);
                }
                soon(move || done(good));
            }
            Backend::Memory { rows, profile: state } => {
                rows.retain(|row| !delete.contains(&row.key) && !put.iter().any(|new| new.key == row.key));
                for row in put.iter().filter(|row| !delete.contains(&row.key)) {
                    insert(rows, row.clone(), |other| other.key > row.key);
                }
                if let Some(profile) = profile {
                    *state = Some(profile.to_owned());
                }
                soon(move || done(true));
            }
        }
    }

    /// Whether the page may be gone any moment.
    pub(crate) fn is_hurried(&self) -> bool {
        self.0.hurried.get()
    }

    /// From now on nothing waits for a transaction that is under way, or does so again.
    pub(crate) fn hurry(&self, hurried: bool) {
        self.0.hurried.set(hurried);
        if hurried {
            self.write_group();
        }
    }

    /// Writes what was asked for, unless it can still wait: for its time, or for the transaction before.
    fn write_next(&self) {
        if self.0.hurried.get() || (self.0.due.get() && !self.0.writing.get()) {
            self.write_group();
        }
    }

    /// Writes what was asked for so far; whatever is asked for next comes after it.
    fn write_group(&self) {
        self.0.due.set(false);
        let group = self.0.group.take();
        if group.is_empty() {
            return;
        }
        let backend = self.0.backend.borrow();
        let begun = match &*backend {
            Backend::Indexed(database) => transaction(database, IdbTransactionMode::Readwrite).ok(),
            _ => None,
        };
        let Some(begun) = begun else {
            self.0.group.replace(group);
            return self.reopen();
        };
        self.0.began.set(js_sys::Date::now());
        let (asked, done): (Vec<_>, Vec<_>) =
            group.into_iter().map(|asked| ((asked.put, asked.delete, asked.profile), asked.done)).unzip();
        let store = self.clone();
        let done = move |good| {
            store.0.writing.set(false);
            store.settle_copies(good);
            done.into_iter().for_each(|done| done(good));
            store.write_next();
        };
        self.0.writing.set(true);
        let work = Work::of(begun, done);
        let mut rows = Vec::new();
        for (put, delete, profile) in asked {
            for row in put {
                work.put(ROWS, &row.key, &row.text);
                rows.push(row);
            }
            for key in delete {
                work.delete(&key);
            }
            if let Some(profile) = profile {
                work.put(STATE, PROFILE, &profile);
            }
        }
        work.commit();
        self.0.flying.borrow_mut().push_back(rows);
        self.copy();
    }

    /// Notes in `localStorage`, too, what is being written while the page may be gone any moment: a transaction that still
    /// waits for another one then is lost, on a slow disk. The next page finds them there.
    fn copy(&self) {
        let flying = self.0.flying.borrow();
        if !self.0.hurried.get() || flying.len() < 2 {
            return;
        }
        let Some(local) = local_storage() else { return };
        for row in flying.iter().flatten() {
            let _ = local.set_item(&self.0.row_name(&row.key), &row.text);
        }
        self.0.copied.set(true);
    }

    /// The first transaction under way is over: what it wrote needs no copy.
    fn settle_copies(&self, good: bool) {
        let rows = self.0.flying.borrow_mut().pop_front().unwrap_or_default();
        if let Some(local) = local_storage().filter(|_| good && self.0.copied.get()) {
            rows.iter().for_each(|row| drop(local.remove_item(&self.0.row_name(&row.key))));
        }
        if self.0.flying.borrow().is_empty() {
            self.0.copied.set(false);
        }
    }

    /// The first rows whose keys come after `after`: at most `limit`, at most `bytes` but at least one.
    pub(crate) fn load(&self, after: &str, limit: usize, bytes: usize, done: impl FnOnce(Option<Shelf>) + 'static) {
        self.write_group();
        match &*self.0.backend.borrow() {
            Backend::Indexed(_) => self.load_indexed(after.to_owned(), (limit, bytes), done),
            Backend::Local(local) => {
                let mut keys = self.0.row_keys(local);
                sort_texts(&mut keys);
                let (first, count) = span(&keys, after, limit, bytes);
                let row = |key: &String| self.0.local_row(local, key);
                let shelf = Shelf::of(keys.iter().skip(first).take(count).filter_map(row).gather(), &keys);
                soon(move || done(Some(shelf)));
            }
            Backend::Memory { rows, .. } => {
                let keys: Vec<String> = rows.iter().map(|row| row.key.clone()).gather();
                let (first, count) = span(&keys, after, limit, bytes);
                let shelf = Shelf::of(rows.iter().skip(first).take(count).cloned().gather(), &keys);
                soon(move || done(Some(shelf)));
            }
        }
    }

    /// Removes every row; the profile stays.
    pub(crate) fn wipe_rows(&self) {
        self.erase(true);
    }

    /// Removes the profile; rows stay.
    pub(crate) fn forget_profile(&self) {
        self.0.files.take();
        self.erase(false);
    }

    /// Removes the rows, or else the profile.
    fn erase(&self, rows: bool) {
        self.write_group();
        // What waits for the database must not be written after it.
        for asked in self.0.group.borrow_mut().iter_mut() {
            match rows {
                true => asked.put.clear(),
                false => asked.profile = None,
            }
        }
        if let Backend::Memory { rows: kept, profile } = &mut *self.0.backend.borrow_mut() {
            match rows {
                true => kept.clear(),
                false => *profile = None,
            }
            return;
        }
        // Beside a database there may be what could not be moved into it.
        self.erase_local(rows);
        self.begin(
            IdbTransactionMode::Readwrite,
            Box::new(move |begun| {
                if let Some(begun) = begun {
                    let work = Work::of(begun, |_| ());
                    let _ = work.store(if rows { ROWS } else { STATE }).map(|store| store.clear());
                    work.commit();
                }
            }),
        );
    }

    fn erase_local(&self, rows: bool) {
        let Some(local) = local_storage() else { return };
        if !rows {
            let _ = local.remove_item(&self.0.profile_name());
            return;
        }
        for key in self.0.row_keys(&local) {
            let _ = local.remove_item(&self.0.row_name(&key));
        }
    }

    /// Closes for good, without erasing: what is asked for from now on is kept in memory. Whether there was a database.
    pub(crate) fn close(&self) -> bool {
        self.write_group();
        self.0.files.take();
        let Backend::Indexed(database) = self.0.backend.replace(Backend::memory()) else { return false };
        database.close();
        true
    }

    /// Erases everything under this prefix and closes: rows, profile, the database itself, `unopened` even if it is an
    /// earlier visit's that this page did not open.
    pub(crate) fn wipe(&self, unopened: bool) {
        if self.close() || unopened {
            let _ = factory().map(|factory| factory.delete_database(&self.0.prefix));
        }
        self.erase_local(true);
        self.erase_local(false);
    }

    pub(crate) fn read_profile(&self, done: impl FnOnce(Option<String>) + 'static) {
        if self.medium() != Medium::IndexedDb {
            let profile = self.local_profile();
            return soon(|| done(profile));
        }
        let store = self.clone();
        self.begin(
            IdbTransactionMode::Readonly,
            Box::new(move |begun| {
                let Some(begun) = begun else { return done(None) };
                let found = Rc::new(RefCell::new(None));
                let filled = found.clone();
                let work = Work::of(begun, move |_| done(filled.take()));
                if let Some(request) = work.store(STATE).and_then(|store| store.get(&PROFILE.into()).ok()) {
                    on_success(&request, move |text| *found.borrow_mut() = text.as_string());
                }
                store.read_files_ahead(&work);
                work.commit();
            }),
        );
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
    fn local_row(&self, local: &web_sys::Storage, key: &str) -> Option<Row> {
        Some(Row { key: key.to_owned(), text: local.get_item(&self.row_name(key)).ok()?? })
    }
    fn row_keys(&self, local: &web_sys::Storage) -> Vec<String> {
        let start = self.row_name("");
        let names = (0..local.length().unwrap_or(0)).filter_map(|nth| local.key(nth).ok()?);
        names.filter_map(|name| Some(name.strip_prefix(&start)?.to_owned())).gather()
    }
}

/// In a later turn of the event loop, as a database would answer: callers may hold a borrow now.
fn soon(then: impl FnOnce() + 'static) {
    crate::clock::after(0, then).forget();
}
