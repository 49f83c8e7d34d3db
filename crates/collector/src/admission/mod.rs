//! What may come in: write keys with their budgets, and the bounded queue in front of the disk.

mod bucket;
mod keys;
mod queue;

pub(crate) use keys::{Denied, Key, Keys};
pub(crate) use queue::{FairQueue, Work};

/// How many events one commit takes at most.
pub(crate) const GROUP_EVENTS: usize = 2_500;
/// How many bytes of events one commit takes at most, unless a single request has more.
pub(crate) const GROUP_BYTES: usize = 4 << 20;
