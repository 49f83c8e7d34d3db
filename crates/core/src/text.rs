//! Looking for a word in a text: a few bytes of code. The standard library's search by text is made for long words and
//! brings its panics and their tables along.

/// Where the word begins for the first time.
pub fn position(text: &str, word: &str) -> Option<usize> {
    if word.is_empty() {
        return Some(0);
    }
    text.as_bytes().windows(word.len()).position(|part| part == word.as_bytes())
}

/// What stands before the word's first place and after it.
pub fn cut<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let at = position(text, word)?;
    Some((text.get(..at)?, text.get(at + word.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_is_found_as_by_the_standard_library() {
        for text in ["", "a", "https://a.example//b", "äöü://é", "aaab", "{{x}}"] {
            for word in ["", "://", "//", "aab", "ö", "}}", "longer than the text"] {
                assert_eq!(position(text, word), text.find(word), "{word} in {text}");
                assert_eq!(cut(text, word), text.split_once(word), "{word} in {text}");
            }
        }
    }
}
