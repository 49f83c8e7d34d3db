//! schema.org data of a page (JSON-LD, or microdata in the same form) as facts: the product, the category path, the list.

use super::product::{category_path, number, push_level, put, text};
use super::{page_type, url};
use tailorbird_schema::Value;

/// A product that the page described.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Described {
    /// Every id it goes by, most telling first.
    pub(crate) ids: Vec<String>,
    /// Segment's product fields.
    pub(crate) properties: Value,
}

impl Described {
    /// The product's own page, as the page wrote it.
    pub(crate) fn url(&self) -> Option<&str> {
        self.properties.get("url").and_then(Value::as_str)
    }
    fn name(&self) -> Option<&str> {
        self.properties.get("name").and_then(Value::as_str)
    }
}

/// All that a page's structured data says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Found {
    /// The product that the page is about; its other variants are left out.
    pub(crate) product: Option<Described>,
    /// The category path, without the front page and the product.
    pub(crate) category: Option<String>,
    /// Products in a list.
    pub(crate) list: Vec<Described>,
    /// The list's name.
    pub(crate) list_name: Option<String>,
    /// What the page calls itself.
    pub(crate) page_type: Option<&'static str>,
}

/// Deeper nesting than this tells nothing about a page.
const MAX_DEPTH: u32 = 8;

/// Reads every document of a page. `address`: where the page stands; it tells which of several variants is meant.
pub(crate) fn read(documents: &[Value], address: &str) -> Found {
    let mut reader = Reader { address, products: Vec::new(), crumbs: Vec::new(), found: Found::default() };
    for document in documents {
        reader.node(document, 0);
    }
    reader.finished()
}

struct Reader<'a> {
    address: &'a str,
    products: Vec<Described>,
    crumbs: Vec<Crumb>,
    found: Found,
}

struct Crumb {
    name: String,
    url: Option<String>,
}

