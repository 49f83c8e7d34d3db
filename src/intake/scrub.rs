//! Takes e-mail addresses, phone numbers and tokens out of URLs and text before they are stored or sent.

use super::url::{decoded, parts};
use super::words::{after, among, bare, cut, holds_any};

/// Stands where something private stood.
const REDACTED: &str = "redacted";

/// The URL without its fragment, its user's name and anything private in path and query.
pub(crate) fn url(text: &str) -> String {
    let parts = parts(text);
    let mut out = String::new();
    if !parts.scheme.is_empty() {
        out.push_str(parts.scheme);
        out.push(':');
    }
    if !parts.host.is_empty() {
        out.push_str("//");
        out.push_str(parts.host);
    }
    out.push_str(&path(parts.path));
    let query = query(parts.query);
    if !query.is_empty() {
        out.push('?');
        out.push_str(&query);
    }
    out
}

/// The path with private segments replaced.
pub(crate) fn path(text: &str) -> String {
    let mut out = String::new();
    // How long what follows has to be to be a key.
    let mut key = usize::MAX;
    for segment in text.split('/') {
        let plain = twice_decoded(segment);
        // What follows `/reset/` or `/invite/` opens a door, whatever it looks like.
        let opens = plain.len() >= key && plain.bytes().any(|byte| byte.is_ascii_digit());
        out.push_str(if opens || hides(segment) { REDACTED } else { segment });
        out.push('/');
        let name = bare(&plain);
        key = match () {
            // A number names an order and shows nothing of it.
            () if name == "orders" => 20,
            () if among(&name, "auth login session") || holds_any(&name, DOORS) => 6,
            () => usize::MAX,
        };
    }
    out.pop();
    out
}

/// The query with private values replaced; the names stay.
pub(crate) fn query(text: &str) -> String {
    let mut out = String::new();
    for pair in text.split('&') {
        let key = cut(pair, b"=").0;
        let value = after(pair, b"=");
        if hides(key) {
            out.push_str(REDACTED);
        } else if !value.is_empty() && (hides(value) || is_private_name(&twice_decoded(key))) {
            out.push_str(key);
            out.push('=');
            out.push_str(REDACTED);
        } else {
            out.push_str(pair);
        }
        out.push('&');
    }
    out.pop();
    out
}

/// The value of the parameter `name`, or what stands for it when it is private.
pub(crate) fn value(name: &str, plain: &str) -> String {
    if is_private_name(name) { REDACTED.to_owned() } else { self::text(plain) }
}

/// Free text (a search term, a title) with the private words replaced.
pub(crate) fn text(plain: &str) -> String {
    if !hides(plain) {
        return plain.to_owned();
    }
    let mut out = String::new();
    for word in plain.split(' ') {
        out.push_str(if hides(word) { REDACTED } else { word });
        out.push(' ');
    }
    out.pop();
    // A phone number may stand in several words; then none of them can be told apart safely.
    if hides(&out) { REDACTED.to_owned() } else { out }
}

/// Whether text is private, as it stands or encoded.
fn hides(text: &str) -> bool {
    is_private(text) || is_private(&twice_decoded(text))
}

/// Addresses are sometimes encoded once more on their way through redirects.
fn twice_decoded(text: &str) -> String {
    let once = decoded(text);
    if once.contains('%') { decoded(&once) } else { once }
}

/// Whether decoded text holds an e-mail address, a phone number or a token.
fn is_private(plain: &str) -> bool {
    let bytes = plain.as_bytes();
    holds_email(bytes) || holds_phone(bytes) || bytes.split(|byte| b" &=?/,;\"".contains(byte)).any(is_token)
}

fn holds_email(text: &[u8]) -> bool {
    let mut rest = text;
    let mut before = b' ';
    while let [byte, after @ ..] = rest {
        if *byte == b'@' && is_of_word(before) && ends_in_domain(after) {
            return true;
        }
        before = *byte;
        rest = after;
    }
    false
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"._%+-".contains(&byte)
}

