//! Feeds as shops really send them: every form, good rows kept, bad rows told with their line.

use tailorbird_core::catalog::Catalog;
use tailorbird_core::schema::{CatalogDocument, ProductDocument};
use tailorbird_trainer::import::{BadRow, Form, Imported, Mapping, Options, Sharded, ShopifyId, Whole, import};

fn run(feed: &str, options: &Options) -> (CatalogDocument, Vec<BadRow>, Imported) {
    let (mut out, mut bad) = (Vec::new(), Vec::new());
    let form = Form::of(feed.as_bytes());
    let imported = import(feed.as_bytes(), form, options, &mut Whole::new(&mut out), |row| bad.push(row)).unwrap();
    let text = String::from_utf8(out).unwrap();
    let (catalog, problems) = Catalog::read(&text);
    assert!(problems.is_empty(), "what is written can be read: {problems:?}");
    let document: CatalogDocument = serde_json::from_str(&text).unwrap();
    assert_eq!(catalog.len(), document.products.len());
    assert_eq!(document.currency, imported.currency);
    (document, bad, imported)
}

fn product(document: &CatalogDocument, id: &str) -> ProductDocument {
    document.products.iter().find(|product| product.id == id).cloned().unwrap_or_else(|| panic!("no {id}"))
}

fn lines(bad: &[BadRow]) -> Vec<u64> {
    bad.iter().map(|row| row.line).collect()
}

const GOOGLE: &str = r#"<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">
<channel>
<title>Shop of pets</title>
<item>
  <g:id>dog-1</g:id>
  <g:title><![CDATA[Bone & bowl]]></g:title>
  <link>https://shop.example/dog-1</link>
  <g:price>12.50 EUR</g:price><g:sale_price>9.90 EUR</g:sale_price>
  <g:availability>in_stock</g:availability>
  <g:product_type>Dogs &gt; Food &gt; Dry</g:product_type>
  <g:google_product_category>5094</g:google_product_category>
  <g:item_group_id>bone</g:item_group_id><g:color>red</g:color>
  <g:custom_label_0>sale</g:custom_label_0>
  <g:shipping><g:country>DE</g:country><g:price>4.90 EUR</g:price></g:shipping>
</item>
<item>
  <g:id>dog-2</g:id>
  <g:title>Ball &uuml;ber &#38; out</g:title>
  <g:price>on request</g:price>
</item>
<item>
  <g:title>Nameless</g:title>
</item>
<item>
  <g:id>dog-1</g:id><g:title>Again</g:title>
</item>
<item>
  <g:id>cat-1</g:id><g:title>Tree</g:title><g:price>10 USD</g:price>
</item>
<item>
  <g:id>cat-2</g:id><title>Mouse</title><g:availability>out of stock</g:availability><g:image_link>https://shop.example/m.jpg</g:image_link>
</item>
</channel>
</rss>"#;

#[test]
fn google_xml() {
    let (document, bad, imported) = run(GOOGLE, &Options::default());
    assert_eq!((imported.products, imported.bad, imported.currency.as_deref()), (2, 4, Some("EUR")));
    assert_eq!(lines(&bad), [17, 22, 25, 28]);
    assert!(bad[0].reason.contains("`dog-2`") && bad[0].reason.contains("on request"), "{bad:?}");
    let bone = product(&document, "dog-1");
    assert_eq!((bone.name.as_str(), bone.price, bone.list_price), ("Bone & bowl", Some(9.9), Some(12.5)));
    assert_eq!(bone.category.as_deref(), Some("Dogs/Food/Dry"));
    assert_eq!((bone.group.as_deref(), bone.tags.as_slice()), (Some("bone"), &["sale".to_owned()][..]));
    assert_eq!(bone.attributes.get("color").and_then(|color| color.as_str()), Some("red"));
    assert!(!product(&document, "cat-2").available);
}

#[test]
fn broken_xml_costs_the_product_it_is_in() {
    let feed = GOOGLE.replace("<g:title>Nameless</g:title>", "<g:title>Name <less</g:title>").replace("&uuml;", "&");
    let (document, bad, _) = run(&feed, &Options::default());
    assert_eq!(document.products.len(), 2);
    assert!(bad.iter().any(|row| row.line == 22), "{bad:?}");
    let page = "<html><body>Not found</body></html>";
    assert!(refused(page.as_bytes()).contains("no `item`"));
}

/// What is said of a feed that is no good as a whole.
fn refused(feed: &[u8]) -> String {
    let mut out = Whole::new(Vec::new());
    let outcome = import(feed, Form::of(feed), &Options::default(), &mut out, |_| {});
    outcome.expect_err("the feed as a whole is no good").to_string()
}

