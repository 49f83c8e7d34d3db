//! URLs as text: their parts, their parameters.

use super::page_type::{OTHER, of_path};
use super::words::{after, among, cut};

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

/// A URL without its fragment, and the route of the page's own router in that (`/dogs` of `#/dogs`, `!/dogs` of `#!/dogs`).
/// Any other fragment stays on the shopper's device, the answer to a log-in (`#/access_token=…`) above all.
///
/// `#/` alone is none, it is what links have that lead nowhere. On a page that is a product's, the cart or the checkout by its
/// own path it is one only if it tells a kind of page, too: shops keep variants and steps there (`ball-7.html#/1-red`).
pub(crate) fn routed(url: &str) -> (&str, &str) {
    let (page, fragment) = cut(url.trim(), b"#");
    let route = cut(fragment.get(1..).unwrap_or(""), b"#").0;
    let whole = inner(route);
    let path = cut(whole, b"?").0;
    let may_be = whole.len() > 1 && path.starts_with('/') && cut(path, b"=").1.is_empty();
    let is_one = may_be && (!is_document(plain_parts(page).path) || (path.len() > 1 && of_path(path) != OTHER));
    (page, if is_one { route } else { "" })
}

fn inner(route: &str) -> &str {
    route.strip_prefix('!').unwrap_or(route)
}

/// Whether a path is that of one thing: a product's, the cart, the checkout, or a file with a number such as `7-ball.html`.
fn is_document(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or("");
    among(of_path(path), "product cart checkout")
        || (file.contains('.') && file.bytes().any(|byte| byte.is_ascii_digit()))
}

/// Splits a URL. Where it has a route, path and query are the route's.
pub(crate) fn parts(url: &str) -> Parts<'_> {
    let (page, route) = routed(url);
    let mut parts = plain_parts(page);
    if !route.is_empty() {
        let inner = plain_parts(inner(route));
        parts.path = inner.path;
        if !inner.query.is_empty() {
            parts.query = inner.query;
        }
    }
    parts
}

/// Splits a URL that has no fragment.
pub(super) fn plain_parts(url: &str) -> Parts<'_> {
    let (head, tail) = cut(url, b":/?");
    let (scheme, rest) = match tail.strip_prefix("://") {
        Some(rest) => (head, Some(rest)),
        None => ("", url.strip_prefix("//")),
    };
    let (host, rest) = rest.map_or(("", url), |rest| cut(rest, b"/?"));
    let host = Some(after(host, b"@")).filter(|host| !host.is_empty()).unwrap_or(host);
    let (path, query) = cut(rest, b"?");
    Parts { scheme, host, path, query: query.get(1..).unwrap_or("") }
}

/// The parameters of a URL: the route's, then the page's. Where both have a name, the first counts.
pub(crate) fn all_parameters(url: &str) -> Vec<(String, String)> {
    let (query, own) = (parts(url).query, plain_parts(routed(url).0).query);
    let mut all = parameters(query);
    if query != own {
        all.extend(parameters(own));
    }
    all
}

/// The parameters of a query, decoded, in order. Nameless ones are left out.
pub(crate) fn parameters(query: &str) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    for pair in query.split('&') {
        let key = cut(pair, b"=").0;
        if !key.is_empty() {
            parameters.push((decoded(key), decoded(after(pair, b"="))));
        }
    }
    parameters
}

/// Text decoded as a parameter's value; what is no valid escape stays, and so does all of it when it is no UTF-8.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        let escaped = match (byte, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = after.get(2..).unwrap_or_default();
            }
            None => bytes.push(if *byte == b'+' { b' ' } else { *byte }),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|digit| digit as u8)
}

/// Whether a path is the front page: `/`, `/index.html`, `/de/`, `/en-us`.
pub(crate) fn is_front(path: &str) -> bool {
    let mut depth = 0;
    path.split('/').filter(|part| !part.is_empty()).all(|part| {
        depth += 1;
        // A country and a language may stand in front: `/`, `/de`, `/de/en`, `/en-us`.
        let locale = depth <= 2 && matches!(part.as_bytes(), [_, _] | [_, _, b'-' | b'_', _, _]);
        locale || among(cut(part, b".").0, "index default home")
    })
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
            ("https://shop.example/#/dogs/food?sort=price", "https", "shop.example", "/dogs/food", "sort=price"),
            ("https://shop.example/app?utm_source=x#!/dogs", "https", "shop.example", "/dogs", "utm_source=x"),
            ("https://shop.example/a#/", "https", "shop.example", "/a", ""),
            ("https://shop.example/a#!/", "https", "shop.example", "/a", ""),
            ("https://shop.example/a#/?q=ball", "https", "shop.example", "/", "q=ball"),
            ("https://shop.example/a#/b?c=d#e=f", "https", "shop.example", "/b", "c=d"),
            ("https://shop.example/products/ball#/reviews", "https", "shop.example", "/products/ball", ""),
            ("https://shop.example/products/ball#/?q=ball", "https", "shop.example", "/products/ball", ""),
            ("https://shop.example/en/7-ball.html#/1-size-s/8-red", "https", "shop.example", "/en/7-ball.html", ""),
            ("https://shop.example/checkout/#/profile", "https", "shop.example", "/checkout/", ""),
            ("https://shop.example/checkout/#/cart", "https", "shop.example", "/cart", ""),
            ("https://shop.example/shop/#/dogs/food", "https", "shop.example", "/dogs/food", ""),
            ("https://shop.example/main.html#/dogs", "https", "shop.example", "/dogs", ""),
            ("https://shop.example/a#!", "https", "shop.example", "/a", ""),
            ("https://shop.example/a#/access_token=1&state=2", "https", "shop.example", "/a", ""),
        ] {
            assert_eq!(parts(url), Parts { scheme, host, path, query }, "{url}");
        }
    }

    #[test]
    fn a_route_with_parameters_leaves_those_of_the_page() {
        let pairs = |names: &str| names.split(' ').map(|name| (name.to_owned(), "1".to_owned())).collect::<Vec<_>>();
        assert_eq!(all_parameters("https://s.example/?utm_source=1&a=1#/dogs?sort=1"), pairs("sort utm_source a"));
        assert_eq!(all_parameters("https://s.example/?utm_source=1#/dogs"), pairs("utm_source"));
        assert_eq!(all_parameters("https://s.example/?utm_source=1#more"), pairs("utm_source"));
    }

    #[test]
    fn parameters_are_decoded_and_survive_nonsense() {
        let read = |query| parameters(query);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(read("q=dog+food&x=%C3%BC"), [pair("q", "dog food"), pair("x", "ü")]);
        assert_eq!(read("a&=b&&c=%zz%4"), [pair("a", ""), pair("c", "%zz%4")]);
        assert_eq!(read("a=%ff"), [pair("a", "%ff")]);
        assert_eq!(read(""), []);
        assert_eq!(decoded("a%2Bb+c"), "a+b c");
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
