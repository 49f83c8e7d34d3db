//! Sessions: which items were looked at, one after the other, held flat so that ten million events fit in memory.

use rustc_hash::FxHashMap;

/// Item ids, each held once, numbered in the order of their first appearance.
#[derive(Debug, Default, Clone)]
pub struct Names {
    names: Vec<String>,
    numbers: FxHashMap<String, u32>,
}

impl Names {
    /// The number of `name`, a new one if it is new.
    pub fn number_of(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// The number of a name that is there.
    pub fn find(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The name with this number.
    pub fn name(&self, number: u32) -> &str {
        &self.names[number as usize]
    }

    /// Numbers the names in their own order; tells for each number before which it is now.
    pub(crate) fn sort(&mut self) -> Vec<u32> {
        let before = std::mem::take(&mut self.names);
        self.names = before.clone();
        self.names.sort_unstable();
        let names = self.names.iter().zip(0..);
        names.for_each(|(name, number)| *self.numbers.entry(name.clone()).or_default() = number);
        before.iter().map(|name| self.numbers[name]).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// One look at an item, before sessions are put together.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Which session, by any number.
    pub session: u32,
    /// Which item.
    pub item: u32,
    /// Unix seconds.
    pub at: i64,
}

/// Sessions in the order in which they ended; the items of each in the order in which they were looked at.
#[derive(Debug, Default, Clone)]
pub struct Sessions {
    items: Vec<u32>,
    /// Where each session begins in `items`, and one more for the end of the last.
    starts: Vec<u32>,
    /// When each session ended, Unix seconds.
    ends: Vec<i64>,
    /// How many different item numbers there may be.
    item_count: usize,
}

impl Sessions {
    /// Puts looks together. Those of the same second stay in the order of arrival.
    pub fn from_looks(mut looks: Vec<Look>, item_count: usize) -> Sessions {
        looks.sort_by_key(|look| (look.session, look.at));
        let mut order: Vec<(i64, u32, usize, usize)> = Vec::new();
        let mut from = 0;
        for part in looks.chunk_by(|one, next| one.session == next.session) {
            order.push((part.last().map_or(0, |look| look.at), part[0].session, from, from + part.len()));
            from += part.len();
        }
        order.sort_unstable();
        let mut sessions = Sessions { item_count, starts: vec![0], ..Sessions::default() };
        for (end, _, from, to) in order {
            sessions.items.extend(looks[from..to].iter().map(|look| look.item));
            sessions.starts.push(sessions.items.len() as u32);
            sessions.ends.push(end);
        }
        sessions
    }

    /// How many sessions.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many looks.
    pub fn looks(&self) -> usize {
        self.items.len()
    }

    /// How many different item numbers there may be.
    pub fn item_count(&self) -> usize {
        self.item_count
    }

    /// All items looked at, session by session.
    pub fn items(&self) -> &[u32] {
        &self.items
    }

    /// Where one session lies in [`Sessions::items`].
    pub fn bounds(&self, nth: usize) -> std::ops::Range<usize> {
        self.starts[nth] as usize..self.starts[nth + 1] as usize
    }

    /// The items of one session.
    pub fn session(&self, nth: usize) -> &[u32] {
        &self.items[self.bounds(nth)]
    }

    /// When a session ended, Unix seconds.
    pub fn end(&self, nth: usize) -> i64 {
        self.ends[nth]
    }

    /// All sessions, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.len()).map(|nth| self.session(nth))
    }

    /// The sessions in a range, with the same item numbers.
    pub fn part(&self, range: std::ops::Range<usize>) -> Sessions {
        let mut part = Sessions { item_count: self.item_count, starts: vec![0], ..Sessions::default() };
        for nth in range {
            part.items.extend_from_slice(self.session(nth));
            part.starts.push(part.items.len() as u32);
            part.ends.push(self.ends[nth]);
        }
        part
    }

    /// The same sessions, put together with milliseconds, with the seconds in which they ended.
    pub(crate) fn in_seconds(mut self) -> Sessions {
        self.ends.iter_mut().for_each(|end| *end = end.div_euclid(1000));
        self
    }

    /// The same sessions with runs of one item merged: reloading a page says nothing about other items.
    pub fn without_runs(&self) -> Sessions {
        let mut merged = Sessions { item_count: self.item_count, starts: vec![0], ..Sessions::default() };
        for (nth, session) in self.iter().enumerate() {
            merged.items.extend(session.chunk_by(|one, next| one == next).map(|run| run[0]));
            merged.starts.push(merged.items.len() as u32);
            merged.ends.push(self.ends[nth]);
        }
        merged
    }
}
