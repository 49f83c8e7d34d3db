//! What a machine needs before a step can run: each need is met when it can be, and explained when it cannot.

pub(crate) mod debian;
pub(crate) mod node;
pub(crate) mod rust;
