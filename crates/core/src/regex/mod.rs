//! Patterns of `$regex`: JavaScript's syntax without lookaround and backreferences, matched in linear time.
//!
//! Own, because it is what `regex-lite` would cost in the browser several times over; see `ARCHITECTURE.md`.

mod class;
mod compile;
mod parse;
mod run;

use class::Class;

/// Longer patterns are refused (bytes).
pub(crate) const MAX_PATTERN: usize = 1024;
/// Patterns that need more steps than this once repetitions are spelled out are refused.
const MAX_STEPS: usize = 2000;

/// One step of a compiled pattern.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// This character; in lower case when letter case is ignored.
    Char(char),
    /// One of these characters.
    Class(Class),
    /// Go on at both places.
    Split(u32, u32),
    /// Go on there.
    Jump(u32),
    /// Only at the beginning of the text.
    Start,
    /// Only at its end.
    End,
    /// Only where a word begins or ends; `false`: only elsewhere.
    Edge(bool),
    /// Found.
    Match,
}

/// Why a pattern is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// What would be right: the end of a sentence that begins with `expected`.
    pub(crate) expected: &'static str,
}

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Regex {
    pattern: Box<str>,
    insensitive: bool,
    form: Form,
}

#[derive(Debug, Clone, PartialEq)]
enum Form {
    /// Plain text, perhaps bound to the beginning or the end.
    Literal {
        text: Box<str>,
        start: bool,
        end: bool,
    },
    Steps(Vec<Step>),
}

impl Regex {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn new(pattern: &str, insensitive: bool) -> Result<Regex, Refused> {
        if pattern.len() > MAX_PATTERN {
            return Err(Refused { expected: "a pattern of at most 1024 bytes" });
        }
        let tree = parse::parse(pattern)?;
        let literal = if insensitive { None } else { compile::literal(&tree) };
        let form = match literal {
            Some(form) => form,
            None => Form::Steps(compile::steps(&tree, insensitive)?),
        };
        Ok(Regex { pattern: pattern.into(), insensitive, form })
    }

    /// The pattern as written.
    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Whether letter case is ignored.
    pub(crate) fn insensitive(&self) -> bool {
        self.insensitive
    }

    /// Whether the pattern is found anywhere in the text. The time taken grows with the text's length times the
    /// pattern's steps, whatever the two hold.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        match &self.form {
            Form::Literal { text: part, start: true, end: true } => text == &**part,
            Form::Literal { text: part, start: true, end: false } => text.starts_with(&**part),
            Form::Literal { text: part, start: false, end: true } => text.ends_with(&**part),
            Form::Literal { text: part, start: false, end: false } => run::contains(text.as_bytes(), part.as_bytes()),
            Form::Steps(steps) => run::is_match(steps, text, self.insensitive),
        }
    }
}

#[cfg(test)]
mod tests;
