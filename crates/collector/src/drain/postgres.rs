//! PostgreSQL as a destination: a table partitioned by day, and a table of message ids that makes writing idempotent.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use crate::CollectorError;
use crate::ingest::{erasure_of, received_day};
use crate::sink::address::without_password;

const SCHEMA: &str = include_str!("../../migrations/postgres.sql");
/// Two drains must not make the same table at the same moment: any number that both know will do.
const SCHEMA_LOCK: i64 = 0x7a11_0b12;

/// New ids first, then the events with new ids, in one statement: all or nothing.
const INSERT: &str = "
WITH incoming AS (
    SELECT DISTINCT ON (event ->> 'messageId') event FROM (SELECT text::jsonb AS event FROM unnest($1::text[]) AS text) AS texts
), fresh AS (
    INSERT INTO tailorbird_message_ids (message_id, received_at)
    SELECT event ->> 'messageId', (event ->> 'receivedAt')::timestamptz FROM incoming
    ON CONFLICT (message_id) DO NOTHING RETURNING message_id
)
INSERT INTO tailorbird_events
    (received_at, happened_at, message_id, type, name, anonymous_id, user_id, write_key, properties, event)
SELECT (event ->> 'receivedAt')::timestamptz, (event ->> 'timestamp')::timestamptz, event ->> 'messageId', event ->> 'type',
    CASE WHEN event ->> 'type' IN ('track', 'page', 'screen') THEN left(coalesce(event ->> 'event', event ->> 'name'), 500) END,
    event ->> 'anonymousId', event ->> 'userId', event ->> 'writeKey',
    event -> 'properties', event
FROM incoming JOIN fresh ON fresh.message_id = event ->> 'messageId'
WHERE NOT EXISTS (
    SELECT FROM tailorbird_erased AS erased
    WHERE erased.visitor IN (sha256(convert_to(event ->> 'anonymousId', 'UTF8')), sha256(convert_to(event ->> 'previousId', 'UTF8')))
        AND (event ->> 'receivedAt')::timestamptz <= erased.received_at
)";

/// Waits for inserts under way, in another drain, which do not know of an erasure yet, and has those to come wait for it.
const LOCK: &str = "LOCK TABLE tailorbird_events IN SHARE ROW EXCLUSIVE MODE";

/// Everything of a visitor, also what could not be read and what is yet to be delivered once more.
const ERASE: &str = "
WITH erased AS (
    INSERT INTO tailorbird_erased (visitor, received_at)
    VALUES (sha256(convert_to($1, 'UTF8')), ($2::text::jsonb ->> 'receivedAt')::timestamptz)
    ON CONFLICT (visitor) DO UPDATE SET received_at = greatest(tailorbird_erased.received_at, excluded.received_at)
), unreadable AS (DELETE FROM tailorbird_unreadable WHERE strpos(event, $1) > 0)
DELETE FROM tailorbird_events WHERE anonymous_id = $1 OR event ->> 'previousId' = $1";

const REJECT: &str = "INSERT INTO tailorbird_unreadable (event, reason) VALUES ($1, $2)";

/// A database that may be away for a while.
pub(super) struct Postgres {
    config: Config,
    client: Option<Client>,
    days: BTreeSet<String>,
}

impl Postgres {
    /// Reads the address; connecting comes with the first events.
    pub(super) fn parse(url: &str) -> Result<Postgres, CollectorError> {
        let mut config = Config::from_str(url).map_err(|error| CollectorError::Option {
            option: "--to",
            value: without_password(url),
            expected: format!("postgres://user@host/database ({error})"),
        })?;
        config.connect_timeout(Duration::from_secs(5)).application_name("tailorbird drain");
        Ok(Postgres { config, client: None, days: BTreeSet::new() })
    }

    /// Writes events that are new; tells how many were.
    pub(super) async fn insert(&mut self, events: &[&str]) -> Result<u64, String> {
        let outcome = self.try_insert(events).await;
        if outcome.is_err() {
            // The connection may be dead; the next try makes a new one and looks at the tables again.
            self.client = None;
            self.days.clear();
        }
        outcome.map_err(|error| {
            let detail = error.as_db_error().map(|error| error.message().to_owned());
            detail.unwrap_or_else(|| error.to_string())
        })
    }

