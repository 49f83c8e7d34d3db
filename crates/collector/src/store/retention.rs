//! Deleting what is too old, a bounded number of rows at a time, so that commits never wait long.

use rusqlite::{Connection, OptionalExtension, params};

/// How many events one round deletes at most.
const ROUND: i64 = 2_000;

/// Deletes some events and invalid events that arrived before a moment; 0 when none are left.
pub(super) fn expire_some(connection: &mut Connection, before: i64) -> rusqlite::Result<usize> {
    let transaction = connection.transaction()?;
    let mut expired = transaction.execute(
        "DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine WHERE received_at < ?1 ORDER BY id LIMIT ?2)",
        params![before, ROUND],
    )?;
    // Groups are in order of arrival but for the few milliseconds that requests overtake each other.
    let oldest: Option<(i64, i64, i64)> = transaction
        .query_row("SELECT first_seq, last_seq, received_at FROM groups ORDER BY last_seq LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    if let Some((first, _, received_at)) = oldest
        && received_at < before
    {
        let last: i64 = transaction.query_row(
            "SELECT max(last_seq) FROM (SELECT last_seq FROM groups WHERE received_at < ?1 AND last_seq < ?2 + ?3
             UNION ALL SELECT min(last_seq) FROM groups)",
            params![before, first, ROUND],
            |row| row.get(0),
        )?;
        expired += transaction.execute("DELETE FROM events WHERE seq <= ?1", [last])?;
        expired += transaction.execute("DELETE FROM groups WHERE last_seq <= ?1", [last])?.min(1);
        transaction.execute_batch("PRAGMA incremental_vacuum(256)")?;
    }
    transaction.commit()?;
    Ok(expired)
}

/// Deletes some ids that left memory; 0 when none are left. The last row stays: it knows the last sequence number.
pub(super) fn forget_ids(connection: &mut Connection, up_to: i64) -> rusqlite::Result<usize> {
    connection.execute(
        "DELETE FROM ids WHERE last_seq IN (SELECT last_seq FROM ids WHERE last_seq <= ?1 ORDER BY last_seq LIMIT 200)",
        [up_to],
    )
}
