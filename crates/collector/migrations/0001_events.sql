-- What the collector keeps. Every table but `quarantine` grows at its end only: a commit touches a handful of pages.

-- Facts about this database: the secret for hashing ids.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- One stored event a row, in arrival order. `seq` is never used twice.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    event TEXT NOT NULL
);

-- One row a commit: when its events arrived, and the keyed hashes of all visitors in it (8 bytes each). It finds a
-- visitor's events without an index of its own, which would cost a random page write for every event.
CREATE TABLE groups (
    last_seq INTEGER PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    visitors BLOB NOT NULL
);

-- One row a commit: the keyed hashes of its messageIds (8 bytes each), read into memory at start.
CREATE TABLE ids (
    last_seq INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    hashes BLOB NOT NULL
);

-- Invalid events of valid batches, to be looked at and replayed.
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at INTEGER NOT NULL,
    place INTEGER NOT NULL,
    reason TEXT NOT NULL,
    kind TEXT,
    write_key TEXT,
    whole INTEGER NOT NULL,
    event TEXT NOT NULL
);
