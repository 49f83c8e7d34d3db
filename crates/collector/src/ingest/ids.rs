//! Keyed hashes of ids: what dedupe and the visitor index remember instead of the ids themselves.

use std::hash::Hasher;

use siphasher::sip::SipHasher24;

/// Hashes ids with a secret of this store, so that nobody can craft ids that collide.
#[derive(Debug, Clone)]
pub(crate) struct IdHasher {
    key: [u8; 16],
}

impl IdHasher {
    /// A hasher with the store's secret.
    pub(crate) fn new(key: [u8; 16]) -> IdHasher {
        IdHasher { key }
    }

    /// The hash of a `messageId`; never 0.
    pub(crate) fn message(&self, id: &str) -> u64 {
        self.hash(b'm', id)
    }

    /// The hash of an `anonymousId`, `userId` or `previousId`; never 0.
    pub(crate) fn visitor(&self, id: &str) -> u64 {
        self.hash(b'v', id)
    }

    fn hash(&self, domain: u8, id: &str) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        hasher.write_u8(domain);
        hasher.write(id.as_bytes());
        hasher.finish().max(1)
    }
}

/// A new secret; `None` when the system has no randomness to give.
pub(crate) fn fresh_key() -> Option<[u8; 16]> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).ok()?;
    Some(key)
}

/// An id for an event that came without one.
pub(crate) fn fresh_message_id() -> String {
    let mut bytes = [0u8; 16];
    // Without randomness the time still tells events apart; a system like that has other worries.
    if getrandom::fill(&mut bytes).is_err() {
        bytes[..8].copy_from_slice(&super::clock::now().to_be_bytes());
    }
    format!("collector-{:032x}", u128::from_be_bytes(bytes))
}
