//! schema.org data of a page (JSON-LD, or microdata in the same form) as facts: the product, the category path, the list.

use super::product::{category_path, fill, mapped, push_level, put, said, text};
use super::words::{among, cut};
use super::{page_type, url};
use tailorbird_core::text::position;
use tailorbird_schema::Value;

/// A product that the page described.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Described {
    /// Every id it goes by, most telling first.
    pub(crate) ids: Vec<String>,
    /// Segment's product fields.
    pub(crate) properties: Value,
}

/// All that a page's structured data says.
#[derive(Debug, PartialEq, Default)]
pub(crate) struct Found {
    /// The product that the page is about; its other variants are left out.
    pub(crate) product: Option<Described>,
    /// The category path, without the front page and the product; empty where nothing says it.
    pub(crate) category: String,
    /// Products in a list.
    pub(crate) list: Vec<Described>,
    /// What the page calls itself.
    pub(crate) page_type: Option<&'static str>,
}

/// Deeper nesting than this tells nothing about a page.
const MAX_DEPTH: u32 = 8;
const PRODUCTS: &str = "Product IndividualProduct ProductModel SomeProducts ProductGroup";
const IDS: &str = "sku productID productGroupID gtin gtin13 gtin12 gtin14 gtin8 mpn";
const FIELDS: &str = "sku=sku name=name brand=brand category=category variant=color,size image_url=image url=url";
const HOMES: &str = "home homepage start startseite accueil inicio início hem hjem etusivu";

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
    /// The steps down to the page: position, name, URL.
    crumbs: Vec<(f64, String, String)>,
    found: Found,
}

impl Reader<'_> {
    fn node(&mut self, node: &Value, depth: u32) {
        if depth > MAX_DEPTH {
            return;
        }
        for item in node.items() {
            self.node(item, depth + 1);
        }
        let kind = kind(node);
        if among(kind, PRODUCTS) {
            let product = self.described(node);
            self.product(product);
        } else if kind == "BreadcrumbList" {
            self.breadcrumbs(node);
        } else if among(kind, "ItemList OfferCatalog") {
            self.list(node);
        } else {
            if kind.ends_with("Page") && self.found.page_type.is_none() {
                self.found.page_type = page_type::from_word(kind);
            }
            for part in "@graph mainEntity breadcrumb hasPart".split(' ') {
                if let Some(inner) = node.get(part) {
                    self.node(inner, depth + 1);
                }
            }
        }
    }

    fn product(&mut self, product: Option<Described>) {
        let Some(product) = product else { return };
        let name = product.properties.get("name");
        let is_known = self.products.iter().any(|other| {
            other.ids.iter().any(|id| product.ids.contains(id))
                || (other.ids.is_empty() && other.properties.get("name") == name)
        });
        if !is_known {
            self.products.push(product);
        }
    }

    /// One product; of a group, the variant whose page this is, else the first one under the group's name.
    fn described(&self, node: &Value) -> Option<Described> {
        let mut product = self.product_of(node);
        let mut variants: Vec<Described> = Vec::new();
        for variant in many(node.get("hasVariant")) {
            variants.extend(self.product_of(variant));
        }
        let here = variants.iter().position(|variant| self.is_here(said(&variant.properties, "url")));
        let first = variants.first().map(|variant| variant.properties.clone()).unwrap_or_default();
        if let Some(chosen) = here.or(if product.is_none() { Some(0) } else { None }).and_then(|nth| variants.get(nth))
        {
            let group = product.replace(chosen.clone());
            if let (Some(product), Some(group)) = (&mut product, group) {
                fill(&mut product.properties, &group.properties, "");
                variants.insert(0, group);
            }
        }
        let mut product = product?;
        // A group's price is only said by its variants.
        fill(&mut product.properties, &first, "price currency image_url");
        for id in variants.into_iter().flat_map(|variant| variant.ids) {
            if !product.ids.contains(&id) {
                product.ids.push(id);
            }
        }
        Some(product)
    }

    /// One product alone. Of several offers that have addresses of their own, as older themes write variants, the one whose
    /// address this is.
    fn product_of(&self, node: &Value) -> Option<Described> {
        let offers = many(node.get("offers"));
        let is_chosen = |offer: &&Value| {
            let url = said(offer, "url");
            !url::parts(url).query.is_empty() && self.is_here(url)
        };
        described(node, offers.iter().find(is_chosen).map_or(offers, std::slice::from_ref))
    }

    fn list(&mut self, list: &Value) {
        let mut products = Vec::new();
        for element in many(list.get("itemListElement")) {
            let inner = element.get("item").unwrap_or(element);
            if among(kind(inner), PRODUCTS) {
                products.extend(self.described(inner));
            } else if among(kind(inner), "ListItem") || kind(inner).is_empty() {
                // Google's summary pages name nothing but the URL; the catalogue may know it.
                let address = text(element.get("url").unwrap_or(inner));
                if !address.is_null() {
                    products.push(Described { ids: Vec::new(), properties: [("url", address)].into() });
                }
            }
        }
        if products.len() > self.found.list.len() {
            self.found.list = products;
        }
    }

    fn breadcrumbs(&mut self, list: &Value) {
        if !self.crumbs.is_empty() {
            return;
        }
        for (nth, element) in many(list.get("itemListElement")).iter().enumerate() {
            let item = element.get("item").unwrap_or(&Value::Null);
            let mut crumb = mapped(element, "name=name position#position");
            fill(&mut crumb, &mapped(item, "name=name url=@id,url"), "");
            put(&mut crumb, "url", if item.as_str().is_some() { text(item) } else { Value::Null });
            let position = crumb.get("position").and_then(Value::as_f64).unwrap_or(nth as f64);
            let at = self.crumbs.iter().take_while(|(other, ..)| *other <= position).count();
            let name = said(&crumb, "name");
            if !name.is_empty() {
                self.crumbs.insert(at, (position, name.to_owned(), said(&crumb, "url").to_owned()));
            }
        }
    }

    fn finished(mut self) -> Found {
        let here = self.products.iter().position(|product| self.is_here(said(&product.properties, "url")));
        match here.or(if self.products.len() == 1 { Some(0) } else { None }) {
            // With others beside it, the one whose page this is.
            Some(nth) => self.found.product = Some(self.products.swap_remove(nth)),
            None if self.found.list.is_empty() => self.found.list = std::mem::take(&mut self.products),
            None => {}
        }
        if let (Some(product), [_, .., (_, name, url)]) = (&self.found.product, self.crumbs.as_slice()) {
            let is_product = said(&product.properties, "name").eq_ignore_ascii_case(name);
            if is_product || url.is_empty() || self.is_here(url) {
                self.crumbs.pop();
            }
        }
        for (nth, (_, name, url)) in self.crumbs.iter().enumerate() {
            let path = url::parts(url).path;
            let front = among(&name.to_ascii_lowercase(), HOMES) || (!url.is_empty() && url::is_front(path));
            if nth > 0 || !front {
                push_level(&mut self.found.category, name);
            }
        }
        self.found
    }

    /// Whether a URL is this page's. A variant is often named by a parameter; a URL without parameters names them all.
    fn is_here(&self, url: &str) -> bool {
        let (one, here) = (url::parts(url), url::parts(self.address));
        let path = |path: &str| url::decoded(path.trim_end_matches('/'));
        !one.path.is_empty() && path(one.path) == path(here.path) && (one.query.is_empty() || one.query == here.query)
    }
}

