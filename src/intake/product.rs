//! A product as Segment's e-commerce events carry it, put together from what the page and the catalogue know.

use super::words::among;
use tailorbird_schema::Value;

/// Products in one event at most; Segment allows 32 KB an event.
pub(crate) const MOST: usize = 50;

/// What only the page knows; everything else is better in the catalogue.
const OF_THE_PAGE: &str = "price currency value variant quantity coupon discount position affiliation list_id cart_id";

/// The page's product with what the catalogue knows: names, brand and category path as the rest of the shop uses them.
pub(crate) fn with_catalogue(page: Value, catalogue: Option<Value>) -> Value {
    let Some(mut whole) = catalogue else { return page };
    if let Value::Map(members) = page {
        for (name, value) in members {
            if among(&name, OF_THE_PAGE) || whole.get(&name).is_none() {
                whole.set(&name, value);
            }
        }
    }
    whole
}

/// Fields of one object under our names. The table holds `ours=theirs` for text and `ours#theirs` for numbers; of several
/// of theirs (`ours=one,other`) the first that says something counts.
pub(crate) fn mapped(from: &Value, table: &str) -> Value {
    let mut to = Value::map();
    for row in table.split(' ') {
        let (ours, theirs) = super::words::cut(row, b"=#");
        for name in theirs.get(1..).unwrap_or("").split(',') {
            let found = from.get(name).unwrap_or(&Value::Null);
            put(&mut to, ours, if theirs.starts_with('#') { number(found) } else { text(found) });
            if to.get(ours).is_some() {
                break;
            }
        }
    }
    to
}

/// Sets a member unless there is nothing to set.
pub(crate) fn put(map: &mut Value, name: &str, value: Value) {
    if !value.is_null() {
        map.set(name, value);
    }
}

/// Sets the members that are not there yet; only the listed ones, if any are listed.
pub(crate) fn fill(map: &mut Value, from: &Value, only: &str) {
    for (name, value) in from.members() {
        if map.get(name).is_none() && (only.is_empty() || among(name, only)) {
            map.set(name, value.clone());
        }
    }
}

/// What a value says as text: itself, the first of several, or the name or address of what stands there.
pub(crate) fn text(value: &Value) -> Value {
    match value {
        Value::Text(text) => plain(text),
        Value::Number(number) => {
            let mut out = String::new();
            tailorbird_core::json::write_number(*number, &mut out);
            Value::Text(out)
        }
        Value::List(items) => items.first().map(text).unwrap_or_default(),
        Value::Map(_) => {
            for name in "name url contentUrl @id".split(' ') {
                if let Some(inner @ (Value::Text(_) | Value::List(_))) = value.get(name) {
                    return text(inner);
                }
            }
            Value::Null
        }
        _ => Value::Null,
    }
}

/// Trimmed, with the few entities that templates leave in data: `Cat &amp; Dog`.
fn plain(text: &str) -> Value {
    let text = text.trim();
    if text.is_empty() || among(text, "undefined null NaN") || text == "(not set)" || text == "[object Object]" {
        return Value::Null;
    }
    let mut out = String::new();
    let mut parts = text.split('&');
    out.push_str(parts.next().unwrap_or(""));
    for part in parts {
        let (entity, rest) = super::words::cut(part, b";");
        let letter = match entity {
            "amp" => '&',
            "quot" | "#34" => '"',
            "#39" | "#039" | "apos" => '\'',
            "lt" => '<',
            "gt" => '>',
            _ => {
                out.push('&');
                out.push_str(part);
                continue;
            }
        };
        out.push(letter);
        out.push_str(rest.get(1..).unwrap_or(""));
    }
    Value::Text(out)
}

/// A number, or text that people write for one: `1,299.00`, `12,90 €`, `1 299`; else nothing.
pub(crate) fn number(value: &Value) -> Value {
    match value {
        Value::Number(_) => value.clone(),
        Value::Text(text) => amount(text).into(),
        _ => Value::Null,
    }
}

/// The first number in a text. Marks count only between digits, spaces only in front of three: what follows is a unit, the
/// other end of a range, or the price before.
fn amount(text: &str) -> Option<f64> {
    let start = text.bytes().position(|byte| byte.is_ascii_digit())?;
    let sign = text.get(..start)?.trim_end_matches(|letter: char| letter != '-' && !letter.is_ascii_alphanumeric());
    let mut digits = if sign.ends_with('-') { "-".to_owned() } else { String::new() };
    let whole = digits.len();
    // Where the last mark stands among the digits, how many there are, and whether they differ.
    let (mut mark, mut marks, mut last, mut mixed) = (whole, 0, ' ', false);
    let mut rest = text.get(start..)?.chars();
    while let Some(letter) = rest.next() {
        let follow = rest.as_str().bytes().take_while(u8::is_ascii_digit).take(4).count();
        match letter {
            '0'..='9' => digits.push(letter),
            '.' | ',' if follow > 0 => {
                mixed |= marks > 0 && letter != last;
                (mark, last) = (digits.len(), letter);
                marks += 1;
            }
            '\'' | '’' | ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' if follow == 3 && marks == 0 => {}
            _ => break,
        }
    }
    let after = digits.len() - mark;
    // Three digits behind a lone comma are thousands; a lone point is decimal, as in JSON.
    if mixed || (marks == 1 && (after != 3 || last == '.')) {
        digits.insert(mark, '.');
    }
    tailorbird_core::json::read_number(&digits)
}

