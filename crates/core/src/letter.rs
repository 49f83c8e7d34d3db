//! Text regardless of upper and lower case.

/// Text in lower case, for comparisons that ignore it.
pub(crate) fn folded(text: &str) -> String {
    text.chars().map(lower).collect()
}

/// The lower-case form of one character, for the alphabets of Europe: Latin, Greek, Cyrillic and Armenian.
///
/// The standard library's tables know more alphabets and weigh several kilobytes in the browser.
pub(crate) fn lower(letter: char) -> char {
    let code = letter as u32;
    let other = match code {
        0x41..=0x5a => code + 32,
        0..=0xbf => code,
        0xc0..=0xd6 | 0xd8..=0xde | 0x391..=0x3a1 | 0x3a3..=0x3ab | 0x410..=0x42f => code + 32,
        0x130 | 0x131 | 0x138 | 0x149 | 0x17f => code,
        0x178 => 0xff,
        0x100..=0x137
        | 0x14a..=0x177
        | 0x1e00..=0x1e95
        | 0x1ea0..=0x1eff
        | 0x460..=0x481
        | 0x48a..=0x4bf
        | 0x4d0..=0x52f
        | 0x3d8..=0x3ef
        | 0x200..=0x21f
        | 0x222..=0x233 => code | 1,
        0x139..=0x148 | 0x179..=0x17e | 0x4c1..=0x4ce => code + (code & 1),
        0x386 => 0x3ac,
        0x388..=0x38a => code + 37,
        0x38c => 0x3cc,
        0x38e | 0x38f => code + 63,
        0x400..=0x40f => code + 80,
        0x531..=0x556 => code + 48,
        0x1e9e => 0xdf,
        _ => code,
    };
    char::from_u32(other).unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_fold_as_in_the_standard_library_in_the_alphabets_of_europe() {
        for code in (0..0x590).chain(0x1e00..0x1f00) {
            let Some(letter) = char::from_u32(code) else { continue };
            let mut expected = letter.to_lowercase();
            // Rare letters of phonetic and historic alphabets are left as they are.
            if !(0x180..0x200).contains(&code) && !(0x220..0x250).contains(&code) && expected.len() == 1 {
                let rare = [0x370, 0x372, 0x376, 0x37f, 0x3cf, 0x3f4, 0x3f7, 0x3f9, 0x3fa, 0x3fd, 0x3fe, 0x3ff, 0x4c0];
                if !rare.contains(&code) {
                    assert_eq!(Some(lower(letter)), expected.next(), "{code:x}");
                }
            }
        }
    }
}
