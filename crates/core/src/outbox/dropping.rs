//! Letting go: the queue is bounded, and whatever leaves it unsent is counted by an `Events Dropped` event.

use super::row::{Row, digits, id_in, is_report, size_in, write_time};
use super::words::{Reason, Warning};
use super::{Lead, Outbox, Place};
use crate::json;

/// A report that may still grow: nobody can have sent it.
#[derive(Debug)]
pub(super) struct OpenReport {
    reason: Reason,
    pub(super) key: String,
    dropped: usize,
}

impl Outbox {
    /// Lets the oldest events go when more wait than may.
    pub(super) fn keep_bounds(&mut self) {
        // A store that just failed is not asked to let go either; until it is mended memory alone is bounded.
        let leads = self.lead == Lead::Yes && self.may_write() && self.mend.is_none();
        let (mut rows, mut bytes) = if leads { (self.stored_rows, self.stored_bytes) } else { (0, 0) };
        for key in self.leaving() {
            rows = rows.saturating_sub(1);
            bytes = bytes.saturating_sub(size_in(key));
        }
        for waiting in &self.rows {
            let (report, size) = (is_report(&waiting.row.key), waiting.row.text.len());
            match waiting.place {
                Place::Memory if !report => {
                    rows += 1;
                    bytes += size;
                }
                // Reports are few and stay, so they take no event's place.
                Place::Store if report => {
                    rows = rows.saturating_sub(1);
                    bytes = bytes.saturating_sub(size);
                }
                _ => {}
            }
        }
        let full = |rows: usize, bytes: usize| rows > self.config.max_rows || bytes > self.config.max_bytes;
        // One at a time: what the store holds is known again when the transaction is through.
        if !full(rows, bytes) || self.transactions.iter().any(|transaction| transaction.dropped > 0) {
            return;
        }
        let (mut in_memory, mut in_store) = (Vec::new(), Vec::new());
        for waiting in &self.rows {
            if !full(rows, bytes) {
                break;
            }
            if waiting.flight != 0 || is_report(&waiting.row.key) {
                continue;
            }
            match waiting.place {
                Place::Memory => in_memory.push(waiting.row.key.clone()),
                Place::Store if leads => in_store.push(waiting.row.key.clone()),
                Place::Store | Place::Saving(_) | Place::Left => continue,
            }
            rows = rows.saturating_sub(1);
            bytes = bytes.saturating_sub(waiting.row.text.len());
        }
        self.look |= full(rows, bytes) && self.more;
        if in_memory.is_empty() && in_store.is_empty() {
            return;
        }
        self.warn(Warning::Overflow);
        self.let_go(Reason::Overflow, in_memory, in_store);
    }

    /// Lets rows of memory and of the store go, counted.
    pub(super) fn let_go(&mut self, reason: Reason, in_memory: Vec<String>, in_store: Vec<String>) {
        self.forget(&in_memory);
        if let Some(first) = in_memory.first() {
            self.report(reason, in_memory.len(), id_in(first), Vec::new());
        }
        self.drop_stored(reason, in_store);
    }

    /// Takes rows out of memory; `keys` ascend.
    pub(super) fn forget(&mut self, keys: &[String]) {
        self.retain(&mut |waiting| keys.binary_search(&waiting.row.key).is_err());
    }

    /// Deletes rows of the store and counts them in the same transaction.
    // INVARIANT: an event is gone from the store if and only if the report that counts it is there.
    pub(super) fn drop_stored(&mut self, reason: Reason, keys: Vec<String>) {
        self.forget(&keys);
        if let Some(first) = keys.first().cloned() {
            self.report(reason, keys.len(), id_in(&first), keys);
        }
    }

    /// Adds an `Events Dropped` event, or grows one that has not left yet. `id` belongs to the first event it counts,
    /// `delete` are the keys that leave the store with it.
    pub(super) fn report(&mut self, reason: Reason, count: usize, id: &str, mut delete: Vec<String>) {
        self.status.dropped += count;
        let mut dropped = count;
        let deletes = !delete.is_empty();
        let home = if deletes { Place::Store } else { Place::Memory };
        let mut message_id = String::from("dropped-");
        message_id.push_str(id);
        let open = self.reports.iter().position(|open| {
            open.reason == reason
                && self.rows.iter().any(|waiting| waiting.row.key == open.key && waiting.place == home)
        });
        if let Some(at) = open {
            let open = self.reports.remove(at);
            self.forget(std::slice::from_ref(&open.key));
            message_id = id_in(&open.key).into();
            dropped += open.dropped;
            if deletes {
                delete.push(open.key);
            }
        }
        let text = self.report_text(reason, dropped, &message_id);
        let key = self.keys.next(true, text.len(), &message_id, self.now);
        self.reports.push(OpenReport { reason, key: key.clone(), dropped });
        let row = Row { key, text };
        if deletes {
            let commit = self.commit(vec![row.clone()], delete, count);
            self.insert(row, Place::Saving(commit));
        } else if self.mend.is_some() {
            // Events try a failing store each time; a count in memory can still grow instead.
            self.insert(row, Place::Memory);
        } else {
            self.keep(row);
        }
        self.sync();
    }

    fn report_text(&self, reason: Reason, dropped: usize, message_id: &str) -> String {
        let mut text = String::from("{\"type\":\"track\",\"event\":\"Events Dropped\",");
        if !self.config.report.is_empty() {
            text.push_str(&self.config.report);
            text.push(',');
        }
        text.push_str("\"messageId\":");
        json::write_text(message_id, &mut text);
        for name in ["timestamp", "originalTimestamp"] {
            text.push_str(",\"");
            text.push_str(name);
            text.push_str("\":\"");
            write_time(self.now, &mut text);
            text.push('"');
        }
        text.push_str(",\"properties\":{\"dropped\":");
        digits(dropped as u64, 1, &mut text);
        text.push_str(",\"reason\":");
        json::write_text(reason.name(), &mut text);
        text.push_str("}}");
        text
    }
}
