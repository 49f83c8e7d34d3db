//! From sessions to all that a model holds.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::TrainError;
use crate::counts::Counter;
use crate::rows::{lengths, weighed, widened};
use crate::sessions::{Names, Sessions};
use crate::settings::Settings;
use crate::shards::{Learned, write};
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
pub fn train(sessions: &Sessions, names: &Names, mut progress: impl FnMut(f64)) -> Result<Trained, TrainError> {
    if sessions.iter().all(|session| session.len() < 2) {
        return Err(TrainError::Empty);
    }
    let tuned = tune(sessions, TRIED, |share| progress(share * 0.8));
    let Settings { counting, weighing, walking, reading } = &tuned.settings;
    let counter = Counter::new(sessions);
    let looks = counter.looks();
    let near = weighed(&counter.rows(counting), &looks, weighing);
    let all: Vec<u32> = (0..names.len() as u32).collect();
    progress(0.85);

    let mut learned = Learned {
        popularity: looks,
        rhythms: vec![None; names.len()],
        memory: reading.loudness(),
        again: reading.again(),
        names: names.clone(),
        ..Learned::default()
    };
    learned.lists.popular = most_popular(&learned.popularity);
    let mut files = BTreeMap::new();
    for kept in KEPT {
        let rows = widened(&near, &all, walking, &lengths(&learned.popularity, kept));
        learned.rows = rows.into_iter().map(|next| [next, Vec::new(), Vec::new()]).collect();
        files = write(&learned);
        let bytes: usize = files.values().map(Vec::len).sum();
        if bytes <= names.len() * ITEM_BYTES - names.len().min(SMALL) * SMALL_SAVES {
            break;
        }
    }
    progress(1.0);
    Ok(Trained { files, tuned })
}

fn most_popular(looks: &[u32]) -> Vec<u32> {
    let mut popular: Vec<u32> = (0..looks.len() as u32).collect();
    popular.sort_by_key(|item| (Reverse(looks[*item as usize]), *item));
    popular.truncate(POPULAR);
    popular
}
