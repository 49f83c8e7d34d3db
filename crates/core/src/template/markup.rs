//! Where in HTML a template has come: a small tokenizer that knows what a value would be at each point.
//!
//! INVARIANT: where it is unsure what a browser would see, it refuses values; it never takes a place for safer than it
//! is.

use super::address::{Address, BAD_ADDRESS};
use super::escape::Kind;

/// Elements whose content is no markup.
const RAW: [&str; 9] = ["style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "template"];
/// Elements that never belong into a block.
const REFUSED: [&str; 2] = ["script", "plaintext"];
/// Elements whose attributes load or run something, or change where others lead: no values there.
const LOADING: [&str; 16] = [
    "object",
    "embed",
    "applet",
    "base",
    "link",
    "meta",
    "iframe",
    "frame",
    "param",
    "use",
    "animate",
    "set",
    "animatemotion",
    "animatetransform",
    "style",
    "portal",
];
/// Attributes that hold an address.
const ADDRESSES: [&str; 14] = [
    "href",
    "src",
    "action",
    "formaction",
    "poster",
    "cite",
    "data",
    "background",
    "ping",
    "longdesc",
    "srcset",
    "imagesrcset",
    "xlink:href",
    "manifest",
];

/// Where the next letter stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum At {
    Text,
    /// After `<`.
    TagOpen,
    TagName,
    /// In a tag, before an attribute.
    BeforeName,
    Name,
    /// After an attribute's name and a blank.
    AfterName,
    BeforeValue,
    Quoted(char),
    Unquoted,
    /// `<!` and how many dashes followed.
    Declaration(u8),
    /// In a comment, and what stands right before.
    Comment(Ending),
    /// Within an element whose content is no markup, and how much of its end tag was met.
    Raw(String),
}

/// How much of a comment's end was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// `<!--`, which a `>` ends too.
    Start,
    /// `<!---`, which a `>` ends too.
    StartDash,
    None,
    /// `-`
    Dash,
    /// `--`
    Dashes,
    /// `--!`
    Bang,
}

/// What an attribute's value is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Worth {
    Words,
    Address(Address),
    Refused,
}

/// The point a template has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Markup {
    at: At,
    closing: bool,
    tag: String,
    attribute: String,
    worth: Worth,
}

impl Markup {
    pub(super) fn new() -> Markup {
        Markup { at: At::Text, closing: false, tag: String::new(), attribute: String::new(), worth: Worth::Words }
    }

    /// Goes on over text of the template's own.
    pub(super) fn literal(&mut self, text: &str) -> Result<(), (usize, &'static str)> {
        for (at, letter) in text.char_indices() {
            self.letter(letter).map_err(|expected| (at, expected))?;
        }
        Ok(())
    }

