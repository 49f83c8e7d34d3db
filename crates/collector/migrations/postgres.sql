-- What `tailorbird drain` keeps in PostgreSQL. Safe to run again.

CREATE TABLE IF NOT EXISTS tailorbird_events (
    received_at timestamptz NOT NULL,
    happened_at timestamptz NOT NULL,
    message_id text NOT NULL,
    type text NOT NULL,
    name text,
    anonymous_id text,
    user_id text,
    write_key text,
    properties jsonb,
    event jsonb NOT NULL
) PARTITION BY RANGE (received_at);

-- Indexes of the parent are made for each day's partition.
CREATE INDEX IF NOT EXISTS tailorbird_events_happened_at ON tailorbird_events (happened_at);
CREATE INDEX IF NOT EXISTS tailorbird_events_name ON tailorbird_events (name, happened_at);
CREATE INDEX IF NOT EXISTS tailorbird_events_anonymous_id ON tailorbird_events (anonymous_id);
CREATE INDEX IF NOT EXISTS tailorbird_events_user_id ON tailorbird_events (user_id);

-- Which messages were written: a partitioned table cannot promise that over all days, so this one does.
CREATE TABLE IF NOT EXISTS tailorbird_message_ids (
    message_id text PRIMARY KEY,
    received_at timestamptz NOT NULL
);

-- Visitors who asked to be erased, by the hash of their id: what arrived before that and is delivered later stays out.
CREATE TABLE IF NOT EXISTS tailorbird_erased (
    visitor bytea PRIMARY KEY,
    received_at timestamptz NOT NULL
);

-- Events that PostgreSQL cannot hold, with what it said.
CREATE TABLE IF NOT EXISTS tailorbird_unreadable (
    at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL,
    event text NOT NULL
);
