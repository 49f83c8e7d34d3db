//! One experience: when it may win, what it shows, how often, and the experiment it may be.

use super::condition::Word;
use super::date::millis_of;
use super::parts::{Products, block_index, products};
use super::problem::{nearest, typing_errors};
use super::read::Reader;
use super::table::Names;
use crate::attributes::{EXPOSURES_KEPT, Per};
use crate::experiment::{Namespace, bucket_ranges};
use crate::json::Node;
use crate::schema::Gather;
use crate::schema::{Millis, Value};

/// How often an experience may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// So many times.
    pub times: u32,
    /// Within this span.
    pub per: Per,
}

/// One arm of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Its id.
    pub id: String,
    /// What people call it, if they do.
    pub name: Option<String>,
    /// The share of the experiment's traffic, 0 to 1.
    pub weight: f64,
    /// The index of the block it shows; `None` leaves the default.
    pub show: Option<usize>,
}

/// How visitors are spread over variants.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// What people call it, if they do.
    pub name: Option<String>,
    /// What is hashed with the visitor's id.
    pub seed: String,
    /// The share of its namespace.
    pub namespace: Option<Namespace>,
    /// Where each variant's stretch of the number line lies.
    pub ranges: Vec<(f64, f64)>,
}

impl Experiment {
    /// The share of all visitors that takes part, 0 to 1.
    pub fn share(&self) -> f64 {
        let covered: f64 = self.ranges.iter().map(|(from, until)| until - from).sum();
        // A third three times is a little less than 1.
        let covered = if covered > 0.9989 { 1.0 } else { covered };
        covered * self.namespace.as_ref().map_or(1.0, |namespace| namespace.until - namespace.from)
    }
}

/// An experience, as far as it could be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Experience {
    /// Its id.
    pub id: String,
    /// The index of its placement.
    pub placement: usize,
    /// Higher wins.
    pub priority: f64,
    /// The index of the block it shows.
    pub show: Option<usize>,
    /// The products it picks.
    pub products: Option<Products>,
    /// From when on it may win.
    pub from: Option<Millis>,
    /// Until when it may win; this moment is outside.
    pub until: Option<Millis>,
    /// How often it may be shown.
    pub limit: Option<Limit>,
    /// The experiment's traffic, if it is one.
    pub experiment: Option<Experiment>,
    /// The experiment's arms, if it is one.
    pub variants: Vec<Variant>,
    /// Whether it cannot win because something in it is wrong; a problem says what.
    pub off: bool,
    /// Where it stands in the text.
    pub at: usize,
    /// Where it ends.
    pub end: usize,
    /// Its condition's words, before layout within the builder's code, later within the rules'.
    pub(crate) when: (usize, usize),
}

/// The properties of `Experiment Viewed`: who has no name is called by its id.
pub fn experiment_viewed(experience: Option<&Experience>, id: &str, variant: &str) -> Value {
    let arm = experience.and_then(|experience| experience.variants.iter().find(|arm| arm.id == variant));
    let experiment = experience.and_then(|experience| experience.experiment.as_ref());
    Value::from([
        ("experiment_id", id.into()),
        ("experiment_name", experiment.and_then(|one| one.name.as_deref()).unwrap_or(id).into()),
        ("variation_id", variant.into()),
        ("variation_name", arm.and_then(|one| one.name.as_deref()).unwrap_or(variant).into()),
    ])
}

/// The names an experience may refer to.
pub(super) struct Known<'k> {
    pub(super) placements: &'k mut Names,
    /// How many of the placements are declared.
    pub(super) declared: usize,
    pub(super) blocks: &'k Names,
}

const MEMBERS: [&str; 13] = [
    "id",
    "placement",
    "priority",
    "when",
    "show",
    "from",
    "until",
    "limit",
    "products",
    "experiment",
    "variants",
    "name",
    "description",
];

/// An experience of which nothing is read yet.
pub(super) fn unread(node: Node) -> Experience {
    Experience {
        id: String::new(),
        placement: usize::MAX,
        priority: 0.0,
        show: None,
        products: None,
        from: None,
        until: None,
        limit: None,
        experiment: None,
        variants: Vec::new(),
        off: false,
        at: node.at,
        end: node.end,
        when: (0, 0),
    }
}

