//! Sets of characters: `[a-z]`, `\d`, `.` and their opposites.

use crate::letter::lower;

/// Ranges of characters, or all but them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Class {
    pub(super) ranges: Vec<(char, char)>,
    pub(super) negated: bool,
}

const DIGIT: &[(char, char)] = &[('0', '9')];
const WORD: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
const SPACE: &[(char, char)] = &[
    ('\t', '\r'),
    (' ', ' '),
    ('\u{a0}', '\u{a0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{2000}', '\u{200a}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{202f}', '\u{202f}'),
    ('\u{205f}', '\u{205f}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{feff}', '\u{feff}'),
];
const LINE_END: &[(char, char)] = &[('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')];

/// Whether `\w` holds the character.
pub(super) fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

impl Class {
    /// What `.` stands for.
    pub(super) fn dot() -> Class {
        Class { ranges: LINE_END.to_vec(), negated: true }
    }

    /// What `\d \D \w \W \s \S` stand for.
    pub(super) fn named(letter: char) -> Option<Class> {
        let ranges = match letter.to_ascii_lowercase() {
            'd' => DIGIT,
            'w' => WORD,
            's' => SPACE,
            _ => return None,
        };
        Some(Class { ranges: ranges.to_vec(), negated: letter.is_ascii_uppercase() })
    }

    /// Takes in all that another class holds.
    pub(super) fn add(&mut self, other: &Class) {
        if !other.negated {
            self.ranges.extend(&other.ranges);
            return;
        }
        // The named classes are in order, so the gaps between their ranges are what is left.
        let mut from = 0;
        for (low, high) in &other.ranges {
            self.add_codes(from, *low as u32);
            from = *high as u32 + 1;
        }
        self.add_codes(from, char::MAX as u32 + 1);
    }

    fn add_codes(&mut self, from: u32, until: u32) {
        // Surrogates are no characters: a range that would end in them ends before or begins after.
        let low = char::from_u32(from).unwrap_or('\u{e000}');
        let high = until.checked_sub(1).map(|code| char::from_u32(code).unwrap_or('\u{d7ff}'));
        if let Some(high) = high.filter(|high| *high >= low) {
            self.ranges.push((low, high));
        }
    }

    fn has(&self, letter: char) -> bool {
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter))
    }

    /// Whether the class holds the character, in either case if letter case is ignored.
    pub(super) fn holds(&self, letter: char, insensitive: bool) -> bool {
        let mut found = self.has(letter);
        if insensitive && !found {
            let small = lower(letter);
            // How far capital letters lie below small ones in the alphabets that `lower` knows.
            let capital = |distance: u32| char::from_u32((small as u32).wrapping_sub(distance));
            found = self.has(small)
                || [32, 1, 80, 48, 37, 38, 63, 64]
                    .into_iter()
                    .filter_map(capital)
                    .any(|big| lower(big) == small && self.has(big));
        }
        found != self.negated
    }
}
