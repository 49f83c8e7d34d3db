//! The line of bodies that wait to be judged. Each write key has a lane, the lanes take turns, and who would have to
//! wait long is told at once: an answer that comes late is worth less than a refusal that comes soon.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Who would wait longer than this, as far as can be told, is not let into the line.
const LONG: Duration = Duration::from_millis(40);
/// Who has waited longer than this all the same is not worth judging any more …
const TOO_LONG: Duration = Duration::from_millis(120);
/// … where so many others wait: they come sooner that way. Where fewer do, the machine was slow and not the line, refusing
/// helps nobody, and the sender may have no second try: a page's last request has none.
const CROWD: usize = 8;
/// What judging a body is taken to cost until it is known.
const FIRST_GUESS: Duration = Duration::from_micros(500);

/// The line: `T` is what waits.
pub(crate) struct Line<T> {
    state: Mutex<State<T>>,
    ready: Condvar,
    judges: u32,
}

/// Whose turn it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn<T> {
    /// It is to be judged.
    Now(T),
    /// It has waited too long.
    TooLate(T),
}

struct State<T> {
    lanes: Vec<Lane<T>>,
    next_lane: usize,
    closed: bool,
}

struct Lane<T> {
    waiting: VecDeque<(Instant, T)>,
    /// What one of this lane costs, as a moving average.
    cost: Duration,
}

impl<T> Line<T> {
    /// An empty line with so many lanes before so many judges.
    pub(crate) fn new(lanes: usize, judges: usize) -> Line<T> {
        let lanes = (0..lanes.max(1)).map(|_| Lane { waiting: VecDeque::new(), cost: FIRST_GUESS }).collect();
        let state = State { lanes, next_lane: 0, closed: false };
        Line { state: Mutex::new(state), ready: Condvar::new(), judges: u32::try_from(judges.max(1)).unwrap_or(1) }
    }

    /// Joins a lane; given back when the wait would be long.
    pub(crate) fn join(&self, lane: usize, what: T, now: Instant) -> Result<(), T> {
        let mut state = self.lock();
        let wait = state.wait_in(lane) / self.judges;
        let closed = state.closed;
        match state.lanes.get_mut(lane) {
            Some(lane) if !closed && wait <= LONG => lane.waiting.push_back((now, what)),
            _ => return Err(what),
        }
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    /// Waits for the next turn and its lane; none when the line was closed and nobody is left in it.
    pub(crate) fn next(&self) -> Option<(usize, Turn<T>)> {
        let mut state = self.lock();
        loop {
            if let Some(turn) = state.next_turn(Instant::now()) {
                return Some(turn);
            }
            if state.closed {
                return None;
            }
            state = self.ready.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// Notes what judging one of a lane has cost.
    pub(crate) fn note(&self, lane: usize, took: Duration) {
        if let Some(lane) = self.lock().lanes.get_mut(lane) {
            lane.cost = (lane.cost * 15 + took) / 16;
        }
    }

    /// Lets nobody in any more.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl<T> State<T> {
    /// How long one judge would take until it is the turn of who joins a lane now: each place before it is one round.
    fn wait_in(&self, lane: usize) -> Duration {
        let before = self.lanes.get(lane).map_or(0, |lane| lane.waiting.len());
        self.lanes
            .iter()
            .map(|other| other.cost * u32::try_from(other.waiting.len().min(before)).unwrap_or(u32::MAX))
            .sum()
    }

    fn is_crowded(&self) -> bool {
        self.lanes.iter().map(|lane| lane.waiting.len()).sum::<usize>() >= CROWD
    }

    fn next_turn(&mut self, now: Instant) -> Option<(usize, Turn<T>)> {
        let lanes = self.lanes.len();
        for place in (0..lanes).map(|step| (self.next_lane + step) % lanes) {
            let Some((since, what)) = self.lanes[place].waiting.pop_front() else { continue };
            self.next_lane = (place + 1) % lanes;
            let is_late = now.saturating_duration_since(since) > TOO_LONG && self.is_crowded();
            return Some((place, if is_late { Turn::TooLate(what) } else { Turn::Now(what) }));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drained(line: &Line<&'static str>) -> Vec<&'static str> {
        line.close();
        std::iter::from_fn(|| line.next())
            .map(|(_, turn)| match turn {
                Turn::Now(what) => what,
                Turn::TooLate(_) => "too late",
            })
            .collect()
    }

    #[test]
    fn lanes_take_turns() {
        let (line, now) = (Line::new(3, 1), Instant::now());
        for what in ["a1", "a2", "a3"] {
            line.join(0, what, now).unwrap();
        }
        line.join(2, "c1", now).unwrap();
        assert_eq!(drained(&line), ["a1", "c1", "a2", "a3"]);
    }

    #[test]
    fn a_lane_takes_no_more_than_can_be_judged_soon_and_others_stay_open() {
        let (line, now) = (Line::new(2, 2), Instant::now());
        for _ in 0..2_000 {
            line.note(0, Duration::from_millis(10));
        }
        let taken = (0..100).take_while(|_| line.join(0, "a", now).is_ok()).count();
        assert_eq!(taken, 9, "two judges need 40 ms for eight, and the ninth waits as long");
        for _ in 0..5 {
            line.join(1, "b", now).unwrap();
        }
        assert_eq!(drained(&line), [["a", "b"].repeat(5), vec!["a"; 4]].concat());
    }

    #[test]
    fn who_waited_too_long_is_told_so_where_others_wait() {
        let line = Line::new(1, 1);
        let long_ago = Instant::now().checked_sub(TOO_LONG * 2).unwrap();
        let soon = Instant::now() + Duration::from_secs(3_600);
        line.join(0, "late", long_ago).unwrap();
        line.join(0, "late, but hardly anybody waits", long_ago).unwrap();
        for _ in 1..CROWD {
            line.join(0, "in time", soon).unwrap();
        }
        let told = drained(&line);
        assert_eq!(told[..3], ["too late", "late, but hardly anybody waits", "in time"]);
        assert_eq!(told.len(), CROWD + 1);
    }

    #[test]
    fn nobody_joins_a_closed_line_or_a_lane_that_is_not_there() {
        let line = Line::new(1, 1);
        assert_eq!(line.join(1, "x", Instant::now()), Err("x"));
        line.close();
        assert_eq!(line.join(0, "x", Instant::now()), Err("x"));
        assert_eq!(line.next(), None);
    }
}