/// Reads one experience, and tells where its condition stands. Anything wrong in it turns it off.
#[inline(never)]
pub(super) fn read<'d>(
    reader: &mut Reader,
    node: Node<'d>,
    known: &mut Known,
    experience: &mut Experience,
) -> Option<Node<'d>> {
    let errors = reader.errors;
    let first_problem = reader.problems.len();
    let (mut experiment, mut condition, mut name) = (None, None, None);
    let (mut placed, mut shows) = (false, false);
    for member in reader.entries(node) {
        let value = member.value;
        placed |= member.key == "placement";
        shows |= matches!(member.key, "show" | "products" | "variants");
        match member.key {
            "id" => experience.id = reader.owned(value).unwrap_or_default(),
            "name" => name = reader.owned(value),
            "placement" => experience.placement = placement(reader, value, known),
            "priority" => experience.priority = reader.number(value, -1e9, 1e9, "a number").unwrap_or(0.0),
            "when" => condition = Some(value),
            "show" => experience.show = block_index(reader, value, known.blocks),
            "products" => experience.products = products(reader, value),
            "from" => experience.from = moment(reader, value),
            "until" => experience.until = moment(reader, value),
            "limit" => experience.limit = limit(reader, value),
            "experiment" => experiment = Some(value),
            "variants" => experience.variants = variants(reader, value, known.blocks),
            _ => reader.known(member, &MEMBERS),
        }
    }
    if experience.id.is_empty() && node.is_map() {
        reader.error("missing-member", node, "an `id` that is not empty");
    }
    if !placed && node.is_map() {
        reader.error("missing-member", node, "a `placement`");
    }
    if experience.variants.is_empty() {
        if let Some(stray) = experiment {
            reader.error("missing-member", stray, "`variants` next to `experiment`");
        } else if !shows && node.is_map() {
            reader.error("missing-member", node, "something to `show`");
        }
    } else {
        experience.experiment = Some(traffic(reader, experiment, experience, name));
    }
    experience.off = reader.errors > errors;
    reader.about(first_problem, &experience.id);
    condition
}

#[inline(never)]
fn placement(reader: &mut Reader, node: Node, known: &mut Known) -> usize {
    let Some(name) = reader.text(node) else { return usize::MAX };
    if let Some(found) = known.placements.find(name) {
        return found as usize;
    }
    // A slot in the page may have a name that no selector or default needs to be told about; a slip of the pen may not.
    let near = nearest(name, &mut known.placements.iter().take(known.declared), &mut reader.patience);
    if near.is_some_and(|near| is_slip(name, &near)) || name.is_empty() {
        let mut declared = known.placements.iter().take(known.declared);
        reader.unknown("unknown-placement", node, "the id of a placement", &mut declared);
        return usize::MAX;
    }
    known.placements.number(name) as usize
}

/// Whether a name is more likely a slip in writing another than one of its own, such as the next of a series.
#[inline(never)]
fn is_slip(name: &str, other: &str) -> bool {
    let of_a_series = match (name.as_bytes(), other.as_bytes()) {
        ([one @ .., b'-' | b'_', _], [two @ .., b'-' | b'_', _]) => one == two,
        _ => {
            let is_letter = |letter: &char| !letter.is_ascii_digit();
            name.chars().filter(is_letter).eq(other.chars().filter(is_letter))
        }
    };
    !of_a_series && typing_errors(name, other) <= (other.len() / 4).min(2)
}

#[inline(never)]
fn moment(reader: &mut Reader, node: Node) -> Option<Millis> {
    let found = millis_of(reader.text(node)?);
    if found.is_none() {
        reader.error("not-a-date", node, "a day and time that exist, such as `2026-11-01T00:00:00Z`");
    }
    found
}

