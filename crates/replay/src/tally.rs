//! What is counted while visits are replayed; counts of several cores add up.

use rustc_hash::FxHashMap;
use tailorbird_core::schema::{Millis, Reason};

use crate::side::{Row, Side};
use crate::visit::{Holder, Holders, Visit};

/// How often visitors saw something: 1, 2, 3 to 5, 6 to 10, more.
pub(crate) const OFTEN: [&str; 5] = ["1", "2", "3–5", "6–10", "11+"];

/// All counts.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) events: u64,
    pub(crate) visitors: u64,
    pub(crate) sessions: u64,
    pub(crate) page_views: u64,
    pub(crate) span: Option<(Millis, Millis)>,
    pub(crate) sides: Vec<OfSide>,
    /// The rows of all sides, each once.
    pub(crate) rows: Vec<Row>,
    /// Per row of `rows` what the other rules change.
    pub(crate) changes: Vec<Change>,
    /// Per placement of either side, those of the first one first, its place on both.
    pub(crate) places: Vec<[Option<usize>; 2]>,
    /// Page views by placement in `places`, and who holds it on the first and on the other side, by row of `rows`.
    pub(crate) moves: FxHashMap<(usize, Holder, Holder), u64>,
    /// Per side and row of it the row in `rows`.
    same: Vec<Vec<usize>>,
}

/// The counts of one set of rules.
#[derive(Debug, Default)]
pub(crate) struct OfSide {
    pub(crate) placements: Vec<OfPlacement>,
    pub(crate) rows: Vec<OfRow>,
    pub(crate) audiences: Vec<u64>,
    /// Visitors who are in both, by the number of one audience and then of the other.
    pub(crate) overlap: Vec<u64>,
}

/// The counts of one placement.
#[derive(Debug, Default, Clone)]
pub(crate) struct OfPlacement {
    pub(crate) page_views: u64,
    /// Those on which nothing wins.
    pub(crate) default: u64,
    /// Those on which an experiment leaves the default.
    pub(crate) control: u64,
}

/// The counts of one row.
#[derive(Debug, Default, Clone)]
pub(crate) struct OfRow {
    pub(crate) visitors: u64,
    pub(crate) sessions: u64,
    pub(crate) views: u64,
    pub(crate) most: u32,
    pub(crate) often: [u64; OFTEN.len()],
}

/// What becomes of a row's visitors under the other rules.
#[derive(Debug, Default, Clone)]
pub(crate) struct Change {
    pub(crate) kept: u64,
    pub(crate) gained: u64,
    pub(crate) lost: u64,
    /// Of those gained and lost how many are in each audience.
    pub(crate) gained_in: Vec<u64>,
    pub(crate) lost_in: Vec<u64>,
}

impl Tally {
    pub(crate) fn new(sides: &[Side]) -> Tally {
        let mut tally = Tally::default();
        let mut numbers: FxHashMap<&Row, usize> = FxHashMap::default();
        for side in sides {
            let audiences = side.audiences.len();
            tally.sides.push(OfSide {
                placements: vec![OfPlacement::default(); side.placements.len()],
                rows: vec![OfRow::default(); side.rows.len()],
                audiences: vec![0; audiences],
                overlap: vec![0; audiences * audiences],
            });
            let same = side.rows.iter().map(|row| {
                *numbers.entry(row).or_insert_with(|| {
                    tally.rows.push(row.clone());
                    tally.rows.len() - 1
                })
            });
            tally.same.push(same.collect());
        }
        let count = sides.first().map_or(0, |one| one.placements.len());
        tally.places = (0..count).map(|place| [Some(place), None]).collect();
        if let [one, other] = sides {
            for place in 0..other.placements.len() {
                let same = (0..count).find(|nth| one.placement(*nth) == other.placement(place));
                match same.and_then(|nth| tally.places.get_mut(nth)) {
                    Some(both) => both[1] = Some(place),
                    None => tally.places.push([None, Some(place)]),
                }
            }
            let audiences = one.audiences.len();
            let change = Change { gained_in: vec![0; audiences], lost_in: vec![0; audiences], ..Change::default() };
            tally.changes = vec![change; tally.rows.len()];
        }
        tally
    }

    pub(crate) fn happened(&mut self, at: Millis) {
        self.events += 1;
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
    }

