//! What patterns match, and which are refused.

use super::*;

fn found(pattern: &str, text: &str) -> bool {
    Regex::new(pattern, false).unwrap().is_match(text)
}

#[test]
fn patterns_match_as_in_javascript() {
    for (pattern, yes, no) in [
        ("sale", vec!["sale", "a sale b"], vec!["sal", "Sale", ""]),
        ("^/shop/", vec!["/shop/x"], vec!["x/shop/"]),
        ("@x\\.com$", vec!["a@x.com"], vec!["a@x.com.de", "a@xxcom"]),
        ("^$", vec![""], vec!["a"]),
        ("", vec!["", "a"], vec![]),
        ("^(dogs|cats)/", vec!["dogs/a", "cats/"], vec!["rabbits/", "dogs"]),
        ("a|^b$|", vec!["x", "b"], vec![]),
        ("colou?r", vec!["color", "colour"], vec!["colouur"]),
        ("^a+b*c$", vec!["ac", "aabbc"], vec!["bc", "aab"]),
        ("^[a-f0-9]{4}$", vec!["beef", "0a1f"], vec!["beeg", "beefs", "bee"]),
        ("^\\d{2,3}$", vec!["12", "123"], vec!["1", "1234", "ab"]),
        ("^x{2,}$", vec!["xx", "xxxxx"], vec!["x"]),
        ("^[^/]+$", vec!["abc", "ä€"], vec!["a/b", ""]),
        ("\\bcat\\b", vec!["a cat.", "cat"], vec!["concat", "cats", "cat_"]),
        ("\\Bcat", vec!["concat"], vec!["cat"]),
        ("^\\w+\\s\\w+$", vec!["ab cd", "ab\u{a0}cd"], vec!["abcd", "äb cd"]),
        ("^[\\w.-]+@[\\w.-]+$", vec!["a.b-c@d.e"], vec!["a b@c"]),
        ("^[\\D]$", vec!["a", "é", "\u{10000}"], vec!["5"]),
        ("^[^\\d\\s]+$", vec!["ab"], vec!["a1", "a b"]),
        ("a.c", vec!["abc", "a€c"], vec!["ac", "a\nc"]),
        ("^(?:ab)+$", vec!["abab"], vec!["aba"]),
        ("^(?<year>\\d{4})-", vec!["2026-"], vec!["26-"]),
        ("^a*?b+?$", vec!["aab", "b"], vec!["aa"]),
        ("^(a*)*$", vec!["", "aaa"], vec!["b"]),
        ("^(a|b|)*c$", vec!["c", "abc"], vec!["abd"]),
        ("a{", vec!["a{"], vec!["a"]),
        ("a{1,b}", vec!["a{1,b}"], vec!["aa"]),
        ("]}", vec!["]}"], vec!["]"]),
        ("[]]", vec![], vec!["]", "]]"]),
        ("[^]", vec!["\n"], vec![""]),
        ("[a-]", vec!["a", "-"], vec!["b"]),
        ("[\\b]", vec!["\u{8}"], vec!["b"]),
        ("\\x41\\u00e9\\t", vec!["Aé\t"], vec!["Ae\t"]),
        ("\\/a\\-b", vec!["/a-b"], vec!["ab"]),
        ("日本", vec!["in 日本 now"], vec!["日 本"]),
        ("^(([a-z]{2})(-[A-Z]{2})?)$", vec!["de", "de-DE"], vec!["de-", "d"]),
    ] {
        for text in yes {
            assert!(found(pattern, text), "`{pattern}` in `{text}`");
        }
        for text in no {
            assert!(!found(pattern, text), "`{pattern}` not in `{text}`");
        }
    }
}

#[test]
fn letter_case_can_be_ignored() {
    for (pattern, text, expected) in [
        ("sale", "SALE", true),
        ("SALE", "sale", true),
        ("^[a-z]+$", "ABC", true),
        ("^[A-Z]+$", "abc", true),
        ("^[^a]$", "A", false),
        ("straße", "STRAßE", true),
        ("мир", "МИР", true),
        ("[Я]", "я", true),
        ("ÜBER", "über", true),
        ("ELAN É", "elan é", true),
        ("\\u0041", "a", true),
        ("a", "b", false),
    ] {
        assert_eq!(Regex::new(pattern, true).unwrap().is_match(text), expected, "{pattern} {text}");
    }
}

#[test]
fn what_cannot_be_matched_in_linear_time_or_is_no_pattern_is_refused() {
    for pattern in [
        "(",
        ")",
        "a)",
        "[a",
        "*",
        "+a",
        "a**",
        "a{2}{3}",
        "a{3,2}",
        "a{1001}",
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?<!a)",
        "(a)\\1",
        "\\k<a>",
        "\\",
        "\\q",
        "[z-a]",
        "(?i)a",
        "\\u12",
        "^*",
        "\\b+",
        "((((a{99}){99}){99}){99})",
        "(?<>a)",
    ] {
        assert!(Regex::new(pattern, false).is_err(), "{pattern}");
    }
    assert!(Regex::new(&"a".repeat(1025), false).is_err());
    assert!(Regex::new(&"(".repeat(600), false).is_err());
    assert!(Regex::new(&format!("{}a{}", "(".repeat(50), ")".repeat(50)), false).is_ok());
}

#[test]
fn patterns_that_explode_elsewhere_do_not_here() {
    // Backtracking engines need 2^n steps for these; a test that ends at all is the proof.
    let text = "a".repeat(20_000);
    for pattern in ["^(a+)+b$", "^(a|a)*b$", "(a*)*b", "(.*)(.*)(.*)x", "^(a?){50}b"] {
        assert!(!found(pattern, &text), "{pattern}");
    }
}
