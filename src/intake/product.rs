//! A product as Segment's e-commerce events carry it, put together from what the page and the catalogue know.

use tailorbird_schema::Value;

/// Products in one event at most; Segment allows 32 KB an event.
pub(crate) const MOST: usize = 50;

/// What only the page knows; everything else is better in the catalogue.
const OF_THE_PAGE: [&str; 11] = [
    "price",
    "currency",
    "value",
    "variant",
    "quantity",
    "coupon",
    "discount",
    "position",
    "affiliation",
    "list_id",
    "cart_id",
];

/// The page's product with what the catalogue knows: names, brand and category path as the rest of the shop uses them.
pub(crate) fn with_catalogue(page: Value, catalogue: Option<Value>) -> Value {
    let Some(mut whole) = catalogue else { return page };
    if let Value::Map(members) = page {
        for (name, value) in members {
            if OF_THE_PAGE.contains(&name.as_str()) || whole.get(&name).is_none_or(Value::is_null) {
                whole.set(&name, value);
            }
        }
    }
    whole
}

/// Text or a number as text; `None` for anything else and for blanks.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => plain(text),
        Value::Number(number) => {
            let mut out = String::new();
            tailorbird_core::json::write_number(*number, &mut out);
            Some(out)
        }
        _ => None,
    }
}

/// Trimmed, with the few entities that templates leave in data: `Cat &amp; Dog`.
fn plain(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || matches!(text, "undefined" | "null" | "(not set)" | "NaN" | "[object Object]") {
        return None;
    }
    let mut out = text.to_owned();
    if text.contains('&') {
        for (entity, letter) in
            [("&quot;", "\""), ("&#39;", "'"), ("&#039;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        {
            if out.contains(entity) {
                out = out.replace(entity, letter);
            }
        }
    }
    Some(out)
}

/// A number, or text that people write for one: `1,299.00`, `12,90 €`, `1 299`.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Text(text) => amount(text),
        _ => None,
    }
}

fn amount(text: &str) -> Option<f64> {
    if let Ok(number) = text.trim().parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let last_mark = text.rfind(['.', ',']).filter(|at| {
        let after = text.get(at + 1..).unwrap_or("").bytes().take_while(u8::is_ascii_digit).count();
        let marks = text.matches([',', '.']).count();
        let both = text.contains('.') && text.contains(',');
        // Three digits behind a lone comma are thousands; a lone point is decimal, as in JSON.
        after > 0 && (both || (marks == 1 && (after != 3 || text.get(*at..=*at) == Some("."))))
    });
    let mut digits = String::new();
    for (at, letter) in text.char_indices() {
        match letter {
            '0'..='9' => digits.push(letter),
            '-' if digits.is_empty() => digits.push('-'),
            _ if Some(at) == last_mark => digits.push('.'),
            _ => {}
        }
    }
    digits.parse().ok()
}

/// A category path in our form, from `Dogs > Food`, `Dogs / Food` or `Dogs/Food`.
pub(crate) fn category_path(text: &str) -> Option<String> {
    let mut path = String::new();
    for part in text.split(['>', '/', '|', '›', '»']).map(str::trim).filter(|part| !part.is_empty()) {
        push_level(&mut path, part);
    }
    plain(&path)
}

/// Appends one level to a category path. A slash inside a level's name would make two levels of it.
pub(crate) fn push_level(path: &mut String, level: &str) {
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(&level.replace('/', "-"));
}

/// Sets a member unless there is nothing to set.
pub(crate) fn put(map: &mut Value, name: &str, value: impl Into<Value>) {
    let value = value.into();
    if !value.is_null() {
        map.set(name, value);
    }
}

/// The id by which an event's properties name their product.
pub(crate) fn id(properties: &Value) -> Option<&str> {
    properties.get("product_id").or_else(|| properties.get("sku")).and_then(Value::as_str)
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
            ("Cats &amp; Kittens", Some("Cats & Kittens")),
            (" / ", None),
        ] {
            assert_eq!(category_path(text).as_deref(), wanted, "{text}");
        }
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
