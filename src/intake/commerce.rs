//! E-commerce events of Google's tag plans as Segment's: GA4's, and the older enhanced e-commerce that many shops push.

use super::happening::Happening;
use super::product::{MOST, category_path, fill, mapped, push_level, put, said, text};
use super::scrub;
use tailorbird_schema::Value;

/// What an event is about.
#[derive(Clone, Copy, PartialEq)]
enum About {
    /// One event for each product.
    EachProduct,
    /// A list of products that was shown.
    List,
    /// Everything at once: the cart, the checkout, a search, a log-in.
    Whole,
    /// An order.
    Order,
    /// Promotions.
    Promotion,
}

const GA4: [(&str, &str, About); 19] = [
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
    ("search", "Products Searched", About::Whole),
    ("view_search_results", "Products Searched", About::Whole),
    ("login", "Signed In", About::Whole),
    ("sign_up", "Signed Up", About::Whole),
];
/// Actions of enhanced e-commerce; what they are about stands in `products` or `promotions`.
const ENHANCED: [(&str, &str, About); 9] = [
    ("detail", "Product Viewed", About::EachProduct),
    ("click", "Product Clicked", About::EachProduct),
    ("add", "Product Added", About::EachProduct),
    ("remove", "Product Removed", About::EachProduct),
    ("checkout", "Checkout Started", About::Whole),
    ("purchase", "Order Completed", About::Order),
    ("refund", "Order Refunded", About::Order),
    ("promoView", "Promotion Viewed", About::Promotion),
    ("promoClick", "Promotion Clicked", About::Promotion),
];
const PRODUCT: &str = "product_id=item_id,id name=item_name,name brand=item_brand,brand variant=item_variant,variant \
                       coupon=coupon affiliation=affiliation list_id=item_list_id,list url=item_url image_url=item_image \
                       price#price quantity#quantity discount#discount position#index,position";
const WHOLE: &str = "affiliation=affiliation coupon=coupon currency=currency tax#tax shipping#shipping discount#discount \
                     payment_method=payment_type shipping_method=shipping_tier method=method query=search_term \
                     list_id=item_list_id,item_list_name,list step#step value#value,revenue";
const PROMOTION: &str = "promotion_id=promotion_id,id name=promotion_name,name creative=creative_slot,creative_name,creative \
                         position=location_id,position";

/// Segment's events for one of GA4's. Empty for names of other kinds, and where what it is about is missing.
pub(crate) fn read(event: &str, parameters: &Value) -> Vec<Happening> {
    let mut told = Vec::new();
    if let Some((_, name, about)) = GA4.iter().find(|(ga4, ..)| *ga4 == event) {
        tell(name, *about, parameters, parameters.get("items"), &mut told);
    }
    told
}

/// Segment's events for an `ecommerce` object of the older form. Empty where it is not of this form.
pub(crate) fn read_enhanced(ecommerce: &Value) -> Vec<Happening> {
    let mut told = Vec::new();
    for (action, name, about) in ENHANCED {
        let Some(action @ Value::Map(_)) = ecommerce.get(action) else { continue };
        let mut parameters = action.get("actionField").cloned().unwrap_or_else(Value::map);
        put(&mut parameters, "currency", ecommerce.get("currencyCode").cloned().unwrap_or_default());
        let items = action.get("products").or_else(|| action.get("promotions"));
        let is_later_step =
            about == About::Whole && parameters.get("step").is_some_and(|step| text(step) != "1".into());
        let name = if is_later_step { "Checkout Step Viewed" } else { name };
        tell(name, about, &parameters, items, &mut told);
    }
    tell("Product List Viewed", About::List, &Value::map(), ecommerce.get("impressions"), &mut told);
    told
}

