//! Judging bodies on threads of their own, in fair turns: reading requests and refusing them never waits behind it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use tailorbird_schema::{EventKind, Millis};
use tokio::sync::oneshot;

use super::body::{Budget, Packed};
use super::not_taken::NotTaken;
use super::receipt::Answer;
use crate::admission::{Keys, Line, Turn};
use crate::ingest::{Circumstances, Prepared, open_batch, open_single, prepare};
use crate::metrics::Metrics;
use crate::store::{Outcome, Store, StoreError};

/// The judging threads and the line in front of them.
pub(crate) struct Judges {
    bench: Arc<Bench>,
    threads: Vec<JoinHandle<()>>,
}

/// What judges need to know and whom they hand over to.
pub(crate) struct Court {
    pub(super) store: Arc<Store>,
    pub(super) keys: Arc<Keys>,
    pub(super) budget: Budget,
}

struct Bench {
    court: Court,
    line: Line<Waiting>,
    metrics: Arc<Metrics>,
}

/// A body and what the head of its request said.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) body: Packed,
    pub(super) kind: Option<EventKind>,
    /// The lane of the key in the head, which has leave to send.
    pub(super) key: Option<usize>,
    pub(super) origin: Option<String>,
    pub(super) received_at: Millis,
    pub(super) opted_out: bool,
}

struct Waiting {
    case: Case,
    since: Instant,
    reply: Reply,
}

type Reply = oneshot::Sender<Result<Settled, NotTaken>>;

/// What became of a case.
#[derive(Debug)]
pub(super) enum Settled {
    /// Its events are durable.
    Stored(Answer),
    /// It asks for an erasure: nothing was stored yet.
    Erases {
        /// The lane of its key.
        lane: usize,
        /// Its events.
        prepared: Prepared,
    },
}

impl Judges {
    /// Starts as many threads as there are cores.
    pub(super) fn start(court: Court, metrics: Arc<Metrics>) -> std::io::Result<Judges> {
        let count = thread::available_parallelism().map_or(1, usize::from);
        // One lane more, for bodies whose key is not seen before they are read.
        let line = Line::new(court.keys.lanes() + 1, count);
        let bench = Arc::new(Bench { court, line, metrics });
        let mut judges = Judges { bench, threads: Vec::with_capacity(count) };
        for number in 0..count {
            let bench = Arc::clone(&judges.bench);
            // Whatever a body does to its judge, the next ones are judged.
            let sit = move || {
                while catch_unwind(AssertUnwindSafe(|| bench.sit())).is_err() {
                    tracing::error!("a body was not judged: its judge panicked");
                }
            };
            judges.threads.push(thread::Builder::new().name(format!("judge-{number}")).spawn(sit)?);
        }
        Ok(judges)
    }

    /// Settles a case: its events are stored, or it is told why not.
    pub(super) async fn settle(&self, case: Case) -> Result<Settled, NotTaken> {
        let (reply, settled) = oneshot::channel();
        if case.body.is_small() {
            self.bench.settle(case, reply);
        } else {
            self.bench.wait_in_line(case, reply)?;
        }
        // Without any reply the collector is about to stop.
        settled.await.unwrap_or_else(|_| Err(NotTaken::busy()))
    }
}

impl Drop for Judges {
    fn drop(&mut self) {
        self.bench.line.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Bench {
    fn wait_in_line(&self, case: Case, reply: Reply) -> Result<(), NotTaken> {
        let Court { keys, store, .. } = &self.court;
        // Whose turn it is counts by key; a guess at the key is good enough for that.
        let guessed = || case.body.likely_key().and_then(|key| keys.lane_of(&key));
        let lane = if keys.open() { Some(0) } else { case.key.or_else(guessed) };
        if lane.is_some_and(|lane| !store.has_room(lane)) {
            return Err(NotTaken::busy());
        }
        let since = Instant::now();
        let waiting = Waiting { case, since, reply };
        self.line.join(lane.unwrap_or(keys.lanes()), waiting, since).map_err(|_| NotTaken::busy())
    }

    /// What a judging thread does.
    fn sit(&self) {
        while let Some((lane, turn)) = self.line.next() {
            match turn {
                Turn::Now(Waiting { case, since, reply }) => {
                    let began = Instant::now();
                    self.metrics.line_time.observe(began - since);
                    self.settle(case, reply);
                    self.line.note(lane, began.elapsed());
                }
                Turn::TooLate(waiting) => drop(waiting.reply.send(Err(NotTaken::busy()))),
            }
        }
    }

    /// Judges a case and hands its events to the store, which replies when they are durable.
    fn settle(&self, case: Case, reply: Reply) {
        match self.judged(case) {
            Err(not_taken) => drop(reply.send(Err(not_taken))),
            Ok((lane, prepared)) if prepared.erasures.is_empty() => {
                let answer = Answer::of(&prepared);
                let told = move |outcome: Result<Outcome, StoreError>| {
                    drop(reply.send(outcome.map(|_| Settled::Stored(answer)).map_err(NotTaken::from)));
                };
                self.court.store.submit(lane, prepared, Box::new(told));
            }
            Ok((lane, prepared)) => drop(reply.send(Ok(Settled::Erases { lane, prepared }))),
        }
    }

    fn judged(&self, case: Case) -> Result<(usize, Prepared), NotTaken> {
        let Court { keys, store, budget } = &self.court;
        let held = budget.inflate(case.body)?;
        let opened = if case.kind.is_some() { open_single(&held.bytes)? } else { open_batch(&held.bytes)? };
        let key = match case.key.and_then(|lane| keys.of_lane(lane)) {
            Some(key) => key,
            None => keys.admit(opened.write_key.as_deref(), case.origin.as_deref())?,
        };
        keys.spend(key, opened.len())?;
        let how = Circumstances {
            received_at: case.received_at,
            kind: case.kind,
            write_key: key.name(),
            opted_out: case.opted_out,
            import: false,
        };
        Ok((key.lane, prepare(&opened, how, store.hasher())))
    }
}
