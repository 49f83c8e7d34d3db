//! Rows and the store: transactions, what they confirm, and loading what other pages left.

use super::row::{GATE, Row, digits, is_report, number, size_in, time_in};
use super::words::{Command, Consent, Warning};
use super::{Lead, Outbox, Place, Waiting};
use crate::schema::Millis;

/// How long a broken store is left alone.
const MEND: Millis = 30_000;
/// How often the leader looks for rows that nobody announced: another tab may have died between storing and telling.
const POLL: Millis = 60_000;
/// Rows that go to a mended store at a time.
const MEND_ROWS: usize = 50;

/// A transaction without an answer yet.
#[derive(Debug)]
pub(super) struct Transaction {
    commit: u32,
    delete: Vec<String>,
    /// Events that it deletes unsent, counted by the report that it puts; 0 for all other transactions.
    pub(super) dropped: usize,
}

impl Outbox {
    // INVARIANT: without consent nothing is put into the store; what has been delivered may leave it.
    pub(super) fn may_write(&self) -> bool {
        self.config.durable && self.consent == Consent::Granted
    }

    /// Takes a new row in and starts its way to the store.
    pub(super) fn keep(&mut self, row: Row) {
        let place =
            if self.may_write() { Place::Saving(self.commit(vec![row.clone()], Vec::new(), 0)) } else { Place::Memory };
        self.insert(row, place);
    }

    /// Starts rows that are only in memory on their way to the store.
    pub(super) fn save(&mut self, most: usize) {
        if !self.may_write() {
            return;
        }
        let commit = self.serial.wrapping_add(1).max(1);
        let mut put = Vec::new();
        for waiting in &mut self.rows {
            if waiting.place == Place::Memory && waiting.flight == 0 && put.len() < most {
                waiting.place = Place::Saving(commit);
                put.push(waiting.row.clone());
            }
        }
        if !put.is_empty() {
            self.commit(put, Vec::new(), 0);
        }
    }

    /// Asks for one transaction.
    pub(super) fn commit(&mut self, put: Vec<Row>, delete: Vec<String>, dropped: usize) -> u32 {
        let commit = self.next_serial();
        self.transactions.push(Transaction { commit, delete: delete.clone(), dropped });
        self.out.push(Command::Commit { commit, put, delete });
        commit
    }

    pub(super) fn insert(&mut self, row: Row, place: Place) {
        if let Err(at) = self.rows.binary_search_by(|waiting| waiting.row.key.cmp(&row.key)) {
            self.rows.insert(at, Waiting { row, place, flight: 0 });
        }
    }

    /// One copy of the loop for all who thin out the rows: it is shipped to shoppers.
    pub(super) fn retain(&mut self, keep: &mut dyn FnMut(&mut Waiting) -> bool) {
        self.rows.retain_mut(keep);
    }

    fn take_transaction(&mut self, commit: u32) -> Option<Transaction> {
        let at = self.transactions.iter().position(|transaction| transaction.commit == commit)?;
        Some(self.transactions.remove(at))
    }

    pub(super) fn stored(&mut self, commit: u32) {
        let Some(transaction) = self.take_transaction(commit) else { return };
        for key in transaction.delete.iter().filter(|key| *key != GATE) {
            self.stored_rows = self.stored_rows.saturating_sub(1);
            self.stored_bytes = self.stored_bytes.saturating_sub(size_in(key));
        }
        let (mut rows, mut bytes) = (0, 0);
        let leads = self.lead == Lead::Yes;
        // A copy that is kept must not overtake rows that are not loaded.
        let copies = leads && !self.more;
        self.retain(&mut |waiting| {
            if waiting.place != Place::Saving(commit) {
                return true;
            }
            waiting.place = if leads { Place::Store } else { Place::Left };
            rows += 1;
            bytes += waiting.row.text.len();
            copies || waiting.flight != 0 || (leads && is_report(&waiting.row.key))
        });
        if rows > 0 {
            self.stored_rows += rows;
            self.stored_bytes += bytes;
            if leads {
                self.forget_copies();
            } else {
                self.kept = self.now;
                self.out.push(Command::Announce { rows, bytes, flush: self.flush });
            }
        }
        if self.mend.is_some() {
            // It works again: the rest follows bit by bit.
            self.mend = None;
            self.save(MEND_ROWS);
        }
    }

    /// Keeps at most one batch of copies in memory.
    pub(super) fn forget_copies(&mut self) {
        let (most_rows, most_bytes) = (self.config.batch_rows, self.config.batch_bytes);
        let before = self.rows.len();
        let (mut rows, mut bytes) = (0, 0);
        self.retain(&mut |waiting| {
            rows += 1;
            bytes += waiting.row.text.len();
            let stays = waiting.place != Place::Store || waiting.flight != 0 || is_report(&waiting.row.key);
            stays || (rows <= most_rows && bytes <= most_bytes)
        });
        self.more |= self.rows.len() < before;
    }

