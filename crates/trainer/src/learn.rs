//! From sessions to all that a model holds.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tailorbird_core::catalog::Catalog;

use crate::TrainError;
use crate::counts::{Counted, Counter};
use crate::events::Evidence;
use crate::foretell::{Foretold, churn, intent};
use crate::rhythm::{Rhythms, rhythms};
use crate::rows::{lengths, weighed, widened};
use crate::sessions::{Names, Sessions};
use crate::settings::Settings;
use crate::shards::{Learned, Lists, write};
use crate::sums::Neighbour;
use crate::together::{together, upsell};
use crate::trending::trending;
use crate::tune::{Tuned, tune};

/// How many neighbours the longest rows keep while settings are searched for.
const TRIED: usize = 40;
/// How many the longest rows keep, the first that fits into the budget of bytes.
const KEPT: [usize; 5] = [48, 40, 32, 26, 20];
/// How many bytes a model may take for each item; a few fewer for the first two thousand.
const ITEM_BYTES: usize = 41;
const SMALL: usize = 2000;
const SMALL_SAVES: usize = 4;
/// How many popular items the head lists.
const POPULAR: usize = 40;

/// What is known besides which items follow which.
#[derive(Debug, Default)]
pub struct Extras {
    /// Per item, what is bought with it.
    pub together: Vec<Vec<Neighbour>>,
    /// Per item, dearer items that others chose.
    pub upsell: Vec<Vec<Neighbour>>,
    /// What is in demand.
    pub trending: Vec<Neighbour>,
    /// How often things are bought again.
    pub rhythms: Rhythms,
    /// A purchase within the session.
    pub intent: Option<Foretold>,
    /// Staying away, and how many days that means.
    pub churn: Option<(Foretold, f64)>,
}

impl Extras {
    /// All that collected events tell.
    pub fn of(evidence: &Evidence, catalog: &Catalog) -> Extras {
        let visits = evidence.sample.visits();
        Extras {
            together: together(evidence),
            upsell: upsell(evidence),
            trending: trending(evidence),
            rhythms: rhythms(evidence),
            intent: intent(&visits, catalog),
            churn: churn(&visits, catalog, evidence.newest),
        }
    }
}

/// A model, and how it came about.
#[derive(Debug)]
pub struct Trained {
    /// The files, by their path in the model's folder.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The settings that were chosen, and how good they were on the newest sessions.
    pub tuned: Tuned,
}

/// Chooses settings on the newest sessions, then learns from all. `progress` hears the share that is done.
///
/// # Errors
/// No session has two items.
pub fn train(
    sessions: &Sessions,
    names: &Names,
    extras: &Extras,
    mut progress: impl FnMut(f64),
) -> Result<Trained, TrainError> {
    if sessions.iter().all(|session| session.len() < 2) {
        return Err(TrainError::Empty);
    }
    let tuned = tune(sessions, TRIED, |share| progress(share * 0.8));
    let files = learn(sessions, names, extras, &tuned.settings, || progress(0.85));
    progress(1.0);
    Ok(Trained { files, tuned })
}

/// The files of a model with these settings; the rows are as long as the budget of bytes allows.
pub fn learn(
    sessions: &Sessions,
    names: &Names,
    extras: &Extras,
    settings: &Settings,
    counted: impl FnOnce(),
) -> BTreeMap<String, Vec<u8>> {
    let counter = Counter::new(sessions);
    let looks = counter.looks();
    let rows = counter.rows(&settings.counting);
    counted();
    learn_counts(&rows, looks, names, extras, settings)
}

/// The files of a model from what was counted, here or elsewhere: `looks` are how often each item was looked at.
pub fn learn_counts(
    counted: &[Counted],
    looks: Vec<u32>,
    names: &Names,
    extras: &Extras,
    settings: &Settings,
) -> BTreeMap<String, Vec<u8>> {
    let near = weighed(counted, &looks, &settings.weighing);
    let all: Vec<u32> = (0..names.len() as u32).collect();
    let mut learned = Learned {
        rhythms: extras.rhythms.products.clone(),
        lists: Lists {
            popular: most_popular(&looks),
            trending: extras.trending.clone(),
            rhythms: extras.rhythms.categories.clone(),
        },
        popularity: looks,
        memory: settings.reading.loudness(),
        again: settings.reading.again(),
        names: names.clone(),
        intent: extras.intent.as_ref().map(|foretold| foretold.odds.clone()),
        churn: extras.churn.as_ref().map(|(foretold, _)| foretold.odds.clone()),
        ..Learned::default()
    };
    let of = |rows: &[Vec<Neighbour>], item: usize| rows.get(item).cloned().unwrap_or_default();
    let mut files = BTreeMap::new();
    let longest = widened(&near, &all, &settings.walking, &lengths(&learned.popularity, KEPT[0]));
    for kept in KEPT {
        // A shorter row is the beginning of a longer one.
        let cut = longest.iter().zip(lengths(&learned.popularity, kept));
        let rows = cut.map(|(row, length)| row[..length.min(row.len())].to_vec()).enumerate();
        learned.rows = rows.map(|(item, next)| [next, of(&extras.together, item), of(&extras.upsell, item)]).collect();
        files = write(&learned);
        let bytes: usize = files.values().map(Vec::len).sum();
        if bytes <= names.len() * ITEM_BYTES - names.len().min(SMALL) * SMALL_SAVES {
            break;
        }
    }
    files
}

fn most_popular(looks: &[u32]) -> Vec<u32> {
    let mut popular: Vec<u32> = (0..looks.len() as u32).collect();
    popular.sort_by_key(|item| (Reverse(looks[*item as usize]), *item));
    popular.truncate(POPULAR);
    popular
}
