-- What a sink has acknowledged: events up to `acked_seq` at the moment `at`. Rows leave `events` a safety delay later.
CREATE TABLE outbox (
    acked_seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    -- The sequence number that the sink gave to the last of them: a sink that is behind it has lost something.
    sink_seq INTEGER NOT NULL
);
