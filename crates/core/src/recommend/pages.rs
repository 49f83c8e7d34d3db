//! Which shard an item is in: tables of short fingerprints, cut into pages by the hash of the item's id.

use super::bits::low_bits;
use super::bytes::{Bytes, hash};

/// How many bits of an id's hash a page keeps. Two ids of a page may share them: then both shards are looked into.
pub const FINGERPRINT_BITS: u32 = 14;

/// The page that knows `id` and the id's fingerprint there.
pub fn place_of(id: &str, pages: u32) -> (u32, u32) {
    let hash = hash(id.as_bytes(), 0);
    ((((hash >> 32) * u64::from(pages)) >> 32) as u32, hash as u32 & ((1 << FINGERPRINT_BITS) - 1))
}

/// One page: fingerprints in ascending order, each with a shard.
#[derive(Debug, Default)]
pub(crate) struct Page {
    entries: Vec<(u32, u32)>,
}

impl Page {
    pub(crate) fn read(body: &[u8]) -> Option<Page> {
        let mut bytes = Bytes::new(body);
        let (count, width) = (bytes.number()?, bytes.number()? as u32);
        let mut bits = bytes.bits();
        if count > bits.left() {
            return None;
        }
        let low = low_bits(1 << FINGERPRINT_BITS, count);
        let mut entries = Vec::with_capacity(count);
        let mut fingerprint = 0u32;
        for _ in 0..count {
            fingerprint = fingerprint.checked_add(u32::try_from(bits.rice(low)?).ok()?)?;
            entries.push((fingerprint, bits.take(width)? as u32));
        }
        Some(Page { entries })
    }

    /// The shards that may hold the item with this fingerprint: one, seldom two, none for an item unknown to the model.
    pub(crate) fn shards(&self, fingerprint: u32) -> impl Iterator<Item = u32> {
        self.entries.iter().filter(move |entry| entry.0 == fingerprint).map(|entry| entry.1)
    }
}
