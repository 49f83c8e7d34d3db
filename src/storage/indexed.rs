//! IndexedDB: transactions that tell once how they ended, and rows in the order of their keys.

use super::{Backend, ROWS, STATE, Shelf, Store, soon};
use crate::reach;
use crate::reach::{many, once};
use std::cell::RefCell;
use std::rc::Rc;
use tailorbird_core::outbox::{Row, size_in};
use tailorbird_schema::Gather;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbKeyRange, IdbOpenDbRequest, IdbTransaction, IdbTransactionMode};

/// What is to be done in a transaction once it has begun.
pub(super) type Begun = Box<dyn FnOnce(Option<IdbTransaction>)>;

/// Begins a transaction; an error where the database is closed, by whomever.
pub(super) fn transaction(database: &IdbDatabase, mode: IdbTransactionMode) -> Result<IdbTransaction, JsValue> {
    let names = js_sys::Array::of2(&ROWS.into(), &STATE.into());
    database.transaction_with_str_sequence_and_mode(&names, mode)
}

/// One IndexedDB transaction; `done` is called once, when it completed or came to nothing.
pub(super) struct Work(IdbTransaction);

impl Work {
    pub(super) fn of(transaction: IdbTransaction, done: impl FnOnce(bool) + 'static) -> Work {
        // An error ends in `abort`, so exactly one of the two comes.
        let ended = once(Box::new(move |event| {
            done(reach::text(&event, "type") == "complete");
        }));
        reach::hear(&transaction, &["oncomplete", "onabort"], &ended);
        Work(transaction)
    }

    pub(super) fn store(&self, name: &str) -> Option<web_sys::IdbObjectStore> {
        self.0.object_store(name).ok()
    }

    pub(super) fn put(&self, store: &str, key: &str, text: &str) {
        let asked = self.store(store).map(|store| store.put_with_key(&text.into(), &key.into()));
        if !matches!(asked, Some(Ok(_))) {
            let _ = self.0.abort();
        }
    }

    pub(super) fn delete(&self, key: &str) {
        let _ = self.store(ROWS).map(|store| store.delete(&key.into()));
    }

    /// Ends the transaction at once instead of at the next turn of the event loop: the page may be leaving.
    pub(super) fn commit(&self) {
        // A browser that lacks it ends by itself.
        reach::call(&self.0, "commit", &[]);
    }
}

/// Rows that are read at a time, however many are asked for: their size is known only when they are here.
const MOST_READ: usize = 500;

/// Where the rows after `after` begin among sorted keys, and how many of them fit.
pub(super) fn span(keys: &[String], after: &str, limit: usize, bytes: usize) -> (usize, usize) {
    let first = keys.partition_point(|key| key.as_str() <= after);
    let mut room = bytes;
    let mut count = 0;
    for key in keys.iter().skip(first).take(limit) {
        let size = size_in(key);
        if size > room && count > 0 {
            break;
        }
        room = room.saturating_sub(size);
        count += 1;
    }
    (first, count)
}

pub(super) fn on_success(request: &web_sys::IdbRequest, then: impl FnOnce(JsValue) + 'static) {
    let asked = request.clone();
    let handler = once(Box::new(move |_| then(asked.result().unwrap_or_default())));
    reach::set(request, "onsuccess", &handler);
}

pub(super) fn factory() -> Option<web_sys::IdbFactory> {
    reach::of_window("indexedDB").map(JsCast::unchecked_into)
}

pub(super) fn open_request(prefix: &str) -> Option<IdbOpenDbRequest> {
    factory()?.open_with_u32(prefix, 1).ok()
}

pub(super) fn database_of(request: &IdbOpenDbRequest) -> Option<IdbDatabase> {
    request.result().ok()?.dyn_into().ok()
}

/// How it stands with a database that was opened.
#[derive(Clone, Copy, PartialEq, Default)]
pub(super) enum Link {
    #[default]
    Up,
    /// The browser took it away, and it is being opened again.
    Mending,
    /// Somebody else erases it: what this page knows must not come back by a new one.
    Erased,
}

impl Store {
    /// Begins a transaction, where the browser took the database away as soon as it is open again. `then` gets none where
    /// there is no database, or none any more.
    pub(super) fn begin(&self, mode: IdbTransactionMode, then: Begun) {
        let begun = match &*self.0.backend.borrow() {
            Backend::Indexed(database) => transaction(database, mode).ok(),
            _ => None,
        };
        if begun.is_some() {
            return then(begun);
        }
        self.0.waiting.borrow_mut().push((mode, then));
        self.reopen();
    }

