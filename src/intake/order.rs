//! The id of an order's event: the same whoever tells the order and however often its thank-you page is seen.

use super::product::text;
use super::url;
use tailorbird_schema::Value;

/// Longer ids are no ids; what they name gets an id of ours.
const LONGEST: usize = 80;

/// The id of the event, if it is an order's and the order has one. Other shops on the same collector count theirs, too:
/// the write key tells them apart, or the host of `address` where there is none.
pub(crate) fn message_id(name: &str, properties: &Value, write_key: &str, address: &str) -> Option<String> {
    let Value::Text(order) = text(properties.get("order_id").filter(|_| name == "Order Completed")?) else {
        return None;
    };
    let shop = if write_key.is_empty() { url::parts(address).host } else { write_key };
    (order.len() <= LONGEST).then(|| ["order-", shop, "-", &order].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_named_by_its_shop_and_its_id() {
        let of = |name, order: Value, key| {
            message_id(name, &Value::from([("order_id", order)]), key, "https://shop.example/thanks?x=1")
        };
        assert_eq!(of("Order Completed", "1001".into(), "key").as_deref(), Some("order-key-1001"));
        assert_eq!(of("Order Completed", 1001.0.into(), "key").as_deref(), Some("order-key-1001"));
        assert_eq!(of("Order Completed", "1001".into(), "").as_deref(), Some("order-shop.example-1001"));
        assert_eq!(of("Order Completed", "".into(), "key"), None);
        assert_eq!(of("Order Completed", "1".repeat(81).as_str().into(), "key"), None);
        assert_eq!(of("Order Refunded", "1001".into(), "key"), None);
        assert_eq!(message_id("Order Completed", &Value::map(), "key", ""), None);
    }
}
