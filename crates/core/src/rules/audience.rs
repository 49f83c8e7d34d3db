//! Audiences: named conditions that experiences and other audiences refer to.

use super::Rules;
use super::build::{Builder, Scope};
use super::condition::{Kind, Word};
use super::problem::Problem;
use super::read::Reader;
use super::table::Names;
use crate::json::Node;
use crate::schema::Gather;

/// A named condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Audience {
    pub(crate) id: String,
    pub(crate) when: (usize, usize),
    /// Whether something in it, or in an audience it refers to, is wrong.
    pub(crate) off: bool,
    /// Where its id stands in the text, with the quotes.
    pub(crate) at: usize,
    pub(crate) end: usize,
    /// Which value of the document its condition is.
    pub(crate) index: usize,
}

/// Reads all audiences. Their names are known to each other, whichever comes first.
pub(super) fn read(
    reader: &mut Reader,
    node: Option<Node>,
    builder: &mut Builder,
    audiences: &mut Vec<Audience>,
) -> Names {
    let mut names = Names::default();
    let Some(node) = node else { return names };
    for member in reader.entries(node) {
        names.number(member.key);
    }
    for member in node.members() {
        let (errors, start) = (reader.errors, builder.code.len());
        builder.condition(reader, member.value, Scope::Visitor(&names));
        if names.find(member.key) == Some(audiences.len() as u32) {
            audiences.push(Audience {
                id: member.key.to_owned(),
                when: (start, builder.code.len()),
                off: reader.errors > errors,
                at: member.at,
                end: member.end,
                index: member.value.index,
            });
        }
    }
    turn_off(reader, audiences, &builder.code);
    names
}

/// The most audiences that may lead into each other in a row.
const MAX_DEPTH: u32 = 32;

/// The audiences that words refer to.
pub(super) fn referred(words: &[Word]) -> impl Iterator<Item = usize> {
    words.iter().filter(|word| word.kind() == Kind::Audience).map(|word| word.number())
}

fn words(code: &[Word], when: (usize, usize)) -> &[Word] {
    code.get(when.0..when.1).unwrap_or(&[])
}

/// How far the walk over an audience has come.
#[derive(Clone, Copy, PartialEq)]
enum Walk {
    Before,
    Within,
    /// With how many audiences in a row it leads on.
    Done(u32),
}

/// Turns off audiences that lead back to themselves or too far, and those that refer to what is off.
fn turn_off(reader: &mut Reader, audiences: &mut [Audience], code: &[Word]) {
    let mut walks = vec![Walk::Before; audiences.len()];
    for first in 0..audiences.len() {
        let mut path = vec![first];
        while let Some(nth) = path.last().copied() {
            let (Some(audience), Some(walk)) = (audiences.get(nth), walks.get_mut(nth)) else { break };
            if matches!(walk, Walk::Done(_)) {
                path.pop();
                continue;
            }
            *walk = Walk::Within;
            let others: Vec<usize> = referred(words(code, audience.when)).gather();
            let walk_of = |other: &usize| walks.get(*other).copied().unwrap_or(Walk::Done(0));
            if let Some(next) = others.iter().find(|other| walk_of(other) == Walk::Before) {
                path.push(*next);
                continue;
            }
            let depth = 1 + others
                .iter()
                .map(|other| if let Walk::Done(depth) = walk_of(other) { depth } else { 0 })
                .max()
                .unwrap_or(0);
            let cyclic = others.iter().any(|other| walk_of(other) == Walk::Within);
            let leads_to_off = others.iter().any(|other| audiences.get(*other).is_none_or(|audience| audience.off));
            if cyclic || depth > MAX_DEPTH && !leads_to_off {
                let (code, expected) = match cyclic {
                    true => ("cyclic-audience", "audiences that do not lead back to themselves"),
                    false => ("deep-audience", "at most 32 audiences that lead into each other in a row"),
                };
                reader.note(Problem::error(code, reader.text, audience.at, audience.end, expected));
            }
            if let Some(audience) = audiences.get_mut(nth) {
                audience.off |= cyclic || depth > MAX_DEPTH || leads_to_off;
            }
            if let Some(walk) = walks.get_mut(nth) {
                *walk = Walk::Done(depth);
            }
            path.pop();
        }
    }
}

/// Turns off the experiences that refer to audiences that are off.
pub(super) fn turn_off_experiences(reader: &mut Reader, rules: &mut Rules) {
    for experience in rules.experiences.iter_mut().filter(|experience| !experience.off) {
        let is_off = |other: usize| rules.audiences.get(other).is_none_or(|audience| audience.off);
        if referred(words(&rules.code, experience.when)).any(is_off) {
            experience.off = true;
            let (text, at) = (reader.text, experience.at);
            let mut problem = Problem::error("broken-audience", text, at, at, "audiences without errors");
            problem.experience = Some(experience.id.clone());
            reader.note(problem);
        }
    }
}
