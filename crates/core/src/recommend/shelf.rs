//! What was read of a model so far: items, and for each its rows of neighbours.

use super::bits::{Bits, low_bits};
use super::bytes::Bytes;
use super::ids::{IdList, Ids};
use super::rhythm::Rhythm;
use crate::order::ordered;
use crate::schema::Gather;

/// Weights fall by this factor from one level to the next.
pub const LEVEL_STEP: f32 = 0.77;
/// How many bits a level takes.
pub const LEVEL_BITS: u32 = 4;
/// The largest weight of a row falls by this factor from one scale to the next.
pub const SCALE_STEP: f32 = 0.92;
/// How many bits a scale takes.
pub const SCALE_BITS: u32 = 7;
/// How many bits the popularity of an item takes: half doublings.
pub const POPULARITY_BITS: u32 = 5;

/// Which kind of neighbours a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Looked at next within a session.
    Next,
    /// Bought in the same order.
    Together,
    /// Dearer, for the same need, and chosen in the end.
    Upsell,
}

/// The relations in the order in which a shard holds them.
pub const RELATIONS: [Relation; 3] = [Relation::Next, Relation::Together, Relation::Upsell];

/// One neighbour: an item and how strongly it follows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Edge {
    pub(crate) item: u32,
    pub(crate) weight: f32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Row {
    from: u32,
    count: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Item {
    /// Its shard counted from 1; 0 while it is only known as somebody's neighbour.
    shard: u32,
    popularity: u8,
    rows: [Row; RELATIONS.len()],
    rhythm: Option<Rhythm>,
}

/// Items by number, and their rows.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub(crate) ids: Ids,
    items: Vec<Item>,
    edges: Vec<Edge>,
    /// Per shard: its items, the most popular first.
    members: Vec<Vec<u32>>,
    levels: [f32; 1 << LEVEL_BITS],
    scales: [f32; 1 << SCALE_BITS],
}

impl Shelf {
    pub(crate) fn new() -> Shelf {
        Shelf {
            ids: Ids::default(),
            items: Vec::new(),
            edges: Vec::new(),
            members: Vec::new(),
            levels: falling(LEVEL_STEP),
            scales: falling(SCALE_STEP),
        }
    }

    pub(crate) fn row(&self, item: u32, relation: Relation) -> &[Edge] {
        let row = self.items.get(item as usize).and_then(|item| item.rows.get(relation as usize));
        let Some(row) = row else { return &[] };
        self.edges.get(row.from as usize..(row.from + row.count) as usize).unwrap_or(&[])
    }

    pub(crate) fn rhythm(&self, item: u32) -> Option<Rhythm> {
        self.items.get(item as usize)?.rhythm
    }

    /// How popular the item is: each two steps are a doubling; 0 for one whose shard was not read.
    pub(crate) fn popularity(&self, item: u32) -> u8 {
        self.items.get(item as usize).map_or(0, |item| item.popularity)
    }

    /// Whether the item's own row was read, not just its name.
    pub(crate) fn is_member(&self, item: u32) -> bool {
        self.items.get(item as usize).is_some_and(|item| item.shard > 0)
    }

    /// The items of the shard that holds `item`, the most popular first.
    pub(crate) fn seen_near(&self, item: u32) -> &[u32] {
        let shard = self.items.get(item as usize).map_or(0, |item| item.shard);
        (shard as usize).checked_sub(1).and_then(|at| self.members.get(at)).map_or(&[], Vec::as_slice)
    }

    /// Numbers an id that may be new.
    pub(crate) fn known(&mut self, id: &str) -> u32 {
        let number = self.ids.number_of(id);
        self.items.resize_with(self.ids.len(), Item::default);
        number
    }

    /// Reads the body of a shard. A damaged one leaves rows as they were.
    pub(crate) fn read(&mut self, body: &[u8]) -> Option<()> {
        let mut bytes = Bytes::new(body);
        let (own, others) = (IdList::read(&mut bytes)?, IdList::read(&mut bytes)?);
        let mut bits = bytes.bits();
        let mut local = Vec::new();
        own.each(&mut bits, |id| local.push(self.known(id)))?;
        let members = local.len();
        others.each(&mut bits, |id| local.push(self.known(id)))?;

        let before = self.edges.len();
        let mut read = vec![Item::default(); members];
        if self.read_items(&mut bits, &local, &mut read).is_none() {
            self.edges.truncate(before);
            return None;
        }
        let shard = self.members.len() as u32 + 1;
        for (number, mut item) in local.iter().zip(read) {
            item.shard = shard;
            if let Some(slot) = self.items.get_mut(*number as usize) {
                *slot = item;
            }
        }
        local.truncate(members);
        let item = |nth: usize| local.get(nth).copied().unwrap_or(0);
        let order = ordered(local.len(), &|one, other| {
            let (one, other) = (item(one), item(other));
            let popularity = self.popularity(other).cmp(&self.popularity(one));
            popularity.then_with(|| self.ids.name(one).cmp(self.ids.name(other))).is_lt()
        });
        let members = order.iter().map(|nth| item(*nth as usize)).gather();
        self.members.push(members);
        Some(())
    }

    fn read_items(&mut self, bits: &mut Bits, local: &[u32], items: &mut [Item]) -> Option<()> {
        for item in items.iter_mut() {
            item.popularity = bits.take(POPULARITY_BITS)? as u8;
        }
        for relation in RELATIONS {
            if bits.take(1)? == 0 {
                continue;
            }
            let (near, far) = local.split_at_checked(items.len())?;
            let (low_near, low_far) = (bits.take(3)? as u32, bits.take(3)? as u32);
            for item in items.iter_mut() {
                let counts = (bits.rice(low_near)? as usize, bits.rice(low_far)? as usize);
                if counts == (0, 0) {
                    continue;
                }
                let from = self.edges.len() as u32;
                let scale = *self.scales.get(bits.take(SCALE_BITS)? as usize)?;
                self.read_row(bits, counts.0, scale, near)?;
                self.read_row(bits, counts.1, scale, far)?;
                *item.rows.get_mut(relation as usize)? = Row { from, count: self.edges.len() as u32 - from };
            }
        }
        let rhythms = bits.take(1)? == 1;
        for item in items.iter_mut().filter(|_| rhythms) {
            if bits.take(1)? == 1 {
                item.rhythm = Some(Rhythm::read(bits)?);
            }
        }
        Some(())
    }

    /// Neighbours by ascending place in `among`, each with a level.
    fn read_row(&mut self, bits: &mut Bits, count: usize, scale: f32, among: &[u32]) -> Option<()> {
        let low = low_bits(among.len(), count);
        let mut next = 0usize;
        for _ in 0..count {
            let place = next.checked_add(usize::try_from(bits.rice(low)?).ok()?)?;
            let level = *self.levels.get(bits.take(LEVEL_BITS)? as usize)?;
            self.edges.push(Edge { item: *among.get(place)?, weight: scale * level });
            next = place + 1;
        }
        Some(())
    }
}

/// 1, then each number `step` times the one before.
fn falling<const N: usize>(step: f32) -> [f32; N] {
    let mut all = [1.0; N];
    let mut weight = 1.0;
    for slot in &mut all {
        *slot = weight;
        weight *= step;
    }
    all
}
