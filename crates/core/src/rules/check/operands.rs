//! What stands next to attributes and can never hold, or hardly means what was meant: values out of range, one value where
//! there is a list, operators and groups without their `$`.

use super::known::sort_of;
use super::{Finding, warning};
use crate::json::{Kind, Member, Node};
use crate::rules::is_operator;
use crate::schema::AttributeKind as Sort;

/// Numbers that have a least and a most, and what to say of others.
const RANGES: [(&str, f64, f64, &str); 7] = [
    ("device.weekday", 1.0, 7.0, "1 to 7, from Monday on"),
    ("device.hour", 0.0, 23.0, "0 to 23"),
    ("recency", 1.0, 5.0, "1 to 5"),
    ("frequency", 1.0, 5.0, "1 to 5"),
    ("monetary", 1.0, 5.0, "1 to 5"),
    ("intent", 0.0, 1.0, "a probability from 0 to 1"),
    ("churn", 0.0, 1.0, "a probability from 0 to 1"),
];

/// How programs write what conditions have operators for.
const SIGNS: [(&str, &str); 8] = [
    ("=", "$eq"),
    ("==", "$eq"),
    ("===", "$eq"),
    ("!=", "$ne"),
    ("<", "$lt"),
    ("<=", "$lte"),
    (">", "$gt"),
    (">=", "$gte"),
];

/// A warning for each comparison and group that does nothing.
pub(super) fn found(text: &str, root: Node) -> Vec<Finding> {
    let mut walk = Walk { text, root, found: Vec::new() };
    for audience in root.get("audiences").into_iter().flat_map(Node::members) {
        walk.condition(audience.value);
    }
    for experience in root.get("experiences").into_iter().flat_map(Node::items) {
        let before = walk.found.len();
        experience.get("when").into_iter().for_each(|when| walk.condition(when));
        let id = experience.get("id").and_then(Node::as_str);
        for finding in walk.found.iter_mut().skip(before) {
            finding.problem.experience = id.map(str::to_owned);
        }
    }
    walk.found
}

struct Walk<'t> {
    text: &'t str,
    root: Node<'t>,
    found: Vec<Finding>,
}

impl Walk<'_> {
    fn warn(&mut self, code: &'static str, place: (usize, usize), expected: &'static str, nearest: Option<&str>) {
        let mut finding = warning(code, self.text, place, expected);
        finding.problem.nearest = nearest.map(str::to_owned);
        self.found.push(finding);
    }

    fn never(&mut self, node: Node, expected: &'static str) {
        self.warn("impossible-value", (node.at, node.end), expected, None);
    }

    fn condition(&mut self, node: Node) {
        for member in node.members() {
            match member.key {
                "$and" | "$or" | "$nor" => member.value.items().for_each(|part| self.condition(part)),
                "$not" => self.condition(member.value),
                "$did" => self.did(member.value),
                key if key.starts_with('$') => {}
                _ => match self.group_meant_by(member) {
                    Some(group) => {
                        let expected = "a group to begin with `$`: like this it is an attribute";
                        self.warn("missing-dollar", (member.at, member.end), expected, Some(group));
                    }
                    None => self.attribute(member.key, member.value),
                },
            }
        }
    }

    /// The group that an attribute would be but for its name, by what stands next to it.
    fn group_meant_by(&self, member: Member) -> Option<&'static str> {
        let value = member.value;
        let conditions = || value.items().next().is_some() && value.items().all(Node::is_map);
        let is_audience = |name: Node| {
            let audiences = self.root.get("audiences");
            name.as_str().is_some_and(|name| audiences.is_some_and(|audiences| audiences.get(name).is_some()))
        };
        match member.key {
            "and" if conditions() => Some("$and"),
            "or" if conditions() => Some("$or"),
            "nor" if conditions() => Some("$nor"),
            "not" if value.is_map() => Some("$not"),
            "did" if value.get("event").or_else(|| value.get("sequence")).is_some() => Some("$did"),
            "audience" if value.items().chain([value]).any(is_audience) => Some("$audience"),
            _ => None,
        }
    }

    fn did(&mut self, node: Node) {
        for name in ["withinDays", "withinMinutes"] {
            if let Some(window) = node.get(name).filter(|window| window.as_f64().is_some_and(|span| span <= 0.0)) {
                self.never(window, "more than 0: in no time nothing happens");
            }
        }
        if let Some(event) = node.get("event").filter(|event| event.as_str() == Some("")) {
            self.never(event, "the name of an event");
        }
        let Some(times) = node.get("times") else { return };
        let expected = "a number of times: 0, 1, 2 and so on";
        let no_count = |number: f64| number < 0.0 || number.fract() != 0.0;
        if times.as_f64().is_some_and(no_count) {
            self.never(times, expected);
        }
        for test in times.members() {
            let Some(number) = test.value.as_f64() else { continue };
            let never = match test.key {
                "$eq" => no_count(number),
                "$lt" => number <= 0.0,
                "$lte" => number < 0.0,
                _ => false,
            };
            if never {
                self.never(test.value, expected);
            }
        }
    }

    fn attribute(&mut self, path: &str, value: Node) {
        let sort = sort_of(path);
        self.compared(path, sort, "", value);
        let operators = || value.members().all(|member| is_operator(&["$", member.key].concat()));
        if !value.is_map() || value.is_empty() || operators() {
            return;
        }
        for member in value.members() {
            if member.key.starts_with('$') {
                self.compared(path, sort, member.key, member.value);
            } else if let Some((_, right)) = SIGNS.iter().find(|(sign, _)| *sign == member.key) {
                self.warn("missing-dollar", (member.at, member.end), "an operator in letters", Some(right));
            } else if sort != Sort::Any && !is_operator(&["$", member.key].concat()) {
                self.never(value, "a value, or operators such as `$gte`");
                return;
            }
        }
    }

    /// A value that an attribute is to equal, or that stands next to an operator.
    fn compared(&mut self, path: &str, sort: Sort, operator: &str, value: Node) {
        let several = matches!(operator, "$in" | "$nin");
        let equals = matches!(operator, "" | "$eq" | "$ne");
        match value.kind() {
            Kind::List if equals && !matches!(sort, Sort::Any | Sort::List) => {
                self.warn("impossible-value", (value.at, value.end), "one value, or one of several", Some("$in"));
            }
            Kind::Text | Kind::Number if equals && sort == Sort::List => {
                let expected = "`$in` with a list, or `$elemMatch`: like this all of the list would be that one value";
                self.warn("impossible-value", (value.at, value.end), expected, None);
            }
            Kind::List if several => value.items().for_each(|item| self.compared(path, Sort::Any, "$eq", item)),
            Kind::Text if path == "top.category" && equals && value.as_str().is_some_and(|name| name.contains('/')) => {
                self.never(value, "a top-level category, such as `Dogs`; those below have `affinity.category.…`");
            }
            Kind::Number => self.number(path, operator, value),
            _ => {}
        }
    }

    /// A number that an attribute never reaches. What is missing counts as 0 for all but `$eq`.
    fn number(&mut self, path: &str, operator: &str, value: Node) {
        let Some((_, least, most, expected)) = RANGES.iter().find(|(name, ..)| *name == path) else { return };
        let Some(number) = value.as_f64() else { return };
        let least = if operator == "$eq" { *least } else { least.min(0.0) };
        let never = match operator {
            "" | "$eq" => number < least || number > *most,
            "$gt" => number >= *most,
            "$gte" => number > *most,
            "$lt" => number <= least,
            "$lte" => number < least,
            _ => false,
        };
        if never {
            self.never(value, expected);
        }
    }
}