    /// All requests are made at once and the transaction is told to end: one that waited for its page while that navigates
    /// away would be aborted, and with it every write that was queued behind it.
    pub(super) fn load_indexed(
        &self,
        after: String,
        (limit, bytes): (usize, usize),
        done: impl FnOnce(Option<Shelf>) + 'static,
    ) {
        let then = move |begun| {
            let Some(begun) = begun else { return done(None) };
            let found: Rc<RefCell<(Vec<String>, Vec<JsValue>)>> = Rc::default();
            let filled = found.clone();
            let from = after.clone();
            let ended = move |good: bool| {
                let (keys, texts) = filled.take();
                let (first, count) = span(&keys, &from, limit.min(MOST_READ), bytes);
                let row = |(key, text): (&String, JsValue)| Some(Row { key: key.clone(), text: text.as_string()? });
                let rows = keys.iter().skip(first).zip(texts).take(count).filter_map(row).gather();
                done(good.then_some(Shelf::of(rows, &keys)));
            };
            let work = Work::of(begun, ended);
            let Some(store) = work.store(ROWS) else { return };
            if let Ok(request) = store.get_all_keys() {
                let found = found.clone();
                on_success(&request, move |keys| {
                    found.borrow_mut().0 = js_sys::Array::from(&keys).iter().filter_map(|key| key.as_string()).gather();
                });
            }
            let range = IdbKeyRange::lower_bound_with_open(&after.into(), true);
            let most = limit.min(MOST_READ) as u32;
            if let Ok(request) = range.and_then(|range| store.get_all_with_key_and_limit(&range, most)) {
                on_success(&request, move |texts| found.borrow_mut().1 = js_sys::Array::from(&texts).to_vec());
            }
            work.commit();
        };
        self.begin(IdbTransactionMode::Readonly, Box::new(then));
    }

    /// Another tab that erases everything must not wait for this one. What the browser itself takes away, as Safari does
    /// from pages in the background, is opened again.
    pub(super) fn watch(&self, database: &IdbDatabase) {
        let (inner, closing) = (Rc::downgrade(&self.0), database.clone());
        let handler = many(Box::new(move |event| {
            let store = inner.upgrade().map(Store);
            let is_erased = reach::text(&event, "type") == "versionchange";
            if is_erased {
                closing.close();
            }
            match store {
                Some(store) if is_erased => store.0.link.set(Link::Erased),
                Some(store) => store.reopen(),
                None => {}
            }
        }))
        .into_js_value();
        reach::hear(database, &["onversionchange", "onclose"], &handler);
    }

    /// Opens the database again if it is still there. What is asked for meanwhile waits, and fails if it is not.
    pub(super) fn reopen(&self) {
        let is_ours = matches!(&*self.0.backend.borrow(), Backend::Indexed(_));
        match self.0.link.get() {
            Link::Mending => return,
            Link::Up if is_ours => self.0.link.set(Link::Mending),
            _ => return self.give_up(),
        }
        let store = self.clone();
        Store::open(&self.0.prefix, false, move |found, _| {
            let found = found.0.backend.replace(Backend::memory());
            if let Backend::Indexed(database) = found {
                // Closed or erased in between: then nobody wants it any more.
                let is_wanted = store.0.link.get() == Link::Mending;
                match &mut *store.0.backend.borrow_mut() {
                    Backend::Indexed(lost) if is_wanted => *lost = database.clone(),
                    _ => database.close(),
                }
                store.watch(&database);
                // What was asked for while it was away comes first: nothing in the group is to be erased or read by it.
                for (mode, then) in store.0.waiting.take() {
                    store.begin(mode, then);
                }
                store.write_group();
            }
            if store.0.link.get() == Link::Mending {
                store.0.link.set(Link::Up);
            }
            store.give_up();
        });
    }

    /// What was to be written, and what else waits, is told that it is not.
    fn give_up(&self) {
        for (_, then) in self.0.waiting.take() {
            soon(move || then(None));
        }
        for asked in self.0.group.take() {
            soon(move || (asked.done)(false));
        }
    }
}
