//! How often experiences were shown, for `limit` and `seen.*`, and which variants were given.

use crate::attributes::{EXPOSURES_KEPT, Per, Shown};
use crate::order::insert;
use crate::schema::Millis;

/// How many experiences are remembered; the one not shown for longest gives way.
pub(crate) const MOST: usize = 200;
/// How many exposures of one experience are remembered with their moment.
pub(crate) const MOST_TIMES: usize = EXPOSURES_KEPT as usize;
const DAY: Millis = 86_400_000;

/// Exposures of one experience.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) id: String,
    pub(crate) times: u32,
    pub(crate) session: u32,
    pub(crate) in_session: u32,
    /// Moments of the last 25 hours (a day may have that many), newest last: whose day it is depends on the shopper's clock when asked.
    pub(crate) recent: Vec<Millis>,
}

/// Exposures of all experiences, the latest last.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct SeenAll {
    pub(crate) entries: Vec<Seen>,
}

impl SeenAll {
    pub(crate) fn record(&mut self, id: &str, at: Millis, session: u32) {
        let mut seen = match self.entries.iter().position(|seen| seen.id == id) {
            Some(nth) => self.entries.remove(nth),
            None => Seen { id: id.to_owned(), times: 0, session, in_session: 0, recent: Vec::new() },
        };
        seen.times = seen.times.saturating_add(1);
        seen.in_session = if seen.session == session { seen.in_session.saturating_add(1) } else { 1 };
        seen.session = session;
        seen.recent.retain(|moment| at.saturating_sub(*moment) < DAY + DAY / 24);
        seen.recent.push(at);
        if seen.recent.len() > MOST_TIMES {
            seen.recent.remove(0);
        }
        self.entries.push(seen);
        if self.entries.len() > MOST {
            self.entries.remove(0);
        }
    }

    pub(crate) fn times(&self, id: &str) -> u32 {
        self.entries.iter().find(|seen| seen.id == id).map_or(0, |seen| seen.times)
    }

    /// How often `id` was shown; the day is the shopper's, `utc_offset` minutes ahead of UTC.
    pub(crate) fn shown(&self, id: &str, per: Per, now: Millis, session: u32, utc_offset: i32) -> Shown {
        let Some(seen) = self.entries.iter().find(|seen| seen.id == id) else { return Shown::default() };
        match per {
            Per::Visitor => Shown { times: seen.times, free_at: None },
            Per::Session => Shown { times: if seen.session == session { seen.in_session } else { 0 }, free_at: None },
            Per::Day => {
                let ahead = Millis::from(utc_offset) * 60_000;
                let start = now.saturating_add(ahead).div_euclid(DAY) * DAY - ahead;
                // The future counts as now: a clock that was set back a little made it.
                let times = seen.recent.iter().filter(|moment| start <= **moment).count() as u32;
                Shown { times, free_at: (times > 0).then_some(start + DAY) }
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &SeenAll) {
        for theirs in &other.entries {
            match self.entries.iter_mut().find(|seen| seen.id == theirs.id) {
                Some(seen) => {
                    seen.times = seen.times.saturating_add(theirs.times);
                    for at in &theirs.recent {
                        insert(&mut seen.recent, *at, |own| own > at);
                    }
                    let surplus = seen.recent.len().saturating_sub(MOST_TIMES);
                    seen.recent.drain(..surplus);
                }
                // Sessions of another profile are counted differently: none of its exposures were in this one.
                None => self.entries.insert(0, Seen { session: 0, in_session: 0, ..theirs.clone() }),
            }
        }
        let surplus = self.entries.len().saturating_sub(MOST);
        self.entries.drain(..surplus);
    }

    pub(crate) fn turn_back(&mut self, latest: Millis) {
        for moment in self.entries.iter_mut().flat_map(|seen| &mut seen.recent) {
            *moment = (*moment).min(latest);
        }
    }
}
