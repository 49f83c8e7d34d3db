//! What the trainer may choose, and by default where it starts to search.

use serde::{Deserialize, Serialize};

/// How items near each other in a session are counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Counting {
    /// How many steps apart two items may be.
    pub steps: usize,
    /// An item `d` steps later counts `1 / d^fade`.
    pub fade: f32,
    /// An item earlier instead of later counts this share of it.
    pub back: f32,
    /// A session counts half when this share of all sessions is newer.
    pub half_life: f32,
}

/// How counts become weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Weighing {
    /// Added to a row's sum before dividing by it: rows with little behind them speak softly.
    pub caution: f32,
    /// Weights are divided by the neighbour's popularity to this power.
    pub fame: f32,
    /// Weights are taken to this power: below 1, agreement of several items counts more than one item's strong word.
    pub bend: f32,
}

/// How far neighbours of neighbours count.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Walking {
    /// Weight of what lies two steps away.
    pub two: f32,
    /// Weight of what lies three steps away.
    pub three: f32,
}

/// How rows are read for a session.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Each item further back speaks this much more softly.
    pub decay: f32,
    /// How many items back.
    pub memory: usize,
    /// What the current item gets itself.
    pub stay: f32,
    /// What the item before it gets itself.
    pub back: f32,
    /// Each item further back gets this share of the one after it.
    pub back_decay: f32,
}

/// Everything together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// See [`Counting`].
    pub counting: Counting,
    /// See [`Weighing`].
    pub weighing: Weighing,
    /// See [`Walking`].
    pub walking: Walking,
    /// See [`Reading`].
    pub reading: Reading,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            counting: Counting { steps: 4, fade: 1.5, back: 0.3, half_life: 1.0 },
            weighing: Weighing { caution: 8.0, fame: 0.1, bend: 0.85 },
            walking: Walking { two: 1.0, three: 0.3 },
            reading: Reading { decay: 0.3, memory: 10, stay: 0.02, back: 0.05, back_decay: 0.7 },
        }
    }
}

/// What is below this share of the loudest is not worth the time of adding it up.
const INAUDIBLE: f32 = 0.004;

impl Reading {
    /// How loud each item speaks, the last one first.
    pub fn loudness(&self) -> Vec<f32> {
        let all = (0..self.memory as i32).map(|nth| self.decay.powi(nth));
        all.take_while(|loudness| *loudness > INAUDIBLE).collect()
    }

    /// What each item gets itself, the last one first.
    pub fn again(&self) -> Vec<f32> {
        let before = (0..self.memory as i32 - 1).map(|nth| self.back * self.back_decay.powi(nth));
        let all = std::iter::once(self.stay).chain(before);
        all.take(if self.back > 0.0 { self.memory } else { 1 }).collect()
    }
}
