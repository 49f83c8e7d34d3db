//! What the structured data of real shops' themes says, form by form.

use super::*;

const HERE: &str = "https://s.example/p/ball";

fn found(texts: &[&str]) -> Found {
    let documents: Vec<Value> = texts.iter().filter_map(|text| parsed(text)).collect();
    read(&documents, HERE)
}

fn field(found: &Found, name: &str) -> Option<String> {
    text(found.product.as_ref()?.properties.get(name)?).as_str().map(str::to_owned)
}

#[test]
fn a_product_s_fields_become_segment_s() {
    let found = found(&[
        r#"{"@context":"https://schema.org","@type":"Product","sku":"b1","gtin13":"4006381333931","name":"Cat &amp; Ball",
        "brand":{"@type":"Brand","name":"Acme"},"category":"Dogs > Toys","image":["/a.jpg","/b.jpg"],"color":"red",
        "offers":{"@type":"Offer","price":"12,90","priceCurrency":"EUR","url":"https://s.example/p/ball"}}"#,
    ]);
    let product = found.product.unwrap();
    assert_eq!(product.ids, ["b1", "4006381333931"]);
    let wanted = [
        ("sku", "b1".into()),
        ("name", "Cat & Ball".into()),
        ("brand", "Acme".into()),
        ("variant", "red".into()),
        ("image_url", "/a.jpg".into()),
        ("url", HERE.into()),
        ("product_id", "b1".into()),
        ("category", "Dogs/Toys".into()),
        ("price", 12.9.into()),
        ("currency", "EUR".into()),
    ];
    assert_eq!(product.properties, Value::from(wanted));
}