    /// A page came to rest; on the first look at it, by side, who holds its placements.
    pub(crate) fn looked(&mut self, visits: &[Visit], holders: &[Option<Holders>]) {
        if visits.is_empty() || holders.iter().any(Option::is_none) {
            return;
        }
        self.page_views += 1;
        for (side, holders) in self.sides.iter_mut().zip(holders.iter().flatten()) {
            for (place, holder) in side.placements.iter_mut().zip(holders) {
                let Some((holder, reason)) = holder else { continue };
                place.page_views += 1;
                place.default += u64::from(holder.is_none());
                place.control += u64::from(*reason == Reason::Control);
            }
        }
        let [Some(here), Some(there)] = holders else { return };
        for (nth, [one, other]) in self.places.iter().enumerate() {
            let shared = |side: usize, holder: Holder| holder.and_then(|row| self.same.get(side)?.get(row).copied());
            let of = |holders: &Holders, place: &Option<usize>| *holders.get((*place)?)?;
            let (here, there) = (of(here, one), of(there, other));
            if here.or(there).is_none() {
                continue;
            }
            let one = here.and_then(|(holder, _)| shared(0, holder));
            let other = there.and_then(|(holder, _)| shared(1, holder));
            *self.moves.entry((nth, one, other)).or_default() += 1;
        }
    }

    /// A visitor's last event is over.
    pub(crate) fn leave(&mut self, visits: &[Visit]) {
        self.visitors += 1;
        self.sessions += visits.first().map_or(0, |visit| u64::from(visit.sessions));
        for (side, visit) in self.sides.iter_mut().zip(visits) {
            for row in &visit.touched {
                let (seen, sum) = (visit.seen[*row], &mut side.rows[*row]);
                sum.visitors += 1;
                sum.sessions += u64::from(seen.sessions);
                sum.views += u64::from(seen.views);
                sum.most = sum.most.max(seen.views);
                let often = match seen.views {
                    0..=1 => 0,
                    2 => 1,
                    3..=5 => 2,
                    6..=10 => 3,
                    _ => 4,
                };
                sum.often[often] += 1;
            }
            let count = visit.in_audience.len();
            let inside: Vec<usize> = (0..count).filter(|nth| visit.in_audience[*nth]).collect();
            for one in &inside {
                side.audiences[*one] += 1;
                for other in &inside {
                    side.overlap[one * count + other] += 1;
                }
            }
        }
        let [here, there] = visits else { return };
        let mut rows: FxHashMap<usize, (bool, bool)> = FxHashMap::default();
        for row in &here.touched {
            rows.entry(self.same[0][*row]).or_default().0 = true;
        }
        for row in &there.touched {
            rows.entry(self.same[1][*row]).or_default().1 = true;
        }
        for (row, (now, before)) in rows {
            let change = &mut self.changes[row];
            let (count, audiences) = match (now, before) {
                (true, false) => (&mut change.gained, &mut change.gained_in),
                (false, true) => (&mut change.lost, &mut change.lost_in),
                _ => {
                    change.kept += 1;
                    continue;
                }
            };
            *count += 1;
            for (sum, inside) in audiences.iter_mut().zip(&here.in_audience) {
                *sum += u64::from(*inside);
            }
        }
    }

    /// Adds what another core counted.
    pub(crate) fn merge(&mut self, other: Tally) {
        self.events += other.events;
        self.visitors += other.visitors;
        self.sessions += other.sessions;
        self.page_views += other.page_views;
        self.span = match (self.span, other.span) {
            (Some(one), Some(two)) => Some((one.0.min(two.0), one.1.max(two.1))),
            (one, two) => one.or(two),
        };
        for (side, more) in self.sides.iter_mut().zip(other.sides) {
            for (place, more) in side.placements.iter_mut().zip(more.placements) {
                place.page_views += more.page_views;
                place.default += more.default;
                place.control += more.control;
            }
            for (row, more) in side.rows.iter_mut().zip(more.rows) {
                row.visitors += more.visitors;
                row.sessions += more.sessions;
                row.views += more.views;
                row.most = row.most.max(more.most);
                add(&mut row.often, &more.often);
            }
            add(&mut side.audiences, &more.audiences);
            add(&mut side.overlap, &more.overlap);
        }
        for (change, more) in self.changes.iter_mut().zip(other.changes) {
            change.kept += more.kept;
            change.gained += more.gained;
            change.lost += more.lost;
            add(&mut change.gained_in, &more.gained_in);
            add(&mut change.lost_in, &more.lost_in);
        }
        for (way, count) in other.moves {
            *self.moves.entry(way).or_default() += count;
        }
    }
}

fn add(sums: &mut [u64], more: &[u64]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum += more;
    }
}
