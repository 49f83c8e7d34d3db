//! Learning, natively: from sessions and events to the small static files that `tailorbird-core` reads in the browser.

pub mod counts;
mod error;
pub mod folder;
mod learn;
pub mod sessions;
pub mod shards;
pub mod tsv;

pub use error::TrainError;
pub use learn::learn;
