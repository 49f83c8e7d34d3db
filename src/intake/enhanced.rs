//! Universal Analytics' enhanced e-commerce, which many shops still push, as Segment's events.

use super::commerce::{fields, money, order_total};
use super::happening::Happening;
use super::product::{MOST, category_path, number, put, text};
use tailorbird_schema::Value;

const WORDS: [(&str, &str); 7] = [
    ("product_id", "id"),
    ("name", "name"),
    ("brand", "brand"),
    ("variant", "variant"),
    ("coupon", "coupon"),
    ("list_id", "list"),
    ("category", "category"),
];
const NUMBERS: [(&str, &str); 3] = [("price", "price"), ("quantity", "quantity"), ("position", "position")];

/// Actions on products, each told as one event for each product.
const ACTIONS: [(&str, &str); 4] = [
    ("detail", "Product Viewed"),
    ("click", "Product Clicked"),
    ("add", "Product Added"),
    ("remove", "Product Removed"),
];

/// Segment's events for an `ecommerce` object. Empty where it is not of this form.
pub(crate) fn read(ecommerce: &Value) -> Vec<Happening> {
    let mut told = Vec::new();
    let currency = ecommerce.get("currencyCode").and_then(text);
    for (action, name) in ACTIONS {
        let Some(action) = ecommerce.get(action) else { continue };
        let list = action.get("actionField").and_then(|field| field.get("list")).and_then(text);
        for mut product in products(action.get("products")) {
            put(&mut product, "currency", currency.clone());
            if product.get("list_id").is_none() {
                put(&mut product, "list_id", list.clone());
            }
            told.push(Happening::new(name, product));
        }
    }
    lists(ecommerce, &mut told);
    for (action, name) in [("promoView", "Promotion Viewed"), ("promoClick", "Promotion Clicked")] {
        let promotions = ecommerce.get(action).and_then(|action| action.get("promotions"));
        for promotion in promotions.map(Value::items).unwrap_or_default().iter().take(MOST) {
            let words = [("promotion_id", "id"), ("name", "name"), ("creative", "creative"), ("position", "position")];
            told.push(Happening::new(name, fields(promotion, &words, &[])));
        }
    }
    for (action, name) in
        [("checkout", "Checkout Started"), ("purchase", "Order Completed"), ("refund", "Order Refunded")]
    {
        if let Some(action) = ecommerce.get(action).filter(|action| !action.members().is_empty()) {
            told.push(whole(name, action, currency.clone()));
        }
    }
    told
}

/// Impressions are one flat list in which each product names its own.
fn lists(ecommerce: &Value, told: &mut Vec<Happening>) {
    let mut groups: Vec<(Option<String>, Vec<Value>)> = Vec::new();
    for product in products(ecommerce.get("impressions")) {
        let list = product.get("list_id").and_then(text);
        match groups.iter_mut().find(|(other, _)| *other == list) {
            Some((_, members)) => members.push(product),
            None => groups.push((list, vec![product])),
        }
    }
    for (list, members) in groups {
        let mut whole = Value::map();
        put(&mut whole, "list_id", list);
        whole.set("products", Value::List(members));
        told.push(Happening::new("Product List Viewed", whole));
    }
}

fn whole(name: &'static str, action: &Value, currency: Option<String>) -> Happening {
    let empty = Value::map();
    let field = action.get("actionField").unwrap_or(&empty);
    let products = products(action.get("products"));
    let mut whole = Value::map();
    money(&mut whole, field);
    put(&mut whole, "currency", currency);
    let step = field.get("step").and_then(number);
    let name = match (name, step) {
        ("Checkout Started", Some(step)) if step > 1.0 => {
            put(&mut whole, "step", step);
            "Checkout Step Viewed"
        }
        _ => name,
    };
    if name.starts_with("Order") {
        put(&mut whole, "order_id", field.get("id").and_then(text));
        order_total(&mut whole, field.get("revenue").and_then(number), &products);
    }
    if !products.is_empty() {
        whole.set("products", Value::List(products));
    }
    if name == "Order Completed" { Happening::order(whole) } else { Happening::new(name, whole) }
}

fn products(list: Option<&Value>) -> Vec<Value> {
    list.map(Value::items).unwrap_or_default().iter().filter_map(product).take(MOST).collect()
}

fn product(item: &Value) -> Option<Value> {
    let mut product = fields(item, &WORDS, &NUMBERS);
    if let Some(path) = product.get("category").and_then(Value::as_str).and_then(category_path) {
        product.set("category", path.into());
    }
    (product.get("product_id").is_some() || product.get("name").is_some()).then_some(product)
}