/// Whether text begins with a domain: labels with a dot between, the last one of two letters or more.
fn ends_in_domain(text: &[u8]) -> bool {
    let (mut label, mut dots) = (0, 0);
    for byte in text {
        match byte {
            b'.' if label == 0 => return false,
            b'.' => {
                dots += 1;
                label = 0;
            }
            byte if is_of_word(*byte) => label += 1,
            _ => break,
        }
        if dots > 0 && label == 2 {
            return true;
        }
    }
    false
}

/// A run of digits with what people put between them.
#[derive(Default)]
struct Run {
    /// The lengths of its groups.
    groups: [u8; 4],
    marks: usize,
    digits: u8,
    in_group: bool,
    international: bool,
    spaced: bool,
    opened: bool,
    zero: bool,
}

impl Run {
    fn take(&mut self, byte: u8) {
        if byte.is_ascii_digit() {
            self.zero |= self.digits == 0 && byte == b'0';
            self.digits = self.digits.saturating_add(1);
            self.in_group = true;
            if let Some(group) = self.groups.get_mut(self.marks) {
                *group = group.saturating_add(1);
            }
            return;
        }
        self.international |= byte == b'+' && self.digits == 0;
        self.opened |= byte == b'(';
        self.spaced |= b" (/".contains(&byte) && self.digits > 0;
        self.marks += usize::from(self.in_group);
        self.in_group = false;
    }

    /// Numbers as people write them for telephones; plain runs of digits are left alone, they name products, and so are
    /// dates, versions and article numbers with their dots and dashes.
    fn is_phone(&self) -> bool {
        let groups = self.groups;
        let american = matches!(groups, [3, 3, 4, 0] | [1, 3, 3, 4]) && self.digits < 12;
        let national = self.zero && matches!(groups, [3..=5, 5..=9, 0, 0] | [2..=5, 2..=4, 2..=8, _]);
        let spaced = self.spaced || matches!(groups, [_, _, 0, 0]);
        let long = matches!(self.digits, 9..=15);
        american
            || (long && (self.international || (national && spaced) || (self.opened && !matches!(groups, [_, 0, ..]))))
    }
}

fn holds_phone(text: &[u8]) -> bool {
    let mut run = Run::default();
    for byte in text {
        if byte.is_ascii_digit() || b" ()+-./".contains(byte) {
            run.take(*byte);
        } else if std::mem::take(&mut run).is_phone() {
            return true;
        }
    }
    run.is_phone()
}

fn is_token(word: &[u8]) -> bool {
    if word.starts_with(b"eyJ") && word.len() >= 20 {
        return true;
    }
    // Random letters change between small, capital and digit far more often than names do.
    let (mut kinds, mut turns, mut last, mut hex) = (0, 0, 0, true);
    for byte in word {
        let kind = match byte {
            b'a'..=b'z' => 1,
            b'A'..=b'Z' => 2,
            b'0'..=b'9' => 4,
            b'-' | b'_' | b'+' | b'.' => 0,
            _ => return false,
        };
        kinds |= kind;
        turns += usize::from(kind != last);
        last = kind;
        hex &= byte.is_ascii_hexdigit();
    }
    (hex && word.len() >= 32 && kinds > 4) || (word.len() >= 24 && kinds == 7 && turns * 5 >= word.len() * 2)
}

const DOORS: &str = "reset password verif confirm activat unsubscribe invite token magic";
const PRIVATE_PARTS: &str = "token passw secret session sessid email phone telefon oauth authoriz apikey signature \
                             username firstname lastname fullname credential";
const PRIVATE_NAMES: &str = "auth pwd sid jwt sig otp mail tel mobile msisdn surname address street birthday birthdate \
                             dob iban ssn nonce csrf xsrf hash hmac pin user login ticket";

