//! The store: SQLite with one writing thread and a few readers, seen by the rest as an async handle.

mod database;
mod dedupe;
mod erase;
pub(crate) mod outbox;
pub(crate) mod quarantine;
pub(crate) mod reader;
mod retention;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{Notify, Semaphore, oneshot};

use crate::CollectorError;
use crate::ingest::Prepared;
use crate::ingest::ids::IdHasher;
use crate::metrics::Metrics;
pub(crate) use database::{lock_folder, open_existing};
pub(crate) use dedupe::Dedupe;
use quarantine::Gone;
pub(crate) use writer::Outcome;
use writer::{Queue, Reply, Waiting, Writer};

/// How many requests read at the same time.
const READERS: usize = 2;

/// How the store is to be run.
#[derive(Debug, Clone)]
pub(crate) struct StoreSettings {
    /// The data folder.
    pub(crate) folder: PathBuf,
    /// How long events are kept.
    pub(crate) retention: Option<Duration>,
    /// Whether a sink is to get every event.
    pub(crate) sink: bool,
    /// The most pages the database may have, to try what a full disk does.
    pub(crate) max_pages: Option<u32>,
    /// How many lanes the queue has.
    pub(crate) lanes: usize,
}

/// Why the store did not do what it was asked.
#[derive(Debug)]
pub(crate) enum StoreError {
    /// Too much waits already; try again soon.
    Busy,
    /// The disk does not take writes; try again later.
    Disk,
    /// The database could not be read.
    Read(CollectorError),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        StoreError::Read(error.into())
    }
}

/// The handle that requests use.
pub(crate) struct Store {
    queue: Arc<Queue>,
    path: PathBuf,
    hasher: IdHasher,
    readers: Semaphore,
    committed: Arc<Notify>,
    writer: Mutex<Option<JoinHandle<()>>>,
    metrics: Arc<Metrics>,
    // INVARIANT: held as long as the store lives; a second collector on this folder would not know our ids.
    _lock: File,
}

impl Store {
    /// Opens or makes the database and starts the writing thread.
    pub(crate) fn open(settings: StoreSettings, metrics: Arc<Metrics>) -> Result<Store, CollectorError> {
        let lock = lock_folder("--data", &settings.folder, "collector.lock")?;
        let path = database::path_in(&settings.folder);
        let mut connection = database::open_writer(&path, settings.max_pages)?;
        database::migrate(&mut connection)?;
        let hasher = database::id_hasher(&connection)?;
        let queue = Arc::new(Queue::new(settings.lanes));
        let committed = Arc::new(Notify::new());
        let told = Arc::clone(&committed);
        let counted = Arc::clone(&metrics);
        let writer = Writer::new(connection, path.clone(), &settings, counted, told)?;
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn({
                let queue = Arc::clone(&queue);
                move || writer.run(&queue)
            })
            .map_err(CollectorError::Threads)?;
        Ok(Store {
            queue,
            path,
            hasher,
            readers: Semaphore::new(READERS),
            committed,
            writer: Mutex::new(Some(thread)),
            metrics,
            _lock: lock,
        })
    }

    /// What hashes ids in this store.
    pub(crate) fn hasher(&self) -> &IdHasher {
        &self.hasher
    }

    /// Makes a request's events durable.
    // INVARIANT: gives `Ok` only after the transaction with all of them was committed and synced.
    pub(crate) async fn commit(&self, lane: usize, prepared: Prepared) -> Result<Outcome, StoreError> {
        let (reply, committed) = oneshot::channel();
        // The client may have gone away; its events are stored all the same.
        self.submit(lane, prepared, Box::new(move |outcome| drop(reply.send(outcome))));
        committed.await.unwrap_or(Err(StoreError::Disk))
    }

    /// Hands a request's events to the writing thread, which tells what became of them.
    pub(crate) fn submit(&self, lane: usize, prepared: Prepared, reply: Reply) {
        if prepared.events.is_empty() && prepared.rejects.is_empty() {
            return reply(Ok(Outcome { stored: 0, duplicates: 0 }));
        }
        let (events, bytes) = (prepared.events.len() + prepared.rejects.len(), prepared.weight());
        if let Err(waiting) = self.queue.push(lane, events, bytes, Waiting { prepared, reply }) {
            (waiting.reply)(Err(StoreError::Busy));
        }
    }

