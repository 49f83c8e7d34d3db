//! Counts lines of a stream as it is read.

use std::cell::Cell;
use std::io::{BufRead, Read, Result};
use std::rc::Rc;

/// How many lines were read so far, shared with whoever asks.
pub(crate) type LineCount = Rc<Cell<u64>>;

/// A stream that counts its lines.
pub(crate) struct Lines<R> {
    inner: R,
    count: LineCount,
}

impl<R: BufRead> Lines<R> {
    /// The stream and its count, which begins at 1: the line that is being read.
    pub(crate) fn new(inner: R) -> (Lines<R>, LineCount) {
        let count = Rc::new(Cell::new(1));
        (Lines { inner, count: Rc::clone(&count) }, count)
    }

    fn count(&self, read: &[u8]) {
        let lines = read.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.count.set(self.count.get() + lines);
    }
}

impl<R: BufRead> Read for Lines<R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let read = self.inner.read(into)?;
        self.count(&into[..read]);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Lines<R> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Ok(buffer) = self.inner.fill_buf() {
            let lines = buffer.iter().take(amount).filter(|byte| **byte == b'\n').count() as u64;
            self.count.set(self.count.get() + lines);
        }
        self.inner.consume(amount);
    }
}
