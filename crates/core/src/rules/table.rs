//! Finding a name's number: one small hash table for names, symbols, attributes and shared tests.

/// Where a hash is remembered next to the number it stands for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    /// Hash and number + 1; 0 marks a free cell. The length is a power of two.
    cells: Vec<(u32, u32)>,
    used: usize,
}

/// A hash over bytes, four at a time.
pub(crate) fn hash_of(mut bytes: &[u8], seed: u32) -> u32 {
    let mut hash = seed ^ 0x811c_9dc5;
    while let Some((word, rest)) = bytes.split_first_chunk::<4>() {
        hash = (hash ^ u32::from_le_bytes(*word)).wrapping_mul(0x85eb_ca6b);
        hash ^= hash >> 13;
        bytes = rest;
    }
    for byte in bytes {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    hash ^ hash >> 16
}

impl Table {
    /// The number that was put in under this hash and that `same` recognises.
    pub(crate) fn find(&self, hash: u32, same: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.cells.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        loop {
            match self.cells.get(at) {
                Some((_, 0)) | None => return None,
                Some((other, number)) if *other == hash && same(number - 1) => return Some(number - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Puts a number in. What is there already stays: look first.
    pub(crate) fn put(&mut self, hash: u32, number: u32) {
        if (self.used + 1) * 4 > self.cells.len() * 3 {
            let size = (self.cells.len() * 2).max(16);
            for (hash, number) in core::mem::replace(&mut self.cells, vec![(0, 0); size]) {
                if number != 0 {
                    self.place(hash, number);
                }
            }
        }
        self.place(hash, number + 1);
        self.used += 1;
    }

    fn place(&mut self, hash: u32, cell: u32) {
        let mask = self.cells.len() - 1;
        let mut at = hash as usize & mask;
        while self.cells.get(at).is_some_and(|(_, taken)| *taken != 0) {
            at = (at + 1) & mask;
        }
        if let Some(free) = self.cells.get_mut(at) {
            *free = (hash, cell);
        }
    }
}

/// Names in the order they came in, each with a number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// All names, one after the other.
    text: String,
    ends: Vec<u32>,
    table: Table,
}

impl Names {
    /// The name's number, if it is known.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.find_hashed(name, hash_of(name.as_bytes(), 0))
    }

    fn find_hashed(&self, name: &str, hash: u32) -> Option<u32> {
        self.table.find(hash, |number| self.name(number) == name)
    }

    /// The name's number; new names get the next one.
    pub(crate) fn number(&mut self, name: &str) -> u32 {
        let hash = hash_of(name.as_bytes(), 0);
        if let Some(number) = self.find_hashed(name, hash) {
            return number;
        }
        let number = self.ends.len() as u32;
        self.text.push_str(name);
        self.ends.push(self.text.len() as u32);
        self.table.put(hash, number);
        number
    }

    /// What a number stands for; empty when it stands for nothing.
    pub(crate) fn name(&self, number: u32) -> &str {
        let end = |at: Option<usize>| at.and_then(|at| self.ends.get(at)).map_or(0, |end| *end as usize);
        let number = number as usize;
        self.text.get(end(number.checked_sub(1))..end(Some(number))).unwrap_or("")
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|number| self.name(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_numbers_while_the_table_grows() {
        let mut names = Names::default();
        for nth in 0..5_000_u32 {
            assert_eq!(names.number(&format!("name {nth}")), nth);
        }
        for nth in 0..5_000_u32 {
            assert_eq!(names.find(&format!("name {nth}")), Some(nth));
        }
        assert_eq!(names.find("name 5000"), None);
        assert_eq!(names.name(17), "name 17");
        assert_eq!(names.name(0), "name 0");
        assert_eq!(names.name(5_000), "");
        assert_eq!(Names::default().find(""), None);
    }

    #[test]
    fn hashes_spread_names_that_differ_in_one_digit() {
        let mut low: Vec<u32> = (0..4096).map(|nth| hash_of(format!("r{nth}").as_bytes(), 0) & 4095).collect();
        low.sort_unstable();
        low.dedup();
        // By chance 63 % of the cells would be taken.
        assert!(low.len() > 2300, "{}", low.len());
    }
}
