//! The one thread that writes: it commits waiting requests together and answers them when they are on disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior, ffi, params};
use tokio::sync::Notify;

use super::dedupe::Dedupe;
use super::{StoreError, StoreSettings, database, quarantine, retention};
use crate::CollectorError;
use crate::admission::{FairQueue, Work};
use crate::ingest::{Prepared, clock};
use crate::metrics::Metrics;

/// After so many pages the log is copied into the database: 16 MB.
const CHECKPOINT_PAGES: i64 = 4_000;
/// How long the writer waits for work before it tidies up.
const TICK: Duration = Duration::from_millis(500);
/// How long it waits while there is more to tidy up.
const BUSY_TICK: Duration = Duration::from_millis(5);
/// How often retention looks for what has expired.
const RETENTION_EVERY: Duration = Duration::from_secs(60);

/// What became of a request's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// How many were new.
    pub(crate) stored: usize,
    /// How many were stored before.
    pub(crate) duplicates: usize,
}

/// A request that waits for its commit.
pub(crate) struct Waiting {
    pub(crate) prepared: Prepared,
    pub(crate) reply: Reply,
}

/// Who is told what became of a request's events.
pub(crate) type Reply = Box<dyn FnOnce(Result<Outcome, StoreError>) + Send>;

/// Other work on the writing connection.
pub(crate) type Job = Box<dyn FnOnce(&mut Connection) + Send>;
/// The queue in front of the writer.
pub(crate) type Queue = FairQueue<Waiting, Job>;

/// The writing thread's state.
pub(crate) struct Writer {
    connection: Connection,
    path: PathBuf,
    /// Which file that was when it was opened.
    identity: Option<(u64, u64)>,
    max_pages: Option<u32>,
    retention: Option<Duration>,
    sink: bool,
    dedupe: Dedupe,
    next_seq: i64,
    metrics: Arc<Metrics>,
    committed: Arc<Notify>,
    expiring: bool,
    retention_due: Instant,
    /// Ids up to this sequence number left memory and may leave the disk.
    forgotten: i64,
    /// Copies the log into the database, so that commits need not wait for that.
    copying: Option<JoinHandle<()>>,
}

impl Writer {
    /// Reads what is known and stands ready to write.
    pub(crate) fn new(
        connection: Connection,
        path: PathBuf,
        settings: &StoreSettings,
        metrics: Arc<Metrics>,
        committed: Arc<Notify>,
    ) -> Result<Writer, CollectorError> {
        let mut writer = Writer {
            connection,
            identity: database::identity(&path),
            path,
            max_pages: settings.max_pages,
            retention: settings.retention,
            sink: settings.sink,
            dedupe: Dedupe::new(),
            next_seq: 1,
            metrics,
            committed,
            expiring: false,
            retention_due: Instant::now(),
            forgotten: 0,
            copying: None,
        };
        writer.watch_log()?;
        writer.load_ids()?;
        let last: i64 = writer.connection.query_row(
            "SELECT max((SELECT coalesce(max(seq), 0) FROM events), (SELECT coalesce(max(last_seq), 0) FROM ids))",
            [],
            |row| row.get(0),
        )?;
        writer.next_seq = last + 1;
        writer.metrics.quarantine_bytes.set(quarantine::bytes(&writer.connection)?);
        Ok(writer)
    }