/// A category path in our form, from `Dogs > Food`, `Dogs / Food` or `Dogs/Food`.
pub(crate) fn category_path(text: &str) -> Value {
    let mut path = String::new();
    for part in text.split(['>', '/', '|', '›', '»']) {
        push_level(&mut path, part);
    }
    if path.is_empty() { Value::Null } else { path.into() }
}

/// Appends one level to a category path. A slash inside a level's name would make two levels of it.
pub(crate) fn push_level(path: &mut String, level: &str) {
    let level = level.trim();
    if !path.is_empty() && !level.is_empty() {
        path.push('/');
    }
    for letter in level.chars() {
        path.push(if letter == '/' { '-' } else { letter });
    }
}

/// The text of a member; empty where there is none.
pub(crate) fn said<'a>(map: &'a Value, name: &str) -> &'a str {
    map.get(name).and_then(Value::as_str).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, wanted) in [
            ("12.90", Some(12.9)),
            ("12,90", Some(12.9)),
            ("1,299.00", Some(1299.0)),
            ("1.299,00 €", Some(1299.0)),
            ("1,299", Some(1299.0)),
            ("1.299", Some(1.299)),
            ("€ 5", Some(5.0)),
            ("$1 299.50", Some(1299.5)),
            ("1,234,567", Some(1_234_567.0)),
            ("-3,5", Some(-3.5)),
            ("free", None),
            ("", None),
            ("inf", None),
            ("NaN", None),
            ("from 5.00 to", Some(5.0)),
            ("129,95 kr.", Some(129.95)),
            ("1.299,95 kr.", Some(1299.95)),
            ("1\u{a0}299,00 руб.", Some(1299.0)),
            ("12.90 €.", Some(12.9)),
            ("19,90 € – 29,90 €", Some(19.9)),
            ("19.90 - 29.90", Some(19.9)),
            ("19,90 € inkl. 19% MwSt.", Some(19.9)),
            ("$19.99 USD was $29.99", Some(19.99)),
            ("5.99 (2 for 10)", Some(5.99)),
            ("12,90 € / 100 g", Some(12.9)),
            ("12,- €", Some(12.0)),
            ("CHF 1'299.50", Some(1299.5)),
            ("1’299", Some(1299.0)),
            ("₹1,29,900.00", Some(129_900.0)),
            ("Rs. 1,29,900", Some(129_900.0)),
            ("Rp 1.250.000", Some(1_250_000.0)),
            ("-€5", Some(-5.0)),
            ("Preis: 5", Some(5.0)),
            ("12.", Some(12.0)),
        ] {
            assert_eq!(amount(text), wanted, "{text}");
        }
    }

    #[test]
    fn category_paths_take_our_form() {
        for (text, wanted) in [
            ("Dogs > Food", Some("Dogs/Food")),
            ("Dogs/Food", Some("Dogs/Food")),
            (" Dogs » Food › Dry ", Some("Dogs/Food/Dry")),
            (" / ", None),
        ] {
            assert_eq!(category_path(text).as_str(), wanted, "{text}");
        }
    }

    #[test]
    fn text_is_cleaned_of_what_templates_leave() {
        let read = |value: Value| text(&value);
        for (given, wanted) in [
            ("Cat &amp; Dog", "Cat & Dog"),
            (" &quot;Best&#039;s&quot; &lt;3 ", "\"Best's\" <3"),
            ("A & B; C &uuml; D", "A & B; C &uuml; D"),
            ("&amp;lt;", "&lt;"),
        ] {
            assert_eq!(read(given.into()), wanted.into(), "{given}");
        }
        for nothing in ["", "  ", "undefined", "null", "(not set)"] {
            assert_eq!(read(nothing.into()), Value::Null, "{nothing}");
        }
        assert_eq!(read(5.0.into()), "5".into());
        assert_eq!(read(vec!["a", "b"].into()), "a".into());
        assert_eq!(read([("name", "n".into())].into()), "n".into());
        assert_eq!(read(true.into()), Value::Null);
    }

    #[test]
    fn tables_map_the_first_name_that_says_something() {
        let from = Value::from([("a", "".into()), ("b", "x".into()), ("c", "3,5".into()), ("d", "no".into())]);
        assert_eq!(mapped(&from, "t=a,b n#c m#d o=none"), [("t", "x".into()), ("n", 3.5.into())].into());
    }

    #[test]
    fn the_catalogue_names_and_the_page_prices() {
        let page = Value::from([
            ("product_id", "9".into()),
            ("name", "ball!".into()),
            ("price", 3.0.into()),
            ("x", "y".into()),
        ]);
        let catalogue = Value::from([("product_id", "p9".into()), ("name", "Ball".into()), ("price", 4.0.into())]);
        let whole = with_catalogue(page.clone(), Some(catalogue));
        let wanted = [("product_id", "p9".into()), ("name", "Ball".into()), ("price", 3.0.into()), ("x", "y".into())];
        assert_eq!(whole, Value::from(wanted));
        assert_eq!(with_catalogue(page.clone(), None), page);
    }
}
