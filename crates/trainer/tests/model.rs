//! What is written can be read: whole, in part, in any order, damaged or hostile.

use std::collections::{BTreeMap, HashSet};

use tailorbird_core::recommend::{HEADER, Kind, MAGIC, Model, ModelError, hash};
use tailorbird_trainer::sessions::{Look, Names, Sessions};
use tailorbird_trainer::simulate::{self, Dice};
use tailorbird_trainer::{Extras, train};

fn trained(items: usize, sessions: usize) -> (BTreeMap<String, Vec<u8>>, Sessions, Names) {
    let (sessions, names) = simulate::sessions(items, sessions, 3);
    let trained = train(&sessions, &names, &Extras::default(), |_| {}).unwrap();
    (trained.files, sessions, names)
}

fn manifest(files: &BTreeMap<String, Vec<u8>>) -> &str {
    std::str::from_utf8(&files["manifest.json"]).unwrap()
}

fn whole(files: &BTreeMap<String, Vec<u8>>) -> Model {
    let mut model = Model::open(manifest(files)).unwrap();
    for file in model.files() {
        model.add(&file, &files[&file]).unwrap();
    }
    model
}

/// Loads what `items` need and nothing else; answers how many bytes that took.
fn load_for(model: &mut Model, files: &BTreeMap<String, Vec<u8>>, items: &[&str]) -> usize {
    let mut bytes = 0;
    for _round in 0..3 {
        for file in model.wanted(items) {
            bytes += files[&file].len();
            model.add(&file, &files[&file]).unwrap();
        }
    }
    assert!(model.wanted(items).is_empty(), "two rounds are enough");
    bytes
}

#[test]
fn shoppers_of_one_item_are_shown_what_others_looked_at_next() {
    let mut names = Names::default();
    let mut looks = Vec::new();
    for session in 0..50u32 {
        let last = ["ball", "bed", "lead", "brush"][session as usize % 4];
        for (at, id) in ["food-1", if session % 5 == 0 { "toy-9" } else { "bowl" }, last].into_iter().enumerate() {
            looks.push(Look { session, item: names.number_of(id), at: i64::from(session) * 100 + at as i64 });
        }
    }
    let sessions = Sessions::from_looks(looks, names.len());
    let model = whole(&train(&sessions, &names, &Extras::default(), |_| {}).unwrap().files);
    let ids: Vec<&str> = model.next(&["food-1"], false, 20).iter().map(|pick| pick.id).collect();
    assert_eq!((ids[0], ids.len()), ("bowl", 6), "all but the current item, the likeliest first");
    let pick = model.next(&["food-1"], false, 1)[0];
    assert_eq!(pick.because, Some("food-1"));
    assert!(pick.weight > 0.0 && pick.weight <= pick.score);
    assert!(model.next(&["food-1"], true, 20).iter().any(|pick| pick.id == "food-1"));
    assert!(model.next(&["unknown"], false, 2).iter().all(|pick| pick.because.is_none()), "popular items fill up");
    assert_eq!(model.next(&["unknown", "food-1", "new"], false, 1)[0].id, "bowl");
    assert_eq!(model.similar("food-1", 1)[0].id, "bowl");
}

#[test]
fn a_model_read_in_part_answers_like_the_whole_one() {
    let (files, sessions, names) = trained(3000, 9000);
    let all = whole(&files);
    let mut shared = Model::open(manifest(&files)).unwrap();
    let mut most = 0;
    for session in sessions.iter().filter(|session| session.len() >= 5).step_by(41) {
        let ids: Vec<&str> = session.iter().map(|item| names.name(*item)).collect();
        let mut own = Model::open(manifest(&files)).unwrap();
        most = most.max(load_for(&mut own, &files, &ids[..ids.len().min(10)]));
        load_for(&mut own, &files, &ids);
        load_for(&mut shared, &files, &ids);
        for repeats in [false, true] {
            let expected = all.next(&ids, repeats, 20);
            assert_eq!(own.next(&ids, repeats, 20), expected);
            assert_eq!(shared.next(&ids, repeats, 20), expected);
            assert_eq!(expected.iter().map(|pick| pick.id).collect::<HashSet<_>>().len(), 20);
        }
    }
    assert!(most < 60_000, "{most} bytes for ten items");
    assert!(manifest(&files).len() < 4096);
}

#[test]
fn training_is_deterministic_and_small() {
    let (files, sessions, names) = trained(1000, 8000);
    let again = train(&sessions, &names, &Extras::default(), |_| {}).unwrap().files;
    assert_eq!(files, again);
    let bytes: usize = files.values().map(Vec::len).sum();
    assert!(bytes <= 40_000, "{bytes} bytes for 1,000 items");
}

#[test]
fn damage_is_noticed_and_survived() {
    let (files, _, names) = trained(700, 3000);
    for (file, content) in files.iter().filter(|(file, _)| *file != "manifest.json") {
        for change in 0..12 {
            let mut broken = content.clone();
            match change {
                0 => broken.clear(),
                1 => broken.truncate(HEADER - 1),
                2 => broken.truncate(content.len() / 2),
                3 => broken.push(0),
                _ => broken[(change * 97) % content.len()] ^= 1 << (change % 8),
            }
            let mut model = Model::open(manifest(&files)).unwrap();
            assert_eq!(model.add(file, &broken), Err(ModelError::Damaged), "{file}, change {change}");
            assert!(!model.wanted(&[]).contains(file), "what is damaged is not asked for again");
            model.next(&[names.name(0)], false, 20);
        }
    }
    let mut model = Model::open(manifest(&files)).unwrap();
    for file in ["", "x", "0/s0.bin", "0000000000000000/s0.bin", "manifest.json"] {
        assert_eq!(model.add(file, b""), Err(ModelError::NotOurs));
        model.lose(file);
    }
    for text in [
        "",
        "{}",
        "[]",
        "{\"version\":1}",
        "{\"version\":1,\"id\":\"x\"}",
        "{\"version\":1,\"id\":\"+123456789abcdef\"}",
    ] {
        assert_eq!(Model::open(text).unwrap_err(), ModelError::NotAManifest, "{text}");
    }
    assert_eq!(Model::open("{\"version\":2}").unwrap_err(), ModelError::UnknownVersion);
}

#[test]
fn hostile_files_with_a_right_checksum_cannot_cause_a_panic() {
    let (files, sessions, names) = trained(700, 3000);
    let id = u64::from_str_radix(manifest(&files).split('"').nth(5).unwrap(), 16).unwrap();
    let mut dice = Dice::new(11);
    let prefix: Vec<&str> = sessions.session(5).iter().map(|item| names.name(*item)).collect();
    for round in 0..3000 {
        let mut model = Model::open(manifest(&files)).unwrap();
        for (file, content) in files.iter().filter(|(file, _)| *file != "manifest.json") {
            let letter = content[4];
            let mut body = content[HEADER..].to_vec();
            if round % 3 == 0 {
                body = (0..dice.below(300)).map(|_| dice.below(256) as u8).collect();
            } else {
                for _ in 0..1 + dice.below(5) {
                    let at = dice.below(body.len());
                    body[at] = dice.below(256) as u8;
                }
            }
            let mut forged = MAGIC.to_vec();
            forged.push(letter);
            forged.extend(hash(&body, id ^ u64::from(letter)).to_le_bytes());
            forged.extend(body);
            let _ = model.add(file, &forged);
        }
        model.next(&prefix, round % 2 == 0, 20);
        model.similar(prefix[0], 5);
        model.together(&prefix, 5);
        model.trending(5);
        model.wanted(&prefix);
    }
    assert_eq!(Kind::Head.letter(), b'h');
}
