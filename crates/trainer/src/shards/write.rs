//! The files of a model: manifest, head, pages and shards.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tailorbird_core::recommend::{FINGERPRINT_BITS, Kind, RELATIONS, Rhythm, hash, place_of};

use super::bytes::{file, id_order, level_of, push_ids, push_number, scale_of};
use crate::sessions::Names;
use crate::sums::Neighbour;

/// How many items a page of the directory knows, about.
const PAGE_ITEMS: usize = 256;

/// Rows of one item for each relation.
pub type Relations = [Vec<Neighbour>; RELATIONS.len()];

/// Lists that do not belong to one item.
#[derive(Debug, Default)]
pub struct Lists {
    /// The most popular first.
    pub popular: Vec<u32>,
    /// With a score from 0 to 1, the fastest rising first.
    pub trending: Vec<(u32, f32)>,
    /// Rhythms of categories.
    pub rhythms: BTreeMap<String, Rhythm>,
}

/// All that was learned, before it becomes files.
#[derive(Debug, Default)]
pub struct Learned {
    /// The items' ids.
    pub names: Names,
    /// How often each item was looked at.
    pub popularity: Vec<u32>,
    /// Each item's rows, the strongest neighbour first.
    pub rows: Vec<Relations>,
    /// Each item's rhythm.
    pub rhythms: Vec<Option<Rhythm>>,
    /// The rest.
    pub lists: Lists,
    /// How much the last item, the one before it and so on have to say.
    pub memory: Vec<f32>,
    /// How likely those items themselves come again.
    pub again: Vec<f32>,
}

/// The files of a model by their path in its folder, `manifest.json` among them.
///
/// INVARIANT: the same input gives the same bytes, and a path other than the manifest's always has the same content:
/// all of them lie in a folder that is named by the hash of everything in it.
pub fn write(learned: &Learned, groups: &[Vec<u32>]) -> BTreeMap<String, Vec<u8>> {
    let mut bodies = vec![(Kind::Head, 0, head(learned))];
    let pages = if groups.len() > 1 { learned.names.len().div_ceil(PAGE_ITEMS) } else { 0 };
    bodies.extend(directory(learned, groups, pages).into_iter().enumerate().map(|(nth, page)| (Kind::Page, nth, page)));
    bodies.extend(groups.iter().enumerate().map(|(nth, group)| (Kind::Shard, nth, shard(learned, group))));
    let id = bodies.iter().fold(0, |id, (kind, _, body)| hash(body, id ^ u64::from(kind.letter())));

    let mut files = BTreeMap::new();
    for (kind, nth, body) in bodies {
        files.insert(format!("{id:016x}/{}{nth}.bin", char::from(kind.letter())), file(kind, &body, id));
    }
    files.insert("manifest.json".to_owned(), manifest(learned, id, groups.len(), pages).into_bytes());
    files
}

fn manifest(learned: &Learned, id: u64, shards: usize, pages: usize) -> String {
    let weights = |weights: &[f32]| {
        let texts: Vec<String> = weights.iter().map(|weight| format!("{}", (weight * 1e4).round() / 1e4)).collect();
        texts.join(",")
    };
    let mut text = format!("{{\"version\":1,\"id\":\"{id:016x}\",\"items\":{},", learned.names.len());
    let _ = write!(text, "\"shards\":{shards},\"pages\":{pages},");
    let _ = writeln!(text, "\"memory\":[{}],\"again\":[{}]}}", weights(&learned.memory), weights(&learned.again));
    text
}

fn head(learned: &Learned) -> Vec<u8> {
    let mut out = Vec::new();
    let names = |items: &[u32]| items.iter().map(|item| learned.names.name(*item)).collect::<Vec<_>>();
    push_ids(&names(&learned.lists.popular), &mut out);
    let trending: Vec<u32> = learned.lists.trending.iter().map(|(item, _)| *item).collect();
    push_ids(&names(&trending), &mut out);
    out.extend(learned.lists.trending.iter().map(|(_, score)| (score * 255.0).round() as u8));
    push_ids(&learned.lists.rhythms.keys().map(String::as_str).collect::<Vec<_>>(), &mut out);
    learned.lists.rhythms.values().for_each(|rhythm| push_rhythm(*rhythm, &mut out));
    out
}

