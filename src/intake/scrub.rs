//! Takes e-mail addresses, phone numbers, numbers of cards and accounts, and tokens out of URLs and text before they are
//! stored or sent.

use super::numbers::{holds_iban, holds_phone_or_card};
use super::url::{decoded, plain_parts, routed};
use super::words::{after, among, bare, cut, holds_any};
use tailorbird_schema::Value;

/// Stands where something private stood.
const REDACTED: &str = "redacted";

/// The URL without its user's name, anything private in path and query, and any fragment that is no route.
pub(crate) fn url(text: &str) -> String {
    let (page, route) = routed(text);
    let mut out = String::new();
    push(page, &mut out);
    if !route.is_empty() {
        out.push('#');
        push(route, &mut out);
    }
    out
}

fn push(url: &str, out: &mut String) {
    let parts = plain_parts(url);
    if !parts.scheme.is_empty() {
        out.push_str(parts.scheme);
        out.push(':');
    }
    if !parts.host.is_empty() {
        out.push_str("//");
        out.push_str(parts.host);
    }
    out.push_str(&path(parts.path));
    let query = query(parts.query, holds_any(&bare(parts.path), ACCOUNT));
    if !query.is_empty() {
        out.push('?');
        out.push_str(&query);
    }
}

/// The path with private segments replaced.
pub(crate) fn path(text: &str) -> String {
    let mut out = String::new();
    // How long what follows has to be to be a key.
    let mut key = usize::MAX;
    for segment in text.split('/') {
        let plain = twice_decoded(segment);
        // What follows `/reset/` or `/invite/` opens a door, whatever it looks like.
        let has_digit = plain.bytes().any(|byte| byte.is_ascii_digit());
        let opens = plain.len() >= key && has_digit;
        out.push_str(if opens || hides(segment) { REDACTED } else { segment });
        out.push('/');
        let name = bare(&plain);
        key = match () {
            // A number names an order and shows nothing of it.
            () if among(&name, ORDERS) => 20,
            () if among(&name, "auth login session") || holds_any(&name, DOORS) => 6,
            // The key of an order stands behind its number.
            () if key == 20 && has_digit => 12,
            // Ids and steps on the way to the door do not close it; a word that begins something else does.
            () if has_digit || among(&name, STEPS) => key,
            () => usize::MAX,
        };
    }
    out.pop();
    out
}

