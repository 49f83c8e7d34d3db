//! Loose ends: audiences, saved groups, blocks and templates that nothing leads to.
//!
//! What leads somewhere is asked of the text: an experience that is off because something else in it is wrong still does.

use super::{Finding, warning};
use crate::json::Node;
use crate::rules::Names;

/// A warning for each part that nothing leads to.
pub(super) fn found(text: &str, root: Node) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut unused = |part: &str, used: &Names, code, expected| {
        for member in members(root, part).filter(|member| used.find(member.key).is_none()) {
            found.push(warning(code, text, (member.at, member.end), expected));
        }
    };
    unused("audiences", &asked(root), "unused-audience", "an experience that asks for it");
    unused("savedGroups", &grouped(root), "unused-group", "a condition that asks for it");
    unused("blocks", &shown(root), "unreachable-block", "an experience, variant or placement that shows it");
    unused("templates", &filled(root), "unused-template", "a block that is made from it");
    found
}

fn members<'d>(root: Node<'d>, part: &str) -> impl Iterator<Item = crate::json::Member<'d>> {
    root.get(part).into_iter().flat_map(Node::members)
}

fn experiences(root: Node) -> impl Iterator<Item = Node> {
    root.get("experiences").into_iter().flat_map(Node::items)
}

/// The audiences that experiences ask for, by themselves or through other audiences.
fn asked(root: Node) -> Names {
    let mut asked = Names::default();
    let mut todo: Vec<Node> = experiences(root).filter_map(|experience| experience.get("when")).collect();
    while let Some(node) = todo.pop() {
        todo.extend(node.items());
        for member in node.members() {
            if member.key != "$audience" {
                todo.push(member.value);
                continue;
            }
            for name in member.value.items().chain([member.value]).filter_map(Node::as_str) {
                if asked.find(name).is_none() {
                    asked.number(name);
                    todo.extend(root.get("audiences").and_then(|audiences| audiences.get(name)));
                }
            }
        }
    }
    asked
}

/// The saved groups that conditions ask for.
fn grouped(root: Node) -> Names {
    let mut todo: Vec<Node> = ["audiences", "experiences"].into_iter().filter_map(|part| root.get(part)).collect();
    let mut groups = Vec::new();
    while let Some(node) = todo.pop() {
        todo.extend(node.items());
        for member in node.members() {
            match member.key {
                "$inGroup" | "$notInGroup" => groups.push(member.value),
                _ => todo.push(member.value),
            }
        }
    }
    named(groups.into_iter())
}

/// The blocks that something shows.
fn shown(root: Node) -> Names {
    let variants = experiences(root).filter_map(|experience| experience.get("variants")).flat_map(Node::items);
    let winners = experiences(root).chain(variants).filter_map(|node| node.get("show"));
    let defaults = members(root, "placements").filter_map(|placement| placement.value.get("default"));
    named(winners.chain(defaults))
}

/// The templates that blocks are made from.
fn filled(root: Node) -> Names {
    named(members(root, "blocks").filter_map(|block| block.value.get("template")))
}

fn named<'d>(nodes: impl Iterator<Item = Node<'d>>) -> Names {
    let mut names = Names::default();
    nodes.filter_map(Node::as_str).for_each(|name| {
        names.number(name);
    });
    names
}
