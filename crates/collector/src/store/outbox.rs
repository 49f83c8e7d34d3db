//! What a sink has acknowledged, and letting go of it a safety delay later.

use rusqlite::{Connection, OptionalExtension, params};

/// How many events one round lets go at most.
const ROUND: i64 = 5_000;

/// How far a sink has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// Events up to this sequence number are acknowledged.
    pub(crate) acked: i64,
    /// The sink's own number of the last of them.
    pub(crate) sink_seq: u64,
}

/// Where the sink stands.
pub(crate) fn position(connection: &Connection) -> rusqlite::Result<Position> {
    let found = connection
        .query_row("SELECT acked_seq, sink_seq FROM outbox ORDER BY acked_seq DESC LIMIT 1", [], |row| {
            Ok(Position { acked: row.get(0)?, sink_seq: row.get::<_, i64>(1)? as u64 })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Notes a new position.
pub(crate) fn note(connection: &mut Connection, position: Position, at: i64) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO outbox (acked_seq, at, sink_seq) VALUES (?1, ?2, ?3) ON CONFLICT (acked_seq) DO NOTHING",
        params![position.acked, at, position.sink_seq as i64],
    )?;
    Ok(())
}

/// When the first event after a sequence number arrived here.
pub(crate) fn arrival_after(connection: &Connection, after: i64) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT received_at FROM groups WHERE last_seq > ?1 ORDER BY last_seq LIMIT 1";
    connection.query_row(sql, [after], |row| row.get(0)).optional()
}

/// Forgets every position: the sink has lost something and everything that is still here is handed over again.
pub(crate) fn rewind(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM outbox", [])?;
    Ok(())
}

/// Lets go of some events that were acknowledged before a moment; 0 when none are left.
pub(crate) fn release_some(connection: &mut Connection, before: i64) -> rusqlite::Result<usize> {
    let transaction = connection.transaction()?;
    let up_to: Option<i64> =
        transaction.query_row("SELECT max(acked_seq) FROM outbox WHERE at <= ?1", [before], |row| row.get(0))?;
    let Some(up_to) = up_to else { return Ok(0) };
    let released = transaction.execute(
        "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE seq <= ?1 ORDER BY seq LIMIT ?2)",
        params![up_to, ROUND],
    )?;
    if released < ROUND as usize {
        transaction.execute("DELETE FROM groups WHERE last_seq <= ?1", [up_to])?;
        transaction.execute("DELETE FROM outbox WHERE acked_seq < ?1", [up_to])?;
        transaction.execute_batch("PRAGMA incremental_vacuum(1000)")?;
    }
    transaction.commit()?;
    Ok(released)
}

/// Events after a sequence number, with their numbers.
pub(crate) fn events_after(connection: &Connection, after: i64, limit: usize) -> rusqlite::Result<Vec<(i64, String)>> {
    connection
        .prepare_cached("SELECT seq, event FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2")?
        .query_map(params![after, limit as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// How many events wait for the sink.
pub(crate) fn waiting(connection: &Connection, acked: i64) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM events WHERE seq > ?1", [acked], |row| row.get(0))
}