    pub(super) fn store_failed(&mut self, commit: u32) {
        let Some(mut transaction) = self.take_transaction(commit) else { return };
        self.warn(Warning::StoreFailed);
        self.mend = Some(self.now + MEND);
        if transaction.dropped > 0 {
            // Nothing was dropped after all: the rows are still in the store and will be loaded again.
            self.retain(&mut |waiting| waiting.place != Place::Saving(commit));
            self.status.dropped = self.status.dropped.saturating_sub(transaction.dropped);
            self.reports.clear();
            self.more = self.lead == Lead::Yes;
            self.look = self.more;
            return;
        }
        self.undeleted.append(&mut transaction.delete);
        for waiting in &mut self.rows {
            if waiting.place == Place::Saving(commit) {
                waiting.place = Place::Memory;
            }
        }
    }

    /// Tries a broken store again: one row, the overdue deletions, a look at what it holds.
    pub(super) fn mend_store(&mut self) {
        let again = self.mend.is_some_and(|at| at <= self.now);
        if again {
            self.mend = None;
            self.look |= self.lead == Lead::Yes;
            self.save(1);
        }
        if self.mend.is_none() && !self.undeleted.is_empty() {
            // On their own: a full store refuses new rows, but can be made emptier.
            let delete = std::mem::take(&mut self.undeleted);
            self.commit(Vec::new(), delete, 0);
        }
        if again && self.memory_waits() {
            // Until the answer is there the rest stays where it is.
            self.mend = Some(self.now + MEND);
        }
    }

    fn memory_waits(&self) -> bool {
        self.rows.iter().any(|waiting| waiting.place == Place::Memory)
    }

    pub(super) fn load(&mut self) {
        if self.lead == Lead::Yes && !self.loading {
            self.loading = true;
            self.look = false;
            self.poll = self.now + POLL;
            self.out.push(Command::Load {
                after: self.after.clone(),
                rows: self.config.batch_rows,
                bytes: self.config.batch_bytes,
            });
        }
    }

    /// When the store was looked into last.
    pub(super) fn looked(&self) -> Millis {
        self.poll - POLL
    }

    /// What a load under way will bring is no longer true.
    pub(super) fn disown_load(&mut self) {
        self.disowned = self.loading;
        self.after.clear();
    }

    pub(super) fn loaded(&mut self, rows: Vec<Row>, stored_rows: usize, stored_bytes: usize) {
        self.loading = false;
        if std::mem::take(&mut self.disowned) || self.lead != Lead::Yes {
            return;
        }
        self.stored_rows = stored_rows;
        self.stored_bytes = stored_bytes;
        let from_start = std::mem::take(&mut self.after).is_empty();
        self.more = if from_start { rows.len() < stored_rows } else { !rows.is_empty() };
        let last = rows.last().map(|row| row.key.clone()).unwrap_or_default();
        let before = self.rows.len();
        for row in rows {
            if row.key == GATE {
                self.stored_rows = self.stored_rows.saturating_sub(1);
                self.read_gate(&row.text);
            } else if !self.leaving().any(|key| *key == row.key) {
                // What an earlier page or another tab left behind has perhaps waited long enough.
                let due = (time_in(&row.key) + self.config.flush_interval).clamp(self.now, self.soon());
                self.due = Some(self.due.map_or(due, |other| other.min(due)));
                self.insert(row, Place::Store);
            }
        }
        if self.more && self.rows.len() == before {
            // All that came was known already: page on.
            self.after = last;
        }
    }

    /// Keys that are still in the store though their events are settled.
    pub(super) fn leaving(&self) -> impl Iterator<Item = &String> {
        self.undeleted.iter().chain(self.transactions.iter().flat_map(|transaction| &transaction.delete))
    }

    pub(super) fn load_failed(&mut self) {
        self.loading = false;
        self.disowned = false;
        self.more = false;
        self.mend = Some(self.now + MEND);
        self.warn(Warning::StoreFailed);
    }

    pub(super) fn announced(&mut self, rows: usize, bytes: usize, flush: bool) {
        if self.lead == Lead::Yes {
            self.stored_rows += rows;
            self.stored_bytes += bytes;
            self.more = true;
            self.company = true;
            if flush {
                self.flush = true;
                self.pace.backoff = 0;
                self.look |= self.rows.is_empty();
            }
        }
    }

    fn read_gate(&mut self, text: &str) {
        self.gated = true;
        if !self.pace.order(number(text), self.now) {
            self.forget_gate();
        }
    }

    /// Writes the moment that the collector named where other tabs and the next page find it.
    pub(super) fn keep_gate(&mut self, until: Millis) {
        if self.may_write() {
            self.gated = true;
            let mut text = String::new();
            digits(until.max(0) as u64, 1, &mut text);
            self.commit(vec![Row { key: GATE.into(), text }], Vec::new(), 0);
        }
    }

    pub(super) fn forget_gate(&mut self) {
        if std::mem::take(&mut self.gated) {
            self.commit(Vec::new(), vec![GATE.into()], 0);
        }
    }
}
