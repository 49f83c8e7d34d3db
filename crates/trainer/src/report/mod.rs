//! What a team gets before it ships: how well a model answers the newest sessions when it was learned from the older ones.

mod html;
mod measure;
mod svg;
mod table;

pub use html::page;
pub use measure::{Measured, measure};
pub use table::table;

use crate::TrainError;
use crate::foretell::Foretold;
use crate::learn::{Extras, train};
use crate::sessions::{Names, Sessions};

/// The share of the sessions, the newest, that the report asks about.
const ASKED: f64 = 0.1;
/// At most so many of them.
const MOST_ASKED: usize = 5000;

/// Everything that the report tells.
#[derive(Debug, Clone)]
pub struct Report {
    /// The model as it ships, then the baselines.
    pub measured: Vec<Measured>,
    /// How many sessions were learned from, and how many were asked about.
    pub sessions: (usize, usize),
    /// How many questions those were, and how many items can be answered.
    pub questions: usize,
    /// How many items there are.
    pub items: usize,
    /// When the first asked session ended, Unix seconds.
    pub border: i64,
    /// How many bytes the model takes, and in how many files.
    pub size: (usize, usize),
    /// The share of looks that were at the most popular tenth of the items.
    pub popular_looks: f64,
    /// `intent` and `churn`, where they were learned, with their names.
    pub foretold: Vec<(&'static str, Foretold)>,
    /// How many days away count as churn.
    pub churn_days: Option<f64>,
}

/// Learns from the older sessions as `train` does, and asks about the newest.
///
/// # Errors
/// The older sessions hold nothing to learn from.
pub fn report(
    sessions: &Sessions,
    names: &Names,
    extras: &Extras,
    progress: impl FnMut(f64),
) -> Result<Report, TrainError> {
    let border = sessions.len() - (sessions.len() as f64 * ASKED) as usize;
    let (past, future) = (sessions.part(0..border), sessions.part(border..sessions.len()));
    let trained = train(&past, names, &Extras::default(), progress)?;
    let size = (trained.files.values().map(Vec::len).sum(), trained.files.len());
    let (measured, questions, popular_looks) = measure(&trained.files, &past, &future, names, MOST_ASKED)?;
    let mut foretold = Vec::new();
    foretold.extend(extras.intent.clone().map(|intent| ("intent", intent)));
    foretold.extend(extras.churn.clone().map(|(churn, _)| ("churn", churn)));
    Ok(Report {
        measured,
        sessions: (past.len(), future.len()),
        questions,
        items: names.len(),
        border: if future.is_empty() { 0 } else { future.end(0) },
        size,
        popular_looks,
        foretold,
        churn_days: extras.churn.as_ref().map(|(_, days)| *days),
    })
}
