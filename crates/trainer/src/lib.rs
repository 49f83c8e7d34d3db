//! Learning, natively: from sessions and events to the small static files that `tailorbird-core` reads in the browser.

pub mod counts;
mod error;
pub mod events;
pub mod folder;
pub mod foretell;
pub mod import;
mod learn;
pub mod logistic;
mod parallel;
pub mod report;
pub mod rhythm;
pub mod rows;
pub mod sessions;
pub mod settings;
pub mod shards;
pub mod simulate;
pub mod sums;
pub mod tables;
pub mod together;
pub mod trending;
pub mod trial;
pub mod tsv;
pub mod tune;

pub use error::TrainError;
pub use learn::{Extras, Trained, learn, learn_counts, train};
