//! The model's files of this shopper, kept beside the profile where there is a database, for their next page.

use super::indexed::{Work, on_success};
use super::{STATE, Store};
use wasm_bindgen::JsValue;
use web_sys::IdbTransactionMode;

const FILES: &str = "model";

impl Store {
    /// Keeps them.
    pub(crate) fn keep_files(&self, files: &JsValue) {
        self.write_group();
        let files = files.clone();
        self.begin(
            IdbTransactionMode::Readwrite,
            Box::new(move |begun| {
                if let Some(begun) = begun {
                    let work = Work::of(begun, |_| ());
                    let _ = work.store(STATE).map(|store| store.put_with_key(&files, &FILES.into()));
                    work.commit();
                }
            }),
        );
    }

    /// Has them read together with the profile: a read of its own would wait behind what the page writes as it begins.
    pub(super) fn read_files_ahead(&self, work: &Work) {
        let asked = work.store(STATE).and_then(|store| store.get(&FILES.into()).ok());
        if let Some(request) = asked {
            let store = self.clone();
            on_success(&request, move |files| drop(store.0.files.replace(files)));
        }
    }

    /// What [`Store::keep_files`] kept on an earlier page; once.
    pub(crate) fn kept_files(&self) -> JsValue {
        self.0.files.take()
    }
}