#[test]
fn a_feed_that_ends_too_early_is_no_good_as_a_whole() {
    // Wherever it is cut, but for what comes behind its last element.
    let whole = GOOGLE.trim_end().len();
    for cut in GOOGLE.find("dog-2").unwrap()..whole {
        assert!(!refused(&GOOGLE.as_bytes()[..cut]).is_empty(), "{}", &GOOGLE[..cut]);
    }
    assert!(refused(&GOOGLE.as_bytes()[..whole - 60]).starts_with("line 31: the feed ends within the product"));
    assert!(refused(&GOOGLE.as_bytes()[..whole - 1]).contains("ends before `</rss>`"));
    assert!(refused(b"id\tname\tprice\n1\tBall\t2 EUR\n2\tBo").starts_with("line 3: the table ends within this row"));
    let (document, bad, _) = run("id,name,price\n1,Ball,2 EUR\n2,Bo\n", &Options::default());
    assert_eq!((document.products.len(), lines(&bad)), (1, vec![3]));
}

#[test]
fn feeds_are_read_in_the_encoding_that_they_say() {
    let xml = GOOGLE.replace("Mouse", "Mäuschen €");
    let western = |text: &str| -> Vec<u8> {
        text.chars().map(|letter| if letter == '€' { 0x80 } else { u32::from(letter) as u8 }).collect()
    };
    let wide = |text: &str| -> Vec<u8> {
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let imported = |feed: &[u8]| {
        let mut out = Vec::new();
        let options = Options::default();
        import(feed, Form::of(feed), &options, &mut Whole::new(&mut out), |_| {}).unwrap();
        serde_json::from_slice::<CatalogDocument>(&out).unwrap()
    };
    let said = xml.replace("version=\"1.0\"?", "version=\"1.0\" encoding=\"windows-1252\"?");
    for feed in [xml.clone().into_bytes(), western(&said), wide(&xml)] {
        assert_eq!(product(&imported(&feed), "cat-2").name, "Mäuschen €");
    }
    assert_eq!(product(&imported(&wide("id\tname\n1\tMäuschen\n")), "1").name, "Mäuschen");
    assert!(refused(&western(&xml)).contains("line 32: not UTF-8"), "{}", refused(&western(&xml)));
    let said = xml.replace("version=\"1.0\"?", "version=\"1.0\" encoding=\"Big5\"?");
    assert!(refused(said.as_bytes()).contains("`big5`"));
    assert!(refused(b"id,name\n1,Bl\xfcte\n2,Leaf\n").starts_with("line 2: column `name` is not UTF-8"));
}

#[test]
fn tables_with_google_names_or_mapped_ones() {
    let tsv = "\u{feff}id\ttitle\tprice\tavailability\tproduct type\titem_group_id\n\
               a\t15\" ball\t9.90 EUR\tin stock\tDogs > Toys\tg\n\
               b\tToo few\n\
               c\tBowl\t8 EUR\tsomewhen\t\t\n\
               d\tBed\t\t\tDogs\t\n";
    let (document, bad, _) = run(tsv, &Options::default());
    assert_eq!(lines(&bad), [3, 4]);
    let (of_windows, bad, _) = run(&tsv.replace('\n', "\r\n"), &Options::default());
    assert_eq!((lines(&bad), of_windows.products.len()), (vec![3, 4], 2));
    assert_eq!(lines(&run(&tsv.replace("\nb", "\n\n\nb"), &Options::default()).1), [5, 6]);
    assert_eq!(product(&document, "a").name, "15\" ball");
    assert_eq!(product(&document, "a").category.as_deref(), Some("Dogs/Toys"));
    assert!(product(&document, "d").available && product(&document, "d").price.is_none());

    let csv = "Artikel;Bezeichnung;Preis;Link;Lager;Refill\n\
               10;\"Futter; trocken\nim Sack\";\"1.299,90 €\";/futter;3;30\n\
               11;Napf;4,50;/napf;0;\n";
    let mut mapping = Mapping::default();
    for pair in ["id=Artikel", "name=Bezeichnung", "price=Preis", "available=Lager", "attributes.replenishDays=Refill"]
    {
        mapping.add(pair).unwrap();
    }
    let options = Options { mapping, base_url: "https://shop.example".to_owned(), ..Options::default() };
    let (document, bad, imported) = run(csv, &options);
    assert!(bad.is_empty(), "{bad:?}");
    assert_eq!(imported.currency.as_deref(), Some("EUR"));
    let food = product(&document, "10");
    assert_eq!((food.price, food.url.as_deref()), (Some(1299.9), Some("https://shop.example/futter")));
    assert_eq!(food.attributes.get("replenishDays").and_then(|days| days.as_f64()), Some(30.0));
    assert!(!product(&document, "11").available);

    let mut mapping = Mapping::default();
    assert!(mapping.add("nothing").is_err() && mapping.add("prize=Preis").is_err());
    mapping.add("id=Missing").unwrap();
    let options = Options { mapping, ..Options::default() };
    let error = import(csv.as_bytes(), Form::Table, &options, &mut Whole::new(Vec::new()), |_| {}).unwrap_err();
    assert!(error.to_string().contains("`Missing`"), "{error}");
    let error = import("x,y\n1,2\n".as_bytes(), Form::Table, &Options::default(), &mut Whole::new(Vec::new()), |_| {});
    assert!(error.unwrap_err().to_string().contains("--map id=COLUMN"));
}

const SHOPIFY: &str = r#"{"products": [
 {"id": 1, "title": "Collar", "vendor": "Rex", "product_type": "Dogs", "handle": "collar", "tags": ["new", "red"],
  "options": [{"name": "Size"}], "images": [{"src": "https://cdn.example/c.jpg"}],
  "variants": [
   {"id": 11, "title": "S", "option1": "S", "sku": "C-S", "price": "9.90", "compare_at_price": "12.00", "available": true},
   {"id": 12, "title": "L", "option1": "L", "sku": "C-L", "price": "9.90", "compare_at_price": null, "available": false}]},
 {"id": 2, "title": "Gift", "variants": []},
 5,
 {"id": 3, "title": "Lead", "handle": "lead", "tags": "walk, long", "status": "active",
  "variants": [{"id": 31, "title": "Default Title", "price": 14.5, "inventory_management": "shopify", "inventory_quantity": 0}]}
], "next": null}"#;