#[test]
fn prices_are_found_in_every_form_of_offer() {
    for (offers, price, currency) in [
        (r#"{"price":5,"priceCurrency":"EUR"}"#, Some("5"), Some("EUR")),
        (r#"[{"price":5,"availability":"https://schema.org/OutOfStock"},{"price":6}]"#, Some("6"), None),
        (r#"[{"price":5,"availability":"OutOfStock"}]"#, Some("5"), None),
        (
            r#"{"@type":"AggregateOffer","lowPrice":"7.5","highPrice":9,"priceCurrency":"USD"}"#,
            Some("7.5"),
            Some("USD"),
        ),
        (r#"{"@type":"AggregateOffer","priceCurrency":"USD","offers":[{"price":8}]}"#, Some("8"), Some("USD")),
        (r#"{"priceSpecification":{"price":9,"priceCurrency":"EUR"}}"#, Some("9"), Some("EUR")),
        (
            r#"{"priceSpecification":[{"priceType":"https://schema.org/ListPrice","price":20},{"price":15,"priceCurrency":"EUR"}]}"#,
            Some("15"),
            Some("EUR"),
        ),
        ("{}", None, None),
        ("[]", None, None),
        ("\"nonsense\"", None, None),
    ] {
        let found = found(&[&format!(r#"{{"@type":"Product","name":"x","offers":{offers}}}"#)]);
        assert_eq!(field(&found, "price").as_deref(), price, "{offers}");
        assert_eq!(field(&found, "currency").as_deref(), currency, "{offers}");
    }
}

#[test]
fn a_product_is_found_wherever_themes_put_it() {
    for (texts, id) in [
        (vec![r#"[{"@type":"Organization"},{"@type":"Product","sku":"a"}]"#], Some("a")),
        (vec![r#"{"@graph":[{"@type":"WebSite"},{"@type":["Product","Thing"],"sku":"a"}]}"#], Some("a")),
        (vec![r#"{"@type":"http://schema.org/Product","sku":"a"}"#], Some("a")),
        (vec![r#"{"@type":"schema:Product","sku":"a"}"#], Some("a")),
        (vec![r#"{"@type":"ItemPage","mainEntity":{"@type":"Product","sku":"a"}}"#], Some("a")),
        (vec!["{broken", r#"{"@type":"Product","sku":"a"}"#], Some("a")),
        (vec!["{\"@type\":\"Product\",\"sku\":\"a\",\"description\":\"two\nlines\"};"], Some("a")),
        (vec!["<!-- {\"@type\":\"Product\",\"sku\":\"a\"} -->"], Some("a")),
        (vec![r#"{"@type":"Product","sku":"a"}"#, r#"{"@type":"Product","sku":"a","name":"again"}"#], Some("a")),
        (vec![r#"{"@type":"Product","sku":5}"#], Some("5")),
        (vec![r#"{"@type":"Product","productID":"sku:77"}"#], Some("77")),
        (vec![r#"{"@type":"Product","offers":{"sku":"o1"},"name":"x"}"#], Some("o1")),
        (
            vec![
                r#"{"@type":"Product","sku":"other","url":"/p/x"}"#,
                r#"{"@type":"Product","sku":"a","url":"/p/ball/"}"#,
            ],
            Some("a"),
        ),
        (vec![r#"{"@type":"Product","sku":"x"}"#, r#"{"@type":"Product","sku":"y"}"#], None),
        (vec![r#"{"@type":"Product"}"#], None),
        (vec![r#"{"@type":"Recipe","sku":"a"}"#], None),
        (vec!["[]", "3", "null", "\"x\"", ""], None),
    ] {
        assert_eq!(field(&found(&texts), "product_id").as_deref(), id, "{texts:?}");
    }
}

#[test]
fn a_group_s_variant_is_the_one_whose_page_this_is() {
    let group = |url: &str| {
        format!(
            r#"{{"@type":"ProductGroup","productGroupID":"g","name":"Ball","brand":"Acme","hasVariant":[
            {{"@type":"Product","sku":"red","name":"Ball, red","offers":{{"price":3,"priceCurrency":"EUR"}}}},
            {{"@type":"Product","sku":"blue","name":"Ball, blue","url":"{url}","offers":{{"price":4}}}}]}}"#
        )
    };
    let blue = found(&[&group("https://s.example/p/ball")]);
    assert_eq!(field(&blue, "product_id").as_deref(), Some("blue"));
    assert_eq!(field(&blue, "price").as_deref(), Some("4"));
    assert_eq!(field(&blue, "brand").as_deref(), Some("Acme"));
    assert_eq!(blue.product.unwrap().ids, ["blue", "g", "red"]);

    let whole = found(&[&group("https://s.example/p/ball?v=blue")]);
    assert_eq!(field(&whole, "product_id").as_deref(), Some("g"));
    assert_eq!(field(&whole, "price").as_deref(), Some("3"), "a price is only said by variants");
}

#[test]
fn breadcrumbs_become_a_category_path() {
    let crumb = |nth: u32, name: &str, url: &str| match url {
        "" => format!(r#"{{"@type":"ListItem","position":{nth},"name":"{name}"}}"#),
        url => format!(r#"{{"@type":"ListItem","position":"{nth}","item":{{"@id":"{url}","name":"{name}"}}}}"#),
    };
    let product = r#"{"@type":"Product","name":"Ball"}"#;
    for (crumbs, with_product, path) in [
        (
            vec![crumb(1, "Home", "/"), crumb(2, "Dogs", "/dogs"), crumb(3, "Toys", "/dogs/toys")],
            false,
            Some("Dogs/Toys"),
        ),
        (vec![crumb(3, "Toys", "/t"), crumb(1, "Startseite", "/x"), crumb(2, "Dogs", "/d")], false, Some("Dogs/Toys")),
        (
            vec![crumb(1, "Pet shop", "https://s.example/"), crumb(2, "Dogs", "/d"), crumb(3, "ball", "/p/x")],
            true,
            Some("Dogs"),
        ),
        (vec![crumb(1, "Dogs", "/d"), crumb(2, "A ball for dogs", HERE)], true, Some("Dogs")),
        (vec![crumb(1, "Dogs", "/d"), crumb(2, "A ball for dogs", "")], true, Some("Dogs")),
        (vec![crumb(1, "Dogs", "/d"), crumb(2, "Toys", "/t")], true, Some("Dogs/Toys")),
        (vec![crumb(1, "Dogs", "/d"), crumb(2, "Toys", "")], false, Some("Dogs/Toys")),
        (vec![crumb(1, "Cats / Kittens", "/c")], false, Some("Cats - Kittens")),
        (vec![crumb(1, "Home", "/")], false, None),
        (vec![], false, None),
    ] {
        let list = format!(r#"{{"@type":"BreadcrumbList","itemListElement":[{}]}}"#, crumbs.join(","));
        let texts = if with_product { vec![product, list.as_str()] } else { vec![list.as_str()] };
        assert_eq!(found(&texts).category, path.unwrap_or(""), "{list}");
    }
}

#[test]
fn lists_hold_products_in_every_form() {
    for (text, names) in [
        (
            r#"{"@type":"ItemList","itemListElement":[{"@type":"ListItem","item":{"@type":"Product","sku":"a"}},{"@type":"Product","sku":"b"}]}"#,
            2,
        ),
        (
            r#"{"@type":"ItemList","itemListElement":[{"@type":"ListItem","url":"/p/a"},{"@type":"ListItem","item":"/p/b"},"/p/c"]}"#,
            3,
        ),
        (
            r#"{"@type":"CollectionPage","mainEntity":{"@type":"ItemList","itemListElement":[{"@type":"Product","name":"a"}]}}"#,
            1,
        ),
        (r#"{"@type":"ItemList","itemListElement":[{"@type":"Recipe","name":"a"}]}"#, 0),
        (r#"[{"@type":"Product","sku":"a"},{"@type":"Product","sku":"b"}]"#, 2),
        (r#"{"@type":"ItemList"}"#, 0),
    ] {
        let found = found(&[text]);
        assert_eq!(found.list.len(), names, "{text}");
        assert_eq!(found.product, None, "{text}");
    }
}

#[test]
fn pages_say_what_they_are() {
    for (text, kind) in [
        (r#"{"@type":"SearchResultsPage"}"#, Some("search")),
        (r#"{"@type":"CollectionPage"}"#, Some("category")),
        (r#"{"@type":"CheckoutPage"}"#, Some("checkout")),
        (r#"{"@type":["WebPage","ItemPage"]}"#, None),
        (r#"{"@type":"ItemPage"}"#, Some("product")),
        (r#"{"@type":"AboutPage"}"#, None),
    ] {
        assert_eq!(found(&[text]).page_type, kind, "{text}");
    }
}

#[test]
fn deep_and_cyclic_looking_data_ends() {
    let mut text = r#"{"@type":"Product","sku":"a"}"#.to_owned();
    for _ in 0..40 {
        text = format!(r#"{{"@type":"WebPage","mainEntity":{text}}}"#);
    }
    assert_eq!(found(&[&text]).product, None);
}

#[test]
fn what_templates_for_xhtml_put_around_a_script_is_left_out() {
    for (before, after) in [
        ("//<![CDATA[\n", "\n//]]>"),
        ("/* <![CDATA[ */", "/* ]]> */"),
        ("<![CDATA[", "]]>"),
        ("<!--//--><![CDATA[//><!--\n", "\n//--><!]]>"),
    ] {
        for json in [r#"{"@type":"Product","sku":"b1","image":["/a.jpg"]}"#, r#"[{"@type":"Product","sku":"b1"}]"#] {
            let found = found(&[&[before, json, after].concat()]);
            assert_eq!(field(&found, "sku").as_deref(), Some("b1"), "{before}{json}{after}");
        }
    }
}

#[test]
fn of_offers_with_addresses_of_their_own_the_one_counts_whose_address_this_is() {
    let page = r#"{"@type":"Product","name":"Tee","url":"/products/tee","offers":[
        {"sku":"TEE-S","price":10,"url":"https://s.example/products/tee?variant=111"},
        {"sku":"TEE-XL","price":20,"url":"https://s.example/products/tee?variant=222"}]}"#;
    for (here, id, price) in [("?variant=222", "TEE-XL", 20.0), ("?variant=111", "TEE-S", 10.0), ("", "TEE-S", 10.0)] {
        let found = read(&[parsed(page).unwrap()], &["https://s.example/products/tee", here].concat());
        let product = found.product.unwrap();
        assert_eq!(
            (product.ids.as_slice(), product.properties.get("price")),
            (&[id.to_owned()][..], Some(&price.into()))
        );
    }
}
