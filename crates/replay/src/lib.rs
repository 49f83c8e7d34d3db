//! Recorded visits go through rules with the core that decides in the browser: who would have seen what, and what other
//! rules would change.
//!
//! [`Replay::read`] takes events in the order in which they arrived and sorts them by visitor into parts, in memory while
//! they fit and in files after that. [`Replay::finish`] walks through each visitor's events by their own clock, part by
//! part, on all cores, and sums up.

mod device;
mod error;
mod line;
mod page;
mod parts;
mod place;
mod report;
mod side;
mod tally;
mod visit;
mod visitor;

pub use error::ReplayError;
pub use place::Place;
pub use report::{
    AudienceReport, ChangeReport, ExperienceReport, MoveReport, OverlapReport, PlacementReport, Report, html, table,
};

use std::io::BufRead;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use parts::Parts;
use side::Side;
use tailorbird_core::catalog::Catalog;
use tailorbird_core::products::{ModelScores, NoModel};
use tailorbird_core::recommend::Model;
use tailorbird_core::rules::Rules;
use tally::Tally;

/// A line that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Counted from 1 over all input.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// Collects events, then replays them.
#[derive(Debug)]
pub struct Replay {
    parts: Parts,
    model: Option<Model>,
    places: Vec<Place>,
}

impl Replay {
    /// Ready for about so many bytes of events; 0 where nobody knows.
    ///
    /// # Errors
    /// There is no place for temporary files.
    pub fn new(bytes: u64) -> Result<Replay, ReplayError> {
        Ok(Replay { parts: Parts::new(bytes)?, model: None, places: Vec::new() })
    }

    /// With what was learned: rows of products, `intent` and `churn` as in a browser that has all of the model's files.
    #[must_use]
    pub fn with_model(self, model: Model) -> Replay {
        Replay { model: Some(model), ..self }
    }

    /// With some placements on certain pages only. Those that are not named are on every page.
    #[must_use]
    pub fn with_places(self, places: Vec<Place>) -> Replay {
        Replay { places, ..self }
    }

    /// Takes in lines of NDJSON until the input ends; `progress` hears how many bytes were read.
    ///
    /// # Errors
    /// The input cannot be read, or temporary files not be written. A bad line is no error: it is noted and passed over.
    pub fn read(&mut self, mut input: impl BufRead, progress: impl FnMut(u64)) -> Result<(), ReplayError> {
        // What some programs put before UTF-8 is no part of the first line.
        if input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            input.consume(3);
        }
        self.parts.read(input, progress)
    }

    /// The lines that could not be used: how many, and the first of them.
    pub fn passed_over(&self) -> (u64, &[BadLine]) {
        (self.parts.bad, &self.parts.bad_lines)
    }

    /// Replays everything by `rules`, and by those that they are compared with. `progress` hears how many bytes of events
    /// went through.
    ///
    /// # Errors
    /// The rules cannot be used, or temporary files not be read.
    pub fn finish(
        mut self,
        rules: &str,
        against: Option<&str>,
        catalog: &Catalog,
        progress: impl Fn(u64) + Sync,
    ) -> Result<Report, ReplayError> {
        let mut sides = vec![Side::new("rules", rules)?];
        if let Some(against) = against {
            sides.push(Side::new("the rules compared with", against)?);
        }
        for place in &self.places {
            let stands = sides.iter_mut().map(|side| side.place(place)).fold(false, |one, other| one | other);
            if !stands {
                return Err(ReplayError::Place(place.placement.clone()));
            }
        }
        self.parts.close()?;
        let scores: &(dyn ModelScores + Sync) = match &self.model {
            Some(model) => model,
            None => &NoModel,
        };
        let (parts, sides) = (&self.parts, sides.as_slice());
        let next = AtomicUsize::new(0);
        let (sum, wrong) = (Mutex::new(Tally::new(sides)), Mutex::new(None));
        let work = || {
            let mut tally = Tally::new(sides);
            loop {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= parts.count() {
                    break;
                }
                let replayed = parts.load(part).map(|bytes| {
                    visitor::replay(&bytes, sides, (catalog, scores), &mut tally, |bytes| progress(bytes as u64))
                });
                if let Err(error) = replayed {
                    keep(&wrong, Some(error));
                    break;
                }
            }
            if let Ok(mut sum) = sum.lock() {
                sum.merge(tally);
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(work))));
        if let Some(error) = wrong.into_inner().ok().flatten() {
            return Err(error);
        }
        let sum = sum.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        Ok(Report::new(sides, sum, self.parts.lines, self.parts.bad))
    }
}

fn keep(place: &Mutex<Option<ReplayError>>, error: Option<ReplayError>) {
    if let Ok(mut place) = place.lock() {
        *place = error;
    }
}

/// Whether rules can be replayed at all: a document that could not be read decides nothing.
pub(crate) fn usable(rules: &Rules, problems: usize) -> bool {
    !rules.placements().is_empty() || problems == 0
}
