//! Making values safe for the place they stand in.

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) kind: Kind,
    /// Whether the result stands in HTML; a block's field is plain text that is escaped later.
    pub(super) html: bool,
}

/// What a value means where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Words.
    Words,
    /// The beginning of an address, perhaps all of it: only schemes that run nothing.
    Address,
    /// The path of an address.
    AddressPath,
    /// A parameter of an address.
    AddressParameter,
}

/// Schemes that run nothing.
pub(super) const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// What stands in place of an address that will not do: the page itself.
const NOWHERE: &str = "#";

impl Place {
    /// Writes a value.
    pub(super) fn write(self, value: &str, out: &mut String) {
        let mut encoded = String::new();
        let safe = match self.kind {
            Kind::Words => value,
            kind => {
                match kind {
                    Kind::Address => write_address(value, &mut encoded),
                    Kind::AddressPath => percent_encode(value, b"/-_.~!$*'(),;=@+%", &mut encoded),
                    _ => percent_encode(value, b"-_.~!*'()", &mut encoded),
                }
                &encoded
            }
        };
        if self.html { escape_html(safe, out) } else { out.push_str(safe) }
    }
}

/// Text for HTML, also between quotes.
pub(super) fn escape_html(text: &str, out: &mut String) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            b'`' => "&#96;",
            0 => "",
            _ => continue,
        };
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push_str(entity);
        from = at + 1;
    }
    out.push_str(text.get(from..).unwrap_or_default());
}

/// An address with a harmless scheme or none; anything else leads nowhere.
fn write_address(value: &str, out: &mut String) {
    // Browsers drop control characters around and tabs and line breaks within an address before they look at it.
    let bare: String = value.trim().chars().filter(|letter| !letter.is_control()).collect();
    if !has_harmless_scheme(bare.trim()) {
        out.push_str(NOWHERE);
        return;
    }
    for letter in bare.trim().chars() {
        match letter {
            ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' | '\'' => encode_byte(letter as u8, out),
            _ => out.push(letter),
        }
    }
}

/// Whether an address without blanks around has no scheme, or one that runs nothing.
fn has_harmless_scheme(address: &str) -> bool {
    let Some(end) = address.find([':', '/', '?', '#', '\\']) else { return true };
    let (scheme, rest) = (address.get(..end).unwrap_or(""), address.get(end..).unwrap_or(""));
    !rest.starts_with(':') || SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

/// Keeps letters, digits and `kept`; of `%` only what is an encoding already.
fn percent_encode(text: &str, kept: &[u8], out: &mut String) {
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let is_encoding = || {
            let digits = bytes.get(at + 1..at + 3);
            digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        };
        if byte.is_ascii_alphanumeric() || (kept.contains(byte) && (*byte != b'%' || is_encoding())) {
            out.push(char::from(*byte));
        } else if *byte != 0 {
            encode_byte(*byte, out);
        }
    }
}

fn encode_byte(byte: u8, out: &mut String) {
    out.push('%');
    for half in [byte >> 4, byte & 15] {
        out.push(char::from_digit(u32::from(half), 16).unwrap_or('0').to_ascii_uppercase());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: Kind, value: &str) -> String {
        let mut out = String::new();
        Place { kind, html: false }.write(value, &mut out);
        out
    }

    #[test]
    fn addresses_that_run_something_lead_nowhere() {
        for address in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:alert(1)",
            "\u{1}javascript:alert(1)",
            "java\nscript:alert(1)",
            "java\tscript\r:alert(1)",
            "\u{0}javascript:alert(1)",
            "vbscript:x",
            "data:text/html,<script>alert(1)</script>",
            "blob:https://a/b",
            "file:///etc/passwd",
            "view-source:x",
            ":x",
        ] {
            assert_eq!(written(Kind::Address, address), "#", "{address:?}");
        }
        for address in ["/a/b?c=d#e", "https://shop.example/a", "mailto:a@b.c", "tel:+43", "a:b/c".get(2..).unwrap()] {
            assert_eq!(written(Kind::Address, address), address);
        }
        assert_eq!(written(Kind::Address, "/a b\"c"), "/a%20b%22c");
        assert_eq!(written(Kind::Address, "javascript&#58;alert(1)"), "javascript&#58;alert(1)");
    }

    #[test]
    fn parameters_and_paths_stay_what_they_are() {
        assert_eq!(written(Kind::AddressParameter, "a b&c=d/é%20"), "a%20b%26c%3Dd%2F%C3%A9%2520");
        assert_eq!(written(Kind::AddressPath, "Dogs/Dry food?x#y:z"), "Dogs/Dry%20food%3Fx%23y%3Az");
        assert_eq!(written(Kind::AddressPath, "50%25 100%"), "50%25%20100%25");
    }

    #[test]
    fn html_has_no_way_out() {
        let mut out = String::new();
        escape_html("a<b>\"c\"'d'&`\0e", &mut out);
        assert_eq!(out, "a&lt;b&gt;&quot;c&quot;&#39;d&#39;&amp;&#96;e");
    }
}
