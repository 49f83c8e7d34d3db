//! How well rows answer sessions that came after those they were learned from.

use crate::parallel::in_pieces;
use crate::sessions::{Look, Sessions};
use crate::settings::Reading;
use crate::sums::{Neighbour, Sums};

/// How many answers count as shown.
pub const SHOWN: usize = 20;
const NONE: u32 = u32::MAX;

/// Hit rate and mean reciprocal rank over the first twenty answers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Quality {
    /// How many cases were asked.
    pub cases: usize,
    /// The share of cases whose next item is among the answers.
    pub hits: f64,
    /// The mean of 1 / place of the next item; 0 where it is not among the answers.
    pub reciprocal: f64,
}

/// Both questions at once: what comes next, and which *other* item comes next.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Answered {
    /// The current item may come again, as in published measurements.
    pub repeats: Quality,
    /// The shop's question: the current item is never an answer.
    pub others: Quality,
}

impl Answered {
    /// One number to compare settings by.
    pub fn merit(&self) -> f64 {
        (self.repeats.hits + self.repeats.reciprocal + self.others.hits + self.others.reciprocal) / 2.0
    }
}

/// Sessions to be answered, and the items whose rows that takes.
pub struct Cases {
    sessions: Sessions,
    /// The items of all sessions, each once.
    pub asked: Vec<u32>,
    /// Per item its place in `asked`.
    place: Vec<u32>,
}

impl Cases {
    /// At most `most` of `future`'s sessions, evenly spread, without the items that `looks` never saw.
    pub fn new(future: &Sessions, looks: &[u32], most: usize) -> Cases {
        let stride = future.len().div_ceil(most.max(1)).max(1);
        let mut seen = Vec::new();
        for nth in (0..future.len()).step_by(stride) {
            let known = future.session(nth).iter().filter(|item| looks[**item as usize] > 0);
            seen.extend(known.zip(0i64..).map(|(item, at)| Look { session: nth as u32, item: *item, at }));
        }
        let sessions = Sessions::from_looks(seen, future.item_count());
        let (mut asked, mut place) = (Vec::new(), vec![NONE; future.item_count()]);
        for item in sessions.items() {
            if place[*item as usize] == NONE {
                place[*item as usize] = asked.len() as u32;
                asked.push(*item);
            }
        }
        Cases { sessions, asked, place }
    }

    /// How many questions there are.
    pub fn count(&self) -> usize {
        self.sessions.iter().map(|session| session.len().saturating_sub(1)).sum()
    }

    /// Answers every prefix of every session from `rows`, which stand in the order of `asked`.
    pub fn answer(&self, rows: &[Vec<Neighbour>], reading: &Reading) -> Answered {
        let (loudness, again) = (reading.loudness(), reading.again());
        let found = in_pieces(self.sessions.len(), |part| {
            let mut sums = Sums::new(self.sessions.item_count());
            let mut found = [Found::default(); 2];
            for nth in part {
                let session = self.sessions.session(nth);
                for length in 1..session.len() {
                    let (prefix, next) = (&session[..length], session[length]);
                    for (item, loudness) in prefix.iter().rev().zip(&loudness) {
                        for (other, weight) in &rows[self.place[*item as usize] as usize] {
                            sums.add(*other, weight * loudness);
                        }
                    }
                    for (item, again) in prefix.iter().rev().zip(&again).filter(|(_, again)| **again > 0.0) {
                        sums.add(*item, *again);
                    }
                    let current = session[length - 1];
                    found[0].note(sums.of(next), sums.ahead_of(next, NONE));
                    if next != current {
                        found[1].note(sums.of(next), sums.ahead_of(next, current));
                    }
                    sums.clear();
                }
            }
            vec![found]
        });
        let all = |which: usize| found.iter().fold(Found::default(), |all, part| all.and(part[which])).quality();
        Answered { repeats: all(0), others: all(1) }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Found {
    cases: usize,
    hits: usize,
    reciprocal: f64,
}

impl Found {
    fn note(&mut self, score: f32, ahead: usize) {
        self.cases += 1;
        if score > 0.0 && ahead < SHOWN {
            self.hits += 1;
            self.reciprocal += 1.0 / (ahead + 1) as f64;
        }
    }

    fn and(self, other: Found) -> Found {
        Found {
            cases: self.cases + other.cases,
            hits: self.hits + other.hits,
            reciprocal: self.reciprocal + other.reciprocal,
        }
    }

    fn quality(self) -> Quality {
        let count = self.cases.max(1) as f64;
        Quality { cases: self.cases, hits: self.hits as f64 / count, reciprocal: self.reciprocal / count }
    }
}
