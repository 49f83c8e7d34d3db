//! A seeded world around the outbox, with crashes at every step: whatever happens, every event that reached the disk
//! arrives or is counted as dropped, an id never means two things, and when the faults end nothing waits any more.
//!
//! `OUTBOX_SEED=17` runs that one world, `OUTBOX_STEPS=50000000` more of them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test tells by panicking")]

mod chance;
mod climate;
mod disk;
mod judge;
mod network;
mod whim;
mod world;

use climate::Climate;
use std::collections::BTreeSet;
use world::World;

const STEPS_A_WORLD: u64 = 2_500;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn a_million_steps_in_all_weathers_lose_nothing() {
    let only = number("OUTBOX_SEED");
    let least = number("OUTBOX_STEPS").unwrap_or(1_000_000);
    let (mut steps, mut sends, mut tracked, mut dropped) = (0, 0, 0, 0);
    let mut climates = BTreeSet::new();
    let mut seed = only.unwrap_or(0);
    while steps < least {
        let climate = Climate::of(seed);
        let mut world = World::new(seed, climate);
        world.run(STEPS_A_WORLD);
        world.judge();
        steps += world.steps;
        sends += world.sends;
        tracked += world.fates.len();
        dropped += world.reports.values().sum::<usize>();
        climates.insert(climate);
        seed += 1;
        if only.is_some() {
            println!("{climate:?}");
            break;
        }
    }
    println!("{steps} steps, {} climates, {tracked} tracked, {dropped} dropped, {sends} requests", climates.len());
}
