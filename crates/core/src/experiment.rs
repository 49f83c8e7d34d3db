//! Experiments: who takes part and in which variant, by GrowthBook's hashing, so that its tools agree with ours.

use crate::schema::Gather;

/// 32-bit FNV-1a over UTF-16 units, as GrowthBook's JavaScript has it.
fn fnv32a(parts: &[&str]) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    for part in parts {
        for unit in part.encode_utf16() {
            hash = (hash ^ u32::from(unit)).wrapping_mul(0x0100_0193);
        }
    }
    hash
}

/// Decimal digits of `number`, written into `room`.
fn digits(mut number: u32, room: &mut [u8; 10]) -> &str {
    let mut length = 0;
    for place in room.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
        length += 1;
        if number == 0 {
            break;
        }
    }
    core::str::from_utf8(room.get(10 - length..).unwrap_or(&[])).unwrap_or("")
}

/// Where `value` falls between 0 and 1 under `seed`: GrowthBook's hash version 2, in steps of 1/10,000.
pub fn hash(seed: &str, value: &str) -> f64 {
    let mut room = [0; 10];
    let first = fnv32a(&[seed, value]);
    f64::from(fnv32a(&[digits(first, &mut room)]) % 10_000) / 10_000.0
}

/// Where `value` falls between 0 and 1 by GrowthBook's hash version 1, which namespaces still use.
fn hash_v1(seed: &str, value: &str) -> f64 {
    f64::from(fnv32a(&[value, "__", seed]) % 1_000) / 1_000.0
}

/// A share of a namespace's traffic, so that experiments of one namespace never meet in one visitor.
#[derive(Debug, Clone, PartialEq)]
pub struct Namespace {
    /// The namespace's name.
    pub name: String,
    /// Where the share begins (0 to 1).
    pub from: f64,
    /// Where it ends; the end itself is outside.
    pub until: f64,
}

impl Namespace {
    /// Whether the visitor falls into this share.
    pub fn holds(&self, visitor: &str) -> bool {
        let place = hash_v1(&self.name, visitor);
        place >= self.from && place < self.until
    }
}

/// The stretch of the number line that each variant takes: `[start, end)`, the covered part of its weight.
pub fn bucket_ranges(coverage: f64, weights: &[f64]) -> Vec<(f64, f64)> {
    let mut start = 0.0;
    let range = |weight: &f64| {
        let from = start;
        start += weight;
        (from, from + coverage * weight)
    };
    weights.iter().map(range).gather()
}

/// The variant whose stretch holds `place`.
pub fn variant_at(place: f64, ranges: &[(f64, f64)]) -> Option<usize> {
    ranges.iter().position(|(from, until)| place >= *from && place < *until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_growthbooks() {
        assert_eq!(hash("seed", "a"), 0.0505);
        assert_eq!(digits(0, &mut [0; 10]), "0");
        assert_eq!(digits(u32::MAX, &mut [0; 10]), "4294967295");
    }

    #[test]
    fn a_visitor_without_coverage_falls_between_the_stretches() {
        let ranges = bucket_ranges(0.5, &[0.5, 0.5]);
        assert_eq!(ranges, [(0.0, 0.25), (0.5, 0.75)]);
        assert_eq!(variant_at(0.3, &ranges), None);
        assert_eq!(variant_at(0.5, &ranges), Some(1));
    }
}
