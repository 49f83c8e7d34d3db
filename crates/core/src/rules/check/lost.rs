//! Markup that blocks lose on their way into the page, silently: `pkg/src/safe.ts` lets plain content pass and nothing else.

use std::collections::BTreeSet;

use super::{Finding, warning};
use crate::json::Node;
use crate::template::Template;
use crate::text::position;

/// Elements that pass.
const ELEMENTS: &str = "a abbr address article aside b bdi bdo blockquote br button caption cite code col colgroup data dd del details dfn div dl dt em \
    figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd label li main mark meter nav ol p picture pre progress q rp \
    rt ruby s samp section small source span strong sub summary sup table tbody td tfoot th thead time tr u ul var wbr";
/// Elements that go with all they hold.
const SWALLOWED: &str = "script style iframe frame frameset object embed applet noscript noembed noframes template svg math textarea select title head base link \
    meta xmp plaintext param portal fencedframe audio video canvas";
/// Those of them that hold nothing.
const HOLLOW: &str = "frame embed base link meta param";
/// Attributes that pass, beside `aria-…` and `data-…`.
const ATTRIBUTES: &str = "abbr align alt class colspan datetime decoding dir disabled draggable fetchpriority height hidden high lang loading low max media min \
    open optimum rel reversed role rowspan scope sizes span start tabindex target title translate type valign value width";
/// Attributes that pass with an address.
const ADDRESSES: &str = "href src cite poster srcset";

/// A warning for the first of each element and attribute that a block or template loses.
pub(super) fn found(text: &str, root: Node) -> Vec<Finding> {
    let part = |name| root.get(name).into_iter().flat_map(Node::members).map(|member| member.value);
    let markup = part("blocks").filter_map(|block| block.get("html")).chain(part("templates"));
    markup
        .filter_map(|node| {
            // What is no template is an error already.
            let html = node.as_str().filter(|html| Template::html(html).is_ok())?;
            let plain = without_placeholders(html);
            Some(Walk { text, node, html: &plain, rest: &plain, told: BTreeSet::new(), found: Vec::new() }.found())
        })
        .flatten()
        .collect()
}

/// The markup with blanks for what stands in braces, byte for byte: remarks and defaults are no markup.
fn without_placeholders(html: &str) -> String {
    let mut plain = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("{{") {
        let length = position(after, "}}").map_or(after.len(), |end| end + 2);
        plain.push_str(before);
        plain.push_str(&" ".repeat(2 + length));
        rest = after.get(length..).unwrap_or("");
    }
    plain + rest
}

/// Goes through the markup of one text of the document.
struct Walk<'t> {
    text: &'t str,
    node: Node<'t>,
    html: &'t str,
    rest: &'t str,
    told: BTreeSet<String>,
    found: Vec<Finding>,
}

