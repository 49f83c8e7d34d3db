//! The words of tailorbird: the shapes that travel between page, core, collector and tools. No logic lives here.

mod catalog;
mod decision;
mod event;
mod rules;
mod value;

pub use catalog::{CatalogDocument, ProductDocument};
pub use decision::{Decision, ExperimentRef, Reason};
pub use event::{Event, EventKind};
pub use rules::*;
pub use value::Value;

/// A moment: milliseconds since the Unix epoch, UTC.
pub type Millis = i64;
