//! The words of tailorbird: the shapes that travel between page, core, collector and tools. No logic lives here.

mod attributes;
mod catalog;
mod decision;
mod event;
mod gather;
mod rules;
mod value;
mod word;

pub use attributes::{ATTRIBUTES, AttributeKind, KnownAttribute};
pub use catalog::{CatalogDocument, PartsDocument, ProductDocument};
pub use decision::{Decision, ExperimentRef, Reason};
pub use event::{Event, EventKind};
pub use gather::Gather;
#[cfg(feature = "schemars")]
pub use rules::form::{catalog_schema, rules_schema};
pub use rules::*;
pub use value::Value;
pub use word::Word;

/// A moment: milliseconds since the Unix epoch, UTC.
pub type Millis = i64;

/// The last moment that JavaScript's calendar knows. Sums of two such moments have room beyond it.
pub const LAST_MOMENT: Millis = 8_640_000_000_000_000;
