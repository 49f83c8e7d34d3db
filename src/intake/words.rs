//! Lists of words, written as text with spaces between: that is how they are smallest in the module.

use tailorbird_core::text::position;

/// Whether a word is one of the listed.
pub(crate) fn among(word: &str, list: &str) -> bool {
    !word.is_empty() && list.split(' ').any(|listed| listed == word)
}

/// Whether a text holds one of the listed words anywhere.
pub(crate) fn holds_any(text: &str, list: &str) -> bool {
    list.split(' ').any(|listed| position(text, listed).is_some())
}

/// Small letters and digits alone: `Product-List page` is `productlistpage`. Only ASCII has small letters here.
pub(crate) fn bare(text: &str) -> String {
    let mut bare = String::new();
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || !letter.is_ascii() {
            bare.push(letter.to_ascii_lowercase());
        }
    }
    bare
}

/// What stands before the first of some marks, and the rest with the mark; the rest is empty where there is none.
pub(crate) fn cut<'a>(text: &'a str, marks: &[u8]) -> (&'a str, &'a str) {
    let at = text.bytes().position(|byte| marks.contains(&byte)).unwrap_or(text.len());
    (text.get(..at).unwrap_or(""), text.get(at..).unwrap_or(""))
}

/// What follows the mark, or nothing.
pub(crate) fn after<'a>(text: &'a str, marks: &[u8]) -> &'a str {
    cut(text, marks).1.get(1..).unwrap_or("")
}
