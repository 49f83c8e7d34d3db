//! IndexedDB: transactions that tell once how they ended, and rows in the order of their keys.

use super::{ROWS, STATE, Shelf, soon};
use crate::boundary::once;
use std::cell::RefCell;
use std::rc::Rc;
use tailorbird_core::outbox::{Row, size_in};
use tailorbird_schema::Gather;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbKeyRange, IdbOpenDbRequest, IdbTransaction, IdbTransactionMode};

/// One IndexedDB transaction; `done` is called once, when it completed or came to nothing.
pub(super) struct Work(IdbTransaction);

impl Work {
    pub(super) fn begin(
        database: &IdbDatabase,
        mode: IdbTransactionMode,
        done: impl FnOnce(bool) + 'static,
    ) -> Option<Work> {
        let names = js_sys::Array::of2(&ROWS.into(), &STATE.into());
        match database.transaction_with_str_sequence_and_mode(&names, mode) {
            Ok(transaction) => {
                // An error ends in `abort`, so exactly one of the two comes.
                let ended = once(Box::new(move |event| {
                    done(event.unchecked_ref::<web_sys::Event>().type_() == "complete");
                }));
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
        #[expect(deprecated, reason = "no browser has deprecated it; one that lacks it throws, and ends by itself")]
        let _ = self.0.commit();
    }
}

/// Rows that are read at a time, however many are asked for: their size is known only when they are here.
const MOST_READ: usize = 500;

/// All requests are made at once and the transaction is told to end: one that waited for its page while that navigates
/// away would be aborted, and with it every write that was queued behind it.
pub(super) fn load_indexed(
    database: &IdbDatabase,
    after: String,
    (limit, bytes): (usize, usize),
    done: impl FnOnce(Option<Shelf>) + 'static,
) {
    let found: Rc<RefCell<(Vec<String>, Vec<JsValue>)>> = Rc::default();
    let filled = found.clone();
    let from = after.clone();
    let ended = move |good: bool| {
        let (keys, texts) = filled.take();
        let (first, count) = span(&keys, &from, limit.min(MOST_READ), bytes);
        let row = |(key, text): (&String, JsValue)| Some(Row { key: key.clone(), text: text.as_string()? });
        let rows = keys.iter().skip(first).zip(texts).take(count).filter_map(row).gather();
        let stored_bytes = keys.iter().map(|key| size_in(key)).sum();
        done(good.then_some(Shelf { rows, stored_rows: keys.len(), stored_bytes }));
    };
    let Some(work) = Work::begin(database, IdbTransactionMode::Readonly, ended) else { return };
    let Some(store) = work.store(ROWS) else { return };
    if let Ok(request) = store.get_all_keys() {
        let found = found.clone();
        on_success(&request, move |keys| {
            found.borrow_mut().0 = js_sys::Array::from(&keys).iter().filter_map(|key| key.as_string()).gather();
        });
    }
    let range = IdbKeyRange::lower_bound_with_open(&after.into(), true);
    if let Ok(request) = range.and_then(|range| store.get_all_with_key_and_limit(&range, limit.min(MOST_READ) as u32)) {
        on_success(&request, move |texts| found.borrow_mut().1 = js_sys::Array::from(&texts).to_vec());
    }
    work.commit();
}

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
    request.set_onsuccess(Some(handler.unchecked_ref()));
}

pub(super) fn factory() -> Option<web_sys::IdbFactory> {
    web_sys::window()?.indexed_db().ok()?
}

pub(super) fn open_request(prefix: &str) -> Option<IdbOpenDbRequest> {
    factory()?.open_with_u32(prefix, 1).ok()
}

pub(super) fn database_of(request: &IdbOpenDbRequest) -> Option<IdbDatabase> {
    request.result().ok()?.dyn_into().ok()
}

/// Another tab that erases everything must not wait for this one.
pub(super) fn close_when_asked(database: &IdbDatabase) {
    let closing = database.clone();
    let handler = Closure::<dyn Fn()>::new(move || closing.close()).into_js_value();
    database.set_onversionchange(Some(handler.unchecked_ref()));
}
