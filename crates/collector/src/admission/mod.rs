//! What may come in: write keys with their budgets, the line in front of the judges, the bounded queue in front of the disk.

mod bucket;
mod keys;
mod line;
mod queue;

pub(crate) use keys::{Denied, Keys};
pub(crate) use line::{Line, Turn};
pub(crate) use queue::{FairQueue, Work};

/// How many events one commit takes at most.
pub(crate) const GROUP_EVENTS: usize = 2_500;
/// How many bytes of events one commit takes at most, unless a single request has more.
pub(crate) const GROUP_BYTES: usize = 4 << 20;
