//! Drives the core's outbox: its commands become transactions, requests, timers and locks; what comes of them is told back.

use crate::clock::{Clock, Random};
use crate::storage::{Medium, Store};
use crate::tabs::Lead;
use crate::transport::{Answer, Request, Transport};
use gloo_timers::callback::Timeout;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use tailorbird_core::outbox::{Command, Config, Consent, Input, Outbox, Status, Warning};
use tailorbird_schema::Millis;

/// When a page that begins to deliver looks once more for rows of the page before, in milliseconds.
const LOOKS: [Millis; 2] = [2_000, 10_000];

/// What the agent hears of delivery.
pub(crate) enum Heard {
    /// Where it stands now.
    Status(Status),
    /// Something a developer should read.
    Warning(Warning),
    /// Rows were stored; the other tabs may want to know.
    Stored { rows: usize, bytes: usize, flush: bool },
    /// A flush is over; another tab may wait for it.
    Flushed { looked: Millis },
}

/// A queue that is being delivered. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Delivery(Rc<Inner>);

struct Inner {
    outbox: RefCell<Outbox>,
    waiting: RefCell<VecDeque<Input>>,
    busy: Cell<bool>,
    store: Store,
    transport: Transport,
    prefix: String,
    lead: RefCell<Option<Lead>>,
    timer: RefCell<Option<Timeout>>,
    requests: RefCell<Vec<(u32, Request)>>,
    clock: Clock,
    random: RefCell<Random>,
    heard: Box<dyn Fn(Heard)>,
}

/// The queue's room where it shares `localStorage` with the shop.
const LOCAL_BYTES: usize = 1 << 20;

impl Delivery {
    /// A queue over `store`, started: the shopper has agreed.
    pub(crate) fn start(
        mut config: Config,
        store: Store,
        prefix: &str,
        transport: Transport,
        (clock, random): (Clock, Random),
        heard: impl Fn(Heard) + 'static,
    ) -> Delivery {
        match store.medium() {
            Medium::IndexedDb => {}
            Medium::LocalStorage => config.max_bytes = LOCAL_BYTES,
            Medium::Memory => config.durable = false,
        }
        let delivery = Delivery(Rc::new(Inner {
            outbox: RefCell::new(Outbox::new(config)),
            waiting: RefCell::default(),
            busy: Cell::new(false),
            store,
            transport,
            prefix: prefix.to_owned(),
            lead: RefCell::default(),
            timer: RefCell::default(),
            requests: RefCell::default(),
            clock,
            random: RefCell::new(random),
            heard: Box::new(heard),
        }));
        delivery.tell(Input::Start(Consent::Granted));
        // What the page before wrote while it was left may become visible only now.
        for wait in LOOKS {
            let inner = Rc::downgrade(&delivery.0);
            let look = move || {
                if let Some(inner) = inner.upgrade() {
                    Delivery(inner).tell(Input::Look);
                }
            };
            crate::clock::after(wait, look).forget();
        }
        delivery
    }

    /// Tells the outbox and does all it asks for. What arises meanwhile waits its turn.
    pub(crate) fn tell(&self, input: Input) {
        self.0.waiting.borrow_mut().push_back(input);
        if self.0.busy.replace(true) {
            return;
        }
        loop {
            let next = self.0.waiting.borrow_mut().pop_front();
            let Some(input) = next else { break };
            let chance = self.0.random.borrow_mut().fraction();
            let commands = self.0.outbox.borrow_mut().handle(input, self.0.clock.now(), chance);
            for command in commands {
                self.carry_out(command);
            }
        }
        self.0.busy.set(false);
    }

    /// What a report of dropped events says besides the count, when the visitor's id changed.
    pub(crate) fn set_report(&self, members: String) {
        self.0.outbox.borrow_mut().set_report(members);
    }

    /// Where delivery stands.
    pub(crate) fn status(&self) -> Status {
        self.0.outbox.borrow().status()
    }