impl Reader<'_> {
    fn node(&mut self, node: &Value, depth: u32) {
        if depth > MAX_DEPTH {
            return;
        }
        for item in node.items() {
            self.node(item, depth + 1);
        }
        if let Some(graph) = node.get("@graph") {
            self.node(graph, depth + 1);
        }
        let Some(kind) = kind(node) else { return };
        match kind {
            "Product" | "IndividualProduct" | "ProductModel" | "SomeProducts" => self.product(described(node)),
            "ProductGroup" => self.product(self.variant(node)),
            "BreadcrumbList" if self.crumbs.is_empty() => self.crumbs = crumbs(node),
            "ItemList" | "OfferCatalog" => self.list(node),
            _ => {
                if kind.ends_with("Page") && self.found.page_type.is_none() {
                    self.found.page_type = page_type::from_word(kind);
                }
                for part in ["mainEntity", "breadcrumb", "hasPart"] {
                    if let Some(inner) = node.get(part) {
                        self.node(inner, depth + 1);
                    }
                }
            }
        }
    }

    fn product(&mut self, product: Option<Described>) {
        let Some(product) = product else { return };
        let same = |other: &Described| {
            other.ids.iter().any(|id| product.ids.contains(id))
                || (other.ids.is_empty() && other.name().is_some() && other.name() == product.name())
        };
        if !self.products.iter().any(same) {
            self.products.push(product);
        }
    }

    /// Of a group, the variant whose page this is; else the first one, under the group's name.
    fn variant(&self, group: &Value) -> Option<Described> {
        let variants: Vec<Described> =
            many(group.get("hasVariant")).iter().filter_map(|variant| described(variant)).collect();
        let whole = described(group);
        let chosen = variants
            .iter()
            .find(|variant| variant.url().is_some_and(|url| is_same_page(url, self.address)))
            .or_else(|| variants.first().filter(|_| whole.as_ref().is_none_or(|whole| whole.ids.is_empty())))
            .cloned();
        let (Some(mut product), Some(whole)) = (chosen.clone().or_else(|| whole.clone()), whole) else { return chosen };
        for id in whole.ids.into_iter().chain(variants.iter().flat_map(|variant| variant.ids.iter().cloned())) {
            if !product.ids.contains(&id) {
                product.ids.push(id);
            }
        }
        // What the variant does not say, the group does; a price is only said by variants.
        let first = variants.first().map(|variant| variant.properties.clone()).unwrap_or_default();
        for (source, names) in [
            (&whole.properties, &["name", "brand", "category", "image_url", "url", "price", "currency"] as &[&str]),
            (&first, &["price", "currency", "image_url"]),
        ] {
            for name in names {
                if let (None, Some(value)) = (product.properties.get(name), source.get(name)) {
                    product.properties.set(name, value.clone());
                }
            }
        }
        Some(product)
    }

    fn list(&mut self, list: &Value) {
        let mut products = Vec::new();
        for element in many(list.get("itemListElement")) {
            let inner = element.get("item").unwrap_or(element);
            let product = match kind(inner) {
                Some("Product" | "IndividualProduct" | "ProductModel") => described(inner),
                Some("ProductGroup") => self.variant(inner),
                // Google's summary pages name nothing but the URL; the catalogue may know it.
                Some("ListItem") | None => {
                    let url = element.get("url").or(inner.get("url")).or(inner.get("@id")).unwrap_or(inner).as_str();
                    url.map(|url| Described { ids: Vec::new(), properties: Value::from([("url", url.into())]) })
                }
                Some(_) => None,
            };
            products.extend(product);
        }
        if products.len() > self.found.list.len() {
            self.found.list = products;
            self.found.list_name = list.get("name").and_then(text);
        }
    }

    fn finished(mut self) -> Found {
        let here =
            self.products.iter().position(|product| product.url().is_some_and(|url| is_same_page(url, self.address)));
        match (self.products.len(), here) {
            (1, _) => self.found.product = self.products.pop(),
            (0, _) => {}
            // Several products: the one whose page this is, with others beside it, or a list.
            (_, Some(nth)) => self.found.product = Some(self.products.swap_remove(nth)),
            _ if self.found.list.is_empty() => self.found.list = self.products,
            _ => {}
        }
        let product = self.found.product.as_ref();
        if product.is_some() && self.crumbs.len() > 1 {
            let ends_here = self.crumbs.last().is_some_and(|last| {
                let is_product =
                    product.and_then(Described::name).is_some_and(|name| name.eq_ignore_ascii_case(&last.name));
                is_product || last.url.as_deref().is_none_or(|url| is_same_page(url, self.address))
            });
            if ends_here {
                self.crumbs.pop();
            }
        }
        let mut path = String::new();
        for (nth, crumb) in self.crumbs.iter().enumerate() {
            let front = nth == 0
                && (is_home(&crumb.name)
                    || crumb.url.as_deref().is_some_and(|url| url::is_front(url::parts(url).path)));
            if !front {
                push_level(&mut path, &crumb.name);
            }
        }
        self.found.category = Some(path).filter(|path| !path.is_empty());
        self.found
    }
}

fn is_home(name: &str) -> bool {
    let name = name.to_lowercase();
    matches!(
        name.as_str(),
        "home"
            | "homepage"
            | "start"
            | "startseite"
            | "accueil"
            | "inicio"
            | "início"
            | "hem"
            | "hjem"
            | "etusivu"
            | "strona główna"
    )
}

fn is_same_page(one: &str, other: &str) -> bool {
    let (one, other) = (url::parts(one), url::parts(other));
    let path = |parts: &url::Parts| url::decoded(parts.path.trim_end_matches('/'), false);
    // A variant is often named by a parameter; one without parameters names every one of them.
    path(&one) == path(&other) && !one.path.is_empty() && (one.query.is_empty() || one.query == other.query)
}

/// The type without its vocabulary's address.
fn kind(node: &Value) -> Option<&str> {
    let kind = node.get("@type")?;
    let names = || kind.as_str().into_iter().chain(kind.items().iter().filter_map(Value::as_str));
    let bare = |name: &'_ str| -> Option<usize> { name.rfind(['/', ':', '#']).map(|at| at + 1) };
    let short = |name| -> &str { bare(name).and_then(|at| name.get(at..)).unwrap_or(name) };
    names()
        .map(short)
        .find(|name| name.contains("Product") || name.contains("List") || name.contains("Page"))
        .or_else(|| names().map(short).next())
}

/// One or many, as one form.
fn many(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::List(items)) => items,
        Some(value) => std::slice::from_ref(value),
        None => &[],
    }
}

fn first(value: Option<&Value>) -> Option<&Value> {
    many(value).first()
}

