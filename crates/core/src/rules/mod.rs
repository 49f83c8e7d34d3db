//! Rules: the document people write, read with every problem noted, compiled into a program, and decided from.
//!
//! [`read`] turns the text into [`Rules`] and a list of [`Problem`]s. A [`Decider`] holds one visitor's answers and
//! brings them up to date after changes; [`explain`] tells for every experience of a placement why it won or lost.
//!
//! ```
//! use tailorbird_core::rules::{self, Decider, Sheet};
//! let text = r#"{ "version": 1, "blocks": { "dog": { "html": "Woof" } }, "experiences": [
//!     { "id": "for-dogs", "placement": "hero", "when": { "pet": "dog" }, "show": "dog" } ] }"#;
//! let (rules, problems) = rules::read(text);
//! assert!(problems.is_empty());
//! let hero = rules.placement("hero").unwrap();
//! let mut decider = Decider::new(&rules);
//! let visitor = Sheet::new([("pet", "dog".into())].into());
//! let verdict = decider.verdict(&rules, &visitor, hero);
//! assert_eq!(rules.experiences()[verdict.experience.unwrap()].id, "for-dogs");
//! ```

mod audience;
mod build;
pub mod check;
mod coerce;
mod condition;
mod date;
mod decider;
mod did;
mod document;
mod draft;
mod experience;
mod explain;
mod history;
mod jumps;
mod lexicon;
mod operator;
mod parts;
mod problem;
mod program;
mod read;
mod settings;
mod sheet;
mod table;
mod verdict;

pub(crate) use build::is_operator;
pub use condition::Condition;
pub use date::millis_of;
pub use decider::{Alone, Decider};
pub use document::MAX_TEXT;
pub use draft::{Draft, read, read_bytes};
pub use experience::{Experience, Experiment, Limit, Variant, experiment_viewed};
pub use explain::{Explained, Failure, Outcome, explain};
pub use lexicon::Lexicon;
pub use parts::{Act, Adjust, Block, Diverse, Exclude, Placement, Products, STRATEGIES, Strategy, Template};
pub use problem::{Problem, Severity};
pub use settings::{Choice, Rfm, Settings};
pub use sheet::Sheet;
pub use verdict::Verdict;

use crate::attributes::Attribute;
use audience::Audience;
use condition::{Test, Word};
use program::Program;
pub(crate) use table::{Names, Table, hash_of};

/// A rules document, compiled. Everything that could be read is in it; what is wrong is off.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    settings: Settings,
    catalog: Option<String>,
    model: Option<String>,
    blocks: Vec<Block>,
    templates: Vec<Template>,
    placements: Vec<Placement>,
    experiences: Vec<Experience>,
    audiences: Vec<Audience>,
    placement_names: Names,
    experience_names: Names,
    block_names: Names,
    /// Per placement the experiences that may win, best first.
    orders: Vec<Vec<u32>>,
    slots: Vec<Attribute>,
    slot_table: Table,
    tests: Vec<Test>,
    code: Vec<Word>,
    program: Program,
}

impl Rules {
    /// How profiles are counted.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
    /// The address of the catalogue.
    pub fn catalog(&self) -> Option<&str> {
        self.catalog.as_deref()
    }
    /// The address of the model.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }
    /// All blocks, in the order of the document.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }
    /// The index of a block.
    pub fn block(&self, id: &str) -> Option<usize> {
        self.block_names.find(id).map(|number| number as usize)
    }
    /// All shared templates, in the order of the document.
    pub fn templates(&self) -> &[Template] {
        &self.templates
    }
    /// All placements: the declared ones, then those that only experiences name.
    pub fn placements(&self) -> &[Placement] {
        &self.placements
    }
    /// The index of a placement.
    pub fn placement(&self, id: &str) -> Option<usize> {
        self.placement_names.find(id).map(|number| number as usize)
    }
    /// All experiences, in the order of the document.
    pub fn experiences(&self) -> &[Experience] {
        &self.experiences
    }
    /// The index of an experience.
    pub fn experience(&self, id: &str) -> Option<usize> {
        self.experience_names.find(id).map(|number| number as usize)
    }
    /// The experiences of a placement that may win, best first, as indices into [`Rules::experiences`].
    pub fn order(&self, placement: usize) -> &[u32] {
        self.orders.get(placement).map_or(&[], Vec::as_slice)
    }
    /// The attributes that conditions look at.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.slots.iter().filter(|slot| slot.path != build::DID)
    }

    /// The slot of an attribute for [`Decider::set_number`] and the like; `None` if no condition looks at it.
    pub fn slot(&self, path: &str) -> Option<u32> {
        let same = |slot: u32| self.slots.get(slot as usize).is_some_and(|slot| slot.path == path);
        self.slot_table.find(hash_of(path.as_bytes(), 0), same).filter(|_| path != build::DID)
    }

    pub(crate) fn test(&self, number: usize) -> Option<&Test> {
        self.tests.get(number)
    }
    pub(crate) fn audience_code(&self, number: usize) -> &[Word] {
        self.audiences.get(number).map_or(&[], |audience| self.words(audience.when))
    }
    pub(crate) fn words(&self, (start, end): (usize, usize)) -> &[Word] {
        self.code.get(start..end).unwrap_or(&[])
    }
}