    /// What a callback needs to tell back; nothing keeps a dropped queue alive.
    fn back(&self) -> impl Fn(Input) + 'static {
        let inner = Rc::downgrade(&self.0);
        move |input| {
            if let Some(inner) = inner.upgrade() {
                Delivery(inner).tell(input);
            }
        }
    }

    fn carry_out(&self, command: Command) {
        let (inner, back) = (&self.0, self.back());
        match command {
            Command::Commit { commit, put, delete } => {
                let done =
                    move |good| back(if good { Input::Stored { commit } } else { Input::StoreFailed { commit } });
                inner.store.commit(&put, &delete, None, Box::new(done));
            }
            Command::Load { after, rows, bytes } => inner.store.load(&after, rows, bytes, move |shelf| {
                back(match shelf {
                    Some(shelf) => Input::Loaded {
                        rows: shelf.rows,
                        stored_rows: shelf.stored_rows,
                        stored_bytes: shelf.stored_bytes,
                    },
                    None => Input::LoadFailed,
                });
            }),
            Command::Wipe => inner.store.wipe_rows(),
            Command::Campaign => {
                let led = Rc::new(move || back(Input::Elected));
                *inner.lead.borrow_mut() = Some(Lead::ask(&inner.prefix, led));
            }
            Command::Resign => drop(inner.lead.take()),
            Command::Announce { rows, bytes, flush } => (inner.heard)(Heard::Stored { rows, bytes, flush }),
            Command::Flushed { looked } => (inner.heard)(Heard::Flushed { looked }),
            Command::Send { batch, body, keepalive } => {
                let keeper = Rc::downgrade(inner);
                let answered = move |answer: Option<Answer>| {
                    if let Some(inner) = keeper.upgrade() {
                        inner.requests.borrow_mut().retain(|(id, _)| *id != batch);
                    }
                    back(match answer {
                        Some(answer) => Input::Answered {
                            batch,
                            status: answer.status,
                            retry_after: answer.retry_after,
                            body: answer.body,
                        },
                        None => Input::Unreachable { batch },
                    });
                };
                let request = inner.transport.send(&body, keepalive, Box::new(answered));
                inner.requests.borrow_mut().push((batch, request));
            }
            Command::Abort { batch } => {
                let mut requests = inner.requests.borrow_mut();
                if let Some(at) = requests.iter().position(|(id, _)| *id == batch) {
                    requests.swap_remove(at).1.abort();
                }
            }
            Command::Wake(wait) => {
                let timer = crate::clock::after(wait, move || back(Input::Tick));
                // The timer that may be running now must not be cancelled from inside itself: it is over already.
                drop(inner.timer.borrow_mut().replace(timer));
            }
            Command::Sync(status) => (inner.heard)(Heard::Status(status)),
            Command::Warn(warning) => (inner.heard)(Heard::Warning(warning)),
        }
    }
}

/// The code and the sentence of a warning.
pub(crate) fn warning_words(warning: Warning) -> (&'static str, String) {
    match warning {
        Warning::EventTooLarge => ("event-too-large", "an event over 32 KB was not sent; send less with it".to_owned()),
        Warning::Refused(status) => {
            let text =
                ["the collector refused with status ", &status.to_string(), "; check `collector` and `writeKey`"];
            ("collector-refused", text.concat())
        }
        Warning::Unreachable => (
            "collector-unreachable",
            "three requests to the collector came to nothing; events are kept and tried again; check `collector` and its CORS".to_owned(),
        ),
        Warning::EventRejected(status) => {
            ("event-rejected", ["the collector did not take an event, status ", &status.to_string()].concat())
        }
        Warning::Overflow => {
            ("overflow", "the queue was full; the oldest events were dropped and are reported".to_owned())
        }
        Warning::StoreFailed => ("store", "the browser's store failed; events wait in memory".to_owned()),
    }
}
