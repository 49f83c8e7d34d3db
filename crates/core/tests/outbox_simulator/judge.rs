//! The verdict over a world in which the faults have ended: tracked = stored + reported as dropped, and nothing waits.

use crate::world::World;
use std::collections::HashMap;

impl World {
    pub(crate) fn judge(&self) {
        let seed = self.seed;
        let left: Vec<&String> = self.disk.keys().filter(|key| !key.starts_with('!')).collect();
        assert!(left.is_empty(), "seed {seed}: {} rows are left on the disk: {:?}", left.len(), left.first());
        for (id, tab) in &self.tabs {
            let status = tab.outbox.status();
            assert_eq!((status.waiting, status.flushing), (0, false), "seed {seed}: tab {id} still waits");
        }
        // Events that must be in some report, and events that may be: those of dead tabs that never reached the disk
        // could have been counted or not before their tab died.
        let (mut must, mut may) = (0, 0);
        for (id, fate) in self.fates.iter().filter(|(_, fate)| !fate.erased && !fate.wiped) {
            let lost = fate.died && !fate.on_disk;
            if fate.dropped || (!fate.collected && !lost) {
                must += 1;
            }
            may += usize::from(fate.dropped || !fate.collected);
            let explained = fate.collected || fate.dropped || lost || fate.too_large;
            // What is only in memory may be dropped without the disk's knowing; the sums below judge it.
            let in_memory = !self.climate.durable || self.climate.store || self.climate.consent || self.climate.poison;
            assert!(explained || (in_memory && !fate.on_disk), "seed {seed}: `{id}` is nowhere: {fate:?}");
        }
        let reported: usize = self.reports.values().sum();
        if !self.climate.consent {
            // A lost answer can make an event both collected and dropped from memory.
            let slack = if self.climate.durable && !self.climate.store { 0 } else { self.fates.len() };
            assert!(reported <= may + slack, "seed {seed}: {reported} reported as dropped, at most {may} were");
            assert!(
                reported >= must || self.may_lose_reports(),
                "seed {seed}: {reported} reported, {must} were dropped"
            );
        }
        if self.climate.is_fair() {
            self.judge_fair_weather();
        }
    }

    /// A report that is only in memory dies with its tab.
    fn may_lose_reports(&self) -> bool {
        (self.climate.crashes || self.climate.closing) && (self.climate.store || !self.climate.durable)
    }

    /// Without faults nothing is sent twice, and the events of a tab arrive in order.
    fn judge_fair_weather(&self) {
        let seed = self.seed;
        let twice = self.fates.iter().find(|(_, fate)| fate.sightings > 1);
        assert!(twice.is_none(), "seed {seed}: sent twice in fair weather: {twice:?}");
        if self.climate.hiding {
            // A hidden tab sends what is left beside a request under way.
            return;
        }
        let mut last: HashMap<&str, u64> = HashMap::new();
        for id in &self.arrivals {
            let (tab, nth) = id.split_once('-').unwrap();
            let nth: u64 = nth.parse().unwrap();
            let before = last.insert(tab, nth).unwrap_or(0);
            assert!(before < nth, "seed {seed}: `{id}` arrived after {tab}-{before}");
        }
    }
}