#[inline(never)]
fn limit(reader: &mut Reader, node: Node) -> Option<Limit> {
    let (mut times, mut per) = (None, None);
    for member in reader.members(node, &["times", "per"]) {
        match member.key {
            "times" => times = reader.whole(member.value, 1, 1_000_000, "a whole number of at least 1"),
            "per" => {
                let words = [("session", Per::Session), ("day", Per::Day), ("visitor", Per::Visitor)];
                per = reader.word("unknown-word", member.value, &words, "`session`, `day` or `visitor`");
            }
            _ => {}
        }
    }
    if node.is_map() && (node.get("times").is_none() || node.get("per").is_none()) {
        reader.error("missing-member", node, "both `times` and `per`");
    }
    let limit = Limit { times: times?, per: per? };
    if limit.per == Per::Day && limit.times > EXPOSURES_KEPT {
        reader.error("past-history", node, "at most 200 times a day: so many exposures are kept");
    }
    Some(limit)
}

#[inline(never)]
fn variants(reader: &mut Reader, node: Node, blocks: &Names) -> Vec<Variant> {
    let mut weighed = 0;
    let mut variants: Vec<Variant> = Vec::new();
    if reader.is_list(node) {
        for item in node.items() {
            let variant = variant(reader, item, blocks);
            if variant.id.is_empty() && item.is_map() {
                reader.error("missing-member", item, "an `id` that is not empty");
            } else if variants.iter().any(|other| other.id == variant.id) {
                reader.error("duplicate-id", item.get("id").unwrap_or(item), "every variant's id once");
            }
            weighed += usize::from(!variant.weight.is_nan());
            variants.push(variant);
        }
    }
    if variants.is_empty() {
        reader.error("missing-member", node, "at least one variant");
    }
    if weighed == 0 {
        let share = 1.0 / variants.len() as f64;
        variants.iter_mut().for_each(|variant| variant.weight = share);
    }
    let total: f64 = variants.iter().map(|variant| variant.weight).sum();
    // A weight that is missing is no number, and neither is the sum then.
    if !variants.is_empty() && !(0.99..=1.01).contains(&total) {
        reader.error("out-of-range", node, "a `weight` for every variant, 1 in sum, or none at all");
    }
    variants
}

/// A variant; its weight is NaN where none is said.
fn variant(reader: &mut Reader, node: Node, blocks: &Names) -> Variant {
    let mut variant = Variant { id: String::new(), name: None, weight: f64::NAN, show: None };
    for member in reader.members(node, &["id", "name", "weight", "show"]) {
        let value = member.value;
        match member.key {
            "id" => variant.id = reader.owned(value).unwrap_or_default(),
            "name" => variant.name = reader.owned(value),
            "weight" => variant.weight = reader.number(value, 0.0, 1.0, "a number from 0 to 1").unwrap_or(0.0),
            "show" => variant.show = block_index(reader, value, blocks),
            _ => {}
        }
    }
    variant
}

#[inline(never)]
fn traffic(reader: &mut Reader, node: Option<Node>, experience: &Experience, name: Option<String>) -> Experiment {
    let mut seed = experience.id.clone();
    let mut coverage = 1.0;
    let mut namespace = None;
    let members = node.map(|node| reader.members(node, &["coverage", "seed", "namespace"]));
    for member in members.into_iter().flatten() {
        let value = member.value;
        match member.key {
            "coverage" => coverage = reader.number(value, 0.0, 1.0, "a number from 0 to 1").unwrap_or(0.0),
            "seed" => seed = reader.owned(value).unwrap_or_default(),
            "namespace" => {
                namespace = share(value);
                if namespace.is_none() {
                    reader.error("out-of-range", value, "a name and two numbers from 0 to 1, the smaller first");
                }
            }
            _ => {}
        }
    }
    let weights: Vec<f64> = experience.variants.iter().map(|variant| variant.weight).gather();
    Experiment { name, seed, namespace, ranges: bucket_ranges(coverage, &weights) }
}

/// A share of a namespace; `None` if something in it is wrong.
fn share(node: Node) -> Option<Namespace> {
    let mut items = node.items();
    let name = items.next()?.as_str()?.to_owned();
    let (from, until) = (items.next()?.as_f64()?, items.next()?.as_f64()?);
    let fits = 0.0 <= from && from <= until && until <= 1.0 && items.next().is_none();
    fits.then_some(Namespace { name, from, until })
}

/// The words of a condition that always holds.
pub(super) fn always() -> Word {
    Word::new(super::condition::Kind::All, false, 0)
}