#[test]
fn shopify_variants_are_a_group() {
    let options =
        Options { base_url: "https://shop.example".to_owned(), currency: Some("EUR".to_owned()), ..Options::default() };
    let (document, bad, imported) = run(SHOPIFY, &options);
    assert_eq!((imported.products, lines(&bad)), (3, vec![7, 8]));
    let small = product(&document, "11");
    assert_eq!((small.name.as_str(), small.price, small.list_price), ("Collar · S", Some(9.9), Some(12.0)));
    assert_eq!(small.url.as_deref(), Some("https://shop.example/products/collar?variant=11"));
    assert_eq!((small.group.as_deref(), small.brand.as_deref()), (Some("1"), Some("Rex")));
    assert_eq!(small.attributes.get("size").and_then(|size| size.as_str()), Some("S"));
    assert!(small.available && !product(&document, "12").available);
    let lead = product(&document, "31");
    assert_eq!((lead.name.as_str(), lead.group, lead.available), ("Lead", None, false));
    assert_eq!(lead.tags, ["walk", "long"]);

    let sku = Options { shopify_id: ShopifyId::Sku, ..options.clone() };
    assert_eq!(product(&run(SHOPIFY, &sku).0, "C-L").name, "Collar · L");
    let whole = Options { shopify_id: ShopifyId::Product, ..options };
    assert_eq!(product(&run(SHOPIFY, &whole).0, "1").name, "Collar");
    let cut = &SHOPIFY[..SHOPIFY.len() - 60];
    let error = import(cut.as_bytes(), Form::Shopify, &Options::default(), &mut Whole::new(Vec::new()), |_| {});
    assert!(error.unwrap_err().to_string().starts_with("line 10"), "cut off");
}

#[test]
fn big_catalogues_are_read_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalog.json");
    let rows: String = (0..5000).map(|nth| format!("p{nth},Product {nth},{}.50 EUR\n", nth % 90)).collect();
    let feed = format!("id,name,price\n{rows}");
    let mut out = Sharded::new(&file);
    import(feed.as_bytes(), Form::Table, &Options::default(), &mut out, |row| panic!("{row:?}")).unwrap();

    let text = std::fs::read_to_string(&file).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let count = document["parts"]["count"].as_u64().unwrap() as u32;
    let (mut catalog, problems) = Catalog::read(&text);
    assert!(problems.is_empty() && text.len() < 200);
    let mut loaded = 0;
    for id in ["p7", "p4999", "p1234"] {
        let part = tailorbird_core::recommend::place_of(id, count).0;
        let path = document["parts"]["path"].as_str().unwrap().replace("{part}", &part.to_string());
        let part = std::fs::read_to_string(folder.path().join(path)).unwrap();
        loaded += part.len();
        assert!(catalog.add(&part).is_empty());
        assert_eq!(catalog.product(id).unwrap().price(), Some(f64::from(id[1..].parse::<u32>().unwrap() % 90) + 0.5));
    }
    assert!(loaded < 10_000, "{loaded} bytes for three products of five thousand");
    assert_eq!(catalog.currency(), "EUR");
}
