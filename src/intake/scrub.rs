//! Takes e-mail addresses, phone numbers and tokens out of URLs and text before they are stored or sent.

use super::url;

/// Stands where something private stood.
pub(crate) const REDACTED: &str = "redacted";

/// The URL without its fragment, its user's name and anything private in path and query.
pub(crate) fn url(text: &str) -> String {
    let parts = url::parts(text);
    let mut out = String::with_capacity(text.len());
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
    let mut out = String::with_capacity(text.len());
    let mut after_secret = false;
    for (nth, segment) in text.split('/').enumerate() {
        if nth > 0 {
            out.push('/');
        }
        let plain = twice_decoded(segment, false);
        // What follows `/reset/` or `/invite/` opens a door, whatever it looks like.
        let opens = after_secret && plain.len() >= 6 && plain.bytes().any(|byte| byte.is_ascii_digit());
        out.push_str(if opens || is_private(&plain) { REDACTED } else { segment });
        after_secret = words(&plain).iter().any(|word| DOORS.contains(&word.as_str()));
    }
    out
}

/// The query with private values replaced; the names stay.
pub(crate) fn query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        if !out.is_empty() {
            out.push('&');
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, plain) = (twice_decoded(key, true), twice_decoded(value, true));
        if is_private(&name) {
            out.push_str(REDACTED);
            continue;
        }
        out.push_str(key);
        if !value.is_empty() {
            out.push('=');
            out.push_str(if is_private_name(&name) || is_private(&plain) { REDACTED } else { value });
        }
    }
    out
}

/// The value of the parameter `name`, or what stands for it when it is private.
pub(crate) fn value(name: &str, plain: &str) -> String {
    if is_private_name(name) { REDACTED.to_owned() } else { self::text(plain) }
}

/// Free text (a search term, a title) with the private words replaced.
pub(crate) fn text(plain: &str) -> String {
    let decoded = twice_decoded(plain, false);
    if !is_private(&decoded) {
        return plain.to_owned();
    }
    let mut out = String::new();
    for word in decoded.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(if is_private(word) { REDACTED } else { word });
    }
    // A phone number may stand in several words; then none of them can be told apart safely.
    if is_private(&out) { REDACTED.to_owned() } else { out }
}

/// Addresses are sometimes encoded once more on their way through redirects.
fn twice_decoded(text: &str, plus_is_space: bool) -> String {
    let mut plain = url::decoded(text, plus_is_space);
    if plain.contains('%') {
        plain = url::decoded(&plain, plus_is_space);
    }
    plain
}

/// Whether decoded text holds an e-mail address, a phone number or a token.
pub(crate) fn is_private(plain: &str) -> bool {
    holds_email(plain) || holds_phone(plain) || plain.split([' ', '&', '=', '?', '/', ',', ';', '"']).any(is_token)
}

fn holds_email(text: &str) -> bool {
    let local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-'!#$&*~".contains(byte) || !byte.is_ascii();
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let domain = bytes.get(at + 1..).unwrap_or_default();
        let length =
            domain.iter().take_while(|b| b.is_ascii_alphanumeric() || b".-".contains(b) || !b.is_ascii()).count();
        let domain = domain.get(..length).unwrap_or_default();
        let ending = domain.iter().rev().skip_while(|b| b".-".contains(b)).take_while(|b| **b != b'.').count();
        *byte == b'@'
            && before.is_some_and(local)
            && domain.first().is_some_and(|b| b.is_ascii_alphanumeric() || !b.is_ascii())
            && ending >= 2
            && domain.len() > ending + 1
    })
}

/// Numbers as people write them for telephones; plain runs of digits are left alone, they name products.
fn holds_phone(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_digit() || " ()+-./".contains(c))).any(|run| {
        let run = run.trim_matches([' ', '-', '.', '/']);
        let international = run.starts_with('+') || run.starts_with("(+");
        let groups: Vec<usize> =
            run.split(|c: char| !c.is_ascii_digit()).map(str::len).filter(|length| *length > 0).collect();
        let digits: usize = groups.iter().sum();
        if !(7..=15).contains(&digits) {
            return false;
        }
        let national = run.starts_with('0') && matches!(groups.as_slice(), [3..=5, 5..=9] | [2..=5, 2..=4, 2..=8, ..]);
        // Dots and dashes alone also write dates, versions and article numbers.
        let spaced = run.contains([' ', '(']);
        let american = matches!(groups.as_slice(), [3, 3, 4] | [1, 3, 3, 4]);
        (international && digits >= 8)
            || american
            || (digits >= 9 && national && (spaced || groups.len() == 2 || run.contains('/')))
            || (digits >= 9 && run.starts_with('(') && groups.len() > 1)
    })
}

fn is_token(word: &str) -> bool {
    let word = word.trim_end_matches('=');
    let bytes = word.as_bytes();
    if word.starts_with("eyJ") && bytes.len() >= 20 {
        return true;
    }
    let hex = bytes.len() >= 32 && bytes.iter().all(u8::is_ascii_hexdigit);
    if hex && bytes.iter().any(u8::is_ascii_digit) && bytes.iter().any(u8::is_ascii_alphabetic) {
        return true;
    }
    if bytes.len() < 24 || !bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_+.".contains(byte)) {
        return false;
    }
    // Random letters change between small, capital and digit far more often than names do.
    let class = |byte: &u8| match byte {
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        b'0'..=b'9' => 4,
        _ => 0,
    };
    let kinds = bytes.iter().fold(0, |kinds, byte| kinds | class(byte));
    let turns = bytes.iter().zip(bytes.iter().skip(1)).filter(|(a, b)| class(a) != class(b)).count();
    kinds == 7 && turns * 5 >= bytes.len() * 2
}

const DOORS: [&str; 13] = [
    "reset",
    "password",
    "verify",
    "verification",
    "confirm",
    "activate",
    "unsubscribe",
    "invite",
    "token",
    "magic",
    "auth",
    "login",
    "session",
];
const PRIVATE_STARTS: [&str; 18] = [
    "token",
    "passw",
    "secret",
    "session",
    "jsession",
    "phpsess",
    "email",
    "phone",
    "telephone",
    "telefon",
    "oauth",
    "authoriz",
    "apikey",
    "signature",
    "username",
    "firstname",
    "lastname",
    "credential",
];
const PRIVATE_WORDS: [&str; 28] = [
    "auth",
    "pwd",
    "sid",
    "jwt",
    "sig",
    "otp",
    "mail",
    "tel",
    "mobile",
    "msisdn",
    "surname",
    "fullname",
    "address",
    "street",
    "birthday",
    "birthdate",
    "dob",
    "iban",
    "ssn",
    "nonce",
    "csrf",
    "xsrf",
    "hash",
    "hmac",
    "pin",
    "user",
    "login",
    "ticket",
];

/// Whether what stands under this name is nobody's business: `accessToken`, `reset_password`, `e-mail`, `sid`.
pub(crate) fn is_private_name(name: &str) -> bool {
    let words = words(name);
    let joined: String = words.concat();
    words.iter().map(String::as_str).chain([joined.as_str()]).any(|word| {
        PRIVATE_WORDS.contains(&word)
            || PRIVATE_STARTS.iter().any(|start| word.starts_with(start))
            || word.ends_with("token")
    })
}

/// `accessToken`, `access_token` and `access-token` are the words `access` and `token`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || (was_small && letter.is_uppercase()) {
            words.push(String::new());
        }
        was_small = letter.is_lowercase();
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
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
