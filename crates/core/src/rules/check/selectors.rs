//! Selectors of placements that no browser reads, or only because it closes what was left open.
//!
//! The grammar is that of Selectors Level 4 down to compounds; what stands in the parentheses of a pseudo-class is only
//! looked at for quotes and brackets.

use super::{Finding, warning};
use crate::json::Node;

/// A warning for each selector that is none, or that an earlier placement has too: an element shows one placement.
pub(super) fn found(text: &str, root: Node) -> Vec<Finding> {
    let placements = root.get("placements").into_iter().flat_map(Node::members);
    let selectors = placements.filter_map(|placement| placement.value.get("selector"));
    let mut known: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for (node, selector) in selectors.filter_map(|node| Some((node, node.as_str()?.trim()))) {
        if let Err(expected) = (Selector { rest: selector }).list() {
            found.push(warning("bad-selector", text, (node.at, node.end), expected));
        } else if known.contains(&selector) {
            found.push(warning("same-selector", text, (node.at, node.end), SAME));
        }
        known.push(selector);
    }
    found
}

const SAME: &str = "a selector of its own: an element shows one placement, and an earlier one has this";

/// What is still to be read. Each part answers with what was expected instead.
struct Selector<'a> {
    rest: &'a str,
}

type Read = Result<(), &'static str>;

const NAME: &str = "a CSS selector: a name that begins with a letter, as in `#hero`, `.banner` or `main`";

impl Selector<'_> {
    fn list(&mut self) -> Read {
        loop {
            self.complex()?;
            match self.next() {
                None => return Ok(()),
                Some(',') => {}
                Some(_) => return Err("a CSS selector, such as `#hero` or `main > .banner`"),
            }
        }
    }

    fn complex(&mut self) -> Read {
        self.space();
        loop {
            self.compound()?;
            let spaced = self.space();
            match self.peek() {
                None | Some(',') => return Ok(()),
                Some('>' | '+' | '~') => {
                    self.next();
                    self.space();
                }
                _ if spaced => {}
                _ => return Ok(()),
            }
        }
    }

    /// What stands together: `a#b.c[d]:e`.
    fn compound(&mut self) -> Read {
        let mut parts = 0;
        if self.takes('*') || self.name().is_ok() {
            parts += 1;
        }
        loop {
            match self.peek() {
                Some('#' | '.') => {
                    self.next();
                    self.name()?;
                }
                Some('[') => {
                    self.next();
                    self.attribute()?;
                }
                Some(':') => {
                    self.next();
                    self.takes(':');
                    self.name()?;
                    if self.takes('(') {
                        self.closed(')')?;
                    }
                }
                _ if parts > 0 => return Ok(()),
                _ => return Err("a CSS selector, such as `#hero`, on both sides of `,`, `>`, `+` and `~`"),
            }
            parts += 1;
        }
    }

    fn attribute(&mut self) -> Read {
        self.space();
        self.name()?;
        self.space();
        if self.takes(']') {
            return Ok(());
        }
        if matches!(self.peek(), Some('~' | '|' | '^' | '$' | '*')) {
            self.next();
        }
        if !self.takes('=') {
            return Err("`]` after the attribute's name, or `=` and a value");
        }
        self.space();
        match self.peek() {
            Some(quote @ ('"' | '\'')) => {
                self.next();
                self.quoted(quote)?;
            }
            _ => self.name().map_err(|_| "a value in quotes")?,
        }
        self.space();
        let _ = self.takes('i') || self.takes('I') || self.takes('s') || self.takes('S');
        self.space();
        if self.takes(']') { Ok(()) } else { Err("a closing `]`") }
    }

    /// Up to the bracket that closes what was opened.
    fn closed(&mut self, end: char) -> Read {
        loop {
            match self.next() {
                Some(letter) if letter == end => return Ok(()),
                Some('(') => self.closed(')')?,
                Some('[') => self.closed(']')?,
                Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
                Some('\\') => drop(self.next()),
                Some(')' | ']') | None => return Err("each bracket closed"),
                Some(_) => {}
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Read {
        loop {
            match self.next() {
                Some(letter) if letter == quote => return Ok(()),
                Some('\\') => drop(self.next()),
                Some('\n') | None => return Err("a closing quote"),
                Some(_) => {}
            }
        }
    }

    /// An identifier. Nothing is taken where there is none.
    fn name(&mut self) -> Read {
        let mut letters = self.rest.chars();
        let mut first = letters.next();
        if first == Some('-') {
            first = letters.next();
        }
        let begins = first
            .is_some_and(|letter| letter == '-' || letter == '\\' || is_of_name(letter) && !letter.is_ascii_digit());
        if !begins {
            return Err(NAME);
        }
        while let Some(letter) = self.peek() {
            match letter {
                '\\' => {
                    self.next();
                    self.escaped()?;
                }
                _ if letter == '-' || is_of_name(letter) => drop(self.next()),
                _ => break,
            }
        }
        Ok(())
    }

    /// What stands after a backslash: up to six hexadecimal digits and one space, or any other letter.
    fn escaped(&mut self) -> Read {
        let mut digits = 0;
        while digits < 6 && self.peek().is_some_and(|letter| letter.is_ascii_hexdigit()) {
            self.next();
            digits += 1;
        }
        match self.peek() {
            Some(' ' | '\t' | '\n') if digits > 0 => drop(self.next()),
            None | Some('\n') if digits == 0 => return Err(NAME),
            Some(_) if digits == 0 => drop(self.next()),
            _ => {}
        }
        Ok(())
    }

    /// Whether there was space.
    fn space(&mut self) -> bool {
        let rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        let spaced = rest.len() < self.rest.len();
        self.rest = rest;
        spaced
    }

    fn takes(&mut self, letter: char) -> bool {
        let takes = self.peek() == Some(letter);
        if takes {
            self.next();
        }
        takes
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.rest = self.rest.get(letter.len_utf8()..)?;
        Some(letter)
    }
}

fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || !letter.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_one(text: &str) -> bool {
        Selector { rest: text }.list().is_ok()
    }

    #[test]
    fn what_browsers_read_is_a_selector() {
        for text in [
            "#hero",
            ".a.b",
            "main",
            "*",
            "main > .banner, aside + p ~ div  ,  #x",
            " #hero ",
            "a[href]",
            "a[href=x]",
            "a[ href ^= \"/p/\" i ]",
            "[data-x='a]b']",
            "li:nth-child(2n + 1)",
            ":is(.a, .b[c=\")\"]) > p",
            "div:not(:has(> img))::before",
            "#größe",
            "#\\31 23",
            ".sm\\:flex",
            "--x",
            "-x",
            "my-slot",
            "a>b",
            "ul li",
            "[data-tailorbird-slot=\"home\"]",
        ] {
            assert!(is_one(text), "{text}");
        }
    }

    #[test]
    fn what_browsers_refuse_is_none() {
        for text in [
            "",
            " ",
            "#",
            "#1st",
            ".",
            "..a",
            "#hero[",
            "a[href",
            "a[=x]",
            "a[href=/p/]",
            "a[x=\"y]",
            ",a",
            "a,",
            "a >",
            "> a",
            "a b >> c",
            "a{}",
            "<div>",
            "$hero",
            "#he!ro",
            ":is(.a",
            "a)",
            "#a#",
            "-",
            "-1",
            "a:",
            "a\\",
            "li:nth-child(2",
            "50%",
            "#hero;",
            "hero/x",
        ] {
            assert!(!is_one(text), "{text}");
        }
    }
}
