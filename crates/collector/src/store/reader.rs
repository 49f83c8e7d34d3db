//! Reading stored events in pages, so that no read holds the log or memory for long.

use rusqlite::{Connection, params};

use super::writer::numbers_in;
use crate::ingest::ids::IdHasher;
use crate::ingest::mentions_visitor;

/// How many bytes one page holds at most, unless a single event has more.
const PAGE_BYTES: usize = 8 << 20;

/// Some events and where to go on.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// NDJSON.
    pub(crate) lines: String,
    /// The sequence number of the last event when there are more.
    pub(crate) next: Option<i64>,
}

impl Page {
    fn is_full(&self, count: usize, limit: usize) -> bool {
        count >= limit || self.lines.len() >= PAGE_BYTES
    }

    fn push(&mut self, event: &str) {
        self.lines.push_str(event);
        self.lines.push('\n');
    }
}

/// Events after a sequence number, in arrival order.
pub(crate) fn events(connection: &Connection, after: i64, limit: usize) -> rusqlite::Result<Page> {
    let mut statement =
        connection.prepare_cached("SELECT seq, event FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let mut rows = statement.query(params![after, limit as i64 + 1])?;
    let (mut page, mut count, mut last) = (Page::default(), 0, after);
    while let Some(row) = rows.next()? {
        if page.is_full(count, limit) {
            page.next = Some(last);
            break;
        }
        last = row.get(0)?;
        page.push(row.get_ref(1)?.as_str()?);
        count += 1;
    }
    Ok(page)
}

/// The events of one commit that belong to a visitor.
#[derive(Debug)]
pub(crate) struct VisitorGroup {
    /// The commit's last sequence number.
    pub(crate) last_seq: i64,
    /// The visitor's events: sequence number and text.
    pub(crate) events: Vec<(i64, String)>,
}

/// The next commit after a sequence number that holds events of a visitor.
pub(crate) fn next_group_of(
    connection: &Connection,
    hasher: &IdHasher,
    visitor: &str,
    after: i64,
) -> rusqlite::Result<Option<VisitorGroup>> {
    let hash = hasher.visitor(visitor);
    let mut groups = connection
        .prepare_cached("SELECT first_seq, last_seq, visitors FROM groups WHERE last_seq > ?1 ORDER BY last_seq")?;
    let mut rows = groups.query([after])?;
    while let Some(row) = rows.next()? {
        if !numbers_in(row.get_ref(2)?.as_blob()?).any(|known| known == hash) {
            continue;
        }
        let (first, last): (i64, i64) = (row.get(0)?, row.get(1)?);
        let mut events = Vec::new();
        let mut statement = connection.prepare_cached("SELECT seq, event FROM events WHERE seq BETWEEN ?1 AND ?2")?;
        let mut candidates = statement.query(params![first.max(after + 1), last])?;
        while let Some(row) = candidates.next()? {
            let text = row.get_ref(1)?.as_str()?;
            if mentions_visitor(text, visitor) {
                events.push((row.get(0)?, text.to_owned()));
            }
        }
        if !events.is_empty() {
            return Ok(Some(VisitorGroup { last_seq: last, events }));
        }
    }
    Ok(None)
}

/// A visitor's events after a sequence number.
pub(crate) fn visitor_events(
    connection: &Connection,
    hasher: &IdHasher,
    visitor: &str,
    after: i64,
    limit: usize,
) -> rusqlite::Result<Page> {
    let (mut page, mut count, mut at) = (Page::default(), 0, after);
    while let Some(group) = next_group_of(connection, hasher, visitor, at)? {
        for (seq, event) in group.events {
            if page.is_full(count, limit) {
                page.next = Some(at);
                return Ok(page);
            }
            at = seq;
            page.push(&event);
            count += 1;
        }
        if at < group.last_seq {
            // The rest of this commit holds nothing of the visitor; skipping it is safe only when nothing is left over.
            at = group.last_seq;
        }
    }
    Ok(page)
}

/// How many events arrived in each minute since a moment: the minute's number and the count.
pub(crate) fn events_a_minute(connection: &Connection, since: i64) -> rusqlite::Result<Vec<(i64, i64)>> {
    // Newest first, so that the walk ends at the first group that is too old.
    let mut statement =
        connection.prepare_cached("SELECT received_at, last_seq - first_seq + 1 FROM groups ORDER BY last_seq DESC")?;
    let mut rows = statement.query([])?;
    let mut minutes: Vec<(i64, i64)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (at, events): (i64, i64) = (row.get(0)?, row.get(1)?);
        if at < since {
            break;
        }
        match minutes.last_mut() {
            Some((minute, sum)) if *minute == at / 60_000 => *sum += events,
            _ => minutes.push((at / 60_000, events)),
        }
    }
    Ok(minutes)
}

/// The latest events, newest first.
pub(crate) fn latest(connection: &Connection, limit: usize) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached("SELECT event FROM events ORDER BY seq DESC LIMIT ?1")?
        .query_map([limit as i64], |row| row.get(0))?
        .collect()
}
