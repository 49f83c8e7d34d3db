//! What is wrong with a document: where, what stands there, what was expected, and the nearest name that exists.

use crate::schema::Gather;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, but hardly as meant.
    Warning,
    /// It does not work: the experience is off, or a part of the document is not used.
    Error,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of trouble, in kebab case: `unknown-operator`.
    pub code: &'static str,
    /// Where it begins (byte offset; `json::line_column` tells line and column).
    pub at: usize,
    /// Where it ends.
    pub end: usize,
    /// What stands there, shortened.
    pub found: String,
    /// What was expected; completes a sentence that begins with `expected`.
    pub expected: &'static str,
    /// The nearest name that would be right.
    pub nearest: Option<String>,
    /// The experience that it is about; errors turn it off.
    pub experience: Option<String>,
}

impl Problem {
    /// A problem with the text between two offsets.
    pub(crate) fn error(code: &'static str, text: &str, at: usize, end: usize, expected: &'static str) -> Problem {
        let found = shortened(text.get(at..end).unwrap_or(""));
        Problem { severity: Severity::Error, code, at, end, found, expected, nearest: None, experience: None }
    }

    /// One sentence: what it is, what stands there, what was expected, what it might have been.
    pub fn message(&self) -> String {
        let mut out = String::new();
        for part in self.code.split('-') {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(part);
        }
        if !self.found.is_empty() {
            out.push_str(" `");
            out.push_str(&self.found);
            out.push('`');
        }
        if !self.expected.is_empty() {
            // What is wrong with text that is no JSON is a sentence of its own.
            out.push_str(if self.code == "not-json" { ": " } else { ": expected " });
            out.push_str(self.expected);
        }
        if let Some(nearest) = &self.nearest {
            out.push_str(", did you mean `");
            out.push_str(nearest);
            out.push_str("`?");
        }
        out
    }
}

/// The text on one line, without the quotes around it, at most 60 characters of it.
fn shortened(text: &str) -> String {
    let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let mut out = String::new();
    let mut letters = 0;
    for word in bare.split_ascii_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for letter in word.chars() {
            letters += 1;
            if letters > 60 {
                out.push('…');
                return out;
            }
            out.push(letter);
        }
    }
    out
}

/// So many names are compared at most while a document is read, so that no number of mistakes takes long.
pub(crate) const PATIENCE: u32 = 500_000;

/// One name after the other. A `dyn Iterator` would bring all of an iterator's methods along for each list of names.
pub(crate) trait Words<'w> {
    /// The next one.
    fn word(&mut self) -> Option<&'w str>;
}

impl<'w, I: Iterator<Item = &'w str>> Words<'w> for I {
    fn word(&mut self) -> Option<&'w str> {
        self.next()
    }
}

/// The candidate that takes the fewest typing errors to become `name`, if there are few enough.
///
/// Each comparison takes one of `patience`; without any there is no candidate.
pub(crate) fn nearest<'w>(name: &str, candidates: &mut dyn Words<'w>, patience: &mut u32) -> Option<String> {
    let allowed = 1 + name.chars().count() / 4;
    let mut best: Option<(usize, String)> = None;
    while let Some(candidate) = candidates.word() {
        if *patience == 0 {
            return None;
        }
        *patience -= 1;
        if candidate.len().abs_diff(name.len()) > 4 * allowed {
            continue;
        }
        let errors = typing_errors(name, candidate);
        if errors <= allowed && best.as_ref().is_none_or(|(fewest, _)| errors < *fewest) {
            best = Some((errors, candidate.to_owned()));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// How many letters were left out, put in, mistaken or swapped with their neighbour; a wrong case is half forgiven.
pub(super) fn typing_errors(name: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(80).gather();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).gather();
    let mut previous = '\0';
    for (row, letter) in name.chars().take(80).enumerate() {
        let mut current = vec![row + 1];
        for (column, there) in other.iter().enumerate() {
            let get = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let same = letter.eq_ignore_ascii_case(there);
            let mut errors = (get(&last, column) + usize::from(!same))
                .min(get(&last, column + 1) + 1)
                .min(get(&current, column) + 1);
            let swapped = column > 0 && row > 0 && other.get(column - 1) == Some(&letter) && *there == previous;
            if swapped {
                errors = errors.min(get(&before, column - 1) + 1);
            }
            current.push(errors);
        }
        previous = letter;
        before = core::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_takes_the_fewest_typing_errors() {
        let names = ["$gt", "$gte", "$lt", "$regex", "home-hero", "experiences"];
        for (name, expected) in [
            ("$gtee", Some("$gte")),
            ("$reqex", Some("$regex")),
            ("home-herp", Some("home-hero")),
            ("hmoe-hero", Some("home-hero")),
            ("Experience", Some("experiences")),
            ("something-else", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, &mut names.into_iter(), &mut 10).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_message_is_one_sentence() {
        let mut problem = Problem::error("unknown-operator", "{\"$gtt\": 5}", 1, 7, "an operator");
        problem.nearest = Some("$gt".to_owned());
        assert_eq!(problem.message(), "unknown operator `$gtt`: expected an operator, did you mean `$gt`?");
    }

    #[test]
    fn long_texts_are_shortened() {
        assert_eq!(shortened("\"a\n   b\""), "a b");
        assert_eq!(shortened(&"ä".repeat(100)).chars().count(), 61);
    }
}
