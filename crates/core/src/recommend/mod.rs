//! Reads a trained model from its static files, as many as the shopper's items need, and predicts from them.

mod bits;
mod bytes;
mod head;
mod ids;
mod manifest;
mod next;
mod odds;
mod pages;
mod rhythm;
mod shelf;
mod tally;

pub use bits::{PLAIN, low_bits};
pub use bytes::{HEADER, Kind, MAGIC, hash};
pub use ids::LONGEST_ID;
pub use manifest::{LONGEST_MEMORY, VERSION};
pub use odds::{Odds, Shape, Term};
pub use pages::{FINGERPRINT_BITS, place_of};
pub use rhythm::{DAYS_LOW, Rhythm};
pub use shelf::{LEVEL_BITS, LEVEL_STEP, POPULARITY_BITS, RELATIONS, Relation, SCALE_BITS, SCALE_STEP};

use crate::schema::Gather;
use crate::schema::Value;
use head::Head;
use manifest::Manifest;
use pages::Page;
use shelf::Shelf;

/// Why a model, or a file of one, cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelError {
    /// The text is not a model's manifest.
    NotAManifest,
    /// The manifest has a version that this reader does not know.
    UnknownVersion,
    /// The file is not named by this model.
    NotOurs,
    /// The file is cut off, altered, or of another model.
    Damaged,
}

impl core::fmt::Display for ModelError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(match self {
            ModelError::NotAManifest => "not the manifest of a model, give the `manifest.json` that `train` wrote",
            ModelError::UnknownVersion => "a model of a newer version, update tailorbird or train again",
            ModelError::NotOurs => "a file that this model does not have",
            ModelError::Damaged => "a damaged model file, upload the model's folder again",
        })
    }
}

impl core::error::Error for ModelError {}

/// One recommended item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pick<'a> {
    /// The item.
    pub id: &'a str,
    /// How strongly it is recommended; only its order among the picks of one answer means something.
    pub score: f32,
    /// The item that spoke for it the most; `None` for one that is merely popular.
    pub because: Option<&'a str>,
    /// What that item contributed to the score.
    pub weight: f32,
}

/// Whether a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Absent,
    Here,
    /// Missing or damaged: not asked for again, and everything works without it.
    Lost,
}

/// A trained model, of which only some files may have arrived.
///
/// INVARIANT: an answer depends on the model and on which files arrived, never on the order of their arrival.
#[derive(Debug)]
pub struct Model {
    manifest: Manifest,
    shelf: Shelf,
    head: Head,
    head_state: State,
    pages: Vec<(State, Page)>,
    shards: Vec<State>,
}

impl Model {
    /// Reads the manifest. No other file is needed to call any method: without them, answers are just empty.
    ///
    /// # Errors
    /// The text is no manifest, or of another version.
    pub fn open(manifest: &str) -> Result<Model, ModelError> {
        let manifest = Manifest::read(manifest)?;
        let mut pages = Vec::new();
        pages.resize_with(manifest.pages as usize, Default::default);
        let shards = vec![State::Absent; manifest.shards as usize];
        Ok(Model { manifest, shelf: Shelf::new(), head: Head::default(), head_state: State::Absent, pages, shards })
    }

    /// The files, relative to the manifest, that are still needed to speak about `items`.
    ///
    /// Fetch them, hand them to [`Model::add`] (or [`Model::lose`]) and ask again until the answer is empty: which
    /// shards are needed is itself in files, so it takes up to two rounds.
    pub fn wanted(&self, items: &[&str]) -> Vec<String> {
        let mut files = Vec::new();
        if self.head_state == State::Absent {
            files.push(self.file(Kind::Head, 0));
        }
        for id in items {
            if self.shelf.ids.find(id).is_some_and(|item| self.shelf.is_member(item)) {
                continue;
            }
            let (page, fingerprint) = place_of(id, self.manifest.pages);
            match self.pages.get(page as usize) {
                None if self.manifest.pages == 0 => self.want_shard(0, &mut files),
                Some((State::Absent, _)) => files.push(self.file(Kind::Page, page)),
                Some((State::Here, read)) => {
                    read.shards(fingerprint).for_each(|shard| self.want_shard(shard, &mut files));
                }
                _ => {}
            }
        }
        crate::order::sort_texts(&mut files);
        files.dedup();
        files
    }

    /// Every file of the model, relative to the manifest.
    pub fn files(&self) -> Vec<String> {
        let mut files = vec![self.file(Kind::Head, 0)];
        files.extend((0..self.manifest.pages).map(|page| self.file(Kind::Page, page)));
        files.extend((0..self.manifest.shards).map(|shard| self.file(Kind::Shard, shard)));
        files
    }

