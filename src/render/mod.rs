//! Decisions into the page and back: slots, safe markup, and the moment an experience was really seen.

mod exposure;
mod slots;
mod stage;

pub(crate) use exposure::Exposures;
pub(crate) use slots::Slot;
pub(crate) use stage::{Put, Stage};
