//! What was read of a model so far: items, and for each its rows of neighbours.

use super::bytes::Bytes;
use super::ids::{Ids, read_ids};
use super::rhythm::Rhythm;

/// Weights fall by this factor from one of the 16 levels to the next.
pub const LEVEL_STEP: f32 = 0.8;
/// The largest weight of a row falls by this factor from one of the 256 scales to the next.
pub const SCALE_STEP: f32 = 0.95;

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
    levels: [f32; 16],
    scales: [f32; 256],
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

    /// How popular the item is: each step of 16 is a doubling; 0 for one whose shard was not read.
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
        let mut local = Vec::new();
        read_ids(&mut bytes, |id| local.push(self.known(id)))?;
        let members = local.len();
        read_ids(&mut bytes, |id| local.push(self.known(id)))?;
        let popularity = bytes.take(members)?;

        let before = self.edges.len();
        let mut read = vec![Item::default(); members];
        let whole = self.read_rows(&mut bytes, &local, &mut read).and_then(|()| read_rhythms(&mut bytes, &mut read));
        if whole.is_none() {
            self.edges.truncate(before);
            return None;
        }
        let shard = self.members.len() as u32 + 1;
        for ((number, mut item), popularity) in local.iter().zip(read).zip(popularity) {
            item.popularity = *popularity;
            item.shard = shard;
            if let Some(slot) = self.items.get_mut(*number as usize) {
                *slot = item;
            }
        }
        local.truncate(members);
        local.sort_unstable_by(|one, other| {
            let popularity = self.popularity(*other).cmp(&self.popularity(*one));
            popularity.then_with(|| self.ids.name(*one).cmp(self.ids.name(*other)))
        });
        self.members.push(local);
        Some(())
    }

    fn read_rows(&mut self, bytes: &mut Bytes, local: &[u32], items: &mut [Item]) -> Option<()> {
        for relation in RELATIONS {
            if bytes.byte()? == 0 {
                continue;
            }
            let counts = bytes.take(items.len())?;
            let scales = bytes.take(items.len())?;
            let mut levels = bytes.take(counts.iter().map(|count| usize::from(*count)).sum())?;
            for ((item, count), scale) in items.iter_mut().zip(counts).zip(scales) {
                let own = levels.get(..usize::from(*count))?;
                levels = levels.get(usize::from(*count)..)?;
                *item.rows.get_mut(relation as usize)? =
                    Row { from: self.edges.len() as u32, count: u32::from(*count) };
                let scale = *self.scales.get(usize::from(*scale))?;
                let mut neighbour = 0usize;
                for level in own {
                    neighbour = neighbour.checked_add(bytes.number()?)?;
                    let weight = scale * self.levels.get(usize::from(*level))?;
                    self.edges.push(Edge { item: *local.get(neighbour)?, weight });
                    neighbour += 1;
                }
            }
        }
        Some(())
    }
}

/// Days are written in quarters.
fn read_rhythms(bytes: &mut Bytes, items: &mut [Item]) -> Option<()> {
    let mut member = 0usize;
    for _ in 0..bytes.count()? {
        member = member.checked_add(bytes.number()?)?;
        let (days, spread) = (bytes.number()?, bytes.number()?);
        items.get_mut(member)?.rhythm = Some(Rhythm { days: days as f32 / 4.0, spread: spread as f32 / 4.0 });
        member += 1;
    }
    Some(())
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
