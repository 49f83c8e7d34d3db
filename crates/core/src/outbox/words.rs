//! The words that the outbox and its driver exchange: what it is told, what it asks for, what it counts.

use super::row::Row;
use crate::schema::Millis;

/// How an outbox behaves. `Config::default()` is how the agent does.
#[derive(Debug, Clone)]
pub struct Config {
    /// Goes into every body.
    pub write_key: String,
    /// Members that every `Events Dropped` event carries besides its own, as JSON text without the outer braces:
    /// `"anonymousId":"a-1","context":{}`.
    pub report: String,
    /// Whether a store exists at all. Without one nothing is committed or loaded, and no lock is asked for.
    pub durable: bool,
    /// So many waiting events are sent at once.
    pub flush_at: usize,
    /// Fewer are sent after this time.
    pub flush_interval: Millis,
    /// More waiting events than this, and the oldest go.
    pub max_rows: usize,
    /// More waiting bytes than this, and the oldest go.
    pub max_bytes: usize,
    /// A larger event is refused.
    pub event_bytes: usize,
    /// Events in one request.
    pub batch_rows: usize,
    /// Bytes of one request.
    pub batch_bytes: usize,
    /// Bytes of all requests that may outlive the page, together: the browser allows 64 KiB.
    pub keepalive_bytes: usize,
    /// The first wait after a failure; it doubles with each.
    pub retry_first: Millis,
    /// The longest wait after a failure.
    pub retry_most: Millis,
    /// The first wait after the collector refused the key or the address; it doubles with each, up to a day.
    pub refused_wait: Millis,
    /// Refused events are kept so long for a key that is repaired, and at most twice as long.
    pub refused_most: Millis,
    /// A request without an answer is given up after this time.
    pub patience: Millis,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            write_key: String::new(),
            report: String::new(),
            durable: true,
            flush_at: 20,
            flush_interval: 5_000,
            max_rows: 10_000,
            max_bytes: 16 << 20,
            event_bytes: 32 << 10,
            batch_rows: 2_500,
            batch_bytes: 500_000,
            keepalive_bytes: 60_000,
            retry_first: 1_000,
            retry_most: 60_000,
            refused_wait: 15 * 60_000,
            refused_most: 7 * 24 * 3_600_000,
            patience: 30_000,
        }
    }
}

/// Whether events may be stored and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Stored and sent.
    Granted,
    /// Kept in memory until it is decided: nothing is written, nothing is sent.
    Pending,
    /// Erased.
    Denied,
}

/// What the driver tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Once, first.
    Start(Consent),
    /// An event of this tab: its `messageId` and its JSON text.
    Push {
        /// The event's `messageId`.
        id: String,
        /// The event as one JSON object.
        event: String,
    },
    /// Send what waits as soon as the collector allows it.
    Flush,
    /// Rows that nobody announced may have become visible: the page before wrote while it was left.
    Look,
    /// The timer of [`Command::Wake`] rang, or any other moment to look at the time.
    Tick,
    /// The lock is held by this tab from now on.
    Elected,
    /// The transaction completed: it survives a crash.
    Stored {
        /// Of [`Command::Commit`].
        commit: u32,
    },
    /// The transaction failed as a whole.
    StoreFailed {
        /// Of [`Command::Commit`].
        commit: u32,
    },
    /// The answer to [`Command::Load`].
    Loaded {
        /// The first rows in the order of their keys, within the asked limits.
        rows: Vec<Row>,
        /// How many rows the store holds in all.
        stored_rows: usize,
        /// Their bytes: the sum of [`super::size_in`] over all keys.
        stored_bytes: usize,
    },
    /// The store could not be read.
    LoadFailed,
    /// Another tab stored rows ([`Command::Announce`]).
    Announced {
        /// How many.
        rows: usize,
        /// How large.
        bytes: usize,
        /// Whether that tab wants them sent now.
        flush: bool,
    },
    /// The tab that leads has sent what the store held then ([`Command::Flushed`]), or cannot now.
    Flushed {
        /// When it looked there last.
        looked: Millis,
    },
    /// The collector answered and the answer was read.
    Answered {
        /// Of [`Command::Send`].
        batch: u32,
        /// The HTTP status.
        status: u16,
        /// `Retry-After` as a span from now, if there was one.
        retry_after: Option<Millis>,
        /// The answer's text.
        body: String,
    },
    /// The request failed without an answer.
    Unreachable {
        /// Of [`Command::Send`].
        batch: u32,
    },
    /// `navigator.onLine` became false.
    Offline,
    /// `navigator.onLine` became true.
    Online,
    /// `visibilitychange` to hidden: perhaps the last moment of this page.
    Hidden,
    /// `visibilitychange` to visible.
    Visible,
    /// `pagehide`: the page ends or freezes.
    PageHide,
    /// `pageshow` of a page that had been frozen.
    Resume,
    /// Consent changed, here or in another tab.
    Consent(Consent),
    /// The visitor asks to be forgotten: everything that waits is erased, unsent and unreported.
    Erase,
}