/// Whether what stands under this name is nobody's business: `accessToken`, `reset_password`, `e-mail`, `sid`.
fn is_private_name(name: &str) -> bool {
    let name = bare(name);
    among(&name, PRIVATE_NAMES) || holds_any(&name, PRIVATE_PARTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_parts_of_urls_are_replaced() {
        for (given, scrubbed) in [
            ("https://shop.example/a?x=1#frag", "https://shop.example/a?x=1"),
            ("https://bob:pw@shop.example/", "https://shop.example/"),
            ("https://s.example/?email=bob@x.org", "https://s.example/?email=redacted"),
            ("https://s.example/?q=bob%40x.org", "https://s.example/?q=redacted"),
            ("https://s.example/?q=bob%2540x.org", "https://s.example/?q=redacted"),
            ("https://s.example/u/bob@x.org/orders", "https://s.example/u/redacted/orders"),
            ("https://s.example/u/bob%40x.co.uk", "https://s.example/u/redacted"),
            ("https://s.example/?bob@x.org=1", "https://s.example/?redacted"),
            ("https://s.example/?q=%2B49%20171%202345678", "https://s.example/?q=redacted"),
            ("https://s.example/?q=0171+2345678", "https://s.example/?q=redacted"),
            ("https://s.example/?q=(030)+1234567", "https://s.example/?q=redacted"),
            ("https://s.example/?q=555-123-4567", "https://s.example/?q=redacted"),
            ("https://s.example/?tel=12345", "https://s.example/?tel=redacted"),
            ("https://s.example/?access_token=abc", "https://s.example/?access_token=redacted"),
            ("https://s.example/?accessToken=abc", "https://s.example/?accessToken=redacted"),
            ("https://s.example/?PHPSESSID=abc", "https://s.example/?PHPSESSID=redacted"),
            ("https://s.example/?sid=abc&a=b", "https://s.example/?sid=redacted&a=b"),
            ("https://s.example/?new_password=x", "https://s.example/?new_password=redacted"),
            ("https://s.example/?e-mail=x", "https://s.example/?e-mail=redacted"),
            ("https://s.example/?x=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "https://s.example/?x=redacted"),
            ("https://s.example/?x=d41d8cd98f00b204e9800998ecf8427e", "https://s.example/?x=redacted"),
            (
                "https://s.example/?gclid=EAIaIQobChMI3p7Xk8Xz_AIVk-J3Ch2b7wQ5EAAYASAAEgJ1",
                "https://s.example/?gclid=redacted",
            ),
            ("https://s.example/reset/550e8400-e29b-41d4", "https://s.example/reset/redacted"),
            ("https://s.example/?next=%2Fu%3Femail%3Dbob%2540x.org", "https://s.example/?next=redacted"),
            ("/relative?mail=x", "/relative?mail=redacted"),
        ] {
            assert_eq!(url(given), scrubbed, "{given}");
        }
    }

    #[test]
    fn what_shops_need_stays() {
        for given in [
            "https://s.example/p/royal-canin-medium-puppy-4kg-4006381333931",
            "https://s.example/p/4006381333931",
            "https://s.example/p/00012345678905",
            "https://s.example/collections/dogs/products/premium-grain-free-salmon-and-potato-dry-food-12kg",
            "https://s.example/iPhone15ProMax256GBNaturalTitanium",
            "https://s.example/?q=dog+food&page=2&sort=price-asc",
            "https://s.example/?q=d%C3%B6ner",
            "https://s.example/?date=2024-11-05&v=1.2.3.4",
            "https://s.example/?utm_source=news&utm_campaign=spring_2026-03",
            "https://s.example/?sku=AB-1234-567-X&size=10-12",
            "https://s.example/?price=10.00-200.00",
            "https://s.example/@brand/shoes",
            "https://s.example/?author=tolkien",
            "https://s.example/?keyword=cat&passion=1",
            "https://s.example/media/100x100/dog.jpg",
        ] {
            assert_eq!(url(given), given);
        }
    }

    #[test]
    fn text_loses_only_its_private_words() {
        for (given, scrubbed) in [
            ("dog food", "dog food"),
            ("order of bob@x.org today", "order of redacted today"),
            ("call 0171 2345678 now", "redacted"),
            ("+491712345678 ball", "redacted ball"),
            ("50% off", "50% off"),
            ("a @ b", "a @ b"),
        ] {
            assert_eq!(text(given), scrubbed, "{given}");
        }
    }

    #[test]
    fn names_tell_what_is_private() {
        for name in ["token", "authToken", "csrf_token", "apiKey", "api-key", "Email", "userEmail", "oauth_verifier"] {
            assert!(is_private_name(name), "{name}");
        }
        for name in ["q", "page", "author", "sort", "utm_source", "color", "variant", "category", "material"] {
            assert!(!is_private_name(name), "{name}");
        }
    }
}
