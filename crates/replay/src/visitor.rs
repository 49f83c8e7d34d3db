//! The visitors of one part, one after the other, under all sets of rules at once.

use tailorbird_core::catalog::Catalog;
use tailorbird_core::consent::{Effective, Grant};
use tailorbird_core::profile::{Page, Surroundings};
use tailorbird_core::schema::{Event, EventKind, Millis};

use crate::device::{Zones, device, is_same};
use crate::line::{Line, PageWords};
use crate::page;
use crate::parts::{Entry, HEADER, entries};
use crate::side::Side;
use crate::tally::Tally;
use crate::visit::{DWELL, Learned, Visit};

/// Replays a part; `progress` hears of the bytes that went through.
pub(crate) fn replay(part: &[u8], sides: &[Side], learned: Learned, tally: &mut Tally, progress: impl Fn(usize)) {
    let mut walk = Walk {
        visits: sides.iter().map(Visit::new).collect(),
        around: Surroundings::default(),
        page: None,
        told_page: String::new(),
        zones: Zones::default(),
        agent: String::new(),
        resting: None,
        catalog: learned.0,
        learned,
        tally,
    };
    let entries = entries(part);
    for visitor in entries.chunk_by(|one, other| one.visitor == other.visitor) {
        walk.visitor(visitor);
        progress(visitor.iter().map(|entry| HEADER + entry.line.len()).sum());
    }
}

struct Walk<'w, 's> {
    visits: Vec<Visit<'s>>,
    around: Surroundings,
    /// The page being looked at.
    page: Option<Page>,
    /// Its address as events tell it.
    told_page: String,
    zones: Zones,
    /// How the browser named itself last.
    agent: String,
    /// When something last happened that the page has not come to rest after.
    resting: Option<Millis>,
    catalog: &'w Catalog,
    learned: Learned<'w>,
    tally: &'w mut Tally,
}

impl Walk<'_, '_> {
    /// All events of one visitor.
    fn visitor(&mut self, entries: &[Entry]) {
        self.around = Surroundings::default();
        // What was collected was allowed.
        self.around.set_consent(Effective { personalization: Grant::Granted, analytics: Grant::Granted });
        (self.page, self.resting) = (None, None);
        self.agent.clear();
        let mut begun = false;
        for entry in entries {
            let Some(mut line) = Line::read(entry.line) else { continue };
            let asked = !begun || line.tells_origin() || self.visits.iter().any(|visit| visit.asks_origin(entry.at));
            let Some(event) = line.event(entry.at, asked) else { continue };
            if !begun {
                begun = true;
                self.visits.iter_mut().for_each(|visit| visit.begin(line.visitor(), entry.at));
            }
            if self.resting.is_some_and(|since| entry.at - since >= DWELL) {
                self.rest();
            }
            if !is_same(self.around.device(), &self.agent, &line.context, &mut self.zones, entry.at) {
                self.around.set_device(device(&line.context, &mut self.zones, entry.at));
                line.context.user_agent.0.as_ref().clone_into(&mut self.agent);
            }
            self.tally.happened(entry.at);
            self.take(&event, &line.context.page);
        }
        if begun {
            self.rest();
            self.tally.leave(&self.visits);
        }
    }

    fn take(&mut self, event: &Event, words: &PageWords) {
        let is_page = matches!(event.kind, EventKind::Page | EventKind::Screen);
        let address = page::address(event, words);
        // Where either does not tell its address, the page is taken to be the same.
        let elsewhere = !address.is_empty() && !self.told_page.is_empty() && address != self.told_page;
        if is_page || (page::is_look(event) && (self.page.is_none() || elsewhere)) {
            address.clone_into(&mut self.told_page);
            self.page = Some(page::page(event, words, self.catalog));
            self.visits.iter_mut().for_each(Visit::turn_page);
        }
        if let Some(page) = &mut self.page {
            if event.kind == EventKind::Track {
                page::refine(page, event, self.catalog);
            }
            if self.around.page() != page {
                self.around.set_page(page.clone());
            }
        }
        for visit in &mut self.visits {
            visit.record(event, self.catalog);
        }
        self.resting = Some(event.at);
    }

    /// The page has come to rest, so the visitor looks at it.
    fn rest(&mut self) {
        let Some(now) = self.resting.take().filter(|_| self.page.is_some()) else { return };
        let holders: Vec<_> = self.visits.iter_mut().map(|visit| visit.look(&self.around, self.learned, now)).collect();
        self.tally.looked(&self.visits, &holders);
    }
}