fn tell(name: &'static str, about: About, parameters: &Value, items: Option<&Value>, told: &mut Vec<Happening>) {
    let is_list = matches!(items, Some(Value::List(_)));
    let items = items.map(Value::items).unwrap_or_default();
    if about == About::Promotion {
        return promotions(name, parameters, items, told);
    }
    let mut products = Vec::new();
    for item in items {
        let product = product(item);
        if product.get("product_id").or_else(|| product.get("name")).is_some() {
            products.push(product);
        }
    }
    let mut whole = mapped(parameters, WHOLE);
    if about == About::EachProduct {
        products.truncate(MOST);
        let only = if products.len() == 1 { "currency value list_id" } else { "currency list_id" };
        for mut product in products {
            fill(&mut product, &whole, only);
            told.push(Happening { name, properties: product });
        }
        return;
    }
    let is_search = name == "Products Searched";
    let mut is_about_nothing = is_search && whole.get("query").is_none();
    match about {
        About::List => {
            is_about_nothing = products.is_empty();
            for field in ["list_id", "category"] {
                if whole.get(field).is_none() {
                    put(&mut whole, field, common(&products, field));
                }
            }
        }
        About::Order => {
            put(
                &mut whole,
                "order_id",
                text(parameters.get("transaction_id").or(parameters.get("id")).unwrap_or(&Value::Null)),
            );
            is_about_nothing = products.is_empty() && whole.get("order_id").is_none();
            // The shop's `value` is taken for both of Segment's words for it; without one, the sum of the products.
            let total = whole.remove("value").unwrap_or_else(|| sum(&products));
            put(&mut whole, "total", total.clone());
            put(&mut whole, "revenue", total);
        }
        _ => {}
    }
    if is_search {
        let query = scrub::text(said(&whole, "query"));
        whole.set("query", query.into());
    }
    // An empty cart is one that was emptied.
    if !products.is_empty() || (name == "Cart Viewed" && is_list) {
        products.truncate(MOST);
        whole.set("products", Value::List(products));
    }
    if !is_about_nothing {
        told.push(Happening { name, properties: whole });
    }
}

fn product(item: &Value) -> Value {
    let mut product = mapped(item, PRODUCT);
    // One field with the whole path is as common as one for each level.
    let mut path = category_path(said(item, "category"));
    for level in ["item_category", "item_category2", "item_category3", "item_category4", "item_category5"] {
        match (&mut path, text(item.get(level).unwrap_or(&Value::Null))) {
            (Value::Text(path), Value::Text(level)) => push_level(path, &level),
            (none, Value::Text(level)) => *none = category_path(&level),
            _ => {}
        }
    }
    put(&mut product, "category", path);
    product
}

/// What products cost together, in cents' precision.
fn sum(products: &[Value]) -> Value {
    let mut sum = 0.0;
    for product in products {
        let number = |name| product.get(name).and_then(Value::as_f64);
        sum += number("price").unwrap_or(0.0) * number("quantity").unwrap_or(1.0);
    }
    if sum > 0.0 { Value::Number((sum * 100.0).round() / 100.0) } else { Value::Null }
}

/// What all products of a list say alike.
fn common(products: &[Value], field: &str) -> Value {
    let first = products.first().and_then(|product| product.get(field));
    match first {
        Some(value) if products.iter().all(|product| product.get(field) == first) => value.clone(),
        _ => Value::Null,
    }
}

fn promotions(name: &'static str, parameters: &Value, items: &[Value], told: &mut Vec<Happening>) {
    let whole = mapped(parameters, PROMOTION);
    let mut known: Vec<Value> = Vec::new();
    let alone = [Value::map()];
    for item in if items.is_empty() { &alone } else { items }.iter().take(MOST) {
        // Products may stand here, too: their names are not the promotion's.
        let is_product = item.get("item_id").or_else(|| item.get("item_name")).is_some();
        let mut promotion = mapped(item, PROMOTION);
        if is_product && item.get("promotion_name").is_none() {
            promotion.remove("name");
        }
        fill(&mut promotion, &whole, "");
        if !known.contains(&promotion) && promotion.get("promotion_id").or_else(|| promotion.get("name")).is_some() {
            known.push(promotion.clone());
            told.push(Happening { name, properties: promotion });
        }
    }
}
