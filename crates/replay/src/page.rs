//! The page behind an event. The agent writes down what kind of page it was; where other clients did not, its address,
//! the catalogue and what happened on it tell.

use tailorbird_core::catalog::Catalog;
use tailorbird_core::profile::Page;
use tailorbird_core::schema::{Event, EventKind, Value};

use crate::line::PageWords;

/// Whether an event is a look at a page by itself, as clients without page calls tell it.
pub(crate) fn is_look(event: &Event) -> bool {
    event.kind == EventKind::Track && kind_of_look(&event.name).is_some()
}

/// The address of the page that an event happened on, without what may change while the page stays; empty if it does not
/// tell. The `url` among the properties of anything but a page call is a product's or an image's.
pub(crate) fn address<'e>(event: &'e Event, words: &'e PageWords) -> &'e str {
    let told = || text(&event.properties, "url").filter(|_| event.kind != EventKind::Track).unwrap_or_default();
    let address = if words.url.0.is_empty() { told() } else { &words.url.0 };
    address.split(['#', '?']).next().unwrap_or_default()
}

/// The page of a page call, or of the first event on a page that no call told of.
pub(crate) fn page(event: &Event, words: &PageWords, catalog: &Catalog) -> Page {
    let nothing = Value::map();
    let told = if event.kind == EventKind::Track { &nothing } else { &event.properties };
    let url = text(told, "url").unwrap_or(&words.url.0);
    let bare = url.split('#').next().unwrap_or_default();
    let (bare, query) = bare.split_once('?').unwrap_or((bare, ""));
    let path = match text(told, "path").unwrap_or(&words.path.0) {
        "" => path_of(bare),
        path => path,
    };
    let product = text(told, "page_product").or_else(|| catalog.product_at(url).map(|product| product.id()));
    let kind = match text(told, "page_type") {
        Some(kind) => kind,
        None if product.is_some() => "product",
        None if matches!(path, "/" | "/index.html") => "home",
        None => "other",
    };
    let of_product = || catalog.product(product?)?.category();
    let category = text(told, "page_category").or_else(of_product);
    Page {
        url: url.to_owned(),
        path: path.to_owned(),
        kind: kind.to_owned(),
        title: text(told, "title").unwrap_or(&words.title.0).to_owned(),
        product: product.map(str::to_owned),
        category: category.map(str::to_owned),
        query: query.split('&').filter_map(parameter).collect(),
    }
}

/// What an event on a page tells of it, where nothing better did.
pub(crate) fn refine(page: &mut Page, event: &Event, catalog: &Catalog) {
    let Some(kind) = kind_of_look(&event.name).filter(|_| page.kind == "other") else { return };
    kind.clone_into(&mut page.kind);
    let category = text(&event.properties, "category");
    if kind == "product" {
        page.product = text(&event.properties, "product_id").map(str::to_owned);
        let of_product = || catalog.product(page.product.as_deref()?)?.category();
        page.category = of_product().or(category).map(str::to_owned);
    } else if kind == "category" {
        page.category = category.map(str::to_owned);
    }
}

fn kind_of_look(name: &str) -> Option<&'static str> {
    Some(match name {
        "Product Viewed" => "product",
        "Product List Viewed" | "Product List Filtered" => "category",
        "Products Searched" => "search",
        "Cart Viewed" => "cart",
        "Checkout Started" | "Checkout Step Viewed" | "Payment Info Entered" | "Order Completed" => "checkout",
        _ => return None,
    })
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn path_of(url: &str) -> &str {
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => url,
    }
}

fn parameter(pair: &str) -> Option<(String, String)> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    (!name.is_empty()).then(|| (unescaped(name), unescaped(value)))
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let hex = || u8::from_str_radix(std::str::from_utf8(after.get(..2)?).ok()?, 16).ok();
        match byte {
            b'+' => bytes.push(b' '),
            b'%' if let Some(byte) = hex() => {
                bytes.push(byte);
                rest = &after[2..];
                continue;
            }
            _ => bytes.push(*byte),
        }
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_unescaped() {
        assert_eq!(parameter("q=dog+food%21%zz"), Some(("q".to_owned(), "dog food!%zz".to_owned())));
        assert_eq!(parameter(""), None);
        assert_eq!(path_of("https://shop.example"), "/");
        assert_eq!(path_of("https://shop.example/a/b"), "/a/b");
    }
}
