//! The files of a model: manifest, head, pages and shards.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use tailorbird_core::json;
use tailorbird_core::recommend::{
    DAYS_LOW, FINGERPRINT_BITS, Kind, LEVEL_BITS, Odds, POPULARITY_BITS, RELATIONS, Relation, Rhythm, SCALE_BITS,
    Shape, Term, VERSION, hash, low_bits, place_of,
};

use tailorbird_core::schema::Value;

use super::bytes::{Bits, IdList, best_low, file, id_order, level_of, push_number, scale_of};
use super::order::groups;
use crate::sessions::Names;
use crate::sums::Neighbour;

/// How many items a shard holds.
const SHARD_ITEMS: usize = 96;
/// A model of so many items is one shard.
const ONE_SHARD: usize = 300;
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
    /// A purchase within the session.
    pub intent: Option<Odds>,
    /// Staying away.
    pub churn: Option<Odds>,
}

/// The files of a model by their path in its folder, `manifest.json` among them.
///
/// INVARIANT: the same input gives the same bytes, and a path other than the manifest's always has the same content:
/// all of them lie in a folder that is named by the hash of everything in it.
pub fn write(learned: &Learned) -> BTreeMap<String, Vec<u8>> {
    let groups = &shards_of(learned);
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

/// Which items share a shard. A small model is one file; a large one is cut finely, for a session needs few of its items.
fn shards_of(learned: &Learned) -> Vec<Vec<u32>> {
    let size = if learned.names.len() <= ONE_SHARD { ONE_SHARD } else { SHARD_ITEMS };
    let rows: Vec<&[Neighbour]> = learned.rows.iter().map(|rows| rows[Relation::Next as usize].as_slice()).collect();
    groups(&rows, &learned.popularity, size)
}

fn manifest(learned: &Learned, id: u64, shards: usize, pages: usize) -> String {
    let weights = |weights: &[f32]| Value::List(weights.iter().map(|weight| short(f64::from(*weight))).collect());
    let mut manifest = Value::from([
        ("version", VERSION.into()),
        ("id", format!("{id:016x}").into()),
        ("items", (learned.names.len() as f64).into()),
        ("shards", (shards as f64).into()),
        ("pages", (pages as f64).into()),
        ("memory", weights(&learned.memory)),
        ("again", weights(&learned.again)),
    ]);
    for (name, odds) in [("intent", &learned.intent), ("churn", &learned.churn)] {
        if let Some(odds) = odds {
            manifest.set(name, odds_value(odds));
        }
    }
    let mut text = String::new();
    json::write(&manifest, &mut text);
    text.push('\n');
    text
}

fn odds_value(odds: &Odds) -> Value {
    let term = |term: &Term| {
        let mut told = Value::from([("of", term.of.as_str().into()), ("weight", short(term.weight))]);
        match &term.shape {
            Shape::Half(half) => told.set("half", short(*half)),
            Shape::Is(text) => told.set("is", text.as_str().into()),
            Shape::Set => {}
        }
        told
    };
    Value::from([("bias", short(odds.bias)), ("terms", Value::List(odds.terms.iter().map(term).collect()))])
}

/// A number of four digits: the manifest stays small, and no answer changes that anyone could measure.
fn short(number: f64) -> Value {
    Value::Number(format!("{number:.3e}").parse().unwrap_or(0.0))
}

fn head(learned: &Learned) -> Vec<u8> {
    let Lists { popular, trending, rhythms } = &learned.lists;
    let mut out = Vec::new();
    let popular: Vec<&str> = popular.iter().map(|item| learned.names.name(*item)).collect();
    let rising: Vec<&str> = trending.iter().map(|(item, _)| learned.names.name(*item)).collect();
    let categories: Vec<&str> = rhythms.keys().map(String::as_str).collect();
    let [popular, rising, categories] = [popular, rising, categories].map(|ids| IdList::new(&ids, &mut out));
    let mut bits = Bits::default();
    popular.push(&mut bits);
    rising.push(&mut bits);
    trending.iter().for_each(|(_, score)| bits.push((score * 255.0).round().clamp(0.0, 255.0) as u64, 8));
    categories.push(&mut bits);
    rhythms.values().for_each(|rhythm| push_rhythm(*rhythm, &mut bits));
    out.extend(bits.bytes());
    out
}

fn push_rhythm(rhythm: Rhythm, bits: &mut Bits) {
    bits.rice((rhythm.days * 4.0).round() as u64, DAYS_LOW);
    bits.rice((rhythm.spread * 4.0).round() as u64, DAYS_LOW);
}

fn directory(learned: &Learned, groups: &[Vec<u32>], pages: usize) -> Vec<Vec<u8>> {
    let mut entries: Vec<Vec<(u32, u32)>> = vec![Vec::new(); pages];
    for (shard, group) in groups.iter().enumerate().filter(|_| pages > 0) {
        for item in group {
            let (page, fingerprint) = place_of(learned.names.name(*item), pages as u32);
            entries[page as usize].push((fingerprint, shard as u32));
        }
    }
    let width = usize::BITS - groups.len().leading_zeros();
    let written = entries.into_iter().map(|mut page| {
        page.sort_unstable();
        let (mut out, mut bits) = (Vec::new(), Bits::default());
        push_number(page.len() as u64, &mut out);
        push_number(u64::from(width), &mut out);
        let low = low_bits(1 << FINGERPRINT_BITS, page.len());
        let mut before = 0;
        for (fingerprint, shard) in &page {
            bits.rice(u64::from(fingerprint - before), low);
            bits.push(u64::from(*shard), width);
            before = *fingerprint;
        }
        out.extend(bits.bytes());
        out
    });
    written.collect()
}

fn shard(learned: &Learned, group: &[u32]) -> Vec<u8> {
    let by_id = |items: &mut Vec<u32>| items.sort_by_key(|item| id_order(learned.names.name(*item)));
    let mut members = group.to_vec();
    by_id(&mut members);
    let own: FxHashSet<u32> = group.iter().copied().collect();
    let neighbours = members.iter().flat_map(|item| &learned.rows[*item as usize]).flatten().map(|(other, _)| *other);
    let mut foreign: Vec<u32> = neighbours.filter(|other| !own.contains(other)).collect();
    foreign.sort_unstable();
    foreign.dedup();
    by_id(&mut foreign);
    let local: FxHashMap<u32, u32> = members.iter().chain(&foreign).copied().zip(0..).collect();

    let (mut out, mut bits) = (Vec::new(), Bits::default());
    let lists = [&members, &foreign]
        .map(|items| IdList::new(&items.iter().map(|item| learned.names.name(*item)).collect::<Vec<_>>(), &mut out));
    lists.iter().for_each(|list| list.push(&mut bits));
    members.iter().for_each(|item| bits.push(popularity_of(learned.popularity[*item as usize]), POPULARITY_BITS));
    for relation in RELATIONS {
        let rows: Vec<&[Neighbour]> =
            members.iter().map(|item| learned.rows[*item as usize][relation as usize].as_slice()).collect();
        push_rows(&rows, &local, &mut bits);
    }
    let rhythms: Vec<Option<Rhythm>> =
        members.iter().map(|item| learned.rhythms.get(*item as usize).copied().flatten()).collect();
    let any = rhythms.iter().any(Option::is_some);
    bits.push(u64::from(any), 1);
    for rhythm in rhythms.into_iter().filter(|_| any) {
        bits.push(u64::from(rhythm.is_some()), 1);
        if let Some(rhythm) = rhythm {
            push_rhythm(rhythm, &mut bits);
        }
    }
    out.extend(bits.bytes());
    out
}

/// Rows are written in two parts: neighbours within the shard, which are most of them, and those outside.
fn push_rows(rows: &[&[Neighbour]], local: &FxHashMap<u32, u32>, bits: &mut Bits) {
    let any = rows.iter().any(|row| !row.is_empty());
    bits.push(u64::from(any), 1);
    if !any {
        return;
    }
    let (members, others) = (rows.len(), local.len() - rows.len());
    let parts = rows.iter().map(|row| -> Placed {
        let most = row.first().map_or(0.0, |neighbour| neighbour.1);
        let mut placed: Vec<(usize, u64)> =
            row.iter().map(|(other, weight)| (local[other] as usize, level_of(weight / most))).collect();
        placed.sort_unstable();
        let border = placed.partition_point(|(place, _)| *place < members);
        Placed { most, near: border, placed }
    });
    let parts: Vec<Placed> = parts.collect();
    let near: Vec<u64> = parts.iter().map(|part| part.near as u64).collect();
    let far: Vec<u64> = parts.iter().map(|part| (part.placed.len() - part.near) as u64).collect();
    let (low_near, low_far) = (best_low(&near, 8), best_low(&far, 8));
    bits.push(u64::from(low_near), 3);
    bits.push(u64::from(low_far), 3);
    for Placed { most, placed, near } in parts {
        bits.rice(near as u64, low_near);
        bits.rice((placed.len() - near) as u64, low_far);
        if placed.is_empty() {
            continue;
        }
        bits.push(scale_of(most), SCALE_BITS);
        push_part(&placed[..near], 0, members, bits);
        push_part(&placed[near..], members, others, bits);
    }
}

/// A row as it is written: places in the shard's list of ids, ascending, each with a level.
struct Placed {
    most: f32,
    /// How many of them are within the shard.
    near: usize,
    placed: Vec<(usize, u64)>,
}

/// Neighbours by ascending place, counted from `first` among `count`.
fn push_part(placed: &[(usize, u64)], first: usize, count: usize, bits: &mut Bits) {
    let low = low_bits(count, placed.len());
    let mut next = first;
    for (place, level) in placed {
        bits.rice((place - next) as u64, low);
        bits.push(*level, LEVEL_BITS);
        next = place + 1;
    }
}

/// Popularity in a few bits: half doublings.
fn popularity_of(looks: u32) -> u64 {
    let most = (1u32 << POPULARITY_BITS) - 1;
    ((f64::from(looks) + 1.0).log2() * 2.0).round().min(f64::from(most)) as u64
}
