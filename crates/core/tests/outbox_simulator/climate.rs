//! Which faults a world has: drawn from its seed.

use crate::chance::Chance;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Climate {
    /// The collector fails, hangs, throttles, loses answers.
    pub(crate) network: bool,
    /// Tabs and whole browsers die between any two steps.
    pub(crate) crashes: bool,
    /// Transactions fail, the disk is full.
    pub(crate) store: bool,
    /// The clock is set, by minutes and by years.
    pub(crate) clock: bool,
    /// Some events are refused by the collector with 400, large bodies with 413.
    pub(crate) poison: bool,
    /// Consent comes and goes.
    pub(crate) consent: bool,
    /// Announcements to other tabs get lost.
    pub(crate) deaf: bool,
    /// Pages are closed, and frozen in the back/forward cache.
    pub(crate) closing: bool,
    /// Tabs are hidden and shown.
    pub(crate) hiding: bool,
    /// There is a store at all.
    pub(crate) durable: bool,
    /// The queue is so small that it overflows.
    pub(crate) small: bool,
    pub(crate) tabs: u64,
}

impl Climate {
    pub(crate) fn of(seed: u64) -> Climate {
        let mut chance = Chance::new(!seed);
        let mut one_in = |many| chance.one_in(many);
        Climate {
            network: !one_in(5),
            crashes: !one_in(3),
            store: one_in(3),
            clock: one_in(4),
            poison: one_in(3),
            consent: one_in(6),
            deaf: one_in(3),
            closing: !one_in(3),
            hiding: !one_in(3),
            durable: !one_in(10),
            small: one_in(2),
            tabs: if one_in(3) { 1 } else { 4 },
        }
    }
    /// Nothing can go wrong: each event has to arrive exactly once.
    pub(crate) fn is_fair(&self) -> bool {
        let faults = [self.network, self.crashes, self.store, self.clock, self.closing, self.consent, self.poison];
        self.durable && !faults.contains(&true)
    }
}