fn push_rhythm(rhythm: Rhythm, out: &mut Vec<u8>) {
    push_number((rhythm.days * 4.0).round() as u64, out);
    push_number((rhythm.spread * 4.0).round() as u64, out);
}

fn directory(learned: &Learned, groups: &[Vec<u32>], pages: usize) -> Vec<Vec<u8>> {
    let mut entries: Vec<Vec<(u32, u32)>> = vec![Vec::new(); pages];
    for (shard, group) in groups.iter().enumerate().filter(|_| pages > 0) {
        for item in group {
            let (page, fingerprint) = place_of(learned.names.name(*item), pages as u32);
            debug_assert!(fingerprint < 1 << FINGERPRINT_BITS);
            entries[page as usize].push((fingerprint, shard as u32));
        }
    }
    let mut written = Vec::new();
    for mut page in entries {
        page.sort_unstable();
        let mut out = Vec::new();
        push_number(page.len() as u64, &mut out);
        let mut before = 0;
        for (fingerprint, _) in &page {
            push_number(u64::from(fingerprint - before), &mut out);
            before = *fingerprint;
        }
        page.iter().for_each(|(_, shard)| push_number(u64::from(*shard), &mut out));
        written.push(out);
    }
    written
}

fn shard(learned: &Learned, group: &[u32]) -> Vec<u8> {
    let by_id = |items: &mut Vec<u32>| items.sort_by_key(|item| id_order(learned.names.name(*item)));
    let mut members = group.to_vec();
    by_id(&mut members);
    let neighbours = members.iter().flat_map(|item| &learned.rows[*item as usize]).flatten().map(|(other, _)| *other);
    let mut foreign: Vec<u32> = neighbours.filter(|other| !group.contains(other)).collect();
    foreign.sort_unstable();
    foreign.dedup();
    by_id(&mut foreign);
    let local: rustc_hash::FxHashMap<u32, u32> = members.iter().chain(&foreign).copied().zip(0..).collect();

    let mut out = Vec::new();
    for items in [&members, &foreign] {
        push_ids(&items.iter().map(|item| learned.names.name(*item)).collect::<Vec<_>>(), &mut out);
    }
    out.extend(members.iter().map(|item| popularity_of(learned.popularity[*item as usize])));
    for relation in RELATIONS {
        let rows: Vec<&[Neighbour]> =
            members.iter().map(|item| learned.rows[*item as usize][relation as usize].as_slice()).collect();
        push_rows(&rows, &local, &mut out);
    }
    let rhythms = members.iter().map(|item| learned.rhythms.get(*item as usize).copied().flatten());
    let rhythms: Vec<(usize, Rhythm)> = rhythms.enumerate().filter_map(|(nth, rhythm)| Some((nth, rhythm?))).collect();
    push_number(rhythms.len() as u64, &mut out);
    let mut next = 0;
    for (member, rhythm) in rhythms {
        push_number((member - next) as u64, &mut out);
        push_rhythm(rhythm, &mut out);
        next = member + 1;
    }
    out
}

fn push_rows(rows: &[&[Neighbour]], local: &rustc_hash::FxHashMap<u32, u32>, out: &mut Vec<u8>) {
    out.push(u8::from(rows.iter().any(|row| !row.is_empty())));
    if out.last() == Some(&0) {
        return;
    }
    let (mut levels, mut neighbours) = (Vec::new(), Vec::new());
    for row in rows {
        let most = row.first().map_or(0.0, |neighbour| neighbour.1);
        let mut row: Vec<(u32, u8)> =
            row.iter().map(|(other, weight)| (local[other], level_of(weight / most))).collect();
        row.sort_unstable();
        let mut next = 0;
        for (neighbour, level) in row {
            levels.push(level);
            push_number(u64::from(neighbour - next), &mut neighbours);
            next = neighbour + 1;
        }
    }
    out.extend(rows.iter().map(|row| row.len() as u8));
    out.extend(rows.iter().map(|row| row.first().map_or(0, |(_, weight)| scale_of(*weight))));
    out.extend(levels);
    out.extend(neighbours);
}

/// Popularity in one byte: each step of 16 is a doubling.
fn popularity_of(looks: u32) -> u8 {
    ((f64::from(looks) + 1.0).log2() * 16.0).round().min(255.0) as u8
}