    /// Takes the bytes of a file that was asked for. Adding it twice changes nothing.
    ///
    /// # Errors
    /// The file is not of this model, or damaged; then it counts as lost.
    pub fn add(&mut self, file: &str, content: &[u8]) -> Result<(), ModelError> {
        let (kind, number) = self.place(file).ok_or(ModelError::NotOurs)?;
        if self.state(kind, number).is_some_and(|state| *state == State::Here) {
            return Ok(());
        }
        let read = bytes::body(content, kind, self.manifest.id).and_then(|body| match kind {
            Kind::Head => Head::read(body, &mut self.shelf).map(|head| self.head = head),
            Kind::Shard => self.shelf.read(body),
            Kind::Page => {
                let slot = self.pages.get_mut(number as usize)?;
                Page::read(body).map(|page| slot.1 = page)
            }
        });
        if let Some(state) = self.state(kind, number) {
            *state = if read.is_some() { State::Here } else { State::Lost };
        }
        read.ok_or(ModelError::Damaged)
    }

    /// Notes that a file cannot be had, so that it is not asked for again.
    pub fn lose(&mut self, file: &str) {
        let place = self.place(file);
        if let Some(state) = place.and_then(|(kind, number)| self.state(kind, number)) {
            *state = if *state == State::Here { State::Here } else { State::Lost };
        }
    }

    /// What is looked at next by shoppers who looked at these items, the latest item last. The current item is among
    /// the picks only with `repeats`. Where the session says too little, what is popular near its last item fills up.
    pub fn next(&self, session: &[&str], repeats: bool, limit: usize) -> Vec<Pick<'_>> {
        next::next(&self.shelf, &self.head, &self.manifest, session, repeats, limit)
    }

    /// What shoppers of this item look at as well.
    pub fn similar(&self, item: &str, limit: usize) -> Vec<Pick<'_>> {
        next::related(&self.shelf, Relation::Next, &[item], limit)
    }

    /// What is bought in the same order as the items of this cart.
    pub fn together(&self, cart: &[&str], limit: usize) -> Vec<Pick<'_>> {
        next::related(&self.shelf, Relation::Together, cart, limit)
    }

    /// What others who looked at this item bought in its stead, at a higher price.
    pub fn upsell(&self, item: &str, limit: usize) -> Vec<Pick<'_>> {
        next::related(&self.shelf, Relation::Upsell, &[item], limit)
    }

    /// What is in demand now, the recent past counting most.
    pub fn trending(&self, limit: usize) -> Vec<Pick<'_>> {
        let listed = self.head.trending.iter().take(limit);
        listed.map(|(item, score)| next::unexplained(&self.shelf, *item, *score)).gather()
    }

    /// How often this product is bought again, or else its category or the nearest level above that has a rhythm.
    pub fn rhythm(&self, product: &str, category: &str) -> Option<Rhythm> {
        let own = self.shelf.ids.find(product).and_then(|item| self.shelf.rhythm(item));
        own.or_else(|| self.head.rhythm(category))
    }

    /// The probability of a purchase within this session; `None` if the model does not know.
    pub fn intent(&self, attribute: &mut dyn FnMut(&str) -> Value) -> Option<f64> {
        self.manifest.intent.as_ref().map(|odds| odds.probability(attribute))
    }

    /// The probability that the shopper stays away longer than usual; `None` if the model does not know.
    pub fn churn(&self, attribute: &mut dyn FnMut(&str) -> Value) -> Option<f64> {
        self.manifest.churn.as_ref().map(|odds| odds.probability(attribute))
    }

    fn want_shard(&self, shard: u32, files: &mut Vec<String>) {
        if self.shards.get(shard as usize) == Some(&State::Absent) {
            files.push(self.file(Kind::Shard, shard));
        }
    }

    fn file(&self, kind: Kind, number: u32) -> String {
        let mut name = String::with_capacity(32);
        name.push_str(&self.manifest.folder);
        name.push('/');
        name.push(char::from(kind.letter()));
        name.push_str(&number.to_string());
        name.push_str(".bin");
        name
    }

    fn place(&self, file: &str) -> Option<(Kind, u32)> {
        let name = file.strip_prefix(self.manifest.folder.as_str())?.strip_prefix('/')?.strip_suffix(".bin")?;
        let kind = [Kind::Head, Kind::Page, Kind::Shard]
            .into_iter()
            .find(|kind| name.as_bytes().first() == Some(&kind.letter()))?;
        Some((kind, name.get(1..)?.parse().ok()?))
    }

    fn state(&mut self, kind: Kind, number: u32) -> Option<&mut State> {
        match kind {
            Kind::Head => Some(&mut self.head_state),
            Kind::Page => self.pages.get_mut(number as usize).map(|page| &mut page.0),
            Kind::Shard => self.shards.get_mut(number as usize),
        }
    }
}
