//! Rows and the network: which rows leave when, how their body is written, and what the answer does to them.

use super::pace::{LONGEST, Meaning, meaning};
use super::row::{id_in, is_report, time_in, write_time};
use super::words::{Command, Consent, Reason, Warning};
use super::{Lead, Outbox, Place, Waiting};
use crate::json;
use crate::schema::Gather;
use crate::schema::Millis;

/// How every body begins.
const FRAME: &str = "{\"batch\":[";

/// Room for a count of what was dropped.
const REPORT_BYTES: usize = 800;
/// What failed after so long was more than the connection carries in the time that collectors and proxies give a request.
const SLOW: Millis = 10_000;

/// After so many failures in a row a developer is told.
const TROUBLE: u32 = 3;

/// How long a flush waits for the tab that leads, or to learn whether this one does.
const HANDOVER: Millis = 2_000;

/// A request without an answer yet.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) batch: u32,
    bytes: usize,
    keepalive: bool,
    /// When it is given up.
    pub(super) until: Millis,
}

impl Outbox {
    /// INVARIANT: what is in the store is sent by the leader alone, what is only in memory by its own tab.
    fn is_ready(&self, waiting: &Waiting) -> bool {
        waiting.flight == 0
            && match waiting.place {
                Place::Memory => true,
                // It must not overtake rows that are not loaded; a report counts only with its transaction.
                Place::Saving(_) => self.lead == Lead::Yes && !self.more && !is_report(&waiting.row.key),
                Place::Store => true,
                Place::Left => false,
            }
    }

    pub(super) fn want_flush(&mut self) {
        // A person asked: our own patience does not count, the collector's word does.
        self.pace.backoff = 0;
        self.flush = true;
        self.flush_until = self.now + HANDOVER;
        // Of what another tab stored this one may not have heard, or have looked before it was visible.
        self.look |= self.lead == Lead::Yes && self.rows.is_empty();
        // What is on its way to the store is announced when it is there.
        let saving = self.rows.iter().any(|waiting| matches!(waiting.place, Place::Saving(_)));
        if self.lead != Lead::Yes && self.may_write() && !saving {
            self.out.push(Command::Announce { rows: 0, bytes: 0, flush: true });
        }
    }

    pub(super) fn send_if_due(&mut self) {
        if self.look || (self.lead == Lead::Yes && self.poll <= self.now) {
            self.load();
        }
        if !self.flights.is_empty() && !self.rows.is_empty() {
            // One request at a time. A page that tracks thousands of events at once comes by here with each.
            return;
        }
        let ready = self.rows.iter().filter(|waiting| self.is_ready(waiting)).count();
        let waits = ready + self.waiting().saturating_sub(self.rows.len());
        if waits == 0 || self.loading {
            if waits == 0 {
                self.due = None;
            }
            // Perhaps this tab is about to lead; if another one does, what is stored is in its hands.
            let handed_over = self.lead != Lead::Asked || self.flush_until <= self.now;
            if self.rows.is_empty() && !self.loading && handed_over {
                self.end_flush();
            }
            return;
        }
        let due = self.due.unwrap_or_else(|| self.soon());
        self.due = Some(due);
        if self.pace.opens() > self.now {
            self.end_flush();
        } else if !self.flush && due > self.now && waits < self.config.flush_at {
            // Nothing to do yet.
        } else if ready == 0 {
            self.load();
        } else {
            let chosen = self.choose(self.config.batch_bytes, self.most_rows, &[&|waiting| self.is_ready(waiting)]);
            self.due = None;
            self.send(&chosen, false);
        }
    }

    fn end_flush(&mut self) {
        if self.flush {
            self.over();
            self.sync();
        }
    }

    /// The flush ended, well or not; another tab may have asked for it.
    fn over(&mut self) {
        if std::mem::take(&mut self.flush) && self.lead == Lead::Yes && self.company {
            self.out.push(Command::Flushed { looked: self.looked() });
        }
    }

    pub(super) fn flushed_elsewhere(&mut self, looked: Millis) {
        if self.rows.is_empty() && looked >= self.kept {
            self.flush_until = self.now;
        }
    }

