//! Events are taken at once, and worked off a moment later: together, and not within the shop's own handlers.
//!
//! What an event leads to (profile, queue, other tabs, what is shown) costs several times what taking it does, and most of
//! that is the processor waking up to it. Nobody can tell the difference: whoever asks the agent anything, and whatever else
//! happens to it, has all events worked off first.

use crate::agent::Agent;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use tailorbird_schema::{Event, EventKind};

/// How long events of a burst wait for each other, in milliseconds; the first after so much quiet waits only for the code
/// that runs now. They are on disk well within the 100 ms that are promised.
const PACE: f64 = 30.0;

/// Events that were taken and not worked off, oldest first.
#[derive(Default)]
pub(crate) struct Later {
    events: RefCell<VecDeque<Event>>,
    /// Whether a timer is set that will work them off.
    called: Cell<bool>,
    /// When that was done last, in the browser's milliseconds.
    last: Cell<f64>,
}

impl Agent {
    /// An event happened.
    pub(crate) fn record(&self, event: Event) {
        let waits = event.kind == EventKind::Track && !self.0.store.borrow().is_hurried() && !self.events_are_heard();
        let later = &self.0.later;
        later.events.borrow_mut().push_back(event);
        if !waits {
            return self.work_off();
        }
        if later.called.replace(true) {
            return;
        }
        // A clock that was set back must not hold anything up.
        let since = js_sys::Date::now() - later.last.get();
        let wait = if (0.0..PACE).contains(&since) { PACE - since } else { 0.0 };
        let rings = self.weak(|agent, ()| {
            agent.0.later.called.set(false);
            agent.work_off();
        });
        crate::clock::after(wait as i64, move || rings(())).forget();
    }

    /// Does now all that follows from the events that were taken.
    pub(crate) fn work_off(&self) {
        let next = || self.0.later.events.borrow_mut().pop_front();
        let Some(mut event) = next() else { return };
        self.0.later.last.set(js_sys::Date::now());
        loop {
            self.follow_event(event);
            match next() {
                Some(another) => event = another,
                None => return,
            }
        }
    }
}