impl<'t> Walk<'t> {
    fn found(mut self) -> Vec<Finding> {
        while let Some(at) = position(self.rest, "<") {
            self.skip(at + 1);
            if self.rest.starts_with("!--") {
                self.past("-->");
            } else if self.rest.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
                self.tag();
            }
        }
        self.found
    }

    fn tag(&mut self) {
        let name = self.word(false);
        let swallowed = has(SWALLOWED, &name);
        if swallowed {
            self.lose("lost-element", &name, "what may stand in a block; this goes with all that it holds");
        } else if !has(ELEMENTS, &name) {
            self.lose("lost-element", &name, "what may stand in a block; of this only the content stays");
        }
        self.skip(name.len());
        self.attributes(!swallowed && has(ELEMENTS, &name));
        if swallowed && !has(HOLLOW, &name) {
            self.past(&["</", &name].concat());
        }
    }

    fn attributes(&mut self, told: bool) {
        loop {
            self.blanks();
            if self.rest.starts_with("{{") {
                self.past("}}");
                continue;
            }
            let name = self.word(true);
            if name.is_empty() {
                break;
            }
            if told && !passes(&name) {
                let expected = match name.as_str() {
                    "style" => "a `class`; this does not reach the page",
                    _ => {
                        "an attribute that may stand in a block, such as `class` or `data-…`; this does not reach the page"
                    }
                };
                self.lose("lost-attribute", &name, expected);
            }
            self.skip(name.len());
            self.blanks();
            if self.rest.starts_with('=') {
                self.skip(1);
                self.blanks();
                self.value();
            }
        }
        self.past(">");
    }

    fn value(&mut self) {
        match self.rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                self.skip(1);
                self.past(&quote.to_string());
            }
            _ => {
                let ends = |letter: char| letter.is_whitespace() || letter == '>';
                self.skip(self.rest.find(ends).unwrap_or(self.rest.len()));
            }
        }
    }

    /// The name that stands here.
    fn word(&self, attribute: bool) -> String {
        let ends = |letter: char| letter.is_whitespace() || matches!(letter, '/' | '>') || attribute && letter == '=';
        self.rest.split(ends).next().unwrap_or("").to_ascii_lowercase()
    }

    /// Blanks, and the strokes that close hollow elements.
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '/');
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }

    fn past(&mut self, what: &str) {
        self.skip(position(self.rest, what).map_or(self.rest.len(), |at| at + what.len()));
    }

    /// Of several of one name the first is told.
    fn lose(&mut self, code: &'static str, name: &str, expected: &'static str) {
        if self.told.insert([code, name].concat()) {
            let at = self.html.len() - self.rest.len();
            let place = (self.in_document(at), self.in_document(at + name.len()));
            self.found.push(warning(code, self.text, place, expected));
        }
    }

    /// Where in the document a byte of the markup stands: with escapes it is written longer than it is.
    fn in_document(&self, at: usize) -> usize {
        let start = self.node.at + 1;
        let written = self.text.get(start..self.node.end).unwrap_or("");
        let mut letters = written.char_indices();
        let mut read = 0;
        while read < at {
            read += match letters.next() {
                Some((_, '\\')) => match letters.next() {
                    Some((place, 'u')) => {
                        letters.by_ref().take(4).for_each(drop);
                        let code =
                            written.get(place + 1..place + 5).and_then(|code| u32::from_str_radix(code, 16).ok());
                        // Of a letter in two halves the second one counts.
                        match code.unwrap_or(0) {
                            0xd800..0xdc00 => 0,
                            code => char::from_u32(code).map_or(4, char::len_utf8),
                        }
                    }
                    _ => 1,
                },
                Some((_, letter)) => letter.len_utf8(),
                None => return self.node.end,
            };
        }
        start + letters.offset()
    }
}

fn has(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|one| one == name)
}

fn passes(name: &str) -> bool {
    let free = name.starts_with("aria-") || name.starts_with("data-") && name != "data-tailorbird-slot";
    free || has(ATTRIBUTES, name) || has(ADDRESSES, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAFE: &str = include_str!("../../../../../pkg/src/safe.ts");

    /// The words of a list in the package's own wall.
    fn listed(name: &str) -> BTreeSet<&'static str> {
        let (_, list) = SAFE.split_once(&format!("const {name} = words(")).unwrap();
        let (list, _) = list.split_once(");").unwrap();
        list.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect()
    }

    #[test]
    fn what_passes_is_what_the_page_lets_pass() {
        let ours = |list: &'static str| list.split_whitespace().collect::<BTreeSet<_>>();
        assert_eq!(ours(ELEMENTS), listed("ELEMENTS"));
        assert_eq!(ours(SWALLOWED), listed("SWALLOWED"));
        assert_eq!(ours(ATTRIBUTES), listed("ATTRIBUTES"));
        let mut addresses = listed("URLS");
        addresses.insert("srcset");
        assert_eq!(ours(ADDRESSES), addresses);
    }

    #[test]
    fn what_is_lost_is_found_where_it_is_written() {
        let text =
            r#"{"version":1,"blocks":{"b":{"html":"\u00e9\ud83d\ude00\u003cp class=\"style\"\n style=\"x\">ö"}}}"#;
        let found = super::super::check(text.as_bytes(), None);
        let lost: Vec<_> = found.iter().filter(|one| one.problem.code == "lost-attribute").collect();
        assert_eq!(
            lost.iter().map(|one| text.get(one.problem.at..one.problem.end)).collect::<Vec<_>>(),
            [Some("style")]
        );
        assert_eq!(lost.first().unwrap().problem.at, text.rfind("style").unwrap());
    }
}
