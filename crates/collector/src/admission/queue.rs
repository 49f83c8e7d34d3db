//! The bounded queue in front of the disk. Each write key has a lane; commits take from the lanes in turn, so a key that
//! floods waits behind itself.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::{GROUP_BYTES, GROUP_EVENTS};

/// How many events may wait in all. At the slowest rate that is promised this is a quarter of a second.
const WAITING_EVENTS: usize = 5_000;
/// How many bytes may wait in all.
const WAITING_BYTES: usize = 16 << 20;

/// What the writer is to do next.
#[derive(Debug)]
pub(crate) enum Work<T, J> {
    /// Requests to commit together.
    Group(Vec<T>),
    /// Something else that needs the writer.
    Job(J),
    /// Nothing came for a while.
    Idle,
    /// The queue was closed and everything in it was handed out.
    Closed,
}

/// The queue: `T` are requests, `J` other work for the writer.
pub(crate) struct FairQueue<T, J> {
    state: Mutex<State<T, J>>,
    ready: Condvar,
}

struct State<T, J> {
    lanes: Vec<Lane<T>>,
    next_lane: usize,
    jobs: VecDeque<J>,
    events: usize,
    bytes: usize,
    closed: bool,
}

struct Lane<T> {
    waiting: VecDeque<(usize, usize, T)>,
    events: usize,
    bytes: usize,
}

impl<T, J> FairQueue<T, J> {
    /// An empty queue with so many lanes.
    pub(crate) fn new(lanes: usize) -> FairQueue<T, J> {
        let lanes = (0..lanes.max(1)).map(|_| Lane { waiting: VecDeque::new(), events: 0, bytes: 0 }).collect();
        let state = State { lanes, next_lane: 0, jobs: VecDeque::new(), events: 0, bytes: 0, closed: false };
        FairQueue { state: Mutex::new(state), ready: Condvar::new() }
    }

    /// Adds a request of so many events and bytes to a lane; given back when there is no room.
    pub(crate) fn push(&self, lane: usize, events: usize, bytes: usize, request: T) -> Result<(), T> {
        let mut state = self.lock();
        if !state.has_room(lane, events, bytes) {
            return Err(request);
        }
        let Some(lane) = state.lanes.get_mut(lane) else { return Err(request) };
        lane.events += events;
        lane.bytes += bytes;
        lane.waiting.push_back((events, bytes, request));
        state.events += events;
        state.bytes += bytes;
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    /// Whether a request in a lane would find room now: if not, it need not be looked at.
    pub(crate) fn has_room(&self, lane: usize) -> bool {
        self.lock().has_room(lane, 1, 1)
    }

    /// Adds other work for the writer; given back when the queue is closed.
    pub(crate) fn push_job(&self, job: J) -> Result<(), J> {
        let mut state = self.lock();
        if state.closed {
            return Err(job);
        }
        state.jobs.push_back(job);
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    /// Waits for work, at most as long as told.
    pub(crate) fn take(&self, patience: Duration) -> Work<T, J> {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Work::Job(job);
            }
            if state.events > 0 || state.lanes.iter().any(|lane| !lane.waiting.is_empty()) {
                return Work::Group(state.take_group());
            }
            if state.closed {
                return Work::Closed;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Work::Idle;
            }
            state = self.ready.wait_timeout(state, left).unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
    }

    /// Takes nothing more; what waits is still handed out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
    }

    /// How many events and bytes wait.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let state = self.lock();
        (state.events, state.bytes)
    }

    fn lock(&self) -> MutexGuard<'_, State<T, J>> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl<T, J> State<T, J> {
    /// A lane may use half of the queue when there are others, and always one request.
    fn has_room(&self, lane: usize, events: usize, bytes: usize) -> bool {
        let share = if self.lanes.len() > 1 { 2 } else { 1 };
        let Some(lane) = self.lanes.get(lane) else { return false };
        let lane_has_room = lane.waiting.is_empty()
            || (lane.events + events <= WAITING_EVENTS / share && lane.bytes + bytes <= WAITING_BYTES / share);
        let all_have_room = lane.waiting.is_empty() && self.bytes <= 2 * WAITING_BYTES
            || (self.events + events <= WAITING_EVENTS && self.bytes + bytes <= WAITING_BYTES);
        !self.closed && lane_has_room && all_have_room
    }

    /// One request of each lane in turn until the group is full.
    fn take_group(&mut self) -> Vec<T> {
        let (mut group, mut events, mut bytes) = (Vec::new(), 0, 0);
        let lanes = self.lanes.len();
        let mut empty_in_a_row = 0;
        while empty_in_a_row < lanes {
            let lane = &mut self.lanes[self.next_lane];
            let Some((more_events, more_bytes, _)) = lane.waiting.front() else {
                self.next_lane = (self.next_lane + 1) % lanes;
                empty_in_a_row += 1;
                continue;
            };
            if !group.is_empty() && (events + more_events > GROUP_EVENTS || bytes + more_bytes > GROUP_BYTES) {
                break;
            }
            if let Some((of_events, of_bytes, request)) = lane.waiting.pop_front() {
                lane.events -= of_events;
                lane.bytes -= of_bytes;
                self.events -= of_events;
                self.bytes -= of_bytes;
                (events, bytes) = (events + of_events, bytes + of_bytes);
                group.push(request);
            }
            self.next_lane = (self.next_lane + 1) % lanes;
            empty_in_a_row = 0;
        }
        group
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(queue: &FairQueue<&'static str, ()>) -> Vec<&'static str> {
        match queue.take(Duration::ZERO) {
            Work::Group(group) => group,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn lanes_take_turns() {
        let queue = FairQueue::new(3);
        for request in ["a1", "a2", "a3"] {
            queue.push(0, 800, 1, request).unwrap();
        }
        queue.push(2, 800, 1, "c1").unwrap();
        assert_eq!(group(&queue), ["a1", "c1", "a2"]);
        assert_eq!(group(&queue), ["a3"]);
        assert!(matches!(queue.take(Duration::ZERO), Work::Idle));
    }

    #[test]
    fn a_flooded_lane_is_full_while_others_have_room() {
        let queue: FairQueue<_, ()> = FairQueue::new(2);
        queue.push(0, 2_500, 1, "a").unwrap();
        assert!(!queue.has_room(0) && queue.has_room(1));
        assert_eq!(queue.push(0, 1, 1, "b"), Err("b"));
        queue.push(1, 2_500, 1, "c").unwrap();
        assert_eq!(queue.push(1, 1, 1, "d"), Err("d"));
        assert!(!queue.has_room(1));
    }

    #[test]
    fn a_closed_queue_hands_out_the_rest() {
        let queue: FairQueue<_, ()> = FairQueue::new(1);
        queue.push(0, 0, 0, "only rejects").unwrap();
        queue.close();
        assert!(!queue.has_room(0));
        assert_eq!(queue.push(0, 1, 1, "late"), Err("late"));
        assert_eq!(group(&queue), ["only rejects"]);
        assert!(matches!(queue.take(Duration::ZERO), Work::Closed));
    }
}
