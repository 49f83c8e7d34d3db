//! Work on independent parts of a range with all cores; the result does not depend on how many there are.

use std::ops::Range;

/// What `part` gives for pieces of `0..count`, joined in order.
pub(crate) fn in_pieces<T: Send>(count: usize, part: impl Fn(Range<usize>) -> Vec<T> + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count.div_ceil(64)).max(1);
    let part = &part;
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|nth| scope.spawn(move || part(count * nth / threads..count * (nth + 1) / threads)))
            .collect();
        let mut joined = Vec::with_capacity(count);
        for thread in started {
            match thread.join() {
                Ok(piece) => joined.extend(piece),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        joined
    })
}