    /// Perhaps the page ends now (surely, if `ends`): what would be lost leaves first, then what fits, in a request
    /// that outlives the page.
    pub(super) fn send_last(&mut self, ends: bool) {
        if self.consent != Consent::Granted || self.pace.ordered > self.now {
            return;
        }
        let patient = self.pace.backoff > self.now;
        let dies = |flight| ends && self.flights.iter().any(|other| other.batch == flight && !other.keepalive);
        let unsure = |waiting: &Waiting| match waiting.place {
            Place::Memory => waiting.flight == 0 || dies(waiting.flight),
            // Its transaction was asked for and most likely ends well, so it is only doubled when the page surely ends.
            Place::Saving(_) => ends && (waiting.flight == 0 || dies(waiting.flight)) && !is_report(&waiting.row.key),
            Place::Store | Place::Left => false,
        };
        let room = self.keepalive_room().min(self.config.batch_bytes);
        let choose =
            |room| self.choose(room, self.most_rows, &[&unsure, &|waiting| !patient && self.is_ready(waiting)]);
        let chosen = choose(room);
        // Where the store has just failed, what is still on its way there fails as well.
        let in_memory = |place| place == Place::Memory || self.mend.is_some() && matches!(place, Place::Saving(_));
        let dying = |chosen: &[bool]| {
            let rows = self.rows.iter().zip(chosen).filter(|(waiting, chosen)| {
                ends && !**chosen && in_memory(waiting.place) && waiting.flight == 0 && !is_report(&waiting.row.key)
            });
            rows.map(|(waiting, _)| waiting.row.key.clone()).gather()
        };
        if !dying(&chosen).is_empty() {
            // No store holds it and no request can carry it: it ends with the page, so it is counted, and the count leaves first.
            let keys = dying(&choose(room.saturating_sub(REPORT_BYTES)));
            self.warn(Warning::Overflow);
            self.let_go(Reason::Overflow, keys, Vec::new());
            return self.send_last(ends);
        }
        self.send(&chosen, true);
    }

    /// Which of `rows` to take: as many as fit, those that the first test wants before those of the second.
    fn choose(&self, room: usize, most: usize, tests: &[&dyn Fn(&Waiting) -> bool]) -> Vec<bool> {
        let mut chosen = vec![false; self.rows.len()];
        let (mut rows, mut bytes) = (0, FRAME.len() + self.tail().len());
        for wants in tests {
            for (waiting, chosen) in self.rows.iter().zip(&mut chosen) {
                if *chosen || !wants(waiting) {
                    continue;
                }
                bytes += waiting.row.text.len() + 1;
                // The limits learnt from the collector and the connection never keep a single event back.
                if rows >= most || bytes > room || (bytes > self.most_bytes.min(self.stride) && rows > 0) {
                    break;
                }
                *chosen = true;
                rows += 1;
            }
        }
        chosen
    }

    fn tail(&self) -> String {
        let mut tail = String::from("],\"sentAt\":\"");
        write_time(self.now, &mut tail);
        tail.push_str("\",\"writeKey\":");
        json::write_text(&self.config.write_key, &mut tail);
        tail.push('}');
        tail
    }

    fn send(&mut self, chosen: &[bool], last: bool) {
        if !chosen.contains(&true) {
            return;
        }
        let batch = self.next_serial();
        let mut body = String::from(FRAME);
        for (waiting, _) in self.rows.iter_mut().zip(chosen).filter(|(_, chosen)| **chosen) {
            waiting.flight = batch;
            if body.len() > FRAME.len() {
                body.push(',');
            }
            body.push_str(&waiting.row.text);
            // From here on it may be at the collector: it grows no more.
            self.reports.retain(|report| report.key != waiting.row.key);
        }
        body.push_str(&self.tail());
        // Outliving the page is of use to any small request. One that failed may have met the browser's quota, though.
        let room = self.keepalive_room();
        let keepalive = last || (self.pace.failures == 0 && body.len() <= room);
        let until = self.now + self.config.patience;
        self.flights.push(Flight { batch, bytes: body.len(), keepalive, until });
        self.out.push(Command::Send { batch, body, keepalive });
    }

    fn keepalive_room(&self) -> usize {
        let used: usize = self.flights.iter().filter(|flight| flight.keepalive).map(|flight| flight.bytes).sum();
        self.config.keepalive_bytes.saturating_sub(used)
    }

    fn land(&mut self, batch: u32) -> Option<Flight> {
        let at = self.flights.iter().position(|flight| flight.batch == batch)?;
        Some(self.flights.remove(at))
    }

    /// Puts the rows of a batch back among the waiting ones.
    fn release(&mut self, batch: u32) {
        let before = self.rows.len();
        self.retain(&mut |waiting| waiting.flight != batch || waiting.place != Place::Left);
        self.look |= self.lead == Lead::Yes && self.rows.len() < before;
        for waiting in self.rows.iter_mut().filter(|waiting| waiting.flight == batch) {
            waiting.flight = 0;
        }
        self.due = Some(self.now);
        self.over();
    }

    fn fail(&mut self, flight: &Flight, chance: f64) {
        self.release(flight.batch);
        if self.now + self.config.patience >= flight.until + SLOW {
            self.stride = flight.bytes / 4;
        }
        self.pace.fail(&self.config, self.now, chance);
        let told = self.warned.iter().any(|warning| matches!(warning, Warning::Refused(_)));
        if self.pace.failures == TROUBLE && !told {
            self.warn(Warning::Unreachable);
        }
        self.sync();
    }

    pub(super) fn unreachable(&mut self, batch: u32, chance: f64) {
        if let Some(flight) = self.land(batch) {
            self.fail(&flight, chance);
        }
    }

    pub(super) fn give_up_hanging(&mut self, chance: f64) {
        while let Some(batch) = self.flights.iter().find(|flight| flight.until <= self.now).map(|flight| flight.batch) {
            self.out.push(Command::Abort { batch });
            self.unreachable(batch, chance);
        }
    }

