//! The SQLite file: where it lies, how it is opened, how its schema moves on.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::CollectorError;
use crate::ingest::ids::{IdHasher, fresh_key};

const FILE: &str = "events.db";
/// How long whoever is just ending may hold on to a folder: a child that was forked meanwhile holds every lock until it has become
/// another program.
const LET_GO: Duration = Duration::from_secs(1);
/// SQLite's number for the `auto_vacuum` that gives free pages back when asked.
const INCREMENTAL: i64 = 2;
/// Applied in this order; `PRAGMA user_version` counts how many were.
const MIGRATIONS: [&str; 2] =
    [include_str!("../../migrations/0001_events.sql"), include_str!("../../migrations/0002_outbox.sql")];

/// The database's path in a data folder.
pub(crate) fn path_in(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Which file lies at a path, whatever it is called.
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    path.metadata().ok().map(|file| (file.dev(), file.ino()))
}

/// Makes the folder that was given as an option and locks it for this process; the lock ends with the file.
pub(crate) fn lock_folder(option: &'static str, folder: &Path, name: &str) -> Result<File, CollectorError> {
    let cannot = |source| CollectorError::DataFolder { option, folder: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(cannot)?;
    let lock = File::options().create(true).truncate(false).write(true).open(folder.join(name)).map_err(cannot)?;
    let give_up = Instant::now() + LET_GO;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) if Instant::now() < give_up => std::thread::sleep(Duration::from_millis(20)),
            Err(TryLockError::WouldBlock) => {
                return Err(CollectorError::DataFolderInUse { option, folder: folder.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(cannot(source)),
        }
    }
}

/// Opens the one connection that writes.
pub(crate) fn open_writer(path: &Path, max_pages: Option<u32>) -> Result<Connection, CollectorError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // `auto_vacuum` only takes effect before the first table. Said again it would write a page: on a full disk no
    // collector could start then, and no log could be copied.
    if connection.pragma_query_value(None, "auto_vacuum", |row| row.get::<_, i64>(0))? != INCREMENTAL {
        connection.pragma_update(None, "auto_vacuum", INCREMENTAL)?;
    }
    // INVARIANT: `synchronous=FULL` syncs the log before a commit returns; that earns the 200.
    connection.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;
         PRAGMA journal_size_limit=67108864; PRAGMA secure_delete=ON; PRAGMA cache_size=-16000;
         PRAGMA temp_store=MEMORY;",
    )?;
    if let Some(pages) = max_pages {
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Opens a connection that only reads.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, CollectorError> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

/// Opens the database of a data folder to read it, whether a collector runs on it or not.
pub(crate) fn open_existing(folder: &Path) -> Result<Connection, CollectorError> {
    let path = path_in(folder);
    if !path.is_file() {
        return Err(CollectorError::NoDatabase { folder: folder.to_owned() });
    }
    let connection = open_reader(&path)?;
    check_version(&connection)?;
    Ok(connection)
}

/// Brings the schema up to date.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), CollectorError> {
    let applied = check_version(connection)?;
    for (number, sql) in MIGRATIONS.iter().enumerate().skip(applied) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", number as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

fn check_version(connection: &Connection) -> Result<usize, CollectorError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = MIGRATIONS.len() as i64;
    match usize::try_from(found) {
        Ok(applied) if found <= known => Ok(applied),
        _ => Err(CollectorError::NewerDatabase { found, known }),
    }
}

/// The hasher with the database's secret, which is made on first use.
pub(crate) fn id_hasher(connection: &Connection) -> Result<IdHasher, CollectorError> {
    let known = connection
        .query_row("SELECT value FROM meta WHERE name = 'id_key'", [], |row| row.get::<_, [u8; 16]>(0))
        .optional()?;
    let key = match known {
        Some(key) => key,
        None => {
            let key = fresh_key().ok_or(CollectorError::NoRandomness)?;
            connection.execute("INSERT INTO meta (name, value) VALUES ('id_key', ?1)", [key])?;
            key
        }
    };
    Ok(IdHasher::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_there_is_opened_without_writing() {
        let folder = tempfile::tempdir().unwrap();
        let path = path_in(folder.path());
        let mut first = open_writer(&path, None).unwrap();
        migrate(&mut first).unwrap();
        let folds: i64 = first.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
        let mode: i64 = first.pragma_query_value(None, "auto_vacuum", |row| row.get(0)).unwrap();
        assert_eq!((folds, mode), (0, INCREMENTAL));
        let again = open_writer(&path, None).unwrap();
        let log = fs::metadata(folder.path().join("events.db-wal")).unwrap();
        assert_eq!(log.len(), 0);
        drop((first, again));
    }
}
