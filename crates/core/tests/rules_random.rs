//! The engine against the plain evaluator, over random rules, shoppers and clocks.
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may fall over; that is how it fails")]

#[path = "../../../tests/conformance/plain.rs"]
mod plain;
#[path = "../../../tests/conformance/random.rs"]
mod random;
#[path = "../../../tests/conformance/shopper.rs"]
mod shopper;

use proptest::prelude::*;

/// The story of a seed; one that goes wrong is told again as short as it still goes wrong.
fn told(seed: u64) {
    if let Err(long) = random::story(seed, 12, 60) {
        let short = (1..12).flat_map(|size| (1..60).map(move |steps| (size, steps)));
        let shortest = short.filter_map(|(size, steps)| random::story(seed, size, steps).err()).next();
        panic!("{}", shortest.unwrap_or(long));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_verdict_is_what_evaluation_from_scratch_gives(seed: u64) {
        told(seed);
    }

    #[test]
    fn setting_attributes_by_slot_gives_what_setting_all_of_them_anew_gives(seed: u64) {
        if let Err(wrong) = random::slots(seed, 12, 40) {
            panic!("{wrong}");
        }
    }
}

/// What `check` says can never win never does, whoever comes.
#[test]
fn no_experience_that_is_called_hopeless_ever_wins() {
    let mut found = 0;
    for seed in 0..3_000 {
        match random::hopeless(seed, 12, 60) {
            Ok(count) => found += count,
            Err(wrong) => panic!("{wrong}"),
        }
    }
    assert!(found > 1_000, "only {found} hopeless experiences");
}
