//! Experiences that can never win: their time is empty, their condition contradicts itself, or others always come first.

use super::logic::Logic;
use super::{Finding, warning};
use crate::json::Node;
use crate::rules::{Experience, Rules};
use std::collections::BTreeMap;

/// A warning for each experience that can never win.
pub(super) fn found(text: &str, rules: &Rules, root: Node) -> Vec<Finding> {
    let nodes = root.get("experiences").into_iter().flat_map(Node::items);
    let ids: BTreeMap<usize, Node> = nodes.map(|node| (node.at, node.get("id").unwrap_or(node))).collect();
    let mut logic = Logic::new(rules);
    let mut found = Vec::new();
    for placement in 0..rules.placements().len() {
        // Those that may win, best first: one that never does need not be compared with again.
        let mut above: Vec<&Experience> = Vec::new();
        for nth in rules.order(placement) {
            let Some(experience) = rules.experiences().get(*nth as usize) else { continue };
            let Some((code, expected, other)) = reason(&mut logic, &above, experience) else {
                above.push(experience);
                continue;
            };
            let place = ids.get(&experience.at).map_or((experience.at, experience.at), |id| (id.at, id.end));
            let mut finding = warning(code, text, place, expected);
            finding.problem.experience = Some(experience.id.clone());
            finding.other = other.map(|other| other.id.clone());
            found.push(finding);
        }
    }
    found
}

/// Why an experience can never win, and which one comes first, if one does.
fn reason<'r>(
    logic: &mut Logic<'r>,
    above: &[&'r Experience],
    experience: &'r Experience,
) -> Option<(&'static str, &'static str, Option<&'r Experience>)> {
    if experience.from.zip(experience.until).is_some_and(|(from, until)| from >= until) {
        return Some(("empty-schedule", "`until` after `from`: like this it is never shown", None));
    }
    if experience.experiment.as_ref().is_some_and(|experiment| experiment.share() == 0.0) {
        return Some(("empty-experiment", "coverage and a namespace that leave it some visitors", None));
    }
    if logic.never_holds(experience) {
        return Some(("contradictory-condition", "parts that can hold together for somebody", None));
    }
    if above.is_empty() || logic.is_tired() {
        return None;
    }
    let asked = logic.slots(experience);
    let comes_first = |other: &&&Experience| {
        !logic.is_tired() && always_there(other, experience) && logic.implies(experience, &asked, other)
    };
    let winner = above.iter().find(comes_first)?;
    Some(("shadowed-experience", "someone to be left for it by those that come first", Some(winner)))
}

/// Whether one experience may win at every moment at which another may, for every visitor whom its condition takes.
fn always_there(one: &Experience, other: &Experience) -> bool {
    let begins = one.from.is_none_or(|from| other.from.is_some_and(|other| from <= other));
    let lasts = one.until.is_none_or(|until| other.until.is_some_and(|other| until >= other));
    let everybody = one.experiment.as_ref().is_none_or(|experiment| experiment.share() >= 1.0);
    begins && lasts && everybody && one.limit.is_none()
}
