//! Entries as shops push them, row by row: what each means.

use super::*;
use tailorbird_core::consent::Grant;
use tailorbird_core::json::{parse_value, write};

fn told(entry: &str) -> Told {
    read(&parse_value(entry).unwrap(), &mut ConsentMode::default())
}

/// `Name {properties}` for each event.
fn events(entry: &str) -> Vec<String> {
    let line = |happening: Happening| {
        let mut text = format!("{} ", happening.name);
        write(&happening.properties, &mut text);
        text.replace('"', "")
    };
    told(entry).events.into_iter().map(line).collect()
}

const BALL: &str = r#"{"item_id":"b1","item_name":"Ball","item_brand":"Acme","item_category":"Dogs","item_category2":"Toys","item_variant":"red","price":"3,50","quantity":2,"index":4}"#;
const OURS: &str = "product_id:b1,name:Ball,brand:Acme,variant:red,price:3.5,quantity:2,position:4,category:Dogs/Toys";

#[test]
fn every_ga4_event_has_its_segment_name() {
    for (ga4, name) in [
        ("view_item", "Product Viewed"),
        ("select_item", "Product Clicked"),
        ("add_to_cart", "Product Added"),
        ("remove_from_cart", "Product Removed"),
        ("add_to_wishlist", "Product Added to Wishlist"),
        ("remove_from_wishlist", "Product Removed from Wishlist"),
        ("view_item_list", "Product List Viewed"),
        ("view_cart", "Cart Viewed"),
        ("begin_checkout", "Checkout Started"),
        ("add_payment_info", "Payment Info Entered"),
        ("add_shipping_info", "Checkout Step Completed"),
        ("purchase", "Order Completed"),
        ("refund", "Order Refunded"),
    ] {
        let nested = format!(r#"{{"event":"{ga4}","ecommerce":{{"transaction_id":"o1","items":[{BALL}]}}}}"#);
        let flat = format!(r#"{{"0":"event","1":"{ga4}","2":{{"transaction_id":"o1","items":[{BALL}]}}}}"#);
        let without_nesting = format!(r#"{{"event":"{ga4}","transaction_id":"o1","items":[{BALL}]}}"#);
        for (entry, source) in [(nested, Source::DataLayer), (flat, Source::Gtag), (without_nesting, Source::DataLayer)]
        {
            let told = told(&entry);
            assert_eq!(told.events.len(), 1, "{entry}");
            assert_eq!((told.source, told.events[0].name), (source, name), "{entry}");
        }
    }
}

#[test]
fn products_take_segment_s_fields() {
    assert_eq!(
        events(&format!(
            r#"{{"event":"view_item","ecommerce":{{"currency":"EUR","value":7,"item_list_name":"Row","items":[{BALL}]}}}}"#
        )),
        [format!("Product Viewed {{{OURS},currency:EUR,list_id:Row,value:7}}")]
    );
    for (item, wanted) in [
        (r#"{"item_id":5,"price":"1,299.00"}"#, "Product Viewed {product_id:5,price:1299}"),
        (r#"{"item_name":"Ball &amp; Rope"}"#, "Product Viewed {name:Ball & Rope}"),
        (r#"{"item_id":"a","item_category":"Dogs > Food"}"#, "Product Viewed {product_id:a,category:Dogs/Food}"),
        (
            r#"{"item_id":"a","item_category":"Dogs","item_category2":"Dry / Wet"}"#,
            "Product Viewed {product_id:a,category:Dogs/Dry - Wet}",
        ),
        (
            r#"{"item_id":"undefined","item_name":"x","item_brand":null,"price":"","coupon":{}}"#,
            "Product Viewed {name:x}",
        ),
        (r#"{"item_id":"a","item_list_id":"own"}"#, "Product Viewed {product_id:a,list_id:own}"),
    ] {
        assert_eq!(events(&format!(r#"{{"event":"view_item","ecommerce":{{"items":[{item}]}}}}"#)), [wanted], "{item}");
    }
}

#[test]
fn several_products_are_several_additions() {
    let entry = r#"{"event":"add_to_cart","ecommerce":{"currency":"EUR","value":9,"items":[{"item_id":"a"},{"item_id":"b"},{}]}}"#;
    assert_eq!(
        events(entry),
        ["Product Added {product_id:a,currency:EUR}", "Product Added {product_id:b,currency:EUR}"]
    );
}

#[test]
fn orders_carry_totals_and_an_id_that_lasts() {
    let entry = r#"{"event":"purchase","ecommerce":{"transaction_id":"T-1","value":"25.90","tax":4,"shipping":3.9,"currency":"EUR","coupon":"SPRING","affiliation":"web","items":[{"item_id":"a","price":11,"quantity":2}]}}"#;
    assert_eq!(
        events(entry),
        [
            "Order Completed {affiliation:web,coupon:SPRING,currency:EUR,tax:4,shipping:3.9,order_id:T-1,total:25.9,revenue:25.9,products:[{product_id:a,price:11,quantity:2}]}"
        ]
    );

    let without_value = r#"{"event":"purchase","ecommerce":{"transaction_id":7,"items":[{"item_id":"a","price":1.1,"quantity":3},{"item_id":"b","price":2}]}}"#;
    assert!(events(without_value)[0].contains("order_id:7,total:5.3,revenue:5.3,"), "{:?}", events(without_value));
    assert_eq!(events(r#"{"event":"purchase","ecommerce":{"value":5}}"#), [] as [&str; 0], "an order of nothing");
    assert_eq!(
        events(r#"{"0":"event","1":"refund","2":{"transaction_id":"T-1","value":5}}"#),
        ["Order Refunded {order_id:T-1,total:5,revenue:5}"]
    );
}

#[test]
fn lists_carts_and_the_rest() {
    for (entry, wanted) in [
        (
            r#"{"event":"view_item_list","ecommerce":{"item_list_id":"row","items":[{"item_id":"a","item_category":"Dogs"},{"item_id":"b","item_category":"Dogs"}]}}"#,
            "Product List Viewed {list_id:row,category:Dogs,products:[{product_id:a,category:Dogs},{product_id:b,category:Dogs}]}",
        ),
        (
            r#"{"event":"view_item_list","ecommerce":{"items":[{"item_id":"a","item_list_id":"own"}]}}"#,
            "Product List Viewed {list_id:own,products:[{product_id:a,list_id:own}]}",
        ),
        (r#"{"event":"view_cart","ecommerce":{"currency":"EUR","value":3}}"#, "Cart Viewed {currency:EUR,value:3}"),
        (
            r#"{"event":"add_payment_info","ecommerce":{"payment_type":"card","items":[]}}"#,
            "Payment Info Entered {payment_method:card}",
        ),
        (
            r#"{"event":"add_shipping_info","ecommerce":{"shipping_tier":"Express"}}"#,
            "Checkout Step Completed {shipping_method:Express}",
        ),
        (r#"{"event":"search","search_term":"dog food"}"#, "Products Searched {query:dog food}"),
        (
            r#"{"0":"event","1":"view_search_results","2":{"search_term":"bob@x.org"}}"#,
            "Products Searched {query:redacted}",
        ),
        (r#"{"0":"event","1":"login","2":{"method":"Google","email":"x"}}"#, "Signed In {method:Google}"),
        (r#"{"0":"event","1":"sign_up"}"#, "Signed Up {}"),
        (
            r#"{"event":"view_promotion","ecommerce":{"promotion_id":"p","promotion_name":"Sale","creative_slot":"hero","location_id":"top"}}"#,
            "Promotion Viewed {promotion_id:p,name:Sale,creative:hero,position:top}",
        ),
        (
            r#"{"event":"select_promotion","ecommerce":{"creative_name":"c","items":[{"promotion_id":"p","item_id":"a"},{"promotion_id":"p","item_id":"b"}]}}"#,
            "Promotion Clicked {promotion_id:p,creative:c}",
        ),
    ] {
        assert_eq!(events(entry), [wanted], "{entry}");
    }
}

#[test]
fn entries_that_tell_nothing() {
    for entry in [
        r#"{"event":"view_item"}"#,
        r#"{"event":"view_item","ecommerce":null}"#,
        r#"{"event":"view_item","ecommerce":{}}"#,
        r#"{"event":"view_item","ecommerce":{"items":[]}}"#,
        r#"{"event":"view_item","ecommerce":{"items":[null,5,"x",[],{}]}}"#,
        r#"{"event":"view_item_list","ecommerce":{"items":"x"}}"#,
        r#"{"event":"view_promotion","ecommerce":{"items":[{"item_id":"a"}]}}"#,
        r#"{"event":"search"}"#,
        r#"{"ecommerce":null}"#,
        r#"{"ecommerce":{"items":[{"item_id":"a"}]}}"#,
        r#"{"event":"gtm.js"}"#,
        r#"{"event":"constructor","ecommerce":{"items":[{"item_id":"a"}]}}"#,
        r#"{"event":5}"#,
        r#"{"0":"js","1":"2026-01-01"}"#,
        r#"{"0":"event"}"#,
        r#"{"0":"event","1":{"x":1}}"#,
        r#"{"0":"consent","1":"update","2":{"ad_storage":"granted"}}"#,
        "[]",
        "null",
        "\"event\"",
    ] {
        let told = told(entry);
        assert!(told.events.is_empty() && told.page_type.is_none() && !told.consent, "{entry}");
    }
}

#[test]
fn enhanced_ecommerce_is_understood() {
    for (ecommerce, wanted) in [
        (
            r#"{"currencyCode":"EUR","detail":{"actionField":{"list":"Row"},"products":[{"id":"a","name":"Ball","category":"Dogs/Toys","price":"3.5"}]}}"#,
            vec!["Product Viewed {product_id:a,name:Ball,price:3.5,category:Dogs/Toys,currency:EUR,list_id:Row}"],
        ),
        (
            r#"{"add":{"products":[{"id":"a","quantity":2},{"id":"b"}]}}"#,
            vec!["Product Added {product_id:a,quantity:2}", "Product Added {product_id:b}"],
        ),
        (r#"{"remove":{"products":[{"id":"a"}]}}"#, vec!["Product Removed {product_id:a}"]),
        (r#"{"click":{"products":[{"id":"a","position":3}]}}"#, vec!["Product Clicked {product_id:a,position:3}"]),
        (
            r#"{"impressions":[{"id":"a","list":"L"},{"id":"b","list":"L"}]}"#,
            vec!["Product List Viewed {list_id:L,products:[{product_id:a,list_id:L},{product_id:b,list_id:L}]}"],
        ),
        (
            r#"{"impressions":[{"id":"a","list":"L"},{"id":"b","list":"M"}]}"#,
            vec!["Product List Viewed {products:[{product_id:a,list_id:L},{product_id:b,list_id:M}]}"],
        ),
        (
            r#"{"checkout":{"actionField":{"step":1},"products":[{"id":"a"}]}}"#,
            vec!["Checkout Started {step:1,products:[{product_id:a}]}"],
        ),
        (r#"{"checkout":{"actionField":{"step":2}}}"#, vec!["Checkout Step Viewed {step:2}"]),
        (
            r#"{"currencyCode":"EUR","purchase":{"actionField":{"id":"o1","revenue":"20.00","shipping":3},"products":[{"id":"a"}]}}"#,
            vec!["Order Completed {currency:EUR,shipping:3,order_id:o1,total:20,revenue:20,products:[{product_id:a}]}"],
        ),
        (
            r#"{"promoView":{"promotions":[{"id":"p","name":"Sale","creative":"c","position":"top"}]}}"#,
            vec!["Promotion Viewed {promotion_id:p,name:Sale,creative:c,position:top}"],
        ),
        (r#"{"detail":{"products":[{}]},"impressions":"x","purchase":[],"promoClick":null}"#, vec![]),
    ] {
        assert_eq!(events(&format!(r#"{{"event":"anything","ecommerce":{ecommerce}}}"#)), wanted, "{ecommerce}");
        assert_eq!(events(&format!(r#"{{"ecommerce":{ecommerce}}}"#)), wanted, "{ecommerce}");
    }
}

#[test]
fn ga4_wins_over_its_predecessor_in_one_entry() {
    let both = r#"{"event":"view_item","ecommerce":{"items":[{"item_id":"a"}],"detail":{"products":[{"id":"a"}]}}}"#;
    assert_eq!(events(both), ["Product Viewed {product_id:a}"]);
}

#[test]
fn page_types_are_found_in_every_tag_plan() {
    for (entry, kind) in [
        (r#"{"page_type":"PDP"}"#, Some("product")),
        (r#"{"event":"x","pageType":"searchresults"}"#, Some("search")),
        (r#"{"ecomm_pagetype":"cart"}"#, Some("cart")),
        (r#"{"page":{"type":"Home"}}"#, Some("home")),
        (r#"{"0":"config","1":"G-1","2":{"page_type":"category"}}"#, Some("category")),
        (r#"{"0":"set","1":{"page_type":"category"}}"#, Some("category")),
        (r#"{"page_type":"guide"}"#, None),
        (r#"{"page":"/x"}"#, None),
    ] {
        assert_eq!(told(entry).page_type, kind, "{entry}");
    }
}

#[test]
fn consent_calls_are_noticed() {
    let mut mode = ConsentMode::default();
    let update = parse_value(r#"{"0":"consent","1":"update","2":{"analytics_storage":"granted"}}"#).unwrap();
    assert!(read(&update, &mut mode).consent);
    assert_eq!(mode.statement().analytics, Some(Grant::Granted));
}

#[test]
fn what_is_read_of_an_entry_is_a_list_of_names() {
    let names = parse_value(READ).unwrap();
    assert!(names.items().iter().all(|name| name.as_str().is_some()));
    // Everything the tables above use must be copied at all.
    for name in ["items", "item_category5", "transaction_id", "personalization_storage", "actionField", "2"] {
        assert!(names.items().contains(&name.into()), "{name}");
    }
}

#[test]
fn what_goes_to_googles_advertising_is_told_apart_and_is_no_order_without_a_number() {
    let ads = |to: &str, order: &str| {
        told(&format!(
            r#"{{"0":"event","1":"purchase","2":{{"send_to":{to},{order}"value":50,"items":[{{"id":"b1"}}]}}}}"#
        ))
    };
    for to in [r#""AW-1/abc""#, r#""DC-1""#, r#"["AW-1","AW-2"]"#] {
        assert_eq!(ads(to, ""), Told { source: Source::Ads, events: vec![], page_type: None, consent: false }, "{to}");
        assert_eq!(ads(to, r#""transaction_id":"o1","#).events.len(), 1, "{to}");
    }
    for to in [r#""G-1""#, r#"["G-1","AW-1"]"#, "[]", "null"] {
        let told = ads(to, "");
        assert_eq!((told.source, told.events.len()), (Source::Gtag, 1), "{to}");
    }
}

#[test]
fn the_older_body_counts_under_the_newer_name() {
    let told = told(
        r#"{"event":"begin_checkout","ecommerce":{"checkout":{"actionField":{"step":1},"products":[{"id":"b1","price":"3,50"}]}}}"#,
    );
    assert_eq!((told.source, told.events.len()), (Source::Enhanced, 1));
    let [checkout] = told.events.as_slice() else { panic!() };
    assert_eq!((checkout.name, checkout.properties.get("products").unwrap().items().len()), ("Checkout Started", 1));
}

#[test]
fn a_cart_that_was_emptied_is_told_as_empty() {
    assert_eq!(events(r#"{"event":"view_cart","ecommerce":{"items":[]}}"#), ["Cart Viewed {products:[]}"]);
    assert_eq!(events(r#"{"event":"view_cart","ecommerce":{"value":5}}"#), ["Cart Viewed {value:5}"]);
}

#[test]
fn all_products_of_an_order_are_paid_for_however_many_are_named() {
    let items: Vec<String> = (0..60).map(|nth| format!(r#"{{"item_id":"p{nth}","price":1}}"#)).collect();
    let told =
        told(&format!(r#"{{"event":"purchase","ecommerce":{{"transaction_id":"o1","items":[{}]}}}}"#, items.join(",")));
    let order = &told.events.first().unwrap().properties;
    assert_eq!((order.get("total"), order.get("products").unwrap().items().len()), (Some(&60.0.into()), 50));
}
