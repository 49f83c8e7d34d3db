//! Asks a model and the baselines the same questions.

use std::collections::BTreeMap;

use tailorbird_core::recommend::Model;

use crate::TrainError;
use crate::counts::Counter;
use crate::parallel::in_pieces;
use crate::sessions::{Look, Names, Sessions};
use crate::settings::Counting;
use crate::trial::SHOWN;

/// Sessions longer than this are one group.
const LONGEST: usize = 8;

/// How good one way of answering is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measured {
    /// What it is called.
    pub name: &'static str,
    /// Per number of answers shown, from 1 to 20: the share of questions whose item is among them.
    pub hits: Vec<f64>,
    /// The mean of 1 / place of the item; 0 where it is not among the first twenty.
    pub reciprocal: f64,
    /// The share of the items that the past had seen that were shown at least once.
    pub coverage: f64,
    /// The share of answers that are among the most popular tenth of the items.
    pub popular: f64,
    /// By how many items the session had so far, from 1: the share of hits among twenty.
    pub by_length: Vec<f64>,
}

/// A question: what was looked at, and what came next.
struct Question {
    before: Vec<u32>,
    next: u32,
}

type Answer<'a> = Box<dyn Fn(&[u32]) -> Vec<u32> + Sync + 'a>;

/// The model in `files`, then the baselines; how many questions there were; and the share of them whose next item is
/// among the most popular tenth.
pub fn measure(
    files: &BTreeMap<String, Vec<u8>>,
    past: &Sessions,
    future: &Sessions,
    names: &Names,
    most_asked: usize,
) -> Result<(Vec<Measured>, usize, f64), TrainError> {
    let counter = Counter::new(past);
    let looks = counter.looks();
    let mut by_popularity: Vec<u32> = (0..names.len() as u32).filter(|item| looks[*item as usize] > 0).collect();
    by_popularity.sort_by_key(|item| (std::cmp::Reverse(looks[*item as usize]), *item));
    let mut is_popular = vec![false; names.len()];
    by_popularity.iter().take(by_popularity.len().div_ceil(10)).for_each(|item| is_popular[*item as usize] = true);
    let questions = questions(future, &looks, most_asked);

    let model = open(files)?;
    let followers = counter.rows(&Counting { steps: 1, fade: 0.0, back: 0.0, half_life: 1e6 });
    let ways: [(&str, Answer); 3] = [
        (
            "this model",
            Box::new(|before| {
                let ids: Vec<&str> = before.iter().map(|item| names.name(*item)).collect();
                model.next(&ids, false, SHOWN).iter().filter_map(|pick| names.find(pick.id)).collect()
            }),
        ),
        (
            "what followed the last item",
            Box::new(|before| {
                let Some(row) = before.last().map(|last| &followers[*last as usize].neighbours) else {
                    return Vec::new();
                };
                row.iter().map(|(other, _)| *other).take(SHOWN).collect()
            }),
        ),
        (
            "most popular",
            Box::new(|before| {
                by_popularity.iter().copied().filter(|item| Some(item) != before.last()).take(SHOWN).collect()
            }),
        ),
    ];
    let measured =
        ways.iter().map(|(name, answer)| of(name, answer, &questions, &is_popular, by_popularity.len())).collect();
    let popular = questions.iter().filter(|question| is_popular[question.next as usize]).count();
    Ok((measured, questions.len(), popular as f64 / questions.len().max(1) as f64))
}

/// The shop's question: which other item comes next. Items that the past never saw are left out.
fn questions(future: &Sessions, looks: &[u32], most: usize) -> Vec<Question> {
    let stride = future.len().div_ceil(most.max(1)).max(1);
    let mut known = Vec::new();
    for nth in (0..future.len()).step_by(stride) {
        let items = future.session(nth).iter().filter(|item| looks[**item as usize] > 0).zip(0i64..);
        known.extend(items.map(|(item, at)| Look { session: nth as u32, item: *item, at }));
    }
    let known = Sessions::from_looks(known, future.item_count()).without_runs();
    let of = |session: &[u32]| -> Vec<Question> {
        (1..session.len()).map(|at| Question { before: session[..at].to_vec(), next: session[at] }).collect()
    };
    known.iter().flat_map(of).collect()
}

fn of(name: &'static str, answer: &Answer, questions: &[Question], is_popular: &[bool], known: usize) -> Measured {
    let answers = in_pieces(questions.len(), |part| part.map(|nth| answer(&questions[nth].before)).collect());
    let count = questions.len().max(1) as f64;
    let mut measured = Measured { name, hits: vec![0.0; SHOWN], ..Measured::default() };
    let mut shown = vec![false; is_popular.len()];
    let (mut answered, mut popular) = (0usize, 0usize);
    let mut lengths = [(0usize, 0usize); LONGEST];
    for (question, items) in questions.iter().zip(&answers) {
        items.iter().for_each(|item| shown[*item as usize] = true);
        answered += items.len();
        popular += items.iter().filter(|item| is_popular[**item as usize]).count();
        let group = &mut lengths[question.before.len().min(LONGEST) - 1];
        group.1 += 1;
        if let Some(place) = items.iter().position(|item| *item == question.next) {
            group.0 += 1;
            measured.reciprocal += 1.0 / (place + 1) as f64 / count;
            measured.hits[place..].iter_mut().for_each(|hits| *hits += 1.0 / count);
        }
    }
    measured.coverage = shown.iter().filter(|shown| **shown).count() as f64 / known.max(1) as f64;
    measured.popular = popular as f64 / answered.max(1) as f64;
    measured.by_length = lengths.iter().map(|(hits, count)| *hits as f64 / (*count).max(1) as f64).collect();
    measured
}

fn open(files: &BTreeMap<String, Vec<u8>>) -> Result<Model, TrainError> {
    let bad = |path: &str, error| TrainError::Model { path: path.to_owned(), error };
    let manifest = files.get("manifest.json").and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("");
    let mut model = Model::open(manifest).map_err(|error| bad("manifest.json", error))?;
    for path in model.files() {
        model.add(&path, files.get(&path).map_or(&[], Vec::as_slice)).map_err(|error| bad(&path, error))?;
    }
    Ok(model)
}