    /// Whether a request in a lane would find room in the queue now.
    pub(crate) fn has_room(&self, lane: usize) -> bool {
        self.queue.has_room(lane)
    }

    /// Reads on a connection of its own, away from the async threads.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &IdHasher) -> rusqlite::Result<T> + Send + 'static,
    {
        let Ok(_permit) = self.readers.acquire().await else { return Err(StoreError::Busy) };
        let (path, hasher) = (self.path.clone(), self.hasher.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let connection = database::open_reader(&path).map_err(StoreError::Read)?;
            Ok(work(&connection, &hasher)?)
        });
        reading.await.unwrap_or(Err(StoreError::Busy))
    }

    /// Does something on the writing connection, between two commits.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, done) = oneshot::channel();
        let job = Box::new(move |connection: &mut Connection| {
            let _ = reply.send(work(connection));
        });
        self.queue.push_job(job).map_err(|_| StoreError::Busy)?;
        match done.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                tracing::error!(%error, "the database did not take a change");
                Err(StoreError::Disk)
            }
            Err(_) => Err(StoreError::Disk),
        }
    }

    /// Takes invalid events out of the quarantine; tells how many went.
    pub(crate) async fn let_go<F>(&self, work: F) -> Result<usize, StoreError>
    where
        F: FnOnce(&mut Connection) -> rusqlite::Result<Gone> + Send + 'static,
    {
        let metrics = Arc::clone(&self.metrics);
        let counted = move |connection: &mut Connection| {
            let gone = work(connection)?;
            metrics.quarantine_bytes.add(-gone.bytes);
            Ok(gone.events)
        };
        self.write(counted).await
    }

    /// Erases a visitor; tells how many events went.
    pub(crate) async fn erase(&self, visitor: &str) -> Result<usize, StoreError> {
        let mut erased = 0;
        let mut after = 0;
        loop {
            let id = visitor.to_owned();
            let group =
                self.read(move |connection, hasher| reader::next_group_of(connection, hasher, &id, after)).await?;
            let Some(group) = group else { break };
            after = group.last_seq;
            let (id, hasher) = (visitor.to_owned(), self.hasher.clone());
            erased += self.write(move |connection| erase::erase_group(connection, &hasher, &id, &group)).await?;
        }
        let id = visitor.to_owned();
        erased += self.let_go(move |connection| quarantine::erase(connection, &id)).await?;
        for _ in 0..50 {
            if self.write(erase::empty_log).await? {
                return Ok(erased);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Err(StoreError::Busy)
    }

    /// Waits until something new was committed.
    pub(crate) async fn committed(&self) {
        self.committed.notified().await;
    }

    /// How many events and bytes wait for the disk.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        self.queue.waiting()
    }

    /// The size of the database and its log on disk.
    pub(crate) fn bytes_on_disk(&self) -> u64 {
        let log = PathBuf::from(format!("{}-wal", self.path.display()));
        [self.path.as_path(), &log].iter().filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum()
    }

    /// Takes nothing more, makes durable what waits, folds the log into the database. Blocks.
    pub(crate) fn close(&self) {
        self.queue.close();
        let thread = self.writer.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the writing thread ended with a panic");
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

/// Writes every stored event of a data folder as NDJSON, whether a collector runs on it or not.
pub(crate) fn export_to(folder: &Path, out: &mut dyn std::io::Write) -> Result<u64, CollectorError> {
    let connection = open_existing(folder)?;
    let (mut after, mut count) = (0, 0);
    loop {
        let page = reader::events(&connection, after, 2_000)?;
        out.write_all(page.lines.as_bytes()).map_err(CollectorError::Output)?;
        count += page.lines.lines().count() as u64;
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    out.flush().map_err(CollectorError::Output)?;
    Ok(count)
}
