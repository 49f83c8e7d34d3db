//! Reads a pattern into a tree.

use super::Refused;
use super::class::Class;

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Char(char),
    Class(Class),
    Start,
    End,
    Edge(bool),
    /// One after the other.
    Row(Vec<Tree>),
    /// One of them.
    Either(Vec<Tree>),
    /// At least so often, at most so often.
    Repeat(Box<Tree>, u32, Option<u32>),
}

const MAX_DEPTH: usize = 50;
const MAX_REPEAT: u32 = 1000;

pub(super) fn parse(pattern: &str) -> Result<Tree, Refused> {
    let mut parser = Parser { rest: pattern.chars(), depth: 0 };
    let tree = parser.either()?;
    match parser.rest.next() {
        None => Ok(tree),
        Some(_) => refused("no `)` without its `(`"),
    }
}

fn refused<T>(expected: &'static str) -> Result<T, Refused> {
    Err(Refused { expected })
}

struct Parser<'a> {
    rest: core::str::Chars<'a>,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest.as_str().strip_prefix(text).map(str::chars);
        let yes = found.is_some();
        self.rest = found.unwrap_or(self.rest.clone());
        yes
    }

    fn either(&mut self) -> Result<Tree, Refused> {
        let mut branches = vec![self.row()?];
        while self.eat("|") {
            branches.push(self.row()?);
        }
        Ok(if branches.len() == 1 { branches.pop().unwrap_or(Tree::Row(Vec::new())) } else { Tree::Either(branches) })
    }

    fn row(&mut self) -> Result<Tree, Refused> {
        let mut row = Vec::new();
        while let Some(letter) = self.peek().filter(|letter| !matches!(letter, '|' | ')')) {
            self.rest.next();
            let part = self.part(letter)?;
            row.push(self.repeated(part)?);
        }
        Ok(Tree::Row(row))
    }

    fn part(&mut self, letter: char) -> Result<Tree, Refused> {
        Ok(match letter {
            '^' => Tree::Start,
            '$' => Tree::End,
            '.' => Tree::Class(Class::dot()),
            '[' => Tree::Class(self.class()?),
            '(' => self.group()?,
            '*' | '+' | '?' => return refused("something before `*`, `+` or `?` that can repeat"),
            '{' if self.counts(false).is_some() => return refused("something before `{` that can repeat"),
            '\\' => match self.peek() {
                Some('b' | 'B') => Tree::Edge(self.rest.next() == Some('b')),
                Some('1'..='9' | 'k') => return refused("a pattern without backreferences such as `\\1`"),
                _ => match self.escape()? {
                    Ok(letter) => Tree::Char(letter),
                    Err(class) => Tree::Class(class),
                },
            },
            _ => Tree::Char(letter),
        })
    }

    fn group(&mut self) -> Result<Tree, Refused> {
        if self.eat("?") && !self.eat(":") {
            if !self.eat("<") || matches!(self.peek(), Some('=' | '!')) {
                return refused("a pattern without lookahead, lookbehind and flags in `(?`");
            }
            // A named group: names mean nothing here.
            let name = self.rest.as_str().split_once('>').filter(|(name, _)| {
                !name.is_empty()
                    && name.chars().all(|letter| {
                        letter.is_ascii_alphanumeric() || !letter.is_ascii() || matches!(letter, '_' | '$')
                    })
            });
            match name {
                Some((_, rest)) => self.rest = rest.chars(),
                None => return refused("a group's name between `<` and `>`"),
            }
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return refused("at most 50 groups inside each other");
        }
        let inner = self.either()?;
        self.depth -= 1;
        if self.eat(")") { Ok(inner) } else { refused("a `)` for every `(`") }
    }

    /// Numbers in braces, once the `{` is past: `3}`, `3,}`, `3,5}`. Takes them only if asked to.
    fn counts(&mut self, take: bool) -> Option<(u32, Option<u32>)> {
        let (inside, rest) = self.rest.as_str().split_once('}')?;
        let count = |text: &str| {
            let digits = !text.is_empty() && text.len() < 10 && text.bytes().all(|byte| byte.is_ascii_digit());
            if digits { text.parse().ok() } else { None }
        };
        let found = match inside.split_once(',') {
            None => count(inside).map(|times| (times, Some(times))),
            Some((least, "")) => count(least).map(|least| (least, None)),
            Some((least, most)) => count(least).and_then(|least| count(most).map(|most| (least, Some(most)))),
        };
        if take && found.is_some() {
            self.rest = rest.chars();
        }
        found
    }

    fn repeated(&mut self, part: Tree) -> Result<Tree, Refused> {
        let before = self.rest.clone();
        let counts = match self.rest.next() {
            Some('*') => Some((0, None)),
            Some('+') => Some((1, None)),
            Some('?') => Some((0, Some(1))),
            Some('{') => self.counts(true),
            _ => None,
        };
        let Some((least, most)) = counts else {
            // A brace that counts nothing is a plain character, as in browsers.
            self.rest = before;
            return Ok(part);
        };
        // Lazy or greedy: what is found is the same.
        self.eat("?");
        if matches!(part, Tree::Start | Tree::End | Tree::Edge(_)) {
            return refused("something before a repetition that can repeat");
        }
        if most.is_some_and(|most| most < least) {
            return refused("the smaller number first in `{ }`");
        }
        if least.max(most.unwrap_or(0)) > MAX_REPEAT {
            return refused("at most 1000 repetitions");
        }
        if matches!(self.peek(), Some('*' | '+' | '?')) {
            return refused("one repetition at a time");
        }
        Ok(Tree::Repeat(Box::new(part), least, most))
    }

    /// What a backslash and what follows stand for: a character, or a class.
    fn escape(&mut self) -> Result<Result<char, Class>, Refused> {
        let Some(letter) = self.rest.next() else { return refused("something after the last `\\`") };
        if let Some(class) = Class::named(letter) {
            return Ok(Err(class));
        }
        Ok(Ok(match letter {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            'v' => '\u{b}',
            '0' if !matches!(self.peek(), Some('0'..='9')) => '\0',
            'x' => self.hex(2)?,
            'u' => self.hex(4)?,
            _ if letter.is_ascii_alphanumeric() => {
                return refused("an escape that exists, such as `\\d`, `\\.` or `\\/`");
            }
            _ => letter,
        }))
    }

    fn hex(&mut self, count: usize) -> Result<char, Refused> {
        let code = self.rest.as_str().split_at_checked(count).and_then(|(digits, rest)| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let code = if plain { u32::from_str_radix(digits, 16).ok() } else { None };
            code.and_then(char::from_u32).map(|letter| (letter, rest))
        });
        match code {
            Some((letter, rest)) => {
                self.rest = rest.chars();
                Ok(letter)
            }
            None => refused("two hexadecimal digits after `\\x`, four after `\\u`"),
        }
    }

    fn class(&mut self) -> Result<Class, Refused> {
        let negated = self.eat("^");
        let mut class = Class { ranges: Vec::new(), negated };
        loop {
            if self.eat("]") {
                return Ok(class);
            }
            let low = match self.class_part()? {
                Ok(letter) => letter,
                Err(named) => {
                    class.add(&named);
                    continue;
                }
            };
            let before = self.rest.clone();
            if self.eat("-") && self.peek() != Some(']') {
                match self.class_part()? {
                    Ok(high) if high < low => return refused("the smaller character first in a range"),
                    Ok(high) => class.ranges.push((low, high)),
                    Err(named) => {
                        class.ranges.extend([(low, low), ('-', '-')]);
                        class.add(&named);
                    }
                }
            } else {
                self.rest = before;
                class.ranges.push((low, low));
            }
        }
    }

    fn class_part(&mut self) -> Result<Result<char, Class>, Refused> {
        match self.rest.next() {
            None => refused("a `]` for every `[`"),
            Some('\\') if self.eat("b") => Ok(Ok('\u{8}')),
            Some('\\') => self.escape(),
            Some(letter) => Ok(Ok(letter)),
        }
    }
}
