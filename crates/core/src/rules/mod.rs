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
mod coerce;
mod condition;
mod date;
mod decider;
mod did;
mod experience;
mod explain;
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

pub(crate) use coerce::lower;
pub use condition::Condition;
pub use date::millis_of;
pub use decider::Decider;
pub use experience::{Experience, Experiment, Limit, Variant};
pub use explain::{Explained, Failure, Outcome, explain};
pub use lexicon::Lexicon;
pub use parts::{Act, Adjust, Block, Diverse, Exclude, Placement, Products, STRATEGIES, Strategy, Template};
pub use problem::{Problem, Severity};
pub use settings::{Choice, Rfm, Settings};
pub use sheet::Sheet;
pub use verdict::Verdict;

use crate::attributes::Attribute;
use crate::json::{self, Node};
use audience::Audience;
use build::Builder;
use condition::{Test, Word};
use experience::Known;
use program::Program;
use read::Reader;
pub(crate) use table::{Names, Table, hash_of};

/// Longer documents are refused (bytes).
pub const MAX_TEXT: usize = 32 << 20;

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
    tests: Vec<Test>,
    code: Vec<Word>,
    program: Program,
    hash: u64,
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
    /// A hash of the document's text: stored decisions are good only for the same one.
    pub fn version_hash(&self) -> u64 {
        self.hash
    }
    /// The attributes that conditions look at.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.slots.iter().filter(|slot| slot.path != build::DID)
    }

    /// The slot of an attribute for [`Decider::set_number`] and the like; `None` if no condition looks at it.
    pub fn slot(&self, path: &str) -> Option<u32> {
        self.slots.iter().position(|slot| slot.path == path && path != build::DID).map(|slot| slot as u32)
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

/// Reads a rules document: everything that is right, and every problem with the rest. Never fails, never panics.
///
/// A document that is no JSON, or of a version not known here, gives rules without placements.
pub fn read(text: &str) -> (Rules, Vec<Problem>) {
    let mut reader = Reader { text, problems: Vec::new(), errors: 0 };
    let rules = document(&mut reader).unwrap_or_default();
    reader.problems.sort_by_key(|problem| problem.at);
    (rules, reader.problems)
}

/// Reads a rules document from bytes, which may not even be text.
pub fn read_bytes(bytes: &[u8]) -> (Rules, Vec<Problem>) {
    match core::str::from_utf8(bytes) {
        Ok(text) => read(text),
        Err(error) => {
            let at = error.valid_up_to();
            (Rules::default(), vec![Problem::error("not-text", "", at, at + 1, "UTF-8")])
        }
    }
}

fn document(reader: &mut Reader) -> Option<Rules> {
    let text = reader.text;
    if text.len() > MAX_TEXT {
        reader.note(Problem::error("too-large", "", 0, 0, "at most 32 MiB"));
        return None;
    }
    let root = match json::parse(text) {
        Ok(root) => root,
        Err(error) => {
            let next = text.get(error.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            reader.note(Problem::error("not-json", text, error.at, error.at + next, error.message));
            return None;
        }
    };
    if !root.is_map() {
        reader.error("wrong-type", &root, "an object");
        return None;
    }
    match root.get("version") {
        Some(version) if version.as_f64() == Some(1.0) => {}
        Some(version) => {
            reader.error("unknown-version", version, "version 1");
            return None;
        }
        None => {
            reader.note(Problem::error("missing-member", text, root.at, root.at + 1, "`\"version\": 1`"));
            return None;
        }
    }
    let members = reader.members(
        &root,
        &["version", "settings", "catalog", "model", "blocks", "templates", "audiences", "placements", "experiences"],
    );
    let find = |name: &str| members.iter().rev().find(|member| member.key == name).map(|member| &member.value);
    let mut rules = Rules { hash: hash_64(text), ..Rules::default() };
    rules.settings = find("settings").map(|node| settings::read(reader, node)).unwrap_or_default();
    rules.catalog = find("catalog").and_then(|node| reader.owned(node));
    rules.model = find("model").and_then(|node| reader.owned(node));
    parts(reader, &mut rules, &find);
    let mut builder = Builder::default();
    let audience_names = audience::read(reader, find("audiences"), &mut builder, &mut rules.audiences);
    experiences(reader, find("experiences"), &mut rules, &audience_names, &mut builder);
    rules.slots = builder.slots;
    rules.tests = builder.tests;
    rules.code = builder.code;
    audience::turn_off_experiences(reader, &mut rules);
    rules.orders = orders(&rules);
    rules.program = program::lay_out(&mut rules);
    Some(rules)
}

fn parts<'a, 'n>(reader: &mut Reader<'a>, rules: &mut Rules, find: &dyn Fn(&str) -> Option<&'n Node<'a>>)
where
    'a: 'n,
{
    let mut template_names = Names::default();
    for member in find("templates").map_or(&[][..], |node| reader.entries(node)) {
        let content = parts::content(reader, &member.value);
        let html = member.value.as_str().unwrap_or_default().to_owned();
        if template_names.number(&member.key) as usize == rules.templates.len() {
            let (id, at) = (member.key.clone().into_owned(), member.value.at);
            rules.templates.push(Template { id, html, content, at });
        }
    }
    for member in find("blocks").map_or(&[][..], |node| reader.entries(node)) {
        let block = parts::block(reader, member, &template_names, &rules.templates);
        if rules.block_names.number(&member.key) as usize == rules.blocks.len() {
            rules.blocks.push(block);
        }
    }
    for member in find("placements").map_or(&[][..], |node| reader.entries(node)) {
        let mut placement = parts::placement(reader, member, &rules.block_names);
        let bad = |block: &usize| rules.blocks.get(*block).is_none_or(|block| block.off);
        placement.default = placement.default.filter(|block| !bad(block));
        if rules.placement_names.number(&member.key) as usize == rules.placements.len() {
            rules.placements.push(placement);
        }
    }
}

fn experiences<'a>(
    reader: &mut Reader<'a>,
    list: Option<&Node<'a>>,
    rules: &mut Rules,
    audiences: &Names,
    builder: &mut Builder,
) {
    let declared = rules.placements.len();
    let always = builder.code.len();
    builder.code.push(experience::always());
    for node in list.map_or(&[][..], |node| reader.list(node)) {
        let known =
            &mut Known { placements: &mut rules.placement_names, declared, blocks: &rules.block_names, audiences };
        let mut experience = experience::read(reader, node, known, builder);
        if experience.when == (0, 0) {
            experience.when = (always, always + 1);
        }
        if rules.placements.len() < rules.placement_names.len() {
            let id = rules.placement_names.name(rules.placements.len() as u32).to_owned();
            let at = node.get("placement").map_or(node.at, |node| node.at);
            rules.placements.push(Placement { id, selector: None, default: None, at });
        }
        let number = rules.experience_names.number(&experience.id) as usize;
        if number < rules.experiences.len() {
            let id = node.get("id").unwrap_or(node);
            if !experience.id.is_empty() {
                reader.error("duplicate-id", id, "every experience's id once");
            }
            if let Some(problem) = reader.problems.last_mut() {
                problem.experience = Some(experience.id.clone());
            }
            // The first one with the id goes on; a second one under the same name could not be told from it.
            continue;
        }
        let shown =
            experience.show.iter().chain(experience.variants.iter().filter_map(|variant| variant.show.as_ref()));
        if shown.copied().any(|block| rules.blocks.get(block).is_some_and(|block| block.off)) && !experience.off {
            experience.off = true;
            let mut problem = Problem::error("broken-block", reader.text, node.at, node.at, "blocks without errors");
            problem.experience = Some(experience.id.clone());
            reader.note(problem);
        }
        rules.experiences.push(experience);
    }
}

/// Per placement the experiences that may win: higher priority first, then by their order in the document.
fn orders(rules: &Rules) -> Vec<Vec<u32>> {
    let mut orders = vec![Vec::new(); rules.placements.len()];
    for (nth, experience) in rules.experiences.iter().enumerate() {
        if let Some(order) = orders.get_mut(experience.placement).filter(|_| !experience.off) {
            order.push(nth as u32);
        }
    }
    let priority = |nth: &u32| rules.experiences.get(*nth as usize).map_or(0.0, |experience| experience.priority);
    for order in &mut orders {
        if !order.is_sorted_by(|one, other| priority(one) >= priority(other)) {
            order.sort_by(|one, other| priority(other).total_cmp(&priority(one)).then(one.cmp(other)));
        }
    }
    orders
}

fn hash_64(text: &str) -> u64 {
    u64::from(hash_of(text.as_bytes(), 7)) << 32 | u64::from(hash_of(text.as_bytes(), 0x5bd1_e995))
}
