//! Templates: logic-light HTML in which every value is escaped for the place it stands in. There is no raw form.
//!
//! `{{path}}`, `{{path|text when there is none}}`, `{{#each list}}…{{this}}…{{@index}}…{{/each}}`,
//! `{{#if path}}…{{else}}…{{/if}}` and `{{! a remark }}`. A value may stand in text and in a quoted attribute. It is
//! refused where no escaping makes it safe: in tags and attribute names, outside quotes, in `on…`, `style` and `srcdoc`,
//! in elements that load code, in scripts, styles and comments.

mod address;
mod escape;
mod filling;
mod markup;
mod parse;
mod render;

pub use filling::Filling;
pub use render::{Lookup, plain_text};

use crate::attributes::Attribute;
use escape::Place;
use parse::Parser;

/// A template that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    nodes: Vec<Node>,
}

/// What is wrong with a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateError {
    /// Where (byte offset in the template's text).
    pub at: usize,
    /// Where it ends.
    pub end: usize,
    /// What kind of trouble, in kebab case.
    pub code: &'static str,
    /// What was expected there; completes a sentence that begins with `expected`.
    pub expected: &'static str,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Literal(String),
    Value { path: Attribute, default: String, place: Place },
    Each { path: Attribute, body: Vec<Node> },
    If { path: Attribute, then: Vec<Node>, otherwise: Vec<Node> },
}

impl Template {
    /// Reads HTML with placeholders.
    ///
    /// # Errors
    /// The first thing that is no template language, or a value where none is safe.
    pub fn html(text: &str) -> Result<Template, TemplateError> {
        Parser::html(text).template()
    }

    /// Reads a block's field: plain text with placeholders, escaped by the template that shows it. Values in a field
    /// that is an address, by its name (`href`, `imageUrl`, …) or its beginning, are encoded for it.
    ///
    /// # Errors
    /// The first thing that is no template language.
    pub fn field(name: &str, text: &str) -> Result<Template, TemplateError> {
        Parser::field(name, text).template()
    }
}
