//! Reads `catalog.json` product by product, so that a big document never stands in memory as a tree, and a bad
//! product costs only itself.

use super::product::{NONE, Record, Span};
use super::{Catalog, address_of, tidy_category};
use crate::json::{self, Kind, Node};
use crate::order::ordered;
use crate::rules::Problem;
use crate::rules::{Names, hash_of};

/// The version of the document that is understood.
const VERSION: f64 = 1.0;
/// More problems are not listed.
const MOST_PROBLEMS: usize = 1000;
/// Longer texts are a mistake.
const LONGEST: usize = 2000;

impl Catalog {
    /// Reads a whole document. A product with a mistake is left out and told as a problem; a document that is no JSON
    /// or of an unknown version gives an empty catalogue.
    pub fn read(text: &str) -> (Catalog, Vec<Problem>) {
        let mut catalog = Catalog::default();
        let problems = catalog.add(text);
        (catalog, problems)
    }

    /// Adds the products of another document, such as a shard of a big catalogue. Known ids stay as they are.
    pub fn add(&mut self, text: &str) -> Vec<Problem> {
        let mut reading = Reading { text, problems: Vec::new() };
        let Some(document) = Outline::of(text) else {
            // The careful reader knows where the trouble is.
            let (at, expected) = match json::parse(text) {
                Err(error) => (error.at, error.message),
                Ok(_) => (0, "expected the JSON of a catalogue"),
            };
            reading.tell("not-json", at, text.len().min(at + 40), expected);
            return reading.problems;
        };
        match document.version.and_then(|(from, to)| json::parse(text.get(from..to)?).ok()?.root().as_f64()) {
            Some(version) if version == VERSION => {}
            told => {
                let (from, to) = document.version.unwrap_or_default();
                let code = if told.is_some() { "unknown-version" } else { "missing-member" };
                reading.tell(code, from, to, "`\"version\": 1`");
                return reading.problems;
            }
        }
        if let Some(currency) = document.currency.and_then(|(from, to)| json::parse_value(text.get(from..to)?).ok()) {
            currency.as_str().unwrap_or_default().clone_into(&mut self.currency);
        }
        if document.products.is_none() {
            reading.tell("missing-member", 0, 0, "a list of `products`");
        }
        for (from, to) in document.products.unwrap_or_default() {
            match json::parse(text.get(from..to).unwrap_or_default()) {
                Ok(document) => {
                    if self.add_product(document.root(), from, &mut reading).is_none() && reading.problems.is_empty() {
                        reading.tell("bad-product", from, to, "a product");
                    }
                }
                Err(error) => reading.tell("not-json", from + error.at, to, error.message),
            }
        }
        let popularity = |nth: usize| self.records.get(nth).map_or(0.0, |record| record.popularity);
        self.popular = ordered(self.records.len(), &|one, other| popularity(one) > popularity(other));
        for (rank, nth) in (0..).zip(&self.popular) {
            if let Some(record) = self.records.get_mut(*nth as usize) {
                record.rank = rank;
            }
        }
        self.generation = self.generation.wrapping_add(1);
        reading.problems
    }

