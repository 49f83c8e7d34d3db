//! The disk that all tabs share: transactions end whole or not at all, and every deletion is judged on the spot.

use crate::world::World;
use std::ops::Bound;
use tailorbird_core::outbox::{Input, Row, size_in};

#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Commit { commit: u32, put: Vec<Row>, delete: Vec<String> },
    Load { after: String, rows: usize, bytes: usize },
    Wipe,
}

/// The `messageId` of a tracked event.
pub(crate) fn tracked_id(text: &str) -> Option<&str> {
    text.strip_prefix("{\"messageId\":\"")?.split('"').next()
}

/// The count of an `Events Dropped` event.
pub(crate) fn dropped_in(text: &str) -> Option<usize> {
    text.split("\"dropped\":").nth(1)?.split(',').next()?.parse().ok()
}

impl World {
    /// Does one operation and returns what its tab is told.
    pub(crate) fn operate(&mut self, operation: Operation) -> Option<Input> {
        match operation {
            Operation::Commit { commit, put, delete } => {
                let trouble = self.store_broken || (self.store_full && !put.is_empty());
                if trouble && !self.chance.one_in(4) {
                    return Some(Input::StoreFailed { commit });
                }
                self.transact(put, delete);
                Some(Input::Stored { commit })
            }
            Operation::Load { .. } if self.store_broken && !self.chance.one_in(4) => Some(Input::LoadFailed),
            Operation::Load { after, rows, bytes } => {
                let (mut found, mut size) = (Vec::new(), 0);
                for (key, text) in self.disk.range::<String, _>((Bound::Excluded(after), Bound::Unbounded)) {
                    size += text.len();
                    if found.len() >= rows || (size > bytes && !found.is_empty()) {
                        break;
                    }
                    found.push(Row { key: key.clone(), text: text.clone() });
                }
                let stored_bytes = self.disk.keys().map(|key| size_in(key)).sum();
                Some(Input::Loaded { rows: found, stored_rows: self.disk.len(), stored_bytes })
            }
            Operation::Wipe => {
                // Every tab wipes: what another one tracked a moment after the erasure may go as well.
                for id in self.disk.values().filter_map(|text| tracked_id(text)) {
                    if let Some(fate) = self.fates.get_mut(id) {
                        fate.wiped = true;
                    }
                }
                self.disk.clear();
                None
            }
        }
    }

    fn transact(&mut self, put: Vec<Row>, delete: Vec<String>) {
        let seed = self.seed;
        let counted: usize = put.iter().filter_map(|row| dropped_in(&row.text)).sum();
        let mut replaced = 0;
        let mut gone = Vec::new();
        for key in &delete {
            let text = self.disk.remove(key);
            replaced += text.as_deref().and_then(dropped_in).unwrap_or(0);
            gone.push((key.splitn(5, '-').nth(4).unwrap_or(""), text.is_some()));
        }
        let counts = counted.saturating_sub(replaced);
        let tracked = gone.iter().filter(|(id, _)| self.fates.contains_key(*id)).count();
        let mut undelivered = 0;
        for (id, was_there) in gone {
            let Some(fate) = self.fates.get_mut(id) else { continue };
            assert!(was_there || fate.collected || fate.wiped, "seed {seed}: `{id}` left the disk before");
            undelivered += usize::from(!fate.collected);
            // A row that another tab has just deleted, or whose answer was lost, may be counted as dropped though it
            // is at the collector: reported too much, but never lost in silence.
            fate.dropped |= !fate.collected || (put.len() == 1 && tracked == counts);
        }
        // A wipe by another tab may have taken a report that this one still grows.
        if undelivered > 0 && !self.climate.consent {
            let fits = (undelivered..=tracked).contains(&counts);
            assert!(fits, "seed {seed}: {undelivered} to {tracked} events leave the disk, {counts} are counted");
        }
        assert!(undelivered <= counts, "seed {seed}: {undelivered} events leave the disk, {counts} are counted");
        for row in put {
            assert!(row.key.starts_with('!') || size_in(&row.key) == row.text.len(), "seed {seed}: `{}`", row.key);
            if let Some(fate) = tracked_id(&row.text).and_then(|id| self.fates.get_mut(id)) {
                fate.on_disk = true;
            }
            self.disk.insert(row.key, row.text);
        }
    }
}
