//! Conditions over products and events that none of them fulfils: `where` of `products`, of its `adjust`, and of `$did`.

use super::logic::{Logic, STAMINA};
use super::{Finding, warning};
use crate::json::Node;
use crate::rules::build::document;
use crate::rules::problem::PATIENCE;
use crate::rules::read::Reader;
use crate::rules::{Condition, Rules};

const NO_PRODUCT: &str = "parts that can hold together for a product";
const NO_EVENT: &str = "parts that can hold together for an event";

/// A warning for each such condition that contradicts itself.
pub(super) fn found(text: &str, root: Node) -> Vec<Finding> {
    let mut search = Search { text, stamina: STAMINA, found: Vec::new() };
    for part in ["audiences", "experiences"] {
        if let Some(node) = root.get(part) {
            search.look(node, None);
        }
    }
    search.found
}

struct Search<'t> {
    text: &'t str,
    stamina: usize,
    found: Vec<Finding>,
}

impl Search<'_> {
    /// `expected`: what to say of a `where`, once we are in something that has one.
    fn look(&mut self, node: Node, expected: Option<&'static str>) {
        for member in node.members() {
            let value = member.value;
            match (member.key, expected) {
                ("products", _) => self.look(value, Some(NO_PRODUCT)),
                ("$did", _) => self.look(value, Some(NO_EVENT)),
                ("where", Some(expected)) => {
                    if self.never_holds(value) {
                        self.found.push(warning("contradictory-condition", self.text, (value.at, value.end), expected));
                    }
                }
                _ => self.look(value, expected),
            }
        }
        node.items().for_each(|item| self.look(item, expected));
    }

    /// Whether nothing can fulfil a condition. One that is wrong has been told of.
    fn never_holds(&mut self, node: Node) -> bool {
        let mut reader = Reader::new(self.text, PATIENCE);
        let Some(Condition { slots, tests, code }) = document(&mut reader, node) else { return false };
        Logic::is_in_vain(&Rules { slots, tests, code, ..Rules::default() }, &mut self.stamina)
    }
}
