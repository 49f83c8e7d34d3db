//! Paths in the category tree: `Dogs/Food/Dry` also stands for `Dogs/Food` and `Dogs`.

use std::borrow::Cow;

/// The deepest level that is looked at; what lies deeper counts as this level.
const MAX_LEVELS: usize = 8;

/// A path as everything here compares it: levels separated by `/` alone, without blanks around or empty levels.
/// `Dogs > Food` and `/Dogs/ Food/` both read as `Dogs/Food`.
pub fn tidy_category(path: &str) -> Cow<'_, str> {
    let is_tidy = |level: &str| !level.is_empty() && level.trim().len() == level.len();
    if !path.contains('>') && path.split('/').all(is_tidy) && path.split('/').count() <= MAX_LEVELS {
        return Cow::Borrowed(path);
    }
    let mut tidy = String::with_capacity(path.len());
    let levels = path.split(['/', '>']).map(str::trim).filter(|level| !level.is_empty());
    for level in levels.take(MAX_LEVELS) {
        if !tidy.is_empty() {
            tidy.push('/');
        }
        tidy.push_str(level);
    }
    Cow::Owned(tidy)
}

/// Every level of a tidy path, widest first: `Dogs`, `Dogs/Food`, `Dogs/Food/Dry`.
pub fn category_levels(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(at, _)| at);
    let ends = ends.chain((!path.is_empty()).then_some(path.len()));
    ends.filter_map(|end| path.get(..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stands_for_all_its_levels() {
        let levels: Vec<_> = category_levels("Dogs/Food/Dry").collect();
        assert_eq!(levels, ["Dogs", "Dogs/Food", "Dogs/Food/Dry"]);
        assert_eq!(category_levels("").count(), 0);
        assert_eq!(category_levels("Dogs").count(), 1);
    }

    #[test]
    fn other_spellings_read_as_the_same_path() {
        for spelling in ["Dogs/Food", "/Dogs//Food/", "Dogs > Food", " Dogs/ Food"] {
            assert_eq!(tidy_category(spelling), "Dogs/Food");
        }
        assert_eq!(tidy_category(" / "), "");
        assert_eq!(tidy_category("a/b/c/d/e/f/g/h/i/j"), "a/b/c/d/e/f/g/h");
    }
}
