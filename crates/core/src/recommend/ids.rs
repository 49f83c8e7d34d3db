//! Item ids as text, each held once and known by a small number within one loaded model.

use super::bits::Bits;
use super::bytes::{Bytes, hash};

/// The longest id that a model may hold, in bytes.
pub const LONGEST_ID: usize = 200;
const FREE: u32 = u32::MAX;

/// Every id that was read so far. Numbers count up from 0 in the order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    text: String,
    ends: Vec<u32>,
    /// Open addressing with a power of two of slots, at most half full.
    slots: Vec<u32>,
}

impl Ids {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn name(&self, number: u32) -> &str {
        let at = number as usize;
        let from = at.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        self.ends.get(at).and_then(|end| self.text.get(from..*end as usize)).unwrap_or("")
    }

    pub(crate) fn find(&self, id: &str) -> Option<u32> {
        self.slots.get(self.slot_of(id)).copied().filter(|number| *number != FREE)
    }

    /// The number of `id`, a new one if it was never seen.
    pub(crate) fn number_of(&mut self, id: &str) -> u32 {
        if self.ends.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot_of(id);
        match self.slots.get(slot) {
            Some(number) if *number != FREE => return *number,
            _ => {}
        }
        let number = self.ends.len() as u32;
        self.text.push_str(id);
        self.ends.push(self.text.len() as u32);
        if let Some(free) = self.slots.get_mut(slot) {
            *free = number;
        }
        number
    }

    /// Where `id` is, or the free slot where it belongs.
    fn slot_of(&self, id: &str) -> usize {
        let mask = self.slots.len().wrapping_sub(1);
        let mut slot = hash(id.as_bytes(), 0) as usize & mask;
        while let Some(number) = self.slots.get(slot) {
            if *number == FREE || self.name(*number) == id {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.slots = vec![FREE; (self.slots.len() * 2).max(64)];
        for number in 0..self.ends.len() as u32 {
            let slot = self.slot_of(self.name(number));
            if let Some(free) = self.slots.get_mut(slot) {
                *free = number;
            }
        }
    }
}

/// The part of a list of ids that is text: whole ids, or just what they all begin with.
pub(crate) struct IdList<'a> {
    count: usize,
    prefix: &'a str,
    width: usize,
    /// Front-coded ids; `None` where the ids are a prefix and a number.
    text: Option<[&'a [u8]; 3]>,
}

impl<'a> IdList<'a> {
    pub(crate) fn read(bytes: &mut Bytes<'a>) -> Option<IdList<'a>> {
        let (count, form) = (bytes.number()?, bytes.number()?);
        if form == 0 {
            let (shared, added) = (bytes.take(count)?, bytes.take(count)?);
            let text = bytes.take(added.iter().map(|length| usize::from(*length)).sum())?;
            return Some(IdList { count, prefix: "", width: 0, text: Some([shared, added, text]) });
        }
        let prefix = core::str::from_utf8(bytes.take(form - 1)?).ok()?;
        Some(IdList { count, prefix, width: bytes.number()?.min(LONGEST_ID), text: None })
    }

    /// Reads the rest of the list, the numbers, and hands each id to `each`.
    pub(crate) fn each(&self, bits: &mut Bits, mut each: impl FnMut(&str)) -> Option<()> {
        let mut id = String::new();
        if let Some([shared, added, mut text]) = self.text {
            for (shared, added) in shared.iter().zip(added) {
                let (own, rest) = text.split_at_checked(usize::from(*added))?;
                text = rest;
                if !id.is_char_boundary(usize::from(*shared)) {
                    return None;
                }
                id.truncate(usize::from(*shared));
                id.push_str(core::str::from_utf8(own).ok()?);
                each(&id);
            }
            return Some(());
        }
        let low = bits.take(6)? as u32;
        if self.count > bits.left() {
            return None;
        }
        let mut value = 0u64;
        for _ in 0..self.count {
            value = value.checked_add(bits.rice(low)?)?;
            id.clear();
            id.push_str(self.prefix);
            push_decimal(value, self.width, &mut id);
            each(&id);
        }
        Some(())
    }
}

/// Writes `value` with zeros in front until it has `width` digits.
fn push_decimal(mut value: u64, width: usize, out: &mut String) {
    let mut digits = [b'0'; 20];
    let mut from = digits.len();
    for digit in digits.iter_mut().rev() {
        if value == 0 && from < 20 {
            break;
        }
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
        from -= 1;
    }
    for _ in 20 - from..width {
        out.push('0');
    }
    out.push_str(digits.get(from..).and_then(|digits| core::str::from_utf8(digits).ok()).unwrap_or(""));
}