    async fn try_insert(&mut self, events: &[&str]) -> Result<u64, tokio_postgres::Error> {
        self.connect().await?;
        self.make_days(events).await?;
        let Some(client) = &mut self.client else { return Ok(0) };
        // A visitor's request to be erased is no event to keep: what came before it goes.
        let (mut new, mut from) = (0, 0);
        for (nth, event) in events.iter().enumerate() {
            if let Some(visitor) = erasure_of(event) {
                new += insert_all(client, &events[from..nth]).await?;
                let transaction = client.transaction().await?;
                transaction.batch_execute(LOCK).await?;
                transaction.execute(ERASE, &[&visitor, &without_nul(event)]).await?;
                transaction.commit().await?;
                from = nth + 1;
            }
        }
        Ok(new + insert_all(client, &events[from..]).await?)
    }

    async fn connect(&mut self) -> Result<(), tokio_postgres::Error> {
        if self.client.as_ref().is_some_and(|client| !client.is_closed()) {
            return Ok(());
        }
        let (mut client, connection) = self.config.connect(NoTls).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the connection to PostgreSQL ended");
            }
        });
        let transaction = client.transaction().await?;
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&SCHEMA_LOCK]).await?;
        transaction.batch_execute(SCHEMA).await?;
        transaction.commit().await?;
        self.client = Some(client);
        Ok(())
    }

    /// Makes the partitions of the days on which the events arrived.
    async fn make_days(&mut self, events: &[&str]) -> Result<(), tokio_postgres::Error> {
        let Some(client) = &mut self.client else { return Ok(()) };
        for (day, next) in events.iter().filter_map(|event| received_day(event)) {
            if self.days.contains(&day) {
                continue;
            }
            let name = day.replace('-', "_");
            let transaction = client.transaction().await?;
            transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&SCHEMA_LOCK]).await?;
            // Both dates were written by us, digit by digit.
            transaction
                .batch_execute(&format!(
                    "CREATE TABLE IF NOT EXISTS tailorbird_events_{name} PARTITION OF tailorbird_events
                     FOR VALUES FROM ('{day} 00:00:00+00') TO ('{next} 00:00:00+00')"
                ))
                .await?;
            transaction.commit().await?;
            self.days.insert(day);
        }
        Ok(())
    }
}

/// Writes events that are new; one that PostgreSQL cannot take does not take others with it.
async fn insert_all(client: &Client, events: &[&str]) -> Result<u64, tokio_postgres::Error> {
    let texts: Vec<String> = events.iter().map(|event| without_nul(event)).collect();
    if texts.is_empty() {
        return Ok(0);
    }
    match client.execute(INSERT, &[&texts]).await {
        Err(error) if is_about_data(&error) => {
            let mut new = 0;
            for text in &texts {
                new += insert_one(client, text).await?;
            }
            Ok(new)
        }
        outcome => outcome,
    }
}

async fn insert_one(client: &Client, text: &String) -> Result<u64, tokio_postgres::Error> {
    match client.execute(INSERT, &[&vec![text]]).await {
        Err(error) if is_about_data(&error) => {
            client.execute(REJECT, &[text, &error.to_string()]).await?;
            Ok(0)
        }
        outcome => outcome,
    }
}

/// Whether it is this event that PostgreSQL cannot take, not PostgreSQL that is in trouble.
fn is_about_data(error: &tokio_postgres::Error) -> bool {
    let Some(code) = error.code() else { return false };
    // 22: data that is none for its type; 54: more of it than fits, into a row or an index.
    let class = code.code().get(..2);
    matches!(class, Some("22" | "54")) || *code == SqlState::NOT_NULL_VIOLATION || *code == SqlState::CHECK_VIOLATION
}

/// `jsonb` has no place for U+0000: it becomes U+FFFD.
fn without_nul(event: &str) -> String {
    let mut out = String::with_capacity(event.len());
    let mut rest = event;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let length = escape.chars().take(2).map(char::len_utf8).sum();
        if escape.starts_with("\\u0000") {
            out.push_str("\\ufffd");
            rest = escape.get(6..).unwrap_or_default();
        } else {
            let (kept, after) = escape.split_at(length);
            out.push_str(kept);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_nul_escapes_change() {
        assert_eq!(without_nul(r#"{"a":"x\u0000y\\u0000\"\u0001"}"#), r#"{"a":"x\ufffdy\\u0000\"\u0001"}"#);
        assert_eq!(without_nul("plain é"), "plain é");
        assert_eq!(without_nul("\\"), "\\");
    }
}
