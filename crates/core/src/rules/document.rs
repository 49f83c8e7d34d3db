//! Reads a whole rules document, part by part, and compiles it.

use super::build::Builder;
use super::experience::{Known, always};
use super::problem::{PATIENCE, Problem};
use super::read::Reader;
use super::table::{Names, hash_64};
use super::{Placement, Rules, Template, audience, experience, parts, program, settings};
use crate::json::{self, Document, Node};
use crate::order::ordered;

/// Longer documents are refused (bytes).
pub const MAX_TEXT: usize = 32 << 20;

const MEMBERS: [&str; 9] =
    ["version", "settings", "catalog", "model", "blocks", "templates", "audiences", "placements", "experiences"];

/// Reads a rules document: everything that is right, and every problem with the rest. Never fails, never panics.
///
/// A document that is no JSON, or of a version not known here, gives rules without placements.
pub fn read(text: &str) -> (Rules, Vec<Problem>) {
    let mut reader = Reader { text, problems: Vec::new(), errors: 0, patience: PATIENCE };
    let mut rules = Rules::default();
    if let Some(document) = opened(&mut reader) {
        compile(&mut reader, document.root(), &mut rules);
    }
    (rules, in_order(reader.problems))
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

/// The problems in the order of the text.
fn in_order(problems: Vec<Problem>) -> Vec<Problem> {
    let place = |nth: usize| problems.get(nth).map(|problem| problem.at);
    let order = ordered(problems.len(), &|one, other| place(one) < place(other));
    let mut problems: Vec<Option<Problem>> = problems.into_iter().map(Some).collect();
    order.iter().filter_map(|nth| problems.get_mut(*nth as usize)?.take()).collect()
}

/// The document, if it is JSON of a version known here.
fn opened<'a>(reader: &mut Reader<'a>) -> Option<Document<'a>> {
    let text = reader.text;
    if text.len() > MAX_TEXT {
        reader.note(Problem::error("too-large", "", 0, 0, "at most 32 MiB"));
        return None;
    }
    let document = match json::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let next = text.get(error.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            reader.note(Problem::error("not-json", text, error.at, error.at + next, error.message));
            return None;
        }
    };
    let root = document.root();
    if !root.is_map() {
        reader.error("wrong-type", root, "an object");
        return None;
    }
    match root.get("version") {
        Some(version) if version.as_f64() == Some(1.0) => return Some(document),
        Some(version) => reader.error("unknown-version", version, "version 1"),
        None => reader.note(Problem::error("missing-member", text, root.at, root.at + 1, "`\"version\": 1`")),
    }
    None
}

fn compile(reader: &mut Reader, root: Node, rules: &mut Rules) {
    reader.members(root, &MEMBERS);
    rules.hash = hash_64(reader.text.as_bytes());
    if let Some(node) = root.get("settings") {
        rules.settings = settings::read(reader, node);
    }
    rules.catalog = root.get("catalog").and_then(|node| reader.owned(node));
    rules.model = root.get("model").and_then(|node| reader.owned(node));
    small_parts(reader, root, rules);
    let mut builder = Builder::default();
    let audience_names = audience::read(reader, root.get("audiences"), &mut builder, &mut rules.audiences);
    if let Some(list) = root.get("experiences").filter(|list| reader.is_list(*list)) {
        experiences(reader, list, rules, &audience_names, &mut builder);
    }
    rules.slots = builder.slots;
    rules.slot_table = builder.slot_table;
    rules.tests = builder.tests;
    rules.code = builder.code;
    audience::turn_off_experiences(reader, rules);
    rules.orders = orders(rules);
    rules.program = program::lay_out(rules);
}

fn small_parts(reader: &mut Reader, root: Node, rules: &mut Rules) {
    let mut template_names = Names::default();
    let templates = root.get("templates").map(|node| reader.entries(node));
    for member in templates.into_iter().flatten() {
        let content = parts::content(reader, member.value);
        let html = member.value.as_str().unwrap_or_default().to_owned();
        if template_names.number(member.key) as usize == rules.templates.len() {
            rules.templates.push(Template { id: member.key.to_owned(), html, content, at: member.value.at });
        }
    }
    let blocks = root.get("blocks").map(|node| reader.entries(node));
    for member in blocks.into_iter().flatten() {
        let block = parts::block(reader, member, &template_names, &rules.templates);
        if rules.block_names.number(member.key) as usize == rules.blocks.len() {
            rules.blocks.push(block);
        }
    }
    let placements = root.get("placements").map(|node| reader.entries(node));
    for member in placements.into_iter().flatten() {
        let mut placement = parts::placement(reader, member, &rules.block_names);
        placement.default = placement.default.filter(|block| rules.blocks.get(*block).is_some_and(|block| !block.off));
        if rules.placement_names.number(member.key) as usize == rules.placements.len() {
            rules.placements.push(placement);
        }
    }
}

fn experiences(reader: &mut Reader, list: Node, rules: &mut Rules, audiences: &Names, builder: &mut Builder) {
    let declared = rules.placements.len();
    let no_condition = (builder.code.len(), builder.code.len() + 1);
    builder.code.push(always());
    rules.experiences.reserve(list.items().count());
    for node in list.items() {
        let mut known =
            Known { placements: &mut rules.placement_names, declared, blocks: &rules.block_names, audiences };
        let mut experience = experience::read(reader, node, &mut known, builder);
        if experience.when == (0, 0) {
            experience.when = no_condition;
        }
        if rules.placements.len() < rules.placement_names.len() {
            let id = rules.placement_names.name(rules.placements.len() as u32).to_owned();
            let at = node.get("placement").map_or(node.at, |node| node.at);
            rules.placements.push(Placement { id, selector: None, default: None, at });
        }
        let is_new = rules.experience_names.number(&experience.id) as usize == rules.experiences.len();
        let bad = |block: Option<usize>| block.and_then(|block| rules.blocks.get(block)).is_some_and(|block| block.off);
        let trouble = if !is_new && !experience.id.is_empty() {
            let place = node.get("id").unwrap_or(node);
            Some(Problem::error("duplicate-id", reader.text, place.at, place.end, "every experience's id once"))
        } else if bad(experience.show) || experience.variants.iter().any(|variant| bad(variant.show)) {
            Some(Problem::error("broken-block", reader.text, node.at, node.at, "blocks without errors"))
        } else {
            None
        };
        if let Some(mut problem) = trouble {
            experience.off = true;
            problem.experience = Some(experience.id.clone());
            reader.note(problem);
        }
        // The first one with an id goes on: a second one under the same name could not be told from it.
        if is_new {
            rules.experiences.push(experience);
        }
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
    let priority = |nth: u32| rules.experiences.get(nth as usize).map_or(0.0, |experience| experience.priority);
    for order in &mut orders {
        if !order.is_sorted_by(|one, other| priority(*one) >= priority(*other)) {
            let at = |nth: usize| order.get(nth).copied().unwrap_or(0);
            let places = ordered(order.len(), &|one, other| priority(at(one)) > priority(at(other)));
            *order = places.iter().map(|place| at(*place as usize)).collect();
        }
    }
    orders
}
