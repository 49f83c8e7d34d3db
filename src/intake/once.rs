//! Takes each happening once, though the catalogue, the structured data, the data layer and a click may all tell it.

use super::happening::Source;
use super::product::{said, text};
use super::words::among;
use tailorbird_schema::Value;

/// Two tellers that speak within so many milliseconds mean the same happening.
const TOGETHER_MS: f64 = 1000.0;
/// More is not remembered of one page.
const MOST: usize = 200;

/// What was told since the page was turned.
#[derive(Default)]
pub(crate) struct Once {
    told: Vec<Row>,
    /// Products that lists named, each followed by a line break.
    listed: String,
}

struct Row {
    event: String,
    key: String,
    name: String,
    source: Source,
    at: f64,
}

impl Once {
    /// Whether this is news; remembers it.
    pub(crate) fn takes(&mut self, event: &str, properties: &Value, source: Source, now: f64) -> bool {
        let key = key(properties);
        let name = said(properties, "name").to_ascii_lowercase();
        // Viewing and searching is done once a page, an order once, however often it is told.
        let viewed = event == "Product Viewed";
        let order = is_order(event, properties);
        let once = viewed || order || event == "Products Searched" || event == "Product List Viewed";
        let known = self.told.iter().any(|row| {
            let same = row.key == key || (viewed && !name.is_empty() && row.name == name);
            let together = row.source != source && now - row.at < TOGETHER_MS;
            // What the page says through the API is an order to us, not a hint: only what its tags told is the same again.
            let again = match source {
                Source::Api => is_tag(row.source) && (order || (together && !once)),
                _ => once || together,
            };
            same && row.event == event && again
        });
        if known {
            return false;
        }
        if event == "Product List Viewed" {
            self.listed.push_str(&key);
        }
        if self.told.len() >= MOST {
            self.told.remove(0);
        }
        self.told.push(Row { event: event.to_owned(), key, name, source, at: now });
        true
    }

    /// Whether a list on this page named the product already.
    pub(crate) fn has_listed(&self, id: &str) -> bool {
        self.listed.split('\n').any(|listed| listed == id)
    }

    /// A new page: everything may be seen again, except orders.
    pub(crate) fn turn(&mut self) {
        self.told.retain(|row| row.event == "Order Completed");
        self.listed.clear();
    }
}

fn is_tag(source: Source) -> bool {
    matches!(source, Source::DataLayer | Source::Gtag | Source::Ads | Source::Enhanced)
}

fn is_order(event: &str, properties: &Value) -> bool {
    event == "Order Completed" && properties.get("order_id").is_some()
}

/// What a happening is about, as text: the product, the order, or all that it lists.
fn key(properties: &Value) -> String {
    for name in ["product_id", "order_id"] {
        if let Some(Value::Text(id)) = properties.get(name).map(text) {
            return id;
        }
    }
    let mut key = String::new();
    for (name, value) in properties.members() {
        if let (true, Value::Text(text)) = (among(name, "promotion_id list_id query name"), value) {
            key.push_str(&text.to_ascii_lowercase());
            key.push('\n');
        }
    }
    for product in properties.get("products").map(Value::items).unwrap_or_default() {
        key.push_str(said(product, "product_id"));
        key.push('\n');
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ball(id: &str, name: &str) -> Value {
        Value::from([("product_id", id.into()), ("name", name.into())])
    }

    #[test]
    fn a_view_is_told_once_a_page() {
        let mut once = Once::default();
        assert!(once.takes("Product Viewed", &ball("1", "Ball"), Source::Structured, 0.0));
        assert!(!once.takes("Product Viewed", &ball("1", "Ball"), Source::DataLayer, 5000.0));
        assert!(!once.takes("Product Viewed", &ball("shopify_1", "ball"), Source::Gtag, 9000.0), "other id, same name");
        assert!(once.takes("Product Viewed", &ball("2", "Rope"), Source::DataLayer, 9000.0), "a quick view");
        once.turn();
        assert!(once.takes("Product Viewed", &ball("1", "Ball"), Source::Structured, 9500.0));
    }

    #[test]
    fn ids_that_are_numbers_are_ids() {
        let mut once = Once::default();
        let numbered = Value::from([("product_id", 7.0.into())]);
        assert!(once.takes("Product Viewed", &numbered, Source::Api, 0.0));
        assert!(!once.takes("Product Viewed", &ball("7", "Ball"), Source::Structured, 5.0));
        assert!(once.takes("Product Viewed", &ball("8", "Rope"), Source::Structured, 5.0));
    }

    #[test]
    fn adding_twice_is_two_but_telling_twice_is_one() {
        let mut once = Once::default();
        assert!(once.takes("Product Added", &ball("1", "Ball"), Source::DataLayer, 0.0));
        assert!(once.takes("Product Added", &ball("1", "Ball"), Source::DataLayer, 10.0), "the same teller, twice");
        assert!(!once.takes("Product Added", &ball("1", "Ball"), Source::Gtag, 20.0), "another teller, at once");
        assert!(once.takes("Product Added", &ball("1", "Ball"), Source::Gtag, 2000.0), "another teller, later");
        assert!(once.takes("Product Added", &ball("2", "Rope"), Source::Gtag, 2000.0));
    }

    #[test]
    fn an_order_is_told_once_on_any_page() {
        let mut once = Once::default();
        let order = Value::from([("order_id", "o1".into())]);
        assert!(once.takes("Order Completed", &order, Source::DataLayer, 0.0));
        once.turn();
        assert!(!once.takes("Order Completed", &order, Source::DataLayer, 99_000.0));
        assert!(once.takes("Order Completed", &Value::from([("order_id", "o2".into())]), Source::DataLayer, 99_000.0));
    }

    #[test]
    fn lists_are_remembered_by_product() {
        let mut once = Once::default();
        let list = Value::from([("list_id", "dogs".into()), ("products", vec![ball("1", "a"), ball("2", "b")].into())]);
        assert!(once.takes("Product List Viewed", &list, Source::DataLayer, 0.0));
        assert!(!once.takes("Product List Viewed", &list, Source::Gtag, 5000.0));
        assert!(once.has_listed("2") && !once.has_listed("3"));
    }

    #[test]
    fn the_page_s_own_track_is_always_taken_and_silences_the_rest() {
        let mut once = Once::default();
        for _ in 0..2 {
            assert!(once.takes("Product Viewed", &ball("1", "Ball"), Source::Api, 0.0));
        }
        assert!(!once.takes("Product Viewed", &ball("1", "Ball"), Source::Structured, 0.0));
        assert!(once.takes("Product Clicked", &ball("1", "Ball"), Source::Click, 0.0));
        assert!(once.takes("Product Clicked", &ball("1", "Ball"), Source::Api, 10.0), "a click is a guess of ours");
    }

    #[test]
    fn what_a_tag_has_just_told_the_page_s_own_track_tells_again() {
        let mut once = Once::default();
        assert!(once.takes("Product Added", &ball("1", "Ball"), Source::DataLayer, 0.0));
        assert!(!once.takes("Product Added", &ball("1", "Ball"), Source::Api, 250.0));
        assert!(once.takes("Product Added", &ball("2", "Rope"), Source::Api, 250.0), "another product");
        assert!(once.takes("Product Added", &ball("1", "Ball"), Source::Api, 1500.0), "another time");
        let order = Value::from([("order_id", "o1".into())]);
        assert!(once.takes("Order Completed", &order, Source::Gtag, 0.0));
        assert!(!once.takes("Order Completed", &order, Source::Api, 99_000.0));
    }
}