    fn letter(&mut self, letter: char) -> Result<(), &'static str> {
        let blank = letter.is_ascii_whitespace();
        match &mut self.at {
            At::Text if letter == '<' => {
                self.at = At::TagOpen;
                self.closing = false;
                self.tag.clear();
            }
            At::Text => {}
            At::TagOpen => match letter {
                '/' if !self.closing => self.closing = true,
                '!' if !self.closing => self.at = At::Declaration(0),
                _ if letter.is_ascii_alphabetic() => {
                    self.tag.push(letter.to_ascii_lowercase());
                    self.at = At::TagName;
                }
                // What browsers take for a comment up to the next `>`.
                '?' => self.at = At::Declaration(3),
                '>' if self.closing => self.at = At::Text,
                _ if self.closing => self.at = At::Declaration(3),
                '<' => {}
                _ => self.at = At::Text,
            },
            At::TagName => match letter {
                '>' => self.end_tag()?,
                '/' => self.at = At::BeforeName,
                _ if blank => self.at = At::BeforeName,
                _ => self.tag.push(letter.to_ascii_lowercase()),
            },
            At::BeforeName | At::AfterName => match letter {
                '>' => self.end_tag()?,
                '/' => self.at = At::BeforeName,
                '=' if self.at == At::AfterName => self.at = At::BeforeValue,
                _ if blank => {}
                _ => {
                    self.attribute.clear();
                    self.attribute.push(letter.to_ascii_lowercase());
                    self.at = At::Name;
                }
            },
            At::Name => match letter {
                '>' => self.end_tag()?,
                '/' => self.at = At::BeforeName,
                '=' => self.at = At::BeforeValue,
                _ if blank => self.at = At::AfterName,
                _ => self.attribute.push(letter.to_ascii_lowercase()),
            },
            At::BeforeValue => match letter {
                '"' | '\'' => {
                    self.worth = self.worth_of_attribute();
                    self.at = At::Quoted(letter);
                }
                '>' => self.end_tag()?,
                _ if blank => {}
                _ => self.at = At::Unquoted,
            },
            At::Quoted(quote) if *quote == letter => {
                self.at = At::BeforeName;
                self.attribute.clear();
                self.worth = Worth::Words;
            }
            At::Quoted(_) => {
                if let Worth::Address(address) = &mut self.worth {
                    address.literal(letter)?;
                }
            }
            At::Unquoted => match letter {
                '>' => self.end_tag()?,
                _ if blank => self.at = At::BeforeName,
                _ => {}
            },
            At::Declaration(dashes) => match (letter, *dashes) {
                ('-', 1) => self.at = At::Comment(Ending::Start),
                ('-', 0) => *dashes = 1,
                ('>', _) => self.at = At::Text,
                _ => *dashes = 3,
            },
            At::Comment(met) => {
                *met = match (letter, *met) {
                    ('>', Ending::None | Ending::Dash) => Ending::None,
                    ('>', _) => {
                        self.at = At::Text;
                        return Ok(());
                    }
                    ('-', Ending::Start) => Ending::StartDash,
                    ('-', Ending::None | Ending::Bang) => Ending::Dash,
                    ('-', _) => Ending::Dashes,
                    ('!', Ending::Dashes) => Ending::Bang,
                    _ => Ending::None,
                }
            }
            At::Raw(met) => {
                let end = ["</", &self.tag].concat();
                let over = letter == '>' || letter == '/' || blank;
                if *met == end && over {
                    self.closing = true;
                    self.at = At::BeforeName;
                    return self.letter(letter);
                }
                met.push(letter.to_ascii_lowercase());
                if !end.starts_with(met.as_str()) {
                    met.clear();
                    if letter == '<' {
                        met.push('<');
                    }
                }
            }
        }
        Ok(())
    }

    fn end_tag(&mut self) -> Result<(), &'static str> {
        if REFUSED.contains(&self.tag.as_str()) {
            return Err("a block without scripts");
        }
        self.attribute.clear();
        if !self.closing && RAW.contains(&self.tag.as_str()) {
            self.at = At::Raw(String::new());
        } else {
            self.at = At::Text;
            self.tag.clear();
        }
        self.closing = false;
        Ok(())
    }

    fn worth_of_attribute(&self) -> Worth {
        let name = self.attribute.as_str();
        let refused = name.starts_with("on")
            || matches!(name, "style" | "srcdoc" | "is" | "attributename" | "http-equiv")
            || LOADING.contains(&self.tag.as_str())
            || self.tag.contains(':');
        if refused {
            Worth::Refused
        } else if ADDRESSES.contains(&name) {
            let picture = name == "src" && self.tag == "img";
            Worth::Address(if picture { Address::Picture } else { Address::Start })
        } else if name.contains(':') {
            Worth::Refused
        } else {
            Worth::Words
        }
    }

    /// Goes on over a value, and tells what it is here, or what was expected instead.
    pub(super) fn value(&mut self) -> Result<Kind, &'static str> {
        match (&self.at, &mut self.worth) {
            (At::Text, _) => Ok(Kind::Words),
            (At::Quoted(_), Worth::Words) => Ok(Kind::Words),
            (At::Quoted(_), Worth::Address(address)) => address.value().ok_or("the kind of picture written out"),
            (At::Quoted(_), Worth::Refused) => Err("no value in this attribute: it can run or load something"),
            (At::BeforeValue | At::Unquoted, _) => Err("quotes around an attribute's value"),
            (At::Comment(_) | At::Declaration(_), _) => Err("no value within a comment"),
            (At::Raw(_), _) => Err("no value within an element whose content is no markup"),
            _ => Err("no value within a tag: only text and quoted attributes may hold one"),
        }
    }

    /// The point after two branches; `None` when they end at different points.
    pub(super) fn join(mut self, other: Markup) -> Option<Markup> {
        if let (Worth::Address(one), Worth::Address(two)) = (&self.worth, &other.worth) {
            self.worth = Worth::Address(one.clone().join(two.clone()));
            let mut other = other;
            other.worth = self.worth.clone();
            return (self == other).then_some(self);
        }
        (self == other).then_some(self)
    }

    /// Whether a template may end here.
    pub(super) fn is_over(&self) -> bool {
        self.at == At::Text || self.at == At::TagOpen
    }

    /// What to say when the author's own address will not do.
    pub(super) fn code_of(expected: &str) -> &'static str {
        if expected == BAD_ADDRESS { "unsafe-address" } else { "unsafe-place" }
    }
}
