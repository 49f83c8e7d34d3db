//! Deleting what is too old, a bounded number of rows at a time, so that commits never wait long.

use rusqlite::{Connection, OptionalExtension, params};

use super::quarantine::{self, Gone};

/// How many events one round deletes at most.
const ROUND: i64 = 2_000;

/// What one round deleted.
#[derive(Debug, Default)]
pub(super) struct Expired {
    pub(super) events: usize,
    /// Of these, how many no sink had acknowledged.
    pub(super) unsent: usize,
    pub(super) invalid: Gone,
    /// Whether there may be more.
    pub(super) more: bool,
}

/// Deletes some events and invalid events that arrived before a moment.
pub(super) fn expire_some(connection: &mut Connection, before: i64) -> rusqlite::Result<Expired> {
    let transaction = connection.transaction()?;
    let some = "id IN (SELECT id FROM quarantine WHERE received_at < ?1 ORDER BY id LIMIT ?2)";
    let invalid = quarantine::delete_where(&transaction, some, params![before, ROUND])?;
    let mut expired = Expired { events: 0, unsent: 0, invalid, more: invalid.events > 0 };
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
        expired.unsent = transaction.query_row(
            "SELECT count(*) FROM events WHERE seq <= ?1 AND seq > (SELECT coalesce(max(acked_seq), 0) FROM outbox)",
            [last],
            |row| row.get::<_, i64>(0),
        )? as usize;
        expired.events = transaction.execute("DELETE FROM events WHERE seq <= ?1", [last])?;
        // A commit whose events were erased leaves, too.
        expired.more |= transaction.execute("DELETE FROM groups WHERE last_seq <= ?1", [last])? > 0;
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
