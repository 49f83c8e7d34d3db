//! Numbers of as few bits as they need, so that a file is small on the wire even where the host does not compress.

/// A quotient of this many ones means that the number follows plainly.
pub const PLAIN: u32 = 24;

/// What is left to read of a stream of bits, the lowest bit of each byte first.
pub(crate) struct Bits<'a> {
    rest: &'a [u8],
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(rest: &'a [u8]) -> Bits<'a> {
        Bits { rest, held: 0, count: 0 }
    }

    /// How many bits are left: no honest count of anything is larger.
    pub(crate) fn left(&self) -> usize {
        self.rest.len() * 8 + self.count as usize
    }

    fn fill(&mut self) {
        while self.count <= 56 {
            let Some((first, rest)) = self.rest.split_first() else { return };
            self.held |= u64::from(*first) << self.count;
            self.count += 8;
            self.rest = rest;
        }
    }

    /// A number of `width` bits, at most 56.
    pub(crate) fn take(&mut self, width: u32) -> Option<u64> {
        if self.count < width {
            self.fill();
        }
        if width > self.count || width > 56 {
            return None;
        }
        let number = self.held & ((1 << width) - 1);
        self.held >>= width;
        self.count -= width;
        Some(number)
    }

    /// A number in Rice's code: ones for how often 2^`low` goes into it, a zero, then the `low` bits of the rest.
    pub(crate) fn rice(&mut self, low: u32) -> Option<u64> {
        if self.count <= PLAIN {
            self.fill();
        }
        let ones = self.held.trailing_ones();
        if ones >= PLAIN {
            self.take(PLAIN)?;
            let width = self.take(6)? as u32;
            return self.take(width);
        }
        self.take(ones + 1)?;
        Some((u64::from(ones) << low) | self.take(low)?)
    }
}

/// The `low` that suits `count` numbers in ascending order, coded by their distances, out of a range of `span`.
pub fn low_bits(span: usize, count: usize) -> u32 {
    (span / (count + 1)).max(1).ilog2()
}
