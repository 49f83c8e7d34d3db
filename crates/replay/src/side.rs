//! Rules as a replay asks them: compiled, with every audience as a placement of its own, so that the same engine answers
//! who is in it.

use tailorbird_core::json;
use tailorbird_core::profile::{Page, ProfileSettings};
use tailorbird_core::rules::{self, Rules, Severity};
use tailorbird_core::schema::Value;

use crate::ReplayError;
use crate::place::{Place, is_among};

/// What names made here begin with; nobody writes it.
const OURS: &str = "\u{1}";

/// An experience, or one arm of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    pub(crate) placement: String,
    pub(crate) experience: String,
    pub(crate) variant: Option<String>,
}

/// One set of rules.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) rules: Rules,
    pub(crate) settings: ProfileSettings,
    /// The placements that pages have.
    pub(crate) placements: Vec<usize>,
    /// Per placement of pages those that it is on, where that is not all.
    pages: Vec<Option<Vec<String>>>,
    /// Audiences: the id, and the placement that is won for who is in it.
    pub(crate) audiences: Vec<(String, usize)>,
    pub(crate) rows: Vec<Row>,
    /// Per experience its first row; the arms of an experiment follow each other.
    first_row: Vec<usize>,
    /// How many errors the rules have.
    pub(crate) errors: usize,
}

impl Side {
    /// Reads rules; `which` is what they are called in errors.
    pub(crate) fn new(which: &'static str, text: &str) -> Result<Side, ReplayError> {
        let (read, problems) = rules::read(text);
        let errors: Vec<_> = problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
        if !crate::usable(&read, problems.len()) {
            let told = errors.first().map_or_else(String::new, |problem| {
                let (line, column) = json::line_column(text, problem.at);
                format!("line {line}, column {column}: {}", problem.message())
            });
            return Err(ReplayError::Rules(which, told));
        }
        let errors = errors.len();
        let rules = rules::read(&with_audiences(text)).0;
        let ours = |name: &str| name.starts_with(OURS);
        let mut side = Side {
            settings: ProfileSettings::from(rules.settings()),
            placements: Vec::new(),
            pages: Vec::new(),
            audiences: Vec::new(),
            rows: Vec::new(),
            first_row: Vec::new(),
            rules,
            errors,
        };
        for (nth, placement) in side.rules.placements().iter().enumerate() {
            match placement.id.strip_prefix(OURS) {
                Some(audience) => side.audiences.push((audience.to_owned(), nth)),
                None => side.placements.push(nth),
            }
        }
        side.pages = vec![None; side.placements.len()];
        for experience in side.rules.experiences() {
            side.first_row.push(side.rows.len());
            let placement = side.rules.placements().get(experience.placement);
            let Some(placement) = placement.filter(|placement| !ours(&placement.id)) else { continue };
            let row = |variant: Option<&str>| Row {
                placement: placement.id.clone(),
                experience: experience.id.clone(),
                variant: variant.map(str::to_owned),
            };
            if experience.variants.is_empty() {
                side.rows.push(row(None));
            }
            side.rows.extend(experience.variants.iter().map(|variant| row(Some(&variant.id))));
        }
        Ok(side)
    }

    /// Says on which pages a placement is; whether the rules have it.
    pub(crate) fn place(&mut self, place: &Place) -> bool {
        let number = self.rules.placement(&place.placement);
        let nth = self.placements.iter().position(|placement| Some(*placement) == number);
        let Some(pages) = nth.and_then(|nth| self.pages.get_mut(nth)) else { return false };
        pages.get_or_insert_default().extend(place.pages.iter().cloned());
        true
    }

    /// The id of a placement of pages, by its place among them.
    pub(crate) fn placement(&self, nth: usize) -> &str {
        self.placements.get(nth).and_then(|placement| self.rules.placements().get(*placement)).map_or("", |one| &one.id)
    }

    /// Whether a page has a placement of pages, by its place among them.
    pub(crate) fn is_on(&self, nth: usize, page: &Page) -> bool {
        self.pages.get(nth).and_then(Option::as_ref).is_none_or(|named| is_among(page, named))
    }

    /// The row of an experience and its variant.
    pub(crate) fn row(&self, experience: usize, variant: Option<usize>) -> usize {
        self.first_row.get(experience).copied().unwrap_or(0) + variant.unwrap_or(0)
    }
}

/// The document with an experience for every audience, in a placement of its own.
fn with_audiences(text: &str) -> String {
    let Ok(mut document) = json::parse_value(text) else { return text.to_owned() };
    let audiences: Vec<String> =
        document.get("audiences").map(Value::members).unwrap_or_default().iter().map(|(id, _)| id.clone()).collect();
    let mut part = |name: &str, empty: Value| document.remove(name).filter(|part| !part.is_null()).unwrap_or(empty);
    let mut blocks = part("blocks", Value::map());
    let mut placements = part("placements", Value::map());
    let experiences = part("experiences", Value::List(Vec::new()));
    blocks.set(OURS, Value::from([("html", "".into())]));
    let Value::List(mut experiences) = experiences else { return text.to_owned() };
    for id in audiences {
        let name = [OURS, &id].concat();
        placements.set(&name, Value::map());
        experiences.push(Value::from([
            ("id", name.as_str().into()),
            ("placement", name.as_str().into()),
            ("when", Value::from([("$audience", id.into())])),
            ("show", OURS.into()),
        ]));
    }
    for (name, part) in [("blocks", blocks), ("placements", placements), ("experiences", Value::List(experiences))] {
        document.set(name, part);
    }
    let mut out = String::new();
    json::write(&document, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audiences_become_placements_and_stay_out_of_the_rows() {
        let side = Side::new(
            "rules",
            r#"{ "version": 1, "blocks": { "b": { "html": "" } }, "audiences": { "dogs": { "x": 1 } },
                "experiences": [ { "id": "a", "placement": "p", "show": "b" },
                    { "id": "t", "placement": "p", "variants": [{ "id": "one" }, { "id": "two", "show": "b" }] } ] }"#,
        )
        .unwrap();
        assert_eq!(side.audiences.len(), 1);
        assert_eq!(side.placements.len(), 1);
        let rows: Vec<_> = side.rows.iter().map(|row| (row.experience.as_str(), row.variant.as_deref())).collect();
        assert_eq!(rows, [("a", None), ("t", Some("one")), ("t", Some("two"))]);
        assert_eq!((side.row(0, None), side.row(1, Some(1)), side.errors), (0, 2, 0));
    }

    #[test]
    fn rules_that_cannot_be_read_say_where() {
        let error = Side::new("rules", "{\n \"version\": 2 }").unwrap_err().to_string();
        assert_eq!(
            error,
            "rules cannot be used: line 2, column 13: unknown version `2`: expected version 1; `tailorbird check` tells all"
        );
    }
}