    /// Adds one product; `None` when something about it was told as a problem.
    fn add_product(&mut self, node: Node, base: usize, reading: &mut Reading) -> Option<()> {
        let mut fields = Fields { node, base, reading };
        if !node.is_map() {
            return fields.wrong(node, "a product, an object with `id` and `name`");
        }
        let id = match node.get("id").and_then(Node::as_f64) {
            Some(number) => {
                let mut id = String::new();
                json::write_number(number, &mut id);
                id
            }
            _ => fields.required("id")?.to_owned(),
        };
        if id.len() > 200 {
            return fields.wrong(node.get("id")?, "an id of at most 200 bytes");
        }
        if self.product(&id).is_some() {
            fields.problem("duplicate-id", node.get("id")?, "every id once");
            return None;
        }
        let name = fields.required("name")?;
        let category = tidy_category(fields.text("category")?.unwrap_or_default());
        let brand = fields.text("brand")?.unwrap_or_default();
        let group = fields.text("group")?.unwrap_or_default();
        let image = fields.text("image")?.unwrap_or_default();
        let url = fields.text("url")?.unwrap_or_default();
        let price = fields.amount("price")?;
        let list_price = fields.amount("listPrice")?;
        let available = match fields.present("available") {
            None => true,
            Some(node) => node.as_bool().or_else(|| fields.wrong(node, "true or false"))?,
        };
        let tags = match fields.present("tags") {
            None => None,
            Some(node) if node.kind() == Kind::List => Some(node.items()),
            Some(node) => fields.wrong(node, "a list of texts")?,
        };
        if let Some(odd) = tags.into_iter().flatten().find(|tag| tag.as_str().is_none()) {
            return fields.wrong(odd, "text");
        }
        let attributes = match fields.present("attributes") {
            None => None,
            Some(node) if node.is_map() => Some(node),
            Some(node) => fields.wrong(node, "an object")?,
        };
        let written = attributes.and_then(|node| fields.reading.text.get(base + node.at..base + node.end));
        let popularity = attributes.and_then(|node| node.get("popularity")?.as_f64()).unwrap_or(0.0) as f32;

        let nth = self.records.len() as u32;
        let from = self.tag_lists.len() as u32;
        for tag in tags.into_iter().flatten().filter_map(Node::as_str).filter(|tag| !tag.is_empty()) {
            let tag = self.tags.number(tag);
            self.tag_lists.push(tag);
        }
        let record = Record {
            id: self.keep(&id),
            name: self.keep(name),
            url: self.keep(url),
            image: self.keep(image),
            attributes: self.keep(written.unwrap_or_default()),
            category: self.category_or_new(&category),
            brand: number(&mut self.brands, brand),
            group: number(&mut self.groups, group),
            tags: (from, self.tag_lists.len() as u32),
            price: price.unwrap_or(f64::NAN),
            list_price: list_price.unwrap_or(f64::NAN),
            popularity,
            rank: 0,
            available,
        };
        if record.category != NONE {
            put(&mut self.by_category, record.category, nth);
        }
        self.records.push(record);
        self.ids.put(hash_of(id.as_bytes(), 0), nth);
        if !url.is_empty() {
            let address = address_of(url);
            if self.with_address(&address).is_none() {
                self.addresses.put(hash_of(address.as_bytes(), 0), nth);
            }
        }
        Some(())
    }

    fn keep(&mut self, text: &str) -> Span {
        let from = self.text.len() as u32;
        self.text.push_str(text);
        Span(from, self.text.len() as u32)
    }

    /// The category's number, after those of the levels above.
    fn category_or_new(&mut self, path: &str) -> u32 {
        if path.is_empty() {
            return NONE;
        }
        if let Some(known) = self.categories.find(path) {
            return known;
        }
        let parent = path.rfind('/').and_then(|slash| path.get(..slash)).map(|above| self.category_or_new(above));
        let category = self.categories.number(path);
        self.parents.push(parent);
        category
    }
}

fn number(names: &mut Names, name: &str) -> u32 {
    if name.is_empty() { NONE } else { names.number(name) }
}

/// Adds a product to the list with this number, after making room for it.
fn put(lists: &mut Vec<Vec<u32>>, number: u32, product: u32) {
    let nth = number as usize;
    if lists.len() <= nth {
        lists.resize_with(nth + 1, Vec::new);
    }
    if let Some(list) = lists.get_mut(nth) {
        list.push(product);
    }
}

struct Reading<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn tell(&mut self, code: &'static str, at: usize, end: usize, expected: &'static str) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem::error(code, self.text, at, end, expected));
        }
    }
}

/// The fields of one product; an inner `None` is a field left out, an outer one a field that was told as a problem.
struct Fields<'n, 'r, 't> {
    node: Node<'n>,
    base: usize,
    reading: &'r mut Reading<'t>,
}

impl<'n> Fields<'n, '_, '_> {
    fn problem(&mut self, code: &'static str, node: Node, expected: &'static str) {
        self.reading.tell(code, self.base + node.at, self.base + node.end, expected);
    }

    fn wrong<T>(&mut self, node: Node, expected: &'static str) -> Option<T> {
        self.problem("wrong-type", node, expected);
        None
    }

