//! Reads a whole rules document, part by part, and compiles it: first all but the experiences' conditions, then those.

use super::build::{Builder, Scope};
use super::experience::{Known, always};
use super::problem::Problem;
use super::read::Reader;
use super::table::Names;
use super::{Experience, Placement, Rules, Template, audience, experience, parts, program, settings};
use crate::json::{self, Document, Node};
use crate::order::ordered;
use crate::schema::Gather;
use core::mem::take;

/// Longer documents are refused (bytes).
pub const MAX_TEXT: usize = 32 << 20;

const MEMBERS: [&str; 10] = [
    "version",
    "settings",
    "catalog",
    "model",
    "blocks",
    "templates",
    "savedGroups",
    "audiences",
    "placements",
    "experiences",
];

/// The problems in the order of the text.
pub(super) fn in_order(problems: Vec<Problem>) -> Vec<Problem> {
    let place = |nth: usize| problems.get(nth).map(|problem| problem.at);
    let order = ordered(problems.len(), &|one, other| place(one) < place(other));
    let mut problems: Vec<Option<Problem>> = problems.into_iter().map(Some).gather();
    order.iter().filter_map(|nth| problems.get_mut(*nth as usize)?.take()).gather()
}

/// The document, if it is JSON of a version known here.
pub(super) fn opened<'a>(reader: &mut Reader<'a>) -> Option<Document<'a>> {
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

/// A document of which all is read but the experiences' conditions.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// Experiences have no condition in it, and there is no program.
    pub(super) rules: Rules,
    pub(super) builder: Builder,
    pub(super) audiences: Names,
    /// Per experience which value of the document its condition is.
    pub(super) conditions: Vec<Option<usize>>,
}

/// Large values are filled in where they are: moving them about costs shoppers kilobytes of code.
pub(super) fn outline(reader: &mut Reader, root: Node, outline: &mut Outline) {
    let Outline { rules, builder, audiences, .. } = outline;
    reader.members(root, &MEMBERS);
    if let Some(node) = root.get("settings") {
        rules.settings = settings::read(reader, node);
    }
    rules.catalog = root.get("catalog").and_then(|node| reader.owned(node));
    rules.model = root.get("model").and_then(|node| reader.owned(node));
    small_parts(reader, root, rules);
    if let Some(node) = root.get("savedGroups") {
        reader.entries(node);
    }
    *audiences = audience::read(reader, root.get("audiences"), builder, &mut rules.audiences);
    if let Some(list) = root.get("experiences").filter(|list| reader.is_list(*list)) {
        experiences(reader, list, outline);
    }
    outline.rules.orders = orders(&outline.rules);
}

/// Reads the conditions, and lays everything out.
pub(super) fn compile(reader: &mut Reader, document: &Document, outline: &mut Outline) {
    let Outline { rules, builder, audiences, conditions } = outline;
    let no_condition = (builder.code.len(), builder.code.len() + 1);
    builder.code.push(always());
    for (experience, condition) in rules.experiences.iter_mut().zip(conditions) {
        experience.when = no_condition;
        if let Some(index) = condition {
            read_condition(reader, document.node(*index), experience, audiences, builder);
        }
    }
    let builder = take(builder);
    rules.slots = builder.slots;
    rules.slot_table = builder.slot_table;
    rules.tests = builder.tests;
    rules.code = builder.code;
    audience::turn_off_experiences(reader, rules);
    rules.orders = orders(rules);
    rules.program = program::lay_out(rules);
}

fn read_condition(
    reader: &mut Reader,
    node: Node,
    experience: &mut Experience,
    audiences: &Names,
    builder: &mut Builder,
) {
    let (errors, first_problem, start) = (reader.errors, reader.problems.len(), builder.code.len());
    builder.condition(reader, node, Scope::Visitor(audiences));
    experience.when = (start, builder.code.len());
    experience.off |= reader.errors > errors;
    reader.about(first_problem, &experience.id);
}

// Kept apart from what is done for each of a thousand experiences, as are the rare parts of those: see `json::Reader`.
#[inline(never)]
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

#[inline(never)]
fn experiences(reader: &mut Reader, list: Node, outline: &mut Outline) {
    let Outline { rules, builder, audiences, conditions } = outline;
    let declared = rules.placements.len();
    rules.experiences.reserve(list.items().count());
    for node in list.items() {
        rules.experiences.push(experience::unread(node));
        let Some(experience) = rules.experiences.last_mut() else { continue };
        let mut known = Known { placements: &mut rules.placement_names, declared, blocks: &rules.block_names };
        let condition = experience::read(reader, node, &mut known, experience);
        if rules.placements.len() < rules.placement_names.len() {
            let id = rules.placement_names.name(rules.placements.len() as u32).to_owned();
            let at = node.get("placement").map_or(node.at, |node| node.at);
            rules.placements.push(Placement { id, selector: None, default: None, at });
        }
        if experience.off {
            // The last of several conditions counts, but all are looked at.
            for other in node.members().filter(|member| member.key == "when").map(|member| member.value) {
                if condition.is_some_and(|last| last.index != other.index) {
                    read_condition(reader, other, experience, audiences, builder);
                }
            }
        }
        let is_new = rules.experience_names.number(&experience.id) as usize == conditions.len();
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
        if is_new {
            conditions.push(condition.map(|node| node.index));
            continue;
        }
        // The first one with an id goes on: a second one under the same name could not be told from it.
        if let Some(node) = condition {
            read_condition(reader, node, experience, audiences, builder);
        }
        rules.experiences.pop();
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
            *order = places.iter().map(|place| at(*place as usize)).gather();
        }
    }
    orders
}
