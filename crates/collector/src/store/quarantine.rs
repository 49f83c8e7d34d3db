//! Invalid events of valid batches: kept to be looked at and replayed, within a bound.

use rusqlite::{Connection, Params, Transaction, params};

use crate::ingest::Prepared;

/// How many bytes of invalid events are kept; then the oldest tenth goes.
pub(crate) const MOST_BYTES: i64 = 64 << 20;

/// An invalid event as it is kept.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its number, for paging.
    pub(crate) id: i64,
    /// When it arrived.
    pub(crate) received_at: i64,
    /// Its place in its batch.
    pub(crate) index: i64,
    /// What is wrong with it.
    pub(crate) reason: String,
    /// What the endpoint said it is.
    pub(crate) kind: Option<String>,
    /// The key it came with.
    pub(crate) write_key: Option<String>,
    /// Whether its text is all of it.
    pub(crate) whole: bool,
    /// Its text.
    pub(crate) text: String,
}

/// What left the quarantine.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gone {
    /// How many invalid events.
    pub(crate) events: usize,
    /// Their bytes.
    pub(crate) bytes: i64,
}

/// Deletes the invalid events for which a condition holds.
pub(super) fn delete_where(connection: &Connection, condition: &str, values: impl Params) -> rusqlite::Result<Gone> {
    let sql = format!("DELETE FROM quarantine WHERE {condition} RETURNING octet_length(event)");
    let mut gone = Gone::default();
    for bytes in connection.prepare_cached(&sql)?.query_map(values, |row| row.get::<_, i64>(0))? {
        gone.events += 1;
        gone.bytes += bytes?;
    }
    Ok(gone)
}

/// Adds a request's invalid events; gives their bytes.
pub(super) fn add(transaction: &Transaction, prepared: &Prepared) -> rusqlite::Result<usize> {
    if prepared.rejects.is_empty() {
        return Ok(0);
    }
    let mut insert = transaction.prepare_cached(
        "INSERT INTO quarantine (received_at, place, reason, kind, write_key, whole, event) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for reject in &prepared.rejects {
        insert.execute(params![
            prepared.received_at,
            reject.index as i64,
            reject.reason,
            prepared.kind.map(|kind| kind.name()),
            prepared.write_key,
            reject.whole,
            reject.text,
        ])?;
    }
    Ok(prepared.rejects.iter().map(|reject| reject.text.len()).sum())
}

/// The bytes of all invalid events.
pub(super) fn bytes(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT coalesce(sum(octet_length(event)), 0) FROM quarantine", [], |row| row.get(0))
}

/// Lets the oldest tenth go; tells how many that were and the bytes of those left.
pub(super) fn drop_oldest(connection: &mut Connection) -> rusqlite::Result<(usize, i64)> {
    let dropped = connection.execute(
        "DELETE FROM quarantine WHERE id <= (SELECT id FROM quarantine ORDER BY id LIMIT 1 OFFSET (SELECT count(*) / 10 FROM quarantine))",
        [],
    )?;
    Ok((dropped, bytes(connection)?))
}

/// Invalid events after a number, oldest first.
pub(crate) fn page(connection: &Connection, after: i64, limit: usize) -> rusqlite::Result<Vec<Row>> {
    connection
        .prepare(
            "SELECT id, received_at, place, reason, kind, write_key, whole, event FROM quarantine WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?
        .query_map(params![after, limit as i64], |row| {
            Ok(Row {
                id: row.get(0)?,
                received_at: row.get(1)?,
                index: row.get(2)?,
                reason: row.get(3)?,
                kind: row.get(4)?,
                write_key: row.get(5)?,
                whole: row.get(6)?,
                text: row.get(7)?,
            })
        })?
        .collect()
}

/// Deletes invalid events by their numbers.
pub(crate) fn delete(connection: &mut Connection, ids: &[i64]) -> rusqlite::Result<Gone> {
    let transaction = connection.transaction()?;
    let mut gone = Gone::default();
    for id in ids {
        let one = delete_where(&transaction, "id = ?1", [id])?;
        gone = Gone { events: gone.events + one.events, bytes: gone.bytes + one.bytes };
    }
    transaction.commit()?;
    Ok(gone)
}

/// Deletes every invalid event whose text holds the visitor's id, wherever it stands: an invalid event's members
/// cannot be trusted to be where they belong. A short id counts only as a whole string, or it would match anything.
pub(crate) fn erase(connection: &mut Connection, id: &str) -> rusqlite::Result<Gone> {
    let quoted = serde_json::Value::from(id).to_string();
    let wanted = if id.len() < 8 { quoted.as_str() } else { quoted.trim_matches('"') };
    delete_where(connection, "instr(event, ?1) > 0 OR instr(reason, ?1) > 0", [wanted])
}
