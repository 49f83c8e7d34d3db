//! `localStorage`, for where there is no database.

use crate::reach;
use wasm_bindgen::JsCast;

/// The shop's `localStorage`, where touching it does not throw.
pub(crate) fn local_storage() -> Option<web_sys::Storage> {
    reach::of_window("localStorage").map(JsCast::unchecked_into)
}

/// Whether it takes anything: some browsers offer it and refuse to.
pub(super) fn can_write(local: &web_sys::Storage, prefix: &str) -> bool {
    let name = [prefix, ".probe"].concat();
    let good = local.set_item(&name, "1").is_ok();
    let _ = local.remove_item(&name);
    good
}
