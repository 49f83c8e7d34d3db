//! Reads collected events, line by line, into what learning needs: who looked at, took and bought what, and when.

mod line;
mod moment;
mod sample;

use std::hash::BuildHasher;
use std::io::BufRead;
use std::ops::Range;

use rustc_hash::{FxBuildHasher, FxHashMap};
use tailorbird_core::catalog::{Catalog, tidy_category};
use tailorbird_core::schema::Millis;

use crate::TrainError;
use crate::parallel::in_pieces;
use crate::sessions::{Look, Names, Sessions};
use line::{Line, Named};

pub(crate) use moment::millis;
pub use sample::{Sample, Visit};

/// How many bytes of lines are read before they are skimmed by all cores.
const BLOCK: usize = 8 << 20;
/// A pause this long begins another session.
pub const SESSION_PAUSE: Millis = 30 * 60_000;
/// What some programs put before UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Whose acts do not count.
const NOBODY: u32 = u32::MAX;
/// At most so many bad lines are told one by one.
pub(crate) const MOST_TOLD: usize = 20;

/// What somebody did with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Looked at it.
    Looked,
    /// Put it into the cart.
    Took,
    /// Bought it.
    Bought,
}

/// One deed.
#[derive(Debug, Clone, Copy)]
pub struct Act {
    /// Who, by any number.
    pub visitor: u32,
    /// Which item.
    pub item: u32,
    /// When.
    pub at: Millis,
    /// What.
    pub deed: Deed,
}

/// A line that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Counted from 1 over all input.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// All that was read.
#[derive(Debug, Default)]
pub struct Evidence {
    /// The items' ids.
    pub items: Names,
    /// Deeds, by visitor and then by time.
    pub acts: Vec<Act>,
    /// Category of each item, where known.
    pub categories: Vec<Option<Box<str>>>,
    /// Price of each item, where known.
    pub prices: Vec<Option<f64>>,
    /// Whole events of some of the visitors, for what needs more than products.
    pub sample: Sample,
    /// How many lines there were.
    pub lines: u64,
    /// How many of them could not be used.
    pub bad: u64,
    /// The first of those.
    pub bad_lines: Vec<BadLine>,
    /// When the newest event happened.
    pub newest: Millis,
}

impl Evidence {
    /// Sessions of items looked at or taken. Taking what one just looked at is not another look.
    pub fn sessions(&self) -> Sessions {
        let mut looks = Vec::with_capacity(self.acts.len());
        let mut session = 0;
        let mut before: Option<Act> = None;
        for act in self.acts.iter().filter(|act| act.deed != Deed::Bought) {
            if before.is_some_and(|before| before.visitor != act.visitor || act.at - before.at >= SESSION_PAUSE) {
                session += 1;
            }
            before = Some(*act);
            looks.push(Look { session, item: act.item, at: act.at });
        }
        Sessions::from_looks(looks, self.items.len()).without_runs().in_seconds()
    }

    /// Takes categories and prices from the catalogue, which knows better than events.
    pub fn learn_catalog(&mut self, catalog: &Catalog) {
        for product in catalog.products() {
            let Some(item) = self.items.find(product.id()).map(|item| item as usize) else { continue };
            if let Some(category) = product.category() {
                self.categories[item] = Some(category.into());
            }
            self.prices[item] = product.price().or(self.prices[item]);
        }
    }

    /// Numbers items by their names and visitors as told, so that it does not matter what was read first.
    fn in_order(&mut self, visitors: &[u32]) {
        let places = self.items.sort();
        let mut old = vec![0; places.len()];
        places.iter().zip(0..).for_each(|(new, item)| old[*new as usize] = item);
        let (categories, prices) = (std::mem::take(&mut self.categories), std::mem::take(&mut self.prices));
        self.categories = old.iter().map(|item: &usize| categories.get(*item).cloned().flatten()).collect();
        self.prices = old.iter().map(|item| prices.get(*item).copied().flatten()).collect();
        for act in &mut self.acts {
            (act.visitor, act.item) = (visitors[act.visitor as usize], places[act.item as usize]);
        }
        self.sample.number(visitors);
        self.acts.sort_by_key(|act| (act.visitor, act.at));
    }
}

/// Collects evidence from any number of inputs, one after the other.
///
/// INVARIANT: of the same events comes the same evidence, in whatever order they are read; only of what happened in the
/// same millisecond the first one read stays the first.
#[derive(Debug, Default)]
pub struct Reader {
    evidence: Evidence,
    /// Visitors by the hash of their id: ids are long, and nobody asks for them again.
    visitors: FxHashMap<u64, u32>,
    /// When each order was first completed, and its acts.
    orders: FxHashMap<u64, (Millis, Range<usize>)>,
    /// Per item, when it was said to have its category and its price.
    said: Vec<[Millis; 2]>,
}

impl Reader {
    /// Reads lines until the input ends; `progress` hears how many bytes were read.
    ///
    /// # Errors
    /// The input cannot be read. A bad line is no error: it is noted and passed over.
    pub fn read(&mut self, mut input: impl BufRead, mut progress: impl FnMut(u64)) -> Result<(), TrainError> {
        let mut block = Vec::with_capacity(BLOCK + (64 << 10));
        let mut begins = true;
        loop {
            block.clear();
            let mut ended = true;
            while let Ok(more) = input.fill_buf().map(<[u8]>::len) {
                if more == 0 {
                    break;
                }
                let buffer = input.fill_buf()?;
                block.extend_from_slice(buffer);
                let count = buffer.len();
                input.consume(count);
                if block.len() >= BLOCK {
                    ended = false;
                    break;
                }
            }
            if !ended {
                input.read_until(b'\n', &mut block)?;
            }
            if block.is_empty() {
                return Ok(());
            }
            let mark = std::mem::take(&mut begins) && block.starts_with(BYTE_ORDER_MARK);
            self.skim(&block[if mark { BYTE_ORDER_MARK.len() } else { 0 }..]);
            progress(block.len() as u64);
        }
    }