    fn present(&self, name: &str) -> Option<Node<'n>> {
        self.node.get(name).filter(|node| node.kind() != Kind::Null)
    }

    fn required(&mut self, name: &str) -> Option<&'n str> {
        match self.text(name)? {
            Some(text) if !text.is_empty() => Some(text),
            _ => {
                let expected = if name == "id" { "an `id`" } else { "a `name`" };
                self.problem("missing-member", self.node, expected);
                None
            }
        }
    }

    fn text(&mut self, name: &str) -> Option<Option<&'n str>> {
        let Some(node) = self.present(name) else { return Some(None) };
        match node.as_str() {
            Some(text) if text.len() <= LONGEST => Some(Some(text.trim())),
            _ => self.wrong(node, "text of at most 2000 bytes"),
        }
    }

    fn amount(&mut self, name: &str) -> Option<Option<f64>> {
        let Some(node) = self.present(name) else { return Some(None) };
        match node.as_f64() {
            Some(amount) if (0.0..=1e12).contains(&amount) => Some(Some(amount)),
            _ => self.wrong(node, "a number that is not negative"),
        }
    }
}

/// Where the parts of the document stand, found by brackets and quotes alone.
#[derive(Default)]
struct Outline {
    version: Option<(usize, usize)>,
    currency: Option<(usize, usize)>,
    products: Option<Vec<(usize, usize)>>,
}

impl Outline {
    fn of(text: &str) -> Option<Outline> {
        let bytes = text.as_bytes();
        let mut outline = Outline::default();
        let mut at = space(bytes, if text.starts_with('\u{feff}') { 3 } else { 0 });
        (bytes.get(at) == Some(&b'{')).then_some(())?;
        at = space(bytes, at + 1);
        while bytes.get(at) == Some(&b'"') {
            let name_end = value_end(bytes, at)?;
            let name = text.get(at + 1..name_end - 1)?;
            at = space(bytes, name_end);
            (bytes.get(at) == Some(&b':')).then_some(())?;
            at = space(bytes, at + 1);
            let from = at;
            at = value_end(bytes, at)?;
            match name {
                "version" => outline.version = Some((from, at)),
                "currency" => outline.currency = Some((from, at)),
                "products" if bytes.get(from) == Some(&b'[') => outline.products = Some(items(bytes, from)?),
                _ => {}
            }
            at = space(bytes, at);
            match bytes.get(at) {
                Some(b',') => at = space(bytes, at + 1),
                Some(b'}') => return (space(bytes, at + 1) == bytes.len()).then_some(outline),
                _ => return None,
            }
        }
        (bytes.get(at) == Some(&b'}')).then_some(outline)
    }
}

/// Where the items of a list begin and end.
fn items(bytes: &[u8], from: usize) -> Option<Vec<(usize, usize)>> {
    let mut items = Vec::new();
    let mut at = space(bytes, from + 1);
    while bytes.get(at) != Some(&b']') {
        let end = value_end(bytes, at)?;
        items.push((at, end));
        at = space(bytes, end);
        match bytes.get(at) {
            // After a comma comes another item.
            Some(b',') => at = Some(space(bytes, at + 1)).filter(|at| bytes.get(*at) != Some(&b']'))?,
            Some(b']') => {}
            _ => return None,
        }
    }
    Some(items)
}

fn space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

/// Where the value that begins at `at` ends.
fn value_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let start = at;
    let mut depth = 0_usize;
    loop {
        match bytes.get(at) {
            Some(b'"') => {
                at += 1;
                while *bytes.get(at)? != b'"' {
                    at += 1 + usize::from(bytes.get(at) == Some(&b'\\'));
                }
            }
            Some(b'{' | b'[') => depth += 1,
            Some(b'}' | b']') if depth > 0 => depth -= 1,
            Some(b'}' | b']' | b',' | b' ' | b'\n' | b'\r' | b'\t') | None if depth == 0 => {
                return (at > start).then_some(at);
            }
            None => return None,
            Some(_) => {
                at += 1;
                continue;
            }
        }
        at += 1;
        let closed = bytes.get(at - 1).is_some_and(|byte| matches!(byte, b'"' | b'}' | b']'));
        if depth == 0 && closed {
            return Some(at);
        }
    }
}
