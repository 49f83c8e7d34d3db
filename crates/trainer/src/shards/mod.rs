//! Writes a model as static files: which items share a file, and how their rows become bytes.

mod bytes;
mod order;
mod write;

pub use write::{Learned, Lists, Relations, write};