    /// All that was read, in order.
    pub fn finish(self) -> Evidence {
        let mut evidence = self.evidence;
        evidence.acts.retain(|act| act.visitor != NOBODY);
        let mut hashes: Vec<(u64, u32)> = self.visitors.into_iter().collect();
        hashes.sort_unstable();
        let mut visitors = vec![0; hashes.len()];
        hashes.iter().zip(0..).for_each(|((_, visitor), rank)| visitors[*visitor as usize] = rank);
        evidence.in_order(&visitors);
        evidence
    }

    fn skim(&mut self, block: &[u8]) {
        let lines: Vec<&[u8]> = block.split(|byte| *byte == b'\n').collect();
        let skimmed = in_pieces(lines.len(), |part| {
            part.map(|nth| (!lines[nth].trim_ascii().is_empty()).then(|| skimmed(lines[nth]))).collect()
        });
        let last = lines.len() - 1;
        for (nth, found) in skimmed.into_iter().enumerate() {
            // What follows the last line's end is not a line.
            self.evidence.lines += u64::from(nth < last || found.is_some());
            match found {
                Some(Ok((line, at))) => self.take(&line, at, lines[nth]),
                Some(Err(reason)) => self.refuse(reason),
                None => {}
            }
        }
    }

    fn refuse(&mut self, reason: String) {
        self.evidence.bad += 1;
        if self.evidence.bad_lines.len() < MOST_TOLD {
            self.evidence.bad_lines.push(BadLine { line: self.evidence.lines, reason });
        }
    }

    fn take(&mut self, line: &Line, at: Millis, raw: &[u8]) {
        let who = if line.anonymous.0.is_empty() { &line.user.0 } else { &line.anonymous.0 };
        let hash = tailorbird_core::recommend::hash(who.as_bytes(), 0);
        let next = self.visitors.len() as u32;
        let visitor = *self.visitors.entry(hash).or_insert(next);
        self.evidence.newest = self.evidence.newest.max(at);
        self.evidence.sample.offer(hash, visitor, at, raw);
        if line.kind.0 != "track" {
            return;
        }
        match line.event.0.as_ref() {
            "Product Viewed" | "Product Clicked" => {
                if let Some(product) = line.product() {
                    self.note(Deed::Looked, visitor, at, &product);
                }
            }
            "Product Added" => {
                if let Some(product) = line.product() {
                    self.note(Deed::Took, visitor, at, &product);
                }
            }
            "Order Completed" => self.order(line, visitor, at),
            _ => {}
        }
    }

    /// A reloaded confirmation page is no second order: the earliest counts.
    fn order(&mut self, line: &Line, visitor: u32, at: Millis) {
        let order = line.properties.as_ref().map_or("", |told| &told.order_id.0);
        let known = FxBuildHasher.hash_one((visitor, order));
        let before = self.orders.get(&known).filter(|_| !order.is_empty());
        if before.is_some_and(|(first, _)| *first <= at) {
            for product in line.listed() {
                self.item_of(product, at);
            }
            return;
        }
        if let Some((_, acts)) = before.cloned() {
            self.evidence.acts[acts].iter_mut().for_each(|act| act.visitor = NOBODY);
        }
        let from = self.evidence.acts.len();
        line.listed().iter().for_each(|product| self.note(Deed::Bought, visitor, at, product));
        if !order.is_empty() {
            self.orders.insert(known, (at, from..self.evidence.acts.len()));
        }
    }

    fn note(&mut self, deed: Deed, visitor: u32, at: Millis, product: &Named) {
        if let Some(item) = self.item_of(product, at) {
            self.evidence.acts.push(Act { visitor, item, at, deed });
        }
    }

    /// The number of a product; what is said of it is taken down. `None` if its id is of no use.
    fn item_of(&mut self, product: &Named, at: Millis) -> Option<u32> {
        if product.id.0.is_empty() || product.id.0.len() > tailorbird_core::recommend::LONGEST_ID {
            return None;
        }
        let number = self.evidence.items.number_of(&product.id.0);
        let item = number as usize;
        if self.said.len() <= item {
            self.said.resize(item + 1, [Millis::MIN; 2]);
            self.evidence.prices.resize(item + 1, None);
            self.evidence.categories.resize(item + 1, None);
        }
        let [category_said, price_said] = &mut self.said[item];
        if !product.category.0.is_empty() && at >= *category_said {
            *category_said = at;
            let category = tidy_category(&product.category.0);
            if self.evidence.categories[item].as_deref() != Some(&category) {
                self.evidence.categories[item] = Some(category.into());
            }
        }
        if let Some(price) = product.price.number().filter(|price| *price > 0.0 && at >= *price_said) {
            *price_said = at;
            self.evidence.prices[item] = Some(price);
        }
        Some(number)
    }
}

fn skimmed(raw: &[u8]) -> Result<(Line<'_>, Millis), String> {
    let line: Line = serde_json::from_slice(raw).map_err(|error| format!("not an event: {error}"))?;
    if line.anonymous.0.is_empty() && line.user.0.is_empty() {
        return Err("neither `anonymousId` nor `userId`".to_owned());
    }
    let at = line.at().ok_or("no `timestamp` that names a moment")?;
    Ok((line, at))
}
