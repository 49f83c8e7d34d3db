//! Loose ends: audiences, blocks and templates that nothing leads to.

use super::{Finding, warning};
use crate::json::Node;
use crate::rules::Rules;
use crate::rules::condition::{Kind, Word};

/// A warning for each part that nothing leads to.
pub(super) fn found(text: &str, rules: &Rules, root: Node) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut unused = |part: &str, used: &[bool], code, expected| {
        // Names that come twice were told of as errors; they would put the two lists out of step.
        let members: Vec<_> = root.get(part).into_iter().flat_map(Node::members).collect();
        if members.len() != used.len() {
            return;
        }
        for (member, used) in members.iter().zip(used) {
            if !used {
                found.push(warning(code, text, (member.at, member.end), expected));
            }
        }
    };
    let (blocks, templates) = shown(rules);
    unused("audiences", &asked(rules), "unused-audience", "an experience that asks for it");
    unused("blocks", &blocks, "unreachable-block", "an experience, variant or placement that shows it");
    unused("templates", &templates, "unused-template", "a block that is made from it");
    found
}

/// The audiences that experiences ask for, by themselves or through other audiences.
fn asked(rules: &Rules) -> Vec<bool> {
    let mut asked = vec![false; rules.audiences.len()];
    let mut todo: Vec<&[Word]> = rules.experiences().iter().map(|experience| rules.words(experience.when)).collect();
    while let Some(words) = todo.pop() {
        for word in words.iter().filter(|word| word.kind() == Kind::Audience) {
            if let Some(mark) = asked.get_mut(word.number()).filter(|mark| !**mark) {
                *mark = true;
                todo.push(rules.audience_code(word.number()));
            }
        }
    }
    asked
}

/// The blocks that something shows, and the templates that blocks are made from.
fn shown(rules: &Rules) -> (Vec<bool>, Vec<bool>) {
    let mut blocks = vec![false; rules.blocks().len()];
    let defaults = rules.placements().iter().filter_map(|placement| placement.default);
    let winners = rules.experiences().iter().flat_map(|experience| {
        experience.show.into_iter().chain(experience.variants.iter().filter_map(|variant| variant.show))
    });
    for block in defaults.chain(winners) {
        if let Some(mark) = blocks.get_mut(block) {
            *mark = true;
        }
    }
    let mut templates = vec![false; rules.templates().len()];
    for template in rules.blocks().iter().filter_map(|block| block.template) {
        if let Some(mark) = templates.get_mut(template) {
            *mark = true;
        }
    }
    (blocks, templates)
}