/// What the outbox asks the driver to do, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Ask for the lock that all tabs share; answer [`Input::Elected`] once it is held, however late.
    Campaign,
    /// Give the lock back, or stop asking for it.
    Resign,
    /// One atomic transaction: put these rows, delete these keys. Transactions and loads run in the order asked.
    Commit {
        /// To be named in the answer.
        commit: u32,
        /// Rows to write; a key that exists is overwritten.
        put: Vec<Row>,
        /// Keys to remove, known or not.
        delete: Vec<String>,
    },
    /// Read the first rows whose key is greater than `after`, at most so many and so large (at least one).
    Load {
        /// A key, or empty for the beginning.
        after: String,
        /// At most so many rows.
        rows: usize,
        /// At most so many bytes of text.
        bytes: usize,
    },
    /// Remove every row of the store.
    Wipe,
    /// Tell the other tabs that rows were stored; they are told by [`Input::Announced`].
    Announce {
        /// How many.
        rows: usize,
        /// How large.
        bytes: usize,
        /// Whether they shall be sent now.
        flush: bool,
    },
    /// Tell the other tabs that a flush is over; they are told by [`Input::Flushed`].
    Flushed {
        /// When this tab looked last into the store.
        looked: Millis,
    },
    /// Post this body now.
    Send {
        /// To be named in the answer.
        batch: u32,
        /// The JSON text of the request.
        body: String,
        /// Whether the request has to outlive the page.
        keepalive: bool,
    },
    /// Give this request up; its answer is no longer of interest.
    Abort {
        /// Of [`Command::Send`].
        batch: u32,
    },
    /// Set the one timer anew: tell [`Input::Tick`] after so many milliseconds.
    Wake(Millis),
    /// Something changed for the `sync` event.
    Sync(Status),
    /// Something went wrong that a developer should read once.
    Warn(Warning),
}

/// Where delivery stands in this tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Events known to wait, in flight included.
    pub waiting: usize,
    /// Events that the collector took.
    pub delivered: usize,
    /// Events that the collector took into quarantine.
    pub rejected: usize,
    /// Events let go of, and reported as such.
    pub dropped: usize,
    /// The dead letter: events that the collector refused with their key or address, kept for the next page.
    pub refused: usize,
    /// Failures in a row; 0 when all is well.
    pub failures: u32,
    /// Whether a flush is under way.
    pub flushing: bool,
}

/// What a developer should read once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// An event was larger than [`Config::event_bytes`] and was refused.
    EventTooLarge,
    /// The collector answered with this status to a request of which nothing can be repaired by splitting it.
    Refused(u16),
    /// Three requests in a row came to nothing: nobody answered, or only that it cannot now.
    Unreachable,
    /// The collector did not want this event, sent alone, with this status.
    EventRejected(u16),
    /// The queue was full: the oldest events were let go of.
    Overflow,
    /// The store refused a transaction; events wait in memory.
    StoreFailed,
}

/// Why events were let go of: `reason` of `Events Dropped`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The queue was full.
    Overflow,
    /// The event was too large.
    TooLarge,
    /// The collector answered 400, 413 or 422 to the event alone.
    Rejected,
    /// The collector refused the key or the address for longer than [`Config::refused_most`].
    Refused,
}

impl Reason {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Overflow => "overflow",
            Reason::TooLarge => "too large",
            Reason::Rejected => "rejected",
            Reason::Refused => "refused",
        }
    }
}
