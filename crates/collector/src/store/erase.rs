//! Erasing a visitor: no byte of the id stays in the database or its log.

use rusqlite::{Connection, params};

use super::reader::VisitorGroup;
use super::writer::{bytes_of, numbers_in};
use crate::ingest::ids::IdHasher;

/// Deletes a visitor's events of one commit, and the visitor from that commit's list. `secure_delete` overwrites them.
pub(super) fn erase_group(
    connection: &mut Connection,
    hasher: &IdHasher,
    visitor: &str,
    group: &VisitorGroup,
) -> rusqlite::Result<usize> {
    let hash = hasher.visitor(visitor);
    let transaction = connection.transaction()?;
    let mut erased = 0;
    for (seq, _) in &group.events {
        erased += transaction.prepare_cached("DELETE FROM events WHERE seq = ?1")?.execute([seq])?;
    }
    // The commit may have been expired since it was read.
    let visitors = transaction
        .prepare_cached("SELECT visitors FROM groups WHERE last_seq = ?1")?
        .query_map([group.last_seq], |row| row.get::<_, Vec<u8>>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for blob in visitors {
        let left: Vec<u64> = numbers_in(&blob).filter(|known| *known != hash).collect();
        transaction
            .prepare_cached("UPDATE groups SET visitors = ?1 WHERE last_seq = ?2")?
            .execute(params![bytes_of(&left), group.last_seq])?;
    }
    transaction.commit()?;
    Ok(erased)
}

/// Folds the log into the database and empties it: erased bytes may still stand in it. False while a reader holds it.
pub(super) fn empty_log(connection: &mut Connection) -> rusqlite::Result<bool> {
    connection.execute_batch("PRAGMA incremental_vacuum(1000)")?;
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(busy == 0)
}
