//! Predictions: the rows of the session's items, added up, the latest item speaking loudest.

use super::Pick;
use super::head::Head;
use super::manifest::Manifest;
use super::shelf::{Relation, Shelf};
use super::tally::{Candidate, Tally};
use crate::schema::Gather;

/// What comes next. Items that the model does not know are passed over, so a new product does not end the memory.
pub(crate) fn next<'a>(
    shelf: &'a Shelf,
    head: &Head,
    manifest: &Manifest,
    session: &[&str],
    repeats: bool,
    limit: usize,
) -> Vec<Pick<'a>> {
    let current = session.last().and_then(|id| shelf.ids.find(id)).unwrap_or(u32::MAX);
    let known = session.iter().rev().filter_map(|id| shelf.ids.find(id)).filter(|item| shelf.is_member(*item));
    let recent: Vec<u32> = known.take(manifest.memory.len().max(manifest.again.len())).gather();
    let mut tally = Tally::new();
    for ((nth, item), loudness) in recent.iter().enumerate().zip(&manifest.memory) {
        for edge in shelf.row(*item, Relation::Next) {
            tally.add(edge.item, edge.weight * loudness, nth as u32);
        }
    }
    for ((nth, item), weight) in recent.iter().enumerate().zip(&manifest.again) {
        if *weight > 0.0 {
            tally.add(*item, *weight, nth as u32);
        }
    }
    let allowed = |item: u32| repeats || item != current;
    let mut picks = explained(shelf, &recent, tally.best(limit, allowed, |one, other| comes_first(shelf, one, other)));
    let near = recent.first().map_or(&[][..], |item| shelf.seen_near(*item));
    for item in near.iter().chain(&head.popular) {
        if picks.len() >= limit {
            break;
        }
        let id = shelf.ids.name(*item);
        if allowed(*item) && !picks.iter().any(|pick| pick.id == id) {
            picks.push(unexplained(shelf, *item, 0.0));
        }
    }
    picks
}

/// The neighbours of one or more items, which are themselves left out.
pub(crate) fn related<'a>(shelf: &'a Shelf, relation: Relation, of: &[&str], limit: usize) -> Vec<Pick<'a>> {
    let own: Vec<u32> = of.iter().filter_map(|id| shelf.ids.find(id)).gather();
    let mut tally = Tally::new();
    for (nth, item) in own.iter().enumerate() {
        for edge in shelf.row(*item, relation) {
            tally.add(edge.item, edge.weight, nth as u32);
        }
    }
    let best = tally.best(limit, |item| !own.contains(&item), |one, other| comes_first(shelf, one, other));
    explained(shelf, &own, best)
}

/// A pick that no item of the session speaks for.
pub(crate) fn unexplained(shelf: &Shelf, item: u32, score: f32) -> Pick<'_> {
    Pick { id: shelf.ids.name(item), score, because: None, weight: 0.0 }
}

fn explained<'a>(shelf: &'a Shelf, session: &[u32], best: Vec<Candidate>) -> Vec<Pick<'a>> {
    let pick = |candidate: Candidate| Pick {
        id: shelf.ids.name(candidate.item),
        score: candidate.score,
        because: session.get(candidate.because as usize).map(|item| shelf.ids.name(*item)),
        weight: candidate.most,
    };
    best.into_iter().map(pick).gather()
}

/// Which of two equally scored items comes first: by id, for numbers depend on the order in which files arrived.
fn comes_first(shelf: &Shelf, one: u32, other: u32) -> bool {
    shelf.ids.name(one) < shelf.ids.name(other)
}
