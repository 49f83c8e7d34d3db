//! URLs as text: their parts, their parameters, and whether two of them name the same page.

/// The parts of an absolute or relative URL, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Parts<'a> {
    /// `https://shop.example`, without a user's name; empty for a relative URL.
    pub(crate) scheme: &'a str,
    /// `shop.example:8080`.
    pub(crate) host: &'a str,
    /// `/dogs/food`.
    pub(crate) path: &'a str,
    /// `q=ball&page=2`, without the question mark.
    pub(crate) query: &'a str,
}

/// Splits a URL. What follows `#` never comes along: it stays on the shopper's device.
pub(crate) fn parts(url: &str) -> Parts<'_> {
    let url = url.split('#').next().unwrap_or("").trim();
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['/', '?']) => (scheme, rest),
        _ => ("", url.strip_prefix("//").unwrap_or(url)),
    };
    let absolute = !scheme.is_empty() || url.starts_with("//");
    let (host, rest) = match absolute {
        true => rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())),
        false => ("", rest),
    };
    let host = host.rsplit('@').next().unwrap_or("");
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    Parts { scheme, host, path, query }
}

/// The parameters of a query, decoded, in order. Nameless ones are left out.
pub(crate) fn parameters(query: &str) -> impl Iterator<Item = (String, String)> + '_ {
    query.split('&').filter_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (!key.is_empty()).then(|| (decoded(key, true), decoded(value, true)))
    })
}

/// Percent-decoded text; what is no valid escape stays, what is no valid UTF-8 becomes the replacement character.
pub(crate) fn decoded(text: &str, plus_is_space: bool) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(byte),
            },
            (b'+', _) if plus_is_space => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(broken) => String::from_utf8_lossy(broken.as_bytes()).into_owned(),
    }
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Whether a path is the front page: `/`, `/index.html`, `/de/`, `/en-us`.
pub(crate) fn is_front(path: &str) -> bool {
    let path = path.trim_matches('/');
    let last = path.rsplit('/').next().unwrap_or("");
    let path = match last.split_once('.') {
        Some(("index" | "default" | "home", _)) => path.strip_suffix(last).unwrap_or("").trim_matches('/'),
        _ => path,
    };
    // A country and a language may stand in front: `/`, `/de`, `/de/en`, `/en-us`.
    path.split('/').filter(|part| !part.is_empty()).count() <= 2
        && path.split('/').filter(|part| !part.is_empty()).all(is_locale)
}

fn is_locale(part: &str) -> bool {
    let bytes = part.as_bytes();
    match bytes {
        [a, b] => a.is_ascii_alphabetic() && b.is_ascii_alphabetic(),
        [a, b, b'-' | b'_', c, d] => [a, b, c, d].iter().all(|byte| byte.is_ascii_alphabetic()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_fall_into_their_parts() {
        for (url, scheme, host, path, query) in [
            ("https://shop.example/a/b?c=d#e", "https", "shop.example", "/a/b", "c=d"),
            ("https://bob:secret@shop.example:8080/a", "https", "shop.example:8080", "/a", ""),
            ("https://shop.example", "https", "shop.example", "", ""),
            ("https://shop.example?q=1", "https", "shop.example", "", "q=1"),
            ("//cdn.example/x", "", "cdn.example", "/x", ""),
            ("/a?next=https://b.example/", "", "", "/a", "next=https://b.example/"),
            ("a/b", "", "", "a/b", ""),
            ("", "", "", "", ""),
            ("android-app://com.google/x", "android-app", "com.google", "/x", ""),
        ] {
            assert_eq!(parts(url), Parts { scheme, host, path, query }, "{url}");
        }
    }

    #[test]
    fn parameters_are_decoded_and_survive_nonsense() {
        let read = |query| parameters(query).collect::<Vec<_>>();
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(read("q=dog+food&x=%C3%BC"), [pair("q", "dog food"), pair("x", "ü")]);
        assert_eq!(read("a&=b&&c=%zz%4"), [pair("a", ""), pair("c", "%zz%4")]);
        assert_eq!(read("a=%ff"), [pair("a", "\u{fffd}")]);
        assert_eq!(read(""), []);
    }

    #[test]
    fn front_pages_in_any_language_are_front_pages() {
        for path in ["", "/", "/index.html", "/de", "/de/", "/en-us/", "/us/en", "/de/index.php", "/home.aspx"] {
            assert!(is_front(path), "{path}");
        }
        for path in ["/dogs", "/de/hunde", "/p/1", "/cart", "/de/en/fr"] {
            assert!(!is_front(path), "{path}");
        }
    }
}