    /// Works until the queue is closed and empty, then folds the log into the database.
    pub(crate) fn run(mut self, queue: &Queue) {
        loop {
            let tick = if self.expiring { BUSY_TICK } else { TICK };
            match queue.take(tick) {
                Work::Group(group) => self.commit(group),
                Work::Job(job) => job(&mut self.connection),
                Work::Idle => self.idle(),
                Work::Closed => break,
            }
            self.tidy();
        }
        if let Some(copying) = self.copying.take() {
            let _ = copying.join();
        }
        if let Err(error) = self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::warn!(%error, "the log could not be folded into the database; the next start does it");
        }
    }

    fn commit(&mut self, group: Vec<Waiting>) {
        let started = Instant::now();
        if let Some(forgotten) = self.dedupe.make_room(group.iter().map(|waiting| waiting.prepared.events.len()).sum())
        {
            self.forgotten = forgotten;
        }
        let mut fresh = Vec::new();
        match self.in_place().and_then(|()| self.write(&group, &mut fresh)) {
            Ok(outcomes) => {
                self.metrics.commits.add(1);
                self.metrics.commit_time.observe(started.elapsed());
                self.metrics.known_ids.set(self.dedupe.len() as i64);
                self.recovered();
                for (waiting, outcome) in group.into_iter().zip(outcomes) {
                    self.metrics.events_stored.add(outcome.stored);
                    self.metrics.events_duplicate.add(outcome.duplicates);
                    self.metrics.events_rejected.add(waiting.prepared.rejects.len());
                    (waiting.reply)(Ok(outcome));
                }
                self.committed.notify_one();
            }
            Err(error) => {
                self.dedupe.undo(&fresh);
                self.failed(&error);
                for waiting in group {
                    (waiting.reply)(Err(StoreError::Disk));
                }
            }
        }
    }

    /// Whether the database still lies where it was opened: a file that was taken away takes writes, and is gone with us.
    fn in_place(&self) -> rusqlite::Result<()> {
        if database::identity(&self.path) == self.identity {
            return Ok(());
        }
        let sentence =
            format!("`{}` was taken away or replaced; put it back or start the collector anew", self.path.display());
        Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CANTOPEN), Some(sentence)))
    }

    /// One transaction for all requests of a group. `fresh` gets the ids that were new, for taking them back.
    fn write(&mut self, group: &[Waiting], fresh: &mut Vec<u64>) -> rusqlite::Result<Vec<Outcome>> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let first_seq = self.next_seq;
        let mut seq = first_seq;
        let mut visitors: Vec<u64> = Vec::new();
        let mut received_at = i64::MAX;
        let mut outcomes = Vec::with_capacity(group.len());
        let mut quarantined = 0;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO events (seq, event) VALUES (?1, ?2)")?;
            for waiting in group {
                let mut outcome = Outcome { stored: 0, duplicates: 0 };
                received_at = received_at.min(waiting.prepared.received_at);
                for (text, facts) in waiting.prepared.stored() {
                    if !self.dedupe.insert(facts.message) {
                        outcome.duplicates += 1;
                        continue;
                    }
                    fresh.push(facts.message);
                    insert.execute(params![seq, text])?;
                    seq += 1;
                    outcome.stored += 1;
                    for visitor in facts.visitors {
                        // A browser's batch is of one visitor: most repeats are neighbours.
                        if visitor != 0 && !visitors.iter().rev().take(4).any(|known| *known == visitor) {
                            visitors.push(visitor);
                        }
                    }
                }
                quarantined += quarantine::add(&transaction, &waiting.prepared)?;
                outcomes.push(outcome);
            }
            if seq > first_seq {
                visitors.sort_unstable();
                visitors.dedup();
                transaction
                    .prepare_cached(
                        "INSERT INTO groups (last_seq, first_seq, received_at, visitors) VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![seq - 1, first_seq, received_at, bytes_of(&visitors)])?;
                transaction
                    .prepare_cached("INSERT INTO ids (last_seq, received_at, hashes) VALUES (?1, ?2, ?3)")?
                    .execute(params![seq - 1, received_at, bytes_of(fresh)])?;
            }
        }
        transaction.commit()?;
        self.next_seq = seq;
        self.dedupe.reached(seq - 1);
        self.metrics.quarantine_bytes.add(quarantined as i64);
        Ok(outcomes)
    }

    /// Keeps the log, the quarantine and old events within their bounds, a little at a time.
    fn tidy(&mut self) {
        if let Err(error) = self.in_place() {
            // Anything that is opened now would be another database, beside our log.
            if self.metrics.degraded.get() == 0 {
                self.failed(&error);
            }
            return;
        }
        if self.metrics.wal_pages.get() >= CHECKPOINT_PAGES {
            match &self.copying {
                None => self.copying = copy_log(&self.path),
                Some(copying) if !copying.is_finished() => {}
                // Little is left to copy now, and only once all is copied does the log start anew.
                Some(_) => {
                    self.copying = None;
                    self.checkpoint();
                }
            }
        }
        if self.metrics.quarantine_bytes.get() > quarantine::MOST_BYTES {
            match quarantine::drop_oldest(&mut self.connection) {
                Ok((dropped, bytes)) => {
                    self.metrics.quarantine_dropped.add(dropped);
                    self.metrics.quarantine_bytes.set(bytes);
                }
                Err(error) => self.failed(&error),
            }
        }
        if self.forgotten > 0 {
            match retention::forget_ids(&mut self.connection, self.forgotten) {
                Ok(0) => self.forgotten = 0,
                Ok(_) => {}
                Err(error) => self.failed(&error),
            }
        }
        let Some(retention) = self.retention else { return };
        if self.retention_due <= Instant::now() || self.expiring {
            self.retention_due = Instant::now() + RETENTION_EVERY;
            let before = clock::now() - retention.as_millis() as i64;
            match retention::expire_some(&mut self.connection, before) {
                Ok(expired) => {
                    self.expiring = expired.more;
                    self.metrics.events_expired.add(expired.events + expired.invalid.events);
                    self.metrics.quarantine_bytes.add(-expired.invalid.bytes);
                    if self.sink && expired.unsent > 0 {
                        self.metrics.sink_missed.add(expired.unsent);
                        tracing::warn!(
                            events = expired.unsent,
                            "--retention-days deleted events that the sink had not taken; it will never get them"
                        );
                    }
                }
                Err(error) => {
                    self.expiring = false;
                    self.failed(&error);
                }
            }
        }
    }

    fn idle(&mut self) {
        if self.metrics.degraded.get() != 0 {
            self.try_to_recover();
        } else if self.metrics.wal_pages.get() > 0 {
            self.checkpoint();
        }
    }

    fn checkpoint(&mut self) {
        let copied = self
            .connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)));
        match copied {
            Ok((in_log, copied)) if in_log == copied => self.metrics.wal_pages.set(0),
            // A reader holds the log; the next round goes on.
            Ok(_) => {}
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&mut self, error: &rusqlite::Error) {
        self.metrics.commits_failed.add(1);
        if self.metrics.degraded.get() == 0 {
            tracing::error!(%error, "the disk does not take writes; requests are answered 503 until it does");
        }
        self.metrics.degraded.set(1);
    }

    fn recovered(&mut self) {
        if self.metrics.degraded.get() != 0 {
            tracing::info!("the disk takes writes again");
            self.metrics.degraded.set(0);
        }
    }

    /// Tries a small write; when even that fails, opens the database anew for the next try.
    fn try_to_recover(&mut self) {
        if self.in_place().is_err() {
            return;
        }
        let probe = "INSERT INTO meta (name, value) VALUES ('probe', ?1) ON CONFLICT (name) DO UPDATE SET value = ?1";
        if self.connection.execute(probe, [clock::now()]).is_ok() {
            return self.recovered();
        }
        if let Ok(connection) = database::open_writer(&self.path, self.max_pages) {
            self.connection = connection;
            if let Err(error) = self.watch_log() {
                tracing::warn!(%error, "the log's size is not watched");
            }
        }
    }

    fn watch_log(&mut self) -> rusqlite::Result<()> {
        let metrics = Arc::clone(&self.metrics);
        self.connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            metrics.wal_pages.set(i64::from(pages));
            Ok(())
        }))
    }

    fn load_ids(&mut self) -> rusqlite::Result<()> {
        let mut statement =
            self.connection.prepare("SELECT last_seq, received_at, hashes FROM ids ORDER BY last_seq")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (last_seq, received_at): (i64, i64) = (row.get(0)?, row.get(1)?);
            let hashes = row.get_ref(2)?.as_blob()?;
            if self.metrics.known_ids_since.get() == 0 {
                self.metrics.known_ids_since.set(received_at);
            }
            if let Some(forgotten) = self.dedupe.make_room(hashes.len() / 8) {
                self.forgotten = forgotten;
            }
            for hash in numbers_in(hashes) {
                self.dedupe.insert(hash);
            }
            self.dedupe.reached(last_seq);
        }
        self.metrics.known_ids.set(self.dedupe.len() as i64);
        Ok(())
    }
}

/// Copies what is in the log into the database, beside the one who writes.
fn copy_log(path: &Path) -> Option<JoinHandle<()>> {
    let path = path.to_owned();
    let copy = move || {
        let copied = database::open_writer(&path, None)
            .and_then(|connection| Ok(connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?));
        if let Err(error) = copied {
            tracing::warn!(%error, "the log was not copied; the writing thread does it");
        }
    };
    std::thread::Builder::new().name("checkpoint".to_owned()).spawn(copy).ok()
}

/// Numbers as the bytes of a blob.
pub(super) fn bytes_of(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// The numbers in a blob.
pub(super) fn numbers_in(blob: &[u8]) -> impl Iterator<Item = u64> {
    blob.as_chunks::<8>().0.iter().map(|chunk| u64::from_le_bytes(*chunk))
}
