//! GA4's e-commerce events as Segment's: names, products, orders.

use super::happening::Happening;
use super::product::{MOST, category_path, number, push_level, put, text};
use tailorbird_schema::Value;

/// What an event is about.
#[derive(Clone, Copy)]
enum About {
    /// One event for each product.
    EachProduct,
    /// A list of products that was shown.
    List,
    /// Everything at once: the cart, the checkout.
    Whole,
    /// An order.
    Order,
    /// A promotion.
    Promotion,
    /// What was typed into the search.
    Search,
    /// How somebody came in.
    Door,
}

const EVENTS: [(&str, &str, About); 19] = [
    ("view_item", "Product Viewed", About::EachProduct),
    ("view_item_list", "Product List Viewed", About::List),
    ("select_item", "Product Clicked", About::EachProduct),
    ("add_to_cart", "Product Added", About::EachProduct),
    ("remove_from_cart", "Product Removed", About::EachProduct),
    ("add_to_wishlist", "Product Added to Wishlist", About::EachProduct),
    ("remove_from_wishlist", "Product Removed from Wishlist", About::EachProduct),
    ("view_cart", "Cart Viewed", About::Whole),
    ("begin_checkout", "Checkout Started", About::Whole),
    ("add_payment_info", "Payment Info Entered", About::Whole),
    ("add_shipping_info", "Checkout Step Completed", About::Whole),
    ("purchase", "Order Completed", About::Order),
    ("refund", "Order Refunded", About::Order),
    ("view_promotion", "Promotion Viewed", About::Promotion),
    ("select_promotion", "Promotion Clicked", About::Promotion),
    ("search", "Products Searched", About::Search),
    ("view_search_results", "Products Searched", About::Search),
    ("login", "Signed In", About::Door),
    ("sign_up", "Signed Up", About::Door),
];

/// Our field, theirs; text.
const WORDS: [(&str, &str); 9] = [
    ("product_id", "item_id"),
    ("name", "item_name"),
    ("brand", "item_brand"),
    ("variant", "item_variant"),
    ("coupon", "coupon"),
    ("affiliation", "affiliation"),
    ("list_id", "item_list_id"),
    ("url", "item_url"),
    ("image_url", "item_image"),
];
/// Our field, theirs; numbers.
const NUMBERS: [(&str, &str); 4] =
    [("price", "price"), ("quantity", "quantity"), ("discount", "discount"), ("position", "index")];

/// Whether this is the name of an event that is understood here.
pub(crate) fn is_known(event: &str) -> bool {
    EVENTS.iter().any(|(name, ..)| *name == event)
}

/// Segment's events for one of GA4's. Empty for names of other kinds, and where what it is about is missing.
pub(crate) fn read(event: &str, parameters: &Value) -> Vec<Happening> {
    let Some((_, name, about)) = EVENTS.iter().find(|(ga4, ..)| *ga4 == event) else { return Vec::new() };
    let products = products(parameters);
    let mut whole = Value::map();
    let one = match about {
        About::EachProduct => {
            let alone = products.len() == 1;
            let each = |mut product: Value| {
                put(&mut product, "currency", parameters.get("currency").and_then(text));
                if alone {
                    put(&mut product, "value", parameters.get("value").and_then(number));
                }
                if product.get("list_id").is_none() {
                    put(&mut product, "list_id", list_id(parameters));
                }
                Happening::new(name, product)
            };
            return products.into_iter().map(each).collect();
        }
        About::List if products.is_empty() => return Vec::new(),
        About::List => {
            put(&mut whole, "list_id", list_id(parameters).or_else(|| products.first().and_then(list_id_of_product)));
            put(&mut whole, "category", common_category(&products));
            whole.set("products", Value::List(products));
            Happening::new(name, whole)
        }
        About::Whole | About::Order => {
            let total = parameters.get("value").and_then(number);
            money(&mut whole, parameters);
            put(&mut whole, "payment_method", parameters.get("payment_type").and_then(text));
            put(&mut whole, "shipping_method", parameters.get("shipping_tier").and_then(text));
            let order_id = parameters.get("transaction_id").and_then(text);
            let is_order = matches!(about, About::Order);
            if is_order && order_id.is_none() && products.is_empty() {
                return Vec::new();
            }
            put(&mut whole, "order_id", order_id);
            if is_order {
                order_total(&mut whole, total, &products);
            } else {
                put(&mut whole, "value", total);
            }
            if !products.is_empty() {
                whole.set("products", Value::List(products));
            }
            if *name == "Order Completed" { Happening::order(whole) } else { Happening::new(name, whole) }
        }
        About::Promotion => return promotions(name, parameters),
        About::Search => {
            let Some(query) = parameters.get("search_term").and_then(text) else { return Vec::new() };
            whole.set("query", super::scrub::text(&query).into());
            Happening::new(name, whole)
        }
        About::Door => {
            put(&mut whole, "method", parameters.get("method").and_then(text));
            Happening::new(name, whole)
        }
    };
    vec![one]
}

