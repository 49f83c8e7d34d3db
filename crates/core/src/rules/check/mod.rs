//! What is wrong with rules before anybody sees them, and what works but hardly as meant: experiences that can never win,
//! parts that nothing leads to, names that shop and catalogue do not know. For tools: the page never calls it.

mod known;
mod logic;
mod loose;
mod losers;
mod lost;
mod names;
mod operands;
mod picky;
mod place;
mod report;
mod selectors;
mod slips;
mod stock;
mod templates;

pub use report::{Report, Source};
pub use stock::Stock;

use super::problem::{Problem, Severity};
use super::{MAX_TEXT, Rules, read_bytes};
use crate::json::{self, Node};
use crate::order::ordered;

/// Something that is wrong, or hardly as meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is, and where.
    pub problem: Problem,
    /// The experience that stands in the way of the one it is about.
    pub other: Option<String>,
}

impl Finding {
    /// One sentence: what it is, what stands there, what was expected, what it might have been.
    pub fn message(&self) -> String {
        let mut message = self.problem.message();
        if let Some(other) = &self.other {
            message.extend([", but `", other, "` always comes first"]);
        }
        message
    }
}

impl From<Problem> for Finding {
    fn from(problem: Problem) -> Finding {
        Finding { problem, other: None }
    }
}

/// Everything that is to be said about a rules document, in the order of its text: errors, and warnings where
/// something cannot work as meant. With a catalogue, names that it does not know are among them.
pub fn check(bytes: &[u8], stock: Option<&Stock>) -> Vec<Finding> {
    let (rules, problems) = read_bytes(bytes);
    found(bytes, &rules, problems, stock)
}

/// Completes the problems of reading with the warnings.
fn found(bytes: &[u8], rules: &Rules, problems: Vec<Problem>, stock: Option<&Stock>) -> Vec<Finding> {
    let text = core::str::from_utf8(bytes).unwrap_or("");
    let mut found: Vec<Finding> = problems.into_iter().map(Finding::from).collect();
    if let Ok(document) = json::parse(text) {
        found.extend(warnings(text, rules, document.root(), stock));
    } else if (1..=MAX_TEXT).contains(&text.len()) {
        let mended = slips::mended(text);
        let more = if mended.whole { check(mended.text.as_bytes(), stock) } else { Vec::new() };
        let more = mended.in_place(more);
        found = mended.slips;
        found.extend(more);
    }
    found.iter_mut().for_each(mean_or_equal);
    each_once(found)
}

/// Other languages write `ge` and `le`, which one letter makes `$gt` and `$lt` as well.
fn mean_or_equal(finding: &mut Finding) {
    let problem = &mut finding.problem;
    let right = match problem.found.as_str() {
        "$ge" => "$gte",
        "$le" => "$lte",
        _ => return,
    };
    if problem.code == "unknown-operator" {
        problem.nearest = Some(right.to_owned());
    }
}

/// The findings in the order of the text; of what several readers of the same part found, one.
fn each_once(found: Vec<Finding>) -> Vec<Finding> {
    let place = |nth: usize| found.get(nth).map(|finding| finding.problem.at);
    let order = ordered(found.len(), &|one, other| place(one) < place(other));
    let mut found: Vec<Option<Finding>> = found.into_iter().map(Some).collect();
    let mut sorted: Vec<Finding> = order.iter().filter_map(|nth| found.get_mut(*nth as usize)?.take()).collect();
    sorted.dedup();
    sorted
}

/// The warnings alone, for rules that were read from this text.
fn warnings(text: &str, rules: &Rules, root: Node, stock: Option<&Stock>) -> Vec<Finding> {
    // A document that was not taken in has no loose ends.
    if !root.is_map() || root.get("version").and_then(Node::as_f64) != Some(1.0) {
        return Vec::new();
    }
    let mut found = losers::found(text, rules, root);
    found.extend(loose::found(text, root));
    found.extend(names::found(text, rules, root, stock));
    found.extend(operands::found(text, root));
    found.extend(picky::found(text, root));
    found.extend(lost::found(text, root));
    found.extend(selectors::found(text, root));
    found.extend(templates::found(text, root));
    found
}

/// A warning of what stands between two offsets.
fn warning(code: &'static str, text: &str, (at, end): (usize, usize), expected: &'static str) -> Finding {
    Problem { severity: Severity::Warning, ..Problem::error(code, text, at, end, expected) }.into()
}
