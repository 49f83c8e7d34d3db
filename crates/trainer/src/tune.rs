//! Chooses settings on the newest part of the sessions, which is kept apart while they are tried.

use std::rc::Rc;

use crate::counts::{Counted, Counter};
use crate::rows::{lengths, weighed, widened};
use crate::sessions::Sessions;
use crate::settings::{Counting, Settings, Walking, Weighing};
use crate::sums::Neighbour;
use crate::trial::{Answered, Cases};

/// The share of the sessions, the newest, that settings are tried on.
const KEPT_APART: f64 = 0.1;
/// At most so many sessions are answered in a trial.
const MOST_TRIED: usize = 2500;
/// With fewer questions than this, chance would choose: the defaults stay.
const FEWEST_QUESTIONS: usize = 200;
/// A change has to be better by this much.
const WORTH_IT: f64 = 0.0003;

/// What a search found.
#[derive(Debug, Clone)]
pub struct Tuned {
    /// The best settings.
    pub settings: Settings,
    /// How the defaults answered the part kept apart, if there was enough of it.
    pub before: Answered,
    /// How the best settings answered it.
    pub after: Answered,
}

/// Searches for settings. `most_kept` is how many neighbours the longest rows will keep; `progress` hears the share that is done.
pub fn tune(sessions: &Sessions, most_kept: usize, mut progress: impl FnMut(f64)) -> Tuned {
    let border = sessions.len() - (sessions.len() as f64 * KEPT_APART) as usize;
    let past = sessions.part(0..border);
    let counter = Counter::new(&past);
    let looks = counter.looks();
    let cases = Cases::new(&sessions.part(border..sessions.len()), &looks, MOST_TRIED);
    let lengths = lengths(&looks, most_kept);
    let mut bench =
        Bench { counter, looks, cases, lengths, counted: Vec::new(), weighed: Vec::new(), wide: Vec::new() };
    let start = Settings::default();
    if bench.cases.count() < FEWEST_QUESTIONS {
        return Tuned { settings: start, before: Answered::default(), after: Answered::default() };
    }
    let before = bench.answer(&start);
    let mut best = Best { settings: start, merit: before.merit() };
    best.read(&mut bench);
    let changes = changes();
    for (nth, alternatives) in changes.iter().enumerate() {
        best.choose(&mut bench, alternatives);
        progress((nth + 1) as f64 / changes.len() as f64);
    }
    best.read(&mut bench);
    let after = bench.answer(&best.settings);
    Tuned { settings: best.settings, before, after }
}

type Change = fn(&mut Settings);

/// What is tried, one group after the other; of each group, the best remains.
fn changes() -> Vec<Vec<Change>> {
    vec![
        vec![|to| to.counting.back = 0.05, |to| to.counting.back = 0.8],
        vec![|to| to.weighing.caution = 1.0, |to| to.weighing.caution = 30.0],
        vec![|to| to.weighing.fame = 0.0, |to| to.weighing.fame = 0.2, |to| to.weighing.fame = 0.3],
        vec![|to| to.weighing.bend = 1.0, |to| to.weighing.bend = 0.7],
        vec![
            |to| (to.walking.two, to.walking.three) = (0.0, 0.0),
            |to| (to.walking.two, to.walking.three) = (0.5, 0.1),
            |to| (to.walking.two, to.walking.three) = (2.0, 1.0),
        ],
        vec![|to| (to.counting.steps, to.counting.fade) = (2, 1.5), |to| {
            (to.counting.steps, to.counting.fade) = (6, 1.0)
        }],
        vec![|to| to.counting.half_life = 0.3, |to| to.counting.half_life = 5.0],
    ]
}