/// The type without its vocabulary's address; of several the one that is understood here.
fn kind(node: &Value) -> &str {
    let mut found = "";
    for kind in many(node.get("@type")) {
        let kind = kind.as_str().unwrap_or("");
        let kind = kind.rsplit(['/', ':', '#']).next().unwrap_or(kind);
        if found.is_empty() || among(kind, PRODUCTS) || kind.ends_with("List") {
            found = kind;
        }
    }
    found
}

/// One or many, as one form.
fn many(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::List(items)) => items,
        Some(value) => std::slice::from_ref(value),
        None => &[],
    }
}

fn described(node: &Value, offers: &[Value]) -> Option<Described> {
    let mut properties = mapped(node, FIELDS);
    let mut ids: Vec<String> = Vec::new();
    for from in [Some(node), offers.first()].into_iter().flatten() {
        fill(&mut properties, &mapped(from, "url=url"), "");
        for key in IDS.split(' ') {
            if let Value::Text(id) = text(from.get(key).unwrap_or(&Value::Null)) {
                // `sku:123` names the scheme in front.
                let id = id.strip_prefix("sku:").unwrap_or(&id).to_owned();
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
    }
    if ids.is_empty() && properties.get("name").is_none() {
        return None;
    }
    put(&mut properties, "product_id", ids.first().cloned().into());
    if let Some(Value::Text(category)) = properties.remove("category") {
        put(&mut properties, "category", category_path(&category));
    }
    fill(&mut properties, &offered(offers, 0), "");
    Some(Described { ids, properties })
}

/// The price to pay and its currency: of the first offer in stock, else of the first.
fn offered(offers: &[Value], depth: u32) -> Value {
    let in_stock =
        |offer: &&Value| !among(cut_vocabulary(said(offer, "availability")), "OutOfStock Discontinued SoldOut");
    let Some(offer) = offers.iter().find(in_stock).or(offers.first()) else { return Value::Null };
    let mut told = mapped(offer, "price#price,lowPrice currency=priceCurrency");
    let specifications = many(offer.get("priceSpecification"));
    // A struck-out list price is no price.
    let paid = |one: &&Value| !among(cut_vocabulary(said(one, "priceType")), "ListPrice StrikethroughPrice SRP MSRP");
    if let Some(specification) = specifications.iter().find(paid) {
        fill(&mut told, &mapped(specification, "price#price currency=priceCurrency"), "");
    }
    if told.get("price").is_none() && depth == 0 {
        fill(&mut told, &offered(many(offer.get("offers")), 1), "");
    }
    told
}

fn cut_vocabulary(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The text of a script as JSON can be read: many templates write raw line breaks into text, comments around it, or a
/// semicolon behind it.
pub(crate) fn parsed(script: &str) -> Option<Value> {
    let mut body = cut(script, b"{[").1;
    // XHTML's `<![CDATA[ … ]]>` has brackets of its own.
    if let Some(inner) = body.strip_prefix("[CDATA[") {
        body = cut(inner.get(..position(inner, "]]>")?)?, b"{[").1;
    }
    let end = body.bytes().rposition(|byte| byte == b'}' || byte == b']')?;
    let mut body = body.get(..=end)?.to_owned();
    if body.bytes().any(|byte| byte < b' ') {
        body = body.chars().map(|letter| if letter < ' ' { ' ' } else { letter }).collect();
    }
    tailorbird_core::json::parse_value(&body).ok()
}

#[cfg(test)]
#[path = "structured_tests.rs"]
mod tests;