    pub(super) fn answered(&mut self, batch: u32, status: u16, retry_after: Option<Millis>, body: &str, chance: f64) {
        // The collector's word counts even when the request had been given up.
        let until = self.now + retry_after.filter(|_| status >= 400).unwrap_or(0).min(LONGEST);
        if self.pace.order(until, self.now) {
            self.keep_gate(until);
        }
        let Some(flight) = self.land(batch) else { return };
        match meaning(status, body) {
            Meaning::Taken(rejected) => {
                if rejected > 0 {
                    self.warn(Warning::EventRejected(status));
                }
                self.taken(&flight, rejected);
            }
            Meaning::Later => self.fail(&flight, chance),
            Meaning::Strange => {
                self.warn(Warning::Refused(status));
                self.fail(&flight, chance);
            }
            Meaning::Bad => self.bad(&flight, status, chance),
            Meaning::Refused => {
                self.warn(Warning::Refused(status));
                self.refused(&flight, chance);
                // Another tab may have been given a better key or address.
                if self.lead == Lead::Yes && self.company {
                    self.pass_on();
                }
            }
        }
    }

    // INVARIANT: the only place where an event leaves the store because it was delivered: a 2xx was read.
    fn taken(&mut self, flight: &Flight, rejected: usize) {
        let batch = flight.batch;
        let mut delete = Vec::new();
        let mut rows = 0;
        self.retain(&mut |waiting| {
            if waiting.flight != batch {
                return true;
            }
            rows += 1;
            if waiting.place != Place::Memory {
                delete.push(waiting.row.key.clone());
            }
            false
        });
        if !delete.is_empty() {
            self.commit(Vec::new(), delete, 0);
        }
        self.pace.succeed();
        if self.pace.ordered <= self.now {
            self.forget_gate();
        }
        self.struck = false;
        self.status.refused = 0;
        self.most_rows = (self.most_rows * 2).min(self.config.batch_rows);
        // What took its time is as much as the connection carries.
        if self.now + self.config.patience < flight.until + SLOW / 4 {
            self.stride = (self.stride * 2).min(self.config.batch_bytes);
        }
        self.status.rejected += rejected.min(rows);
        self.status.delivered += rows.saturating_sub(rejected);
        self.sync();
    }

    /// The dead letter: what is refused stays for a repaired key, but each event is tried a finite number of times.
    fn refused(&mut self, flight: &Flight, chance: f64) {
        let (mut in_memory, mut in_store) = (Vec::new(), Vec::new());
        let mut too_old = false;
        self.status.refused = 0;
        for waiting in self.rows.iter().filter(|waiting| waiting.flight == flight.batch && !is_report(&waiting.row.key))
        {
            self.status.refused += 1;
            let key = &waiting.row.key;
            // A key from the future was made by a clock that was wrong then, or is wrong now.
            let age = (self.now - time_in(key)).abs();
            too_old |= age > 2 * self.config.refused_most;
            if age > self.config.refused_most {
                match waiting.place {
                    Place::Memory => in_memory.push(key.clone()),
                    Place::Store if self.may_write() => in_store.push(key.clone()),
                    _ => {}
                }
            }
        }
        if too_old {
            // All that is half as old goes with it: one report a week, not one a page.
            self.status.refused -= in_memory.len() + in_store.len();
            self.let_go(Reason::Refused, in_memory, in_store);
        }
        self.fail(flight, chance);
        self.pace.refuse(&self.config, self.now);
    }

    /// Halves a batch that the collector cannot take, until the one event that it does not want is found.
    fn bad(&mut self, flight: &Flight, status: u16, chance: f64) {
        let rows = self.rows.iter().filter(|waiting| waiting.flight == flight.batch).count();
        let alone = self.rows.iter().find(|waiting| waiting.flight == flight.batch);
        let alone = alone.filter(|_| rows == 1).map(|waiting| (waiting.row.key.clone(), waiting.place));
        self.release(flight.batch);
        let Some((key, place)) = alone else {
            self.most_rows = (rows / 2).max(1);
            if status == 413 {
                self.most_bytes = flight.bytes / 2;
            }
            return;
        };
        self.warn(Warning::EventRejected(status));
        if std::mem::replace(&mut self.struck, true) {
            // Not this event alone: perhaps the collector is wrong, so do not hurry to throw all away.
            self.pace.fail(&self.config, self.now, chance);
        }
        self.reject(key, place);
    }

    fn reject(&mut self, key: String, place: Place) {
        if place == Place::Memory {
            self.forget(std::slice::from_ref(&key));
            if !is_report(&key) {
                self.report(Reason::Rejected, 1, id_in(&key), Vec::new());
            }
        } else if is_report(&key) {
            // No report of a report: that would go round in circles.
            self.forget(std::slice::from_ref(&key));
            self.commit(Vec::new(), vec![key], 0);
        } else if place != Place::Left && self.may_write() {
            self.drop_stored(Reason::Rejected, vec![key]);
        }
    }
}