/// The parts of reading, which cost little to try: first coarse, then fine.
fn readings() -> Vec<Vec<Change>> {
    vec![
        vec![
            |to| to.reading.decay *= 0.3,
            |to| to.reading.decay *= 0.6,
            |to| to.reading.decay = (to.reading.decay * 1.4).min(0.9),
            |to| to.reading.decay = (to.reading.decay * 2.0).min(0.9),
        ],
        vec![
            |to| to.reading.back = 0.0,
            |to| to.reading.back *= 0.3,
            |to| to.reading.back *= 0.7,
            |to| to.reading.back *= 1.4,
            |to| to.reading.back *= 2.0,
            |to| to.reading.back *= 4.0,
        ],
        vec![
            |to| to.reading.stay = 0.0,
            |to| to.reading.stay *= 0.3,
            |to| to.reading.stay *= 0.7,
            |to| to.reading.stay *= 1.4,
            |to| to.reading.stay *= 3.0,
        ],
        vec![
            |to| to.reading.back_decay = 0.4,
            |to| to.reading.back_decay = 0.55,
            |to| to.reading.back_decay = 0.7,
            |to| to.reading.back_decay = 0.85,
            |to| to.reading.back_decay = 1.0,
        ],
    ]
}

struct Best {
    settings: Settings,
    merit: f64,
}

impl Best {
    /// Takes the best of `alternatives`, if one is better. Rows that speak softer or louder need what items get
    /// themselves to go along, so each is tried with half and twice of that too.
    fn choose(&mut self, bench: &mut Bench, alternatives: &[Change]) {
        let from = self.settings;
        for change in alternatives {
            for factor in [1.0, 0.5, 2.0] {
                let mut settings = from;
                change(&mut settings);
                settings.reading.back *= factor;
                settings.reading.stay *= factor;
                self.consider(bench, settings);
            }
        }
    }

    fn read(&mut self, bench: &mut Bench) {
        for _ in 0..2 {
            for alternatives in readings() {
                let from = self.settings;
                for change in alternatives {
                    let mut settings = from;
                    change(&mut settings);
                    self.consider(bench, settings);
                }
            }
        }
    }

    fn consider(&mut self, bench: &mut Bench, settings: Settings) {
        if settings == self.settings {
            return;
        }
        let merit = bench.answer(&settings).merit();
        if merit > self.merit + WORTH_IT {
            *self = Best { settings, merit };
        }
    }
}

/// How many results of each stage are remembered.
const REMEMBERED: usize = 2;

type Rows = Rc<Vec<Vec<Neighbour>>>;

/// Sessions, cases, and the latest rows of each stage, for most changes leave the earlier stages as they were.
struct Bench<'a> {
    counter: Counter<'a>,
    looks: Vec<u32>,
    cases: Cases,
    lengths: Vec<usize>,
    counted: Vec<(Counting, Rc<Vec<Counted>>)>,
    weighed: Vec<((Counting, Weighing), Rows)>,
    wide: Vec<((Counting, Weighing, Walking), Rows)>,
}

impl Bench<'_> {
    fn answer(&mut self, settings: &Settings) -> Answered {
        let Settings { counting, weighing, walking, reading } = settings;
        let (cases, lengths) = (&self.cases, &self.lengths);
        let rows = remembered(&mut self.wide, (*counting, *weighing, *walking), || {
            let weighed = remembered(&mut self.weighed, (*counting, *weighing), || {
                let counted = remembered(&mut self.counted, *counting, || self.counter.rows(counting));
                weighed(&counted, &self.looks, weighing)
            });
            widened(&weighed, &cases.asked, walking, lengths)
        });
        cases.answer(&rows, reading)
    }
}

fn remembered<K: PartialEq, V>(memory: &mut Vec<(K, Rc<V>)>, key: K, make: impl FnOnce() -> V) -> Rc<V> {
    if let Some(at) = memory.iter().position(|(known, _)| *known == key) {
        let found = memory.remove(at);
        memory.push(found);
    } else {
        if memory.len() >= REMEMBERED {
            memory.remove(0);
        }
        let made = Rc::new(make());
        memory.push((key, made));
    }
    Rc::clone(&memory[memory.len() - 1].1)
}