/// Text itself, or the name or address of what stands there.
fn named(value: Option<&Value>) -> Option<String> {
    let value = first(value)?;
    text(value).or_else(|| ["name", "url", "contentUrl", "@id"].iter().find_map(|key| value.get(key).and_then(text)))
}

fn described(node: &Value) -> Option<Described> {
    let mut ids = Vec::new();
    for key in ["sku", "productID", "productGroupID", "gtin", "gtin13", "gtin12", "gtin14", "gtin8", "mpn"] {
        let id = named(node.get(key)).or_else(|| first(node.get("offers")).and_then(|offer| named(offer.get(key))));
        if let Some(id) = id {
            // `sku:123` names the scheme in front.
            let id = id.strip_prefix("sku:").unwrap_or(&id).to_owned();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    let name = named(node.get("name"));
    if ids.is_empty() && name.is_none() {
        return None;
    }
    let mut properties = Value::map();
    put(&mut properties, "product_id", ids.first().cloned());
    put(&mut properties, "sku", named(node.get("sku")));
    put(&mut properties, "name", name);
    put(&mut properties, "brand", named(node.get("brand")));
    put(&mut properties, "category", named(node.get("category")).as_deref().and_then(category_path));
    put(&mut properties, "variant", named(node.get("color")).or_else(|| named(node.get("size"))));
    put(&mut properties, "image_url", named(node.get("image")));
    let (price, currency) = offered(node.get("offers"));
    put(&mut properties, "price", price);
    put(&mut properties, "currency", currency);
    let url = named(node.get("url")).or_else(|| first(node.get("offers")).and_then(|offer| named(offer.get("url"))));
    put(&mut properties, "url", url);
    Some(Described { ids, properties })
}

/// The price to pay and its currency: of the first offer in stock, else of the first.
fn offered(offers: Option<&Value>) -> (Option<f64>, Option<String>) {
    let offers = many(offers);
    let sold_out = |offer: &&Value| {
        offer
            .get("availability")
            .and_then(Value::as_str)
            .is_some_and(|word| word.ends_with("OutOfStock") || word.ends_with("Discontinued"))
    };
    let Some(offer) = offers.iter().find(|offer| !sold_out(offer)).or(offers.first()) else { return (None, None) };
    let specifications = many(offer.get("priceSpecification"));
    // A struck-out list price is no price.
    let specification = specifications
        .iter()
        .find(|one| one.get("priceType").and_then(Value::as_str).is_none_or(|kind| kind.ends_with("SalePrice")))
        .or(specifications.first());
    let price = ["price", "lowPrice"].iter().find_map(|key| offer.get(key).and_then(number));
    let price = price.or_else(|| specification.and_then(|one| one.get("price").and_then(number)));
    let currency =
        named(offer.get("priceCurrency")).or_else(|| named(specification.and_then(|one| one.get("priceCurrency"))));
    if price.is_none() && offer.get("offers").is_some() {
        let (price, inner) = offered(offer.get("offers"));
        return (price, currency.or(inner));
    }
    (price, currency)
}

fn crumbs(list: &Value) -> Vec<Crumb> {
    let mut crumbs: Vec<(f64, Crumb)> = Vec::new();
    for (nth, element) in many(list.get("itemListElement")).iter().enumerate() {
        let item = element.get("item");
        let name = named(element.get("name")).or_else(|| item.and_then(|item| item.get("name")).and_then(text));
        let url = item
            .and_then(|item| text(item).or_else(|| ["@id", "url"].iter().find_map(|key| item.get(key).and_then(text))));
        if let Some(name) = name {
            let position = element.get("position").and_then(number).unwrap_or(nth as f64);
            let at = crumbs.iter().position(|(other, _)| *other > position).unwrap_or(crumbs.len());
            crumbs.insert(at, (position, Crumb { name, url }));
        }
    }
    crumbs.into_iter().map(|(_, crumb)| crumb).collect()
}

/// The text of a script as JSON can be read: many templates write raw line breaks into text, comments around it, or a
/// semicolon behind it.
pub(crate) fn parsed(script: &str) -> Option<Value> {
    let from = script.find(['{', '['])?;
    let to = script.rfind(['}', ']'])?;
    let body = script.get(from..=to)?;
    if let Ok(value) = tailorbird_core::json::parse_value(body) {
        return Some(value);
    }
    let body: String = body.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    tailorbird_core::json::parse_value(&body).ok()
}

#[cfg(test)]
#[path = "structured_tests.rs"]
mod tests;
