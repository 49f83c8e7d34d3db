//! Learning, natively: from sessions and events to the small static files that `tailorbird-core` reads in the browser.

pub mod counts;
mod error;
pub mod folder;
mod learn;
mod parallel;
pub mod rows;
pub mod sessions;
pub mod settings;
pub mod shards;
pub mod simulate;
pub mod sums;
pub mod trial;
pub mod tsv;
pub mod tune;

pub use error::TrainError;
pub use learn::{Trained, train};
