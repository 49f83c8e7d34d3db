//! Reads the bytes of a model file, never past their end and never trusting a count, and tells whether they are whole.

use super::bits::Bits;

/// The first bytes of every file of a model: what it is and in which version of the format.
pub const MAGIC: [u8; 4] = *b"tbm1";
/// How long the part before the body is: magic, kind, checksum.
pub const HEADER: usize = 13;

/// What a file of a model holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Lists that every page needs: popular, trending, rhythms of categories.
    Head,
    /// Which shard an item is in, for the items of one range of hashes.
    Page,
    /// The rows of a few hundred items that are seen together.
    Shard,
}

impl Kind {
    /// The letter that files of this kind are named by, and their fifth byte.
    pub fn letter(self) -> u8 {
        match self {
            Kind::Head => b'h',
            Kind::Page => b'p',
            Kind::Shard => b's',
        }
    }
}

/// A 64-bit hash of `bytes`: FNV-1a with a last mix, so that every bit depends on every byte.
///
/// It guards against damage (cut off, mixed up, stale), not against someone who wants to deceive.
pub fn hash(bytes: &[u8], seed: u64) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325 ^ seed;
    for byte in bytes {
        state = (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    state = (state ^ (state >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    state ^ (state >> 32)
}

/// The body of a file, if the file is whole, of this kind and part of the model `id`.
pub(crate) fn body(file: &[u8], kind: Kind, id: u64) -> Option<&[u8]> {
    let (head, body) = file.split_at_checked(HEADER)?;
    let (magic, rest) = head.split_at_checked(4)?;
    let (letter, sum) = rest.split_first()?;
    let sum = u64::from_le_bytes(sum.try_into().ok()?);
    (magic == MAGIC && *letter == kind.letter() && sum == hash(body, id ^ u64::from(*letter))).then_some(body)
}

/// What is left to read of a body.
pub(crate) struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    pub(crate) fn new(rest: &'a [u8]) -> Bytes<'a> {
        Bytes { rest }
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// A number in LEB128: seven bits a byte, the lowest first.
    pub(crate) fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in [0, 7, 14, 21] {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= usize::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// What is left, as bits.
    pub(crate) fn bits(self) -> Bits<'a> {
        Bits::new(self.rest)
    }
}
