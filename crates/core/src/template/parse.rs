//! Reads the text of a template into nodes, keeping track of the place of every value.

use super::address::Address;
use super::escape::{Kind, Place};
use super::markup::Markup;
use super::{Node, Template, TemplateError};
use crate::attributes::Attribute;
use crate::text::position;

/// Deeper nesting is a mistake.
const MOST_LEVELS: usize = 16;

/// What surrounds the values.
#[derive(Clone)]
enum Surrounding {
    Html(Markup),
    /// Plain text, of which an address is a special case.
    Field(Option<Address>),
}

pub(super) struct Parser<'a> {
    text: &'a str,
    at: usize,
    surrounding: Surrounding,
}

/// What ended a run of nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Text,
    Else,
    Each,
    If,
}

impl<'a> Parser<'a> {
    pub(super) fn html(text: &'a str) -> Parser<'a> {
        Parser { text, at: 0, surrounding: Surrounding::Html(Markup::new()) }
    }

    pub(super) fn field(name: &str, text: &'a str) -> Parser<'a> {
        let address = is_address_name(name) || is_address(text);
        Parser { text, at: 0, surrounding: Surrounding::Field(address.then_some(Address::Start)) }
    }

    pub(super) fn template(mut self) -> Result<Template, TemplateError> {
        let (nodes, end) = self.nodes(0)?;
        match (end, &self.surrounding) {
            (End::Text, Surrounding::Html(markup)) if !markup.is_over() => {
                self.fail(self.text.len(), "unfinished-markup", "every tag and comment closed with `>`")
            }
            (End::Text, _) => Ok(Template { nodes }),
            _ => self.fail(self.at, "stray-end", "an `{{#each}}` or `{{#if}}` before it"),
        }
    }

    fn fail<T>(&self, at: usize, code: &'static str, expected: &'static str) -> Result<T, TemplateError> {
        let rest = self.text.get(at..).unwrap_or_default();
        let placeholder = rest.starts_with("{{").then(|| position(rest, "}}").map_or(2, |found| found + 2));
        let length = placeholder.unwrap_or_else(|| rest.chars().next().map_or(0, char::len_utf8));
        Err(TemplateError { at, end: at + length, code, expected })
    }

    /// Nodes up to the end of the text or to a tag that ends them; then `at` stands at that tag's beginning for errors
    /// and behind it otherwise.
    fn nodes(&mut self, depth: usize) -> Result<(Vec<Node>, End), TemplateError> {
        let mut nodes = Vec::new();
        if depth > MOST_LEVELS {
            return self.fail(self.at, "too-deep", "at most 16 levels of `{{#each}}` and `{{#if}}`");
        }
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(open) = position(rest, "{{") else {
                self.literal(rest, &mut nodes)?;
                return Ok((nodes, End::Text));
            };
            self.literal(rest.get(..open).unwrap_or_default(), &mut nodes)?;
            let start = self.at;
            let Some(length) = rest.get(open + 2..).and_then(|rest| position(rest, "}}")) else {
                return self.fail(start, "open-placeholder", "`}}` after it");
            };
            let inner = rest.get(open + 2..open + 2 + length).unwrap_or_default().trim();
            self.at = start + length + 4;
            match inner.split_once(char::is_whitespace).map_or((inner, ""), |(word, rest)| (word, rest.trim())) {
                ("/each", "") => return Ok((nodes, End::Each)),
                ("/if", "") => return Ok((nodes, End::If)),
                ("else", "") => return Ok((nodes, End::Else)),
                ("#each", path) if !path.is_empty() => nodes.push(self.each(path, start, depth)?),
                ("#if", path) if !path.is_empty() => nodes.push(self.choice(path, start, depth)?),
                _ if inner.starts_with('!') => {}
                _ if inner.is_empty() || inner.starts_with(['{', '#', '/', '>', '&', '^', '|', '"', '\'']) => {
                    let expected = "a path, `#each path`, `#if path`, `else`, `/each` or `/if`; there is no raw form";
                    return self.fail(start, "unknown-placeholder", expected);
                }
                _ => nodes.push(self.value(inner, start)?),
            }
        }
    }

    fn literal(&mut self, text: &str, nodes: &mut Vec<Node>) -> Result<(), TemplateError> {
        let trouble = match &mut self.surrounding {
            Surrounding::Html(markup) => markup.literal(text).err(),
            Surrounding::Field(Some(address)) => {
                let letters = text.char_indices();
                letters
                    .map(|(at, letter)| address.literal(letter).map_err(|expected| (at, expected)))
                    .find_map(Result::err)
            }
            Surrounding::Field(None) => None,
        };
        if let Some((at, expected)) = trouble {
            return self.fail(self.at + at, Markup::code_of(expected), expected);
        }
        self.at += text.len();
        if !text.is_empty() {
            nodes.push(Node::Literal(text.to_owned()));
        }
        Ok(())
    }

    fn value(&mut self, inner: &str, start: usize) -> Result<Node, TemplateError> {
        let (path, default) = inner.split_once('|').unwrap_or((inner, ""));
        let place = match &mut self.surrounding {
            Surrounding::Html(markup) => match markup.value() {
                Ok(kind) => Place { kind, html: true },
                Err(expected) => return self.fail(start, "unsafe-place", expected),
            },
            Surrounding::Field(address) => {
                Place { kind: address.as_mut().and_then(Address::value).unwrap_or(Kind::Words), html: false }
            }
        };
        Ok(Node::Value { path: Attribute::parse(path.trim()), default: default.trim().to_owned(), place })
    }

    fn each(&mut self, path: &str, start: usize, depth: usize) -> Result<Node, TemplateError> {
        let before = self.surrounding.clone();
        let (body, end) = self.nodes(depth + 1)?;
        if end != End::Each {
            return self.fail(start, "open-block", "`{{/each}}` after it");
        }
        // The next round begins where this one ended, so that has to be the same place.
        if !before.is_same(&self.surrounding) {
            return self.fail(start, "uneven-block", "`{{#each}}` to end in the same place of the markup as it begins");
        }
        Ok(Node::Each { path: Attribute::parse(path), body })
    }

    fn choice(&mut self, path: &str, start: usize, depth: usize) -> Result<Node, TemplateError> {
        let before = self.surrounding.clone();
        let (then, mut end) = self.nodes(depth + 1)?;
        let mut otherwise = Vec::new();
        let after_then = core::mem::replace(&mut self.surrounding, before);
        if end == End::Else {
            (otherwise, end) = self.nodes(depth + 1)?;
        }
        if end != End::If {
            return self.fail(start, "open-block", "`{{/if}}` after it");
        }
        match self.surrounding.clone().join(after_then) {
            Some(joined) => self.surrounding = joined,
            None => {
                let expected = "both branches of `{{#if}}` to end in the same place of the markup";
                return self.fail(start, "uneven-block", expected);
            }
        }
        Ok(Node::If { path: Attribute::parse(path), then, otherwise })
    }
}

impl Surrounding {
    fn join(self, other: Surrounding) -> Option<Surrounding> {
        match (self, other) {
            (Surrounding::Html(one), Surrounding::Html(other)) => one.join(other).map(Surrounding::Html),
            (Surrounding::Field(Some(one)), Surrounding::Field(Some(other))) => {
                Some(Surrounding::Field(Some(one.join(other))))
            }
            (one, _) => Some(one),
        }
    }

    fn is_same(&self, other: &Surrounding) -> bool {
        match (self, other) {
            (Surrounding::Html(one), Surrounding::Html(other)) => one == other,
            (Surrounding::Field(one), Surrounding::Field(other)) => one == other,
            _ => false,
        }
    }
}

/// Whether a field by this name holds an address: `href`, `image`, `buttonUrl`, `link_href`.
fn is_address_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["href", "url", "src", "image", "link", "action"].iter().any(|ending| name.ends_with(ending))
}

/// Whether a text begins as an address does.
fn is_address(text: &str) -> bool {
    let path = text.starts_with('/') && !text.starts_with("/ ");
    path || text.starts_with("http://") || text.starts_with("https://")
}
