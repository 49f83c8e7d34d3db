//! The outbox: every tracked event reaches the collector, or is reported as dropped. A state machine without I/O. (long: half of it tells how to drive it)
//!
//! It is one tab's view. The store (IndexedDB, shared by all tabs of the origin), the lock (Web Locks), the network and
//! the clock are outside: the driver tells what happened ([`Input`]) and does what is asked ([`Command`]).
//!
//! ```text
//!             Push ─▶ Commit{put} ─▶ Stored ──────────────┐ (other tabs: Announce)
//!                        │ StoreFailed: waits in memory,   ▼
//!                        │ this tab sends it itself     [ waits ] ◀── Loaded ◀── Load ◀── Elected ◀── Campaign
//!                        ▼                                 │ flush_at, interval, Flush, Hidden, PageHide
//!                     [ waits ] ──────────────────────────▶│ consent granted, gate open
//!                                                          ▼
//!      ┌── backoff, Retry-After ◀── 408 429 5xx, ◀── [ in flight ] ──▶ 2xx read ─▶ Commit{delete} ─▶ Stored: gone
//!      │                            Unreachable,           │
//!      │                            patience over: after    │
//!      ▼                            10 s less at once       ├── 400 413 422: half the batch, down to the one event,
//!   [ waits ]                                              │    which becomes a count in an `Events Dropped` row
//!                                                          └── 401 403 404 …: the dead letter, counted: tried again on
//!                                                              the next page and ever more seldom, for two weeks at most
//! ```
//!
//! # Driving it
//!
//! ```text
//! let mut outbox = Outbox::new(Config { write_key, report, ..Config::default() });
//! do_all(outbox.handle(Input::Start(consent), now, chance));
//! // every event, timer, answer and page event:  do_all(outbox.handle(input, now, chance))
//! ```
//!
//! `now` is the wall clock, `chance` is a fresh random number in `0.0..1.0`. `handle` must not be called from inside
//! the execution of its own commands: queue an input that arises synchronously.
//!
//! | command | what the driver does |
//! |---|---|
//! | `Commit` | Opens **one** readwrite transaction at once (same task), puts, deletes, calls `tx.commit()`. `oncomplete` → `Stored`, `onerror`/`onabort`/exception → `StoreFailed`. Must answer each one within a few seconds, in order; a store that hangs is answered `StoreFailed`. |
//! | `Load` | `getAll(IDBKeyRange.lowerBound(after, true), rows)` cut at `bytes` but never below one row, and `getAllKeys()` for the totals (`size_in` of each). → `Loaded` or `LoadFailed`. In order with the commits. |
//! | `Wipe` | Clears the store, in order with the commits. No answer. |
//! | `Campaign` | `navigator.locks.request(name, …)`; → `Elected` when granted. Without Web Locks → `Elected` at once: two leaders only send things twice, and ids make that harmless. |
//! | `Resign` | Resolves the promise that holds the lock, or lets it go at once when it is granted later. No answer; an `Elected` that crosses it must not be told. |
//! | `Announce` | `BroadcastChannel.postMessage` to the other tabs; where it is missing the leader finds the rows when it looks, once a minute. |
//! | `Flushed` | The same. Where it is missing a flush in a tab that does not lead takes two seconds. |
//! | `Send` | `fetch(url, {method: "POST", body, keepalive})` at once; a text body is sent as `text/plain`. Answer read to the end → `Answered`; rejected → `Unreachable`. An answer that never comes need not be told: the outbox gives the request up after `patience` and sends again. |
//! | `Abort` | `AbortController.abort()`. An `Unreachable` that follows from it does no harm. |
//! | `Wake` | `clearTimeout` of the earlier one, `setTimeout(…)`; → `Tick`. |
//! | `Sync` | The `sync` event; resolves `flush()` once `flushing` is false. |
//! | `Warn` | One `console.warn` a kind and the `warning` event. |
//!
//! Page events: `visibilitychange` → `Hidden`/`Visible`, `pagehide` → `PageHide`, `pageshow` with `persisted` → `Resume`.
//! Never listen to `unload` or `beforeunload`: they cost the back/forward cache.
//!
//! Stores, in this order: IndexedDB; localStorage (rows under a prefix, sorted by key; set `max_bytes` to 1 MB or so, it is
//! the shop's too; no transaction: put before delete); neither: `durable: false`. A store that breaks later answers
//! `StoreFailed`/`LoadFailed` from then on. Call `Outbox::status().waiting` for what this tab knows to wait.
//!
//! Events of this tab carry no promise until `Stored`: a crash before it loses them, which is why the driver starts the
//! transaction in the same task.

