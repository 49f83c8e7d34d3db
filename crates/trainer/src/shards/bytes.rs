//! The bytes of model files: what `tailorbird_core::recommend` reads, written.

use tailorbird_core::recommend::{Kind, LEVEL_BITS, LEVEL_STEP, MAGIC, PLAIN, SCALE_BITS, SCALE_STEP, hash};

/// Appends a number in LEB128.
pub(crate) fn push_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A whole file: magic, kind, checksum, body.
pub(crate) fn file(kind: Kind, body: &[u8], id: u64) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    file.push(kind.letter());
    file.extend(hash(body, id ^ u64::from(kind.letter())).to_le_bytes());
    file.extend(body);
    file
}

/// Numbers of as few bits as they need, the lowest bit of each byte first.
#[derive(Default)]
pub(crate) struct Bits {
    out: Vec<u8>,
    held: u64,
    count: u32,
}

impl Bits {
    /// Appends the lowest `width` bits of `number`, at most 56.
    pub(crate) fn push(&mut self, number: u64, width: u32) {
        debug_assert!(width <= 56 && number < 1 << width, "{number} in {width} bits");
        self.held |= number << self.count;
        self.count += width;
        while self.count >= 8 {
            self.out.push(self.held as u8);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    /// Appends a number in Rice's code, or plainly where that would be long.
    pub(crate) fn rice(&mut self, number: u64, low: u32) {
        let ones = number >> low;
        if ones >= u64::from(PLAIN) {
            let width = u64::BITS - number.leading_zeros();
            self.push((1 << PLAIN) - 1, PLAIN);
            self.push(u64::from(width), 6);
            self.push(number, width);
            return;
        }
        self.push((1 << ones) - 1, ones as u32 + 1);
        self.push(number & ((1 << low) - 1), low);
    }

    /// The bytes, the last one filled up with zeros.
    pub(crate) fn bytes(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.out.push(self.held as u8);
        }
        self.out
    }
}

/// The `low` (below `limit`) with which Rice's code of `numbers` is shortest.
pub(crate) fn best_low(numbers: &[u64], limit: u32) -> u32 {
    let length = |low: u32| -> u64 {
        let one = |number: &u64| match number >> low {
            ones if ones < u64::from(PLAIN) => ones + 1 + u64::from(low),
            _ => u64::from(PLAIN + 6 + u64::BITS - number.leading_zeros()),
        };
        numbers.iter().map(one).sum()
    };
    (0..limit).min_by_key(|low| length(*low)).unwrap_or(0)
}

/// A list of ids: the part that is text goes to `out` at once, the part that is numbers is left for [`IdList::push`].
pub(crate) struct IdList {
    distances: Option<Vec<u64>>,
}

impl IdList {
    /// Appends the text of a list of ids, in the form that suits it: ascending numbers behind one prefix, or front-coded.
    pub(crate) fn new(ids: &[&str], out: &mut Vec<u8>) -> IdList {
        push_number(ids.len() as u64, out);
        if let Some((prefix, width, values)) = as_numbers(ids) {
            push_number(prefix.len() as u64 + 1, out);
            out.extend(prefix.as_bytes());
            push_number(width as u64, out);
            let before = std::iter::once(0).chain(values.iter().copied());
            return IdList {
                distances: Some(values.iter().zip(before).map(|(value, before)| value - before).collect()),
            };
        }
        push_number(0, out);
        let mut before = "";
        let mut parts = Vec::new();
        for id in ids {
            let mut shared = before.bytes().zip(id.bytes()).take(255).take_while(|(one, other)| one == other).count();
            while !id.is_char_boundary(shared) {
                shared -= 1;
            }
            parts.push((shared as u8, &id[shared..]));
            before = id;
        }
        out.extend(parts.iter().map(|part| part.0));
        out.extend(parts.iter().map(|part| part.1.len() as u8));
        parts.iter().for_each(|part| out.extend(part.1.as_bytes()));
        IdList { distances: None }
    }

    /// Appends the numbers.
    pub(crate) fn push(&self, bits: &mut Bits) {
        if let Some(distances) = &self.distances {
            let low = best_low(distances, 50);
            bits.push(u64::from(low), 6);
            distances.iter().for_each(|distance| bits.rice(*distance, low));
        }
    }
}

/// Ids as one prefix and ascending numbers, with how many digits they have (0: as many as they need).
fn as_numbers<'a>(ids: &[&'a str]) -> Option<(&'a str, usize, Vec<u64>)> {
    let first = ids.first()?;
    let digits = first.bytes().rev().take_while(u8::is_ascii_digit).count();
    for width in [0, digits] {
        let prefix = &first[..first.len() - digits.min(15)];
        let values = ids.iter().map(|id| number_of(id.strip_prefix(prefix)?, width)).collect::<Option<Vec<u64>>>();
        if let Some(values) = values.filter(|values| values.is_sorted()) {
            return Some((prefix, width, values));
        }
    }
    None
}

fn number_of(digits: &str, width: usize) -> Option<u64> {
    let plain = width == 0 && (digits == "0" || !digits.starts_with('0'));
    let good = digits.bytes().all(|byte| byte.is_ascii_digit()) && (1..=15).contains(&digits.len());
    (good && (plain || digits.len() == width)).then(|| digits.parse().ok()).flatten()
}

/// How ids are sorted so that the second form is possible: shorter ones first, then by text.
pub(crate) fn id_order(id: &str) -> (usize, &str) {
    (id.len(), id)
}

/// The scale whose weight is nearest to `weight` on a logarithmic measure.
pub(crate) fn scale_of(weight: f32) -> u64 {
    steps(weight, SCALE_STEP, SCALE_BITS)
}

/// The level nearest to `share` of a row's largest weight, on a logarithmic measure.
pub(crate) fn level_of(share: f32) -> u64 {
    steps(share, LEVEL_STEP, LEVEL_BITS)
}

fn steps(weight: f32, step: f32, bits: u32) -> u64 {
    let most = (1u32 << bits) - 1;
    (weight.max(f32::MIN_POSITIVE).ln() / step.ln()).round().clamp(0.0, most as f32) as u64
}