/// The query with private values replaced; the names stay. `of_account`: a `key` in it opens somebody's account or order.
fn query(text: &str, of_account: bool) -> String {
    let mut out = String::new();
    let has = |name: &str| text.split('&').any(|pair| cut(pair, b"=").0 == name);
    // What comes back from a log-in at another site; alone, either is a voucher or a place.
    let granted = has("code") && has("state");
    for pair in text.split('&') {
        let key = cut(pair, b"=").0;
        let value = after(pair, b"=");
        let opens = (granted && among(key, "code state")) || (of_account && key == "key");
        if hides(key) {
            out.push_str(REDACTED);
        } else if !value.is_empty() && (opens || hides(value) || is_private_name(&twice_decoded(key))) {
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

/// Addresses among what the page says of products: templates print the address that was asked for there. The path of a
/// picture stays, it holds what looks like a token on many shops.
pub(crate) fn properties(told: &mut Value) {
    if let Value::Map(members) = told {
        for (name, value) in members {
            match value {
                Value::Text(text) if name == "url" => *text = url(text),
                Value::Text(text) if name == "image_url" => *text = picture(text),
                Value::Text(text) if name == "list_id" => *text = self::text(text),
                Value::List(items) => items.iter_mut().for_each(properties),
                _ => {}
            }
        }
    }
}

fn picture(text: &str) -> String {
    let (file, rest) = cut(text, b"?#");
    let mut out = file.to_owned();
    out.push_str(&url(rest));
    out
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

/// Whether decoded text holds an e-mail address, a phone number, a card's or an account's number, or a token.
fn is_private(plain: &str) -> bool {
    let bytes = plain.as_bytes();
    holds_email(bytes)
        || holds_phone_or_card(bytes)
        || holds_iban(bytes)
        || bytes.split(|byte| b" &=?/,;\"".contains(byte)).any(is_token)
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

fn is_token(word: &[u8]) -> bool {
    if (word.starts_with(b"eyJ") && word.len() >= 20) || word.starts_with(b"wc_order_") {
        return true;
    }
    // Random letters change between small, capital and digit far more often than names do.
    let (mut kinds, mut turns, mut last, mut hex, mut run, mut longest) = (0, 0, 0, true, 0, 0);
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
        // A time may follow a dash. Many shops name products by UUIDs, so their short pieces do not count together.
        hex &= byte.is_ascii_hexdigit() || *byte == b'-';
        run = if *byte == b'-' { 0 } else { run + 1 };
        longest = run.max(longest);
    }
    (hex && longest >= 32 && kinds > 4) || (word.len() >= 24 && kinds == 7 && turns * 5 >= word.len() * 2)
}

const DOORS: &str = "reset password verif confirm activat unsubscribe invite token magic";
const ORDERS: &str = "orders orderreceived orderstatus vieworder";
/// Words that stand between a door and its key.
const STEPS: &str = "email mail link user users account customer newsletter edit form";
/// Paths on which a parameter `key` opens something.
const ACCOUNT: &str = "account login passw reset order verif activ checkout regist";
const PRIVATE_PARTS: &str = "token passw secret session sessid email phone telefon oauth authoriz apikey signature \
                             username firstname lastname fullname credential";
const PRIVATE_NAMES: &str = "auth pwd sid jwt sig otp mail tel mobile msisdn surname address street birthday birthdate \
                             dob iban ssn nonce csrf xsrf hash hmac pin user login ticket kx mceid assertion samlresponse customername";

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
            (
                "https://s.example/kasse/bestellung-erhalten/1234/?key=wc_order_8hGk2LmN0pQrS",
                "https://s.example/kasse/bestellung-erhalten/1234/?key=redacted",
            ),
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
            (
                "/account/reset/207119551/3ff5e6a8a9a6b5b0a2f5d8d5e5f5a5b5-1478277263",
                "/account/reset/redacted/redacted",
            ),
            ("/account/activate/12/5d41402abc4b2a76", "/account/activate/12/redacted"),
            ("/verify/email/12/99887766554433", "/verify/email/12/redacted"),
            ("/newsletter/confirm/42/7f3a9b11aa22", "/newsletter/confirm/42/redacted"),
            ("/orders/1001/8d7a6f5e4c3b2a19", "/orders/1001/redacted"),
            ("/x?t=3ff5e6a8a9a6b5b0a2f5d8d5e5f5a5b5-1478277263", "/x?t=redacted"),
            ("/x?_kx=dGVzdA.XyZ&mc_eid=5fa1&mc_cid=7", "/x?_kx=redacted&mc_eid=redacted&mc_cid=7"),
            ("/sso?samlresponse=PHNh&assertion=f1", "/sso?samlresponse=redacted&assertion=redacted"),
            ("/login/callback?code=4%2F0AX4&state=abc", "/login/callback?code=redacted&state=redacted"),
            ("/my-account/lost-password/?key=UFoT3Zq&id=12", "/my-account/lost-password/?key=redacted&id=12"),
            ("/checkout/order-received/12/?key=wc_order_5f", "/checkout/order-received/12/?key=redacted"),
            ("/search?q=4111+1111+1111+1111", "/search?q=redacted"),
            ("/search?q=DE89+3704+0044+0532+0130+00", "/search?q=redacted"),
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
            "https://s.example/collections/magic-the-gathering/products/booster-box-2024",
            "https://s.example/p/550e8400-e29b-41d4-a716-446655440000",
            "https://s.example/orders/1001/items",
            "https://s.example/orders/dogs/premium-dry-food-12kg",
            "https://s.example/?code=SUMMER2026",
            "https://s.example/?state=CA&zip_code=90210",
            "https://s.example/dogs?key=size",
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
            ("order DE89370400440532013000 paid", "order redacted paid"),
            ("4111111111111111 ball", "redacted ball"),
            ("pay with 4111 1111 1111 1111", "redacted"),
            ("a @ b", "a @ b"),
        ] {
            assert_eq!(text(given), scrubbed, "{given}");
        }
    }

    #[test]
    fn addresses_of_products_are_urls_too() {
        let product = |url: &str, image: &str| {
            Value::from([("product_id", "bob@x.org".into()), ("url", url.into()), ("image_url", image.into())])
        };
        let hash = "https://c.example/cache/d41d8cd98f00b204e9800998ecf8427e/a.jpg";
        let told = |one: Value| Value::from([("list_id", "for bob@x.org".into()), ("products", vec![one].into())]);
        let mut list = told(product("/p?email=a", &[hash, "?w=1&email=a"].concat()));
        properties(&mut list);
        let product = product("/p?email=redacted", &[hash, "?w=1&email=redacted"].concat());
        let mut wanted = told(product);
        wanted.set("list_id", "for redacted".into());
        assert_eq!(list, wanted);
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