mod dropping;
mod pace;
mod row;
mod sending;
mod storing;
mod words;

pub use row::{Row, size_in, write_time};
pub use words::{Command, Config, Consent, Input, Reason, Status, Warning};

use crate::schema::Millis;
use dropping::OpenReport;
use pace::Pace;
use row::Keys;
use sending::Flight;
use storing::Transaction;

/// Where a waiting row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In memory alone.
    Memory,
    /// In memory and on its way to the store with this transaction.
    Saving(u32),
    /// In the store; the text is a copy. INVARIANT: the leader alone has such rows.
    Store,
    /// In the store, and in flight since before another tab could become the leader: only deleted if it arrives.
    Left,
}

/// A row that this tab has in its hands.
#[derive(Debug, Clone)]
struct Waiting {
    row: Row,
    place: Place,
    /// The batch that carries it now; 0 for none.
    flight: u32,
}

/// Whether this tab is the one that sends what is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lead {
    No,
    Asked,
    Yes,
}

/// One tab's delivery queue.
#[derive(Debug)]
pub struct Outbox {
    config: Config,
    consent: Consent,
    lead: Lead,
    // INVARIANT: sorted by key, no key twice.
    rows: Vec<Waiting>,
    transactions: Vec<Transaction>,
    /// Keys that the collector has taken but the store would not let go of.
    undeleted: Vec<String>,
    flights: Vec<Flight>,
    reports: Vec<OpenReport>,
    pace: Pace,
    keys: Keys,
    /// Names transactions and batches; never 0.
    serial: u32,
    /// A load is under way.
    loading: bool,
    /// Its answer is to be ignored.
    disowned: bool,
    /// Load before anything is sent.
    look: bool,
    /// When the leader looks for rows that nobody announced.
    poll: Millis,
    /// The store remembers a `Retry-After`.
    gated: bool,
    /// Where the next load begins.
    after: String,
    /// The store may hold rows that are not in `rows`.
    more: bool,
    stored_rows: usize,
    stored_bytes: usize,
    /// When what waits has waited long enough.
    due: Option<Millis>,
    flush: bool,
    /// Until then a flush waits for the leader's word, or to become it.
    flush_until: Millis,
    /// When the store took a row that another tab is to send.
    kept: Millis,
    /// Another tab was heard of while this one led.
    company: bool,
    hidden: bool,
    /// The lock was passed on once since the page was hidden.
    yielded: bool,
    /// The store failed: look again then.
    mend: Option<Millis>,
    /// Learnt from 400 and 422: at most so many rows in a batch for now.
    most_rows: usize,
    /// Learnt from 413: at most so many bytes in a batch.
    most_bytes: usize,
    /// At most so many bytes in a batch for now: what outlives the page at first, twice as many after each that was taken.
    stride: usize,
    /// The last thing the collector said was no to a single event.
    struck: bool,
    status: Status,
    now: Millis,
    wake: Option<Millis>,
    warned: Vec<Warning>,
    out: Vec<Command>,
}

