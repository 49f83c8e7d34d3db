//! The bytes of model files: what `tailorbird_core::recommend` reads, written.

use tailorbird_core::recommend::{Kind, LEVEL_STEP, MAGIC, SCALE_STEP, hash};

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

/// Appends a list of ids, in the shorter of the two forms. Only ascending numbers behind one prefix can be the second.
pub(crate) fn push_ids(ids: &[&str], out: &mut Vec<u8>) {
    push_number(ids.len() as u64, out);
    if let Some((prefix, width, values)) = as_numbers(ids) {
        push_number(prefix.len() as u64 + 1, out);
        out.extend(prefix.as_bytes());
        push_number(width as u64, out);
        let mut before = 0;
        for value in values {
            push_number(value - before, out);
            before = value;
        }
        return;
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

/// The scale (0 to 255) whose weight is nearest to `weight` on a logarithmic measure.
pub(crate) fn scale_of(weight: f32) -> u8 {
    (weight.max(f32::MIN_POSITIVE).ln() / SCALE_STEP.ln()).round().clamp(0.0, 255.0) as u8
}

/// The level (0 to 15) nearest to `share` of a row's largest weight, on a logarithmic measure.
pub(crate) fn level_of(share: f32) -> u8 {
    (share.max(f32::MIN_POSITIVE).ln() / LEVEL_STEP.ln()).round().clamp(0.0, 15.0) as u8
}