/// What an order came to. The shop's `value` is taken for both of Segment's words for it; without one, the products'.
pub(crate) fn order_total(order: &mut Value, told: Option<f64>, products: &[Value]) {
    let field = |product: &Value, name| product.get(name).and_then(Value::as_f64);
    let of_products = || -> Option<f64> {
        products.iter().map(|one| field(one, "price").map(|price| price * field(one, "quantity").unwrap_or(1.0))).sum()
    };
    let total = told.or_else(|| of_products().filter(|sum| *sum > 0.0).map(|sum| (sum * 100.0).round() / 100.0));
    put(order, "total", total);
    put(order, "revenue", total);
}

/// What stands beside the products of a cart or an order.
pub(crate) fn money(whole: &mut Value, from: &Value) {
    for name in ["affiliation", "coupon", "currency"] {
        put(whole, name, from.get(name).and_then(text));
    }
    for name in ["tax", "shipping", "discount"] {
        put(whole, name, from.get(name).and_then(number));
    }
}

fn products(parameters: &Value) -> Vec<Value> {
    let items = match parameters.get("items") {
        Some(Value::List(items)) => items.as_slice(),
        Some(item) => std::slice::from_ref(item),
        None => &[],
    };
    items.iter().filter_map(product).take(MOST).collect()
}

fn product(item: &Value) -> Option<Value> {
    let mut product = fields(item, &WORDS, &NUMBERS);
    let mut path = String::new();
    for level in ["item_category", "item_category2", "item_category3", "item_category4", "item_category5"] {
        match item.get(level).and_then(text) {
            // One field with the whole path is common, too.
            Some(level) if path.is_empty() => path = category_path(&level).unwrap_or_default(),
            Some(level) => push_level(&mut path, &level),
            None => {}
        }
    }
    put(&mut product, "category", Some(path).filter(|path| !path.is_empty()));
    (product.get("product_id").is_some() || product.get("name").is_some()).then_some(product)
}

/// The fields of one object under our names.
pub(crate) fn fields(from: &Value, words: &[(&str, &str)], numbers: &[(&str, &str)]) -> Value {
    let mut to = Value::map();
    for (ours, theirs) in words {
        put(&mut to, ours, from.get(theirs).and_then(text));
    }
    for (ours, theirs) in numbers {
        put(&mut to, ours, from.get(theirs).and_then(number));
    }
    to
}

fn list_id(parameters: &Value) -> Option<String> {
    parameters.get("item_list_id").or_else(|| parameters.get("item_list_name")).and_then(text)
}

fn list_id_of_product(product: &Value) -> Option<String> {
    product.get("list_id").and_then(text)
}

/// The category that all products of a list share.
fn common_category(products: &[Value]) -> Option<String> {
    let (first, rest) = products.split_first()?;
    let category = first.get("category")?;
    rest.iter().all(|product| product.get("category") == Some(category)).then(|| text(category)).flatten()
}

fn promotions(name: &'static str, parameters: &Value) -> Vec<Happening> {
    let read = |from: &Value| {
        let words = [
            ("promotion_id", "promotion_id"),
            ("name", "promotion_name"),
            ("creative", "creative_name"),
            ("creative", "creative_slot"),
            ("position", "location_id"),
        ];
        fields(from, &words, &[])
    };
    let common = read(parameters);
    let mut told: Vec<Value> = Vec::new();
    for item in parameters.get("items").map(Value::items).unwrap_or_default() {
        let mut promotion = read(item);
        for (name, value) in common.members() {
            if promotion.get(name).is_none() {
                promotion.set(name, value.clone());
            }
        }
        if !told.contains(&promotion) {
            told.push(promotion);
        }
    }
    if told.is_empty() {
        told.push(common);
    }
    let named = |promotion: &Value| promotion.get("promotion_id").is_some() || promotion.get("name").is_some();
    told.into_iter().filter(named).take(MOST).map(|promotion| Happening::new(name, promotion)).collect()
}