impl Outbox {
    /// An empty queue; nothing happens before [`Input::Start`].
    pub fn new(config: Config) -> Outbox {
        Outbox {
            most_rows: config.batch_rows,
            most_bytes: config.batch_bytes,
            stride: config.keepalive_bytes,
            config,
            consent: Consent::Pending,
            lead: Lead::No,
            rows: Vec::new(),
            transactions: Vec::new(),
            undeleted: Vec::new(),
            flights: Vec::new(),
            reports: Vec::new(),
            pace: Pace::default(),
            keys: Keys::default(),
            serial: 0,
            loading: false,
            disowned: false,
            look: false,
            poll: 0,
            gated: false,
            after: String::new(),
            more: false,
            stored_rows: 0,
            stored_bytes: 0,
            due: None,
            flush: false,
            flush_until: 0,
            kept: 0,
            company: false,
            hidden: false,
            yielded: false,
            mend: None,
            struck: false,
            status: Status::default(),
            now: Millis::MIN,
            wake: None,
            warned: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Replaces [`Config::report`], when the visitor's id changes.
    pub fn set_report(&mut self, members: String) {
        self.config.report = members;
    }

    /// Where delivery stands.
    pub fn status(&self) -> Status {
        Status { waiting: self.waiting(), failures: self.pace.failures, flushing: self.flush, ..self.status }
    }

    /// Takes one input and returns what is to be done about it, in order.
    pub fn handle(&mut self, input: Input, now: Millis, chance: f64) -> Vec<Command> {
        self.follow_clock(now);
        match input {
            Input::Start(consent) | Input::Consent(consent) => self.set_consent(consent),
            Input::Push { id, event } => self.push(&id, event),
            Input::Flush => self.want_flush(),
            Input::Look => self.look |= self.lead == Lead::Yes,
            // A timer may ring early: whatever is still to come needs a new one.
            Input::Tick => self.wake = None,
            Input::Elected => self.elected(),
            Input::Stored { commit } => self.stored(commit),
            Input::StoreFailed { commit } => self.store_failed(commit),
            Input::Loaded { rows, stored_rows, stored_bytes } => self.loaded(rows, stored_rows, stored_bytes),
            Input::LoadFailed => self.load_failed(),
            Input::Announced { rows, bytes, flush } => self.announced(rows, bytes, flush),
            Input::Flushed { looked } => self.flushed_elsewhere(looked),
            Input::Answered { batch, status, retry_after, body } => {
                self.answered(batch, status, retry_after, &body, chance);
            }
            Input::Unreachable { batch } => self.unreachable(batch, chance),
            // A browser can be wrong about being offline, so this is only the longest wait.
            Input::Offline => self.pace.backoff = now + self.config.retry_most,
            Input::Online => self.pace.backoff = 0,
            Input::Hidden => {
                self.hidden = true;
                self.send_last(false);
            }
            Input::Visible | Input::Resume => {
                self.hidden = false;
                self.yielded = false;
                self.campaign();
            }
            Input::PageHide => {
                self.hidden = true;
                self.send_last(true);
                self.resign();
            }
            Input::Erase => self.erase(),
        }
        self.step(chance);
        std::mem::take(&mut self.out)
    }

    /// What follows from the state alone, whatever the input was.
    fn step(&mut self, chance: f64) {
        self.give_up_hanging(chance);
        self.keep_bounds();
        if self.consent == Consent::Granted {
            self.mend_store();
            self.send_if_due();
        }
        let idle = self.flights.is_empty() && self.transactions.is_empty() && !self.loading;
        if self.hidden && !self.yielded && self.lead == Lead::Yes && idle {
            // A hidden tab may be slowed down or frozen: whoever else waits for the lock goes first.
            self.yielded = true;
            self.pass_on();
        }
        self.set_timer();
    }

    /// A clock that is set back would leave every deadline in a far future: they move with it.
    fn follow_clock(&mut self, now: Millis) {
        if now < self.now {
            let back = self.now - now;
            self.pace.shift(back);
            self.poll -= back;
            self.flush_until -= back;
            self.kept -= back;
            for deadline in [&mut self.due, &mut self.mend, &mut self.wake].into_iter().flatten() {
                *deadline -= back;
            }
            for flight in &mut self.flights {
                flight.until -= back;
            }
        }
        self.now = now;
    }

    fn set_consent(&mut self, consent: Consent) {
        self.consent = consent;
        match consent {
            Consent::Granted => {
                self.campaign();
                self.save(usize::MAX);
            }
            Consent::Pending => {}
            Consent::Denied => {
                self.erase();
                self.resign();
            }
        }
    }

    // INVARIANT: after this nothing of the visitor is left here, and nothing of it is reported.
    fn erase(&mut self) {
        for flight in self.flights.drain(..) {
            self.out.push(Command::Abort { batch: flight.batch });
        }
        self.rows.clear();
        self.undeleted.clear();
        self.reports.clear();
        self.disown_load();
        self.more = false;
        self.stored_rows = 0;
        self.stored_bytes = 0;
        self.due = None;
        self.flush = false;
        if self.config.durable {
            // Transactions under way end before it.
            self.out.push(Command::Wipe);
        }
        self.sync();
    }

    fn push(&mut self, id: &str, event: String) {
        if self.consent == Consent::Denied {
            return;
        }
        if event.len() > self.config.event_bytes {
            self.warn(Warning::EventTooLarge);
            self.report(Reason::TooLarge, 1, id, Vec::new());
            return;
        }
        let key = self.keys.next(false, event.len(), id, self.now);
        self.keep(Row { key, text: event });
    }

    fn campaign(&mut self) {
        if self.lead == Lead::No && self.may_write() {
            self.lead = Lead::Asked;
            self.out.push(Command::Campaign);
        }
    }

    fn resign(&mut self) {
        if self.lead != Lead::No {
            self.leave_office();
            self.out.push(Command::Resign);
        }
    }

    /// Lets another tab lead, if one waits for it.
    fn pass_on(&mut self) {
        self.resign();
        self.campaign();
    }

    fn elected(&mut self) {
        // Asked for and then no longer wanted: the answer crossed the resignation.
        if self.lead == Lead::Asked {
            self.lead = Lead::Yes;
            self.more = true;
            self.look = true;
            // The leader before may have sent what this tab reported.
            self.reports.clear();
        }
    }

    fn leave_office(&mut self) {
        self.lead = Lead::No;
        self.more = false;
        self.look = false;
        self.reports.clear();
        self.disown_load();
        self.retain(&mut |waiting| waiting.place != Place::Store || waiting.flight != 0);
        for waiting in self.rows.iter_mut().filter(|waiting| waiting.place == Place::Store) {
            waiting.place = Place::Left;
        }
    }

    /// What this tab knows to wait.
    fn waiting(&self) -> usize {
        let stored = self.rows.iter().filter(|waiting| waiting.place == Place::Store).count();
        let known = stored + self.leaving().count();
        let elsewhere = if self.more { self.stored_rows.saturating_sub(known) } else { 0 };
        self.rows.len() + elsewhere
    }

    fn set_timer(&mut self) {
        let poll = (self.lead == Lead::Yes && !self.loading).then_some(self.poll);
        let flush = (self.flush && self.lead == Lead::Asked).then_some(self.flush_until);
        let mut next = self.flights.iter().map(|flight| flight.until).chain(self.mend).chain(poll).chain(flush).min();
        if let Some(due) =
            self.due.filter(|_| self.consent == Consent::Granted && self.flights.is_empty() && !self.loading)
        {
            let send = due.max(self.pace.opens());
            next = Some(next.map_or(send, |next| next.min(send)));
        }
        if let Some(at) = next
            && self.wake != next
        {
            self.out.push(Command::Wake((at - self.now).max(0)));
        }
        self.wake = next;
    }

    /// The end of the interval that begins now.
    fn soon(&self) -> Millis {
        self.now + self.config.flush_interval
    }

    fn next_serial(&mut self) -> u32 {
        self.serial = self.serial.wrapping_add(1).max(1);
        self.serial
    }

    fn sync(&mut self) {
        let status = self.status();
        self.out.push(Command::Sync(status));
    }

    fn warn(&mut self, warning: Warning) {
        if !self.warned.contains(&warning) {
            self.warned.push(warning);
            self.out.push(Command::Warn(warning));
        }
    }
}
