//! Placeholders of templates and blocks that nothing answers to, or that are written as in other template languages: in
//! the page nothing stands there, silently.

use std::collections::{BTreeMap, BTreeSet};

use super::known::{near_attribute, sort_if_known};
use super::{Finding, warning};
use crate::attributes::{Attribute, Family};
use crate::json::{Kind, Node};
use crate::rules::problem::{PATIENCE, nearest, typing_errors};
use crate::schema::{ATTRIBUTES, AttributeKind};
use crate::template::Template;
use crate::text::position;

/// What the products of a list are made of.
const LISTED: [&str; 14] = [
    "name",
    "url",
    "image",
    "price",
    "listPrice",
    "id",
    "category",
    "brand",
    "currency",
    "tags",
    "attributes",
    "position",
    "why",
    "because",
];
/// What the product of the page is made of.
const OF_PAGE: [&str; 14] = [
    "name",
    "url",
    "image",
    "price",
    "listPrice",
    "id",
    "category",
    "categories",
    "brand",
    "currency",
    "tags",
    "attributes",
    "available",
    "group",
];
/// Other languages compare in their placeholders.
const COMPARISONS: [&str; 12] = ["==", "===", "!=", "!==", "=", "<", ">", "<=", ">=", "&&", "||", "!"];

const EXPECTED: &str = "a field of the block, `products` or a member of them, `product.…`, `currency` or an attribute";

/// The fields of the blocks that a template is for, with all that they hold.
type Fields<'d> = BTreeMap<&'d str, Vec<Node<'d>>>;

/// A warning for each placeholder that hardly does what was meant.
pub(super) fn found(text: &str, root: Node) -> Vec<Finding> {
    let mut walk = Walk { text, asked: asked(root), patience: 10 * PATIENCE, found: Vec::new() };
    let mut of_template: BTreeMap<&str, Fields> = BTreeMap::new();
    for block in root.get("blocks").into_iter().flat_map(Node::members) {
        let fields = block.value.get("fields");
        if let Some(name) = block.value.get("template").and_then(Node::as_str) {
            take_in(of_template.entry(name).or_default(), fields);
        }
        if let Some(html) = block.value.get("html") {
            let mut own = Fields::new();
            take_in(&mut own, fields);
            walk.html(html, &own);
        }
        for field in fields.into_iter().flat_map(Node::members) {
            walk.field(field.key, field.value);
        }
    }
    for template in root.get("templates").into_iter().flat_map(Node::members) {
        if let Some(fields) = of_template.get(template.key) {
            walk.html(template.value, fields);
        }
    }
    walk.found
}

fn take_in<'d>(into: &mut Fields<'d>, fields: Option<Node<'d>>) {
    for field in fields.into_iter().flat_map(Node::members) {
        into.entry(field.key).or_default().push(field.value);
    }
}

/// What conditions ask for: of attributes of the shop's own that is all that the document tells.
fn asked<'d>(root: Node<'d>) -> BTreeSet<&'d str> {
    let mut todo: Vec<Node<'d>> = root.get("audiences").into_iter().collect();
    let experiences = root.get("experiences").into_iter().flat_map(Node::items);
    todo.extend(experiences.filter_map(|experience| experience.get("when")));
    let mut asked = BTreeSet::new();
    while let Some(node) = todo.pop() {
        todo.extend(node.items());
        for member in node.members() {
            asked.insert(member.key);
            todo.push(member.value);
        }
    }
    asked
}

/// What the items of a list are.
enum Item<'d> {
    Product,
    Of(BTreeSet<&'d str>),
    /// Nothing with members.
    Plain,
    Unknown,
}

/// What a placeholder stands in.
enum Inside<'t, 'd> {
    Each(Item<'d>),
    If(&'t str),
}

struct Walk<'t> {
    text: &'t str,
    asked: BTreeSet<&'t str>,
    patience: u32,
    found: Vec<Finding>,
}

impl Walk<'_> {
    fn html(&mut self, node: Node, fields: &Fields) {
        // What is no template is an error already.
        if let Some(text) = node.as_str().filter(|text| Template::html(text).is_ok()) {
            self.template(node, text, fields);
        }
    }

    /// A field, which may hold others: it cannot name those beside it.
    fn field(&mut self, name: &str, node: Node) {
        if let Some(text) = node.as_str().filter(|text| Template::field(name, text).is_ok()) {
            self.template(node, text, &Fields::new());
        }
        node.items().for_each(|item| self.field(name, item));
        node.members().for_each(|member| self.field(member.key, member.value));
    }

    fn template(&mut self, node: Node, text: &str, fields: &Fields) {
        let mut inside = Vec::new();
        let mut at = 0;
        let find = |at: usize, what: &str| position(text.get(at..)?, what).map(|found| at + found);
        while let Some(start) = find(at, "{{")
            && let Some(end) = find(start + 2, "}}")
        {
            at = end + 2;
            let inner = text.get(start + 2..end).unwrap_or("").trim();
            let place = Placeholder { node, text, start, end: at, inside: &inside, fields };
            let (word, path) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
            match (word, path.trim()) {
                ("/each" | "/if", "") => drop(inside.pop()),
                ("else", "") => {}
                ("#each", path) => {
                    self.path(&place, path, false);
                    let item = place.leads_to(path).unwrap_or(Item::Unknown);
                    inside.push(Inside::Each(item));
                }
                ("#if", path) => {
                    self.path(&place, path, true);
                    inside.push(Inside::If(path));
                }
                _ if inner.starts_with('!') => {}
                _ => {
                    let (path, default) = inner.split_once('|').unwrap_or((inner, ""));
                    let path = path.trim();
                    if default.starts_with('|') {
                        let right = ["{{", path, "|", default.trim_start_matches('|').trim_start(), "}}"].concat();
                        self.odd(&place, "one `|` before the text that stands there if there is none", Some(right));
                    }
                    let guarded = inside.iter().any(|one| matches!(one, Inside::If(asked) if *asked == path));
                    let place = Placeholder { inside: &inside, ..place };
                    self.path(&place, path, guarded || !default.is_empty());
                }
            }
        }
    }

    /// Warns if nothing answers to a path. One that may be missing is the shop's own affair, unless it is almost one that
    /// exists.
    fn path(&mut self, place: &Placeholder, path: &str, may_miss: bool) {
        let compares = path.split_whitespace().any(|word| COMPARISONS.contains(&word));
        let known = place.leads_to(path).is_some() || self.asked.contains(path);
        if known && !(compares && place.field(path).is_none()) {
            return;
        }
        if path.contains(char::is_whitespace) {
            let word = path.split_whitespace().next().unwrap_or("");
            let expected = match word {
                "else" => "`{{else}}` alone, and in it another `{{#if}}`: there is no `else if`",
                "each" | "if" => "a `#` before it: `{{#each path}}`, `{{#if path}}`",
                _ => "one path; what is to be compared belongs into the condition of an experience",
            };
            let right = matches!(word, "each" | "if").then(|| ["{{#", path, "}}"].concat());
            self.odd(place, expected, right);
            return;
        }
        let family = Attribute::parse(path).family;
        let name = path.strip_prefix("this.").unwrap_or(path);
        let near = place.near(name, &mut self.patience);
        if family == Family::Custom && !name.starts_with("product.") && (may_miss || name.contains('.')) {
            let is_slip = |near: &String| typing_errors(name, near) <= 1 + name.len() / 8;
            if !near.as_ref().is_some_and(is_slip) {
                return;
            }
        }
        self.warn("unknown-field", place, path, EXPECTED, near);
    }

    /// A placeholder that is none of this language.
    fn odd(&mut self, place: &Placeholder, expected: &'static str, right: Option<String>) {
        let whole = place.text.get(place.start..place.end).unwrap_or("");
        self.warn("unknown-placeholder", place, whole, expected, right);
    }

    fn warn(
        &mut self,
        code: &'static str,
        place: &Placeholder,
        what: &str,
        expected: &'static str,
        near: Option<String>,
    ) {
        let mut finding = warning(code, self.text, place.in_document(what), expected);
        what.clone_into(&mut finding.problem.found);
        finding.problem.nearest = near;
        self.found.push(finding);
    }
}

/// A placeholder, and all that it can name.
struct Placeholder<'p, 't, 'd> {
    /// Where its template stands in the document, and that template's text.
    node: Node<'p>,
    text: &'p str,
    start: usize,
    end: usize,
    inside: &'p [Inside<'t, 'd>],
    fields: &'p Fields<'d>,
}

impl<'d> Placeholder<'_, '_, 'd> {
    /// Where a part of it stands in the document; with escapes in the text, the whole text.
    fn in_document(&self, part: &str) -> (usize, usize) {
        let (at, end) = (self.node.at, self.node.end);
        if self.text.len() + 2 != end - at {
            return (at, end);
        }
        let own = self.text.get(self.start..self.end).unwrap_or("");
        let start = at + 1 + self.start + position(own, part).unwrap_or(0);
        (start, start + part.len())
    }

    /// What a path leads to: what the items are if it is a list. Nothing if nobody knows it.
    fn leads_to(&self, path: &str) -> Option<Item<'d>> {
        let name = path.strip_prefix("this.").unwrap_or(path);
        let head = name.split('.').next().unwrap_or("");
        for item in self.items() {
            match (path, item) {
                ("this", _) | (_, Item::Unknown) => return Some(Item::Unknown),
                ("@index" | "@number", _) => return Some(Item::Plain),
                // The shop's own.
                (_, Item::Product) if head == "attributes" => return Some(Item::Unknown),
                (_, Item::Product) if LISTED.contains(&head) => return Some(Item::Plain),
                (_, Item::Of(names)) if names.contains(head) || names.contains(name) => return Some(Item::Unknown),
                _ => {}
            }
        }
        if let Some(values) = self.field(path) {
            return Some(items_of(path, values));
        }
        match path.strip_prefix("product.").map(|field| field.split('.').next().unwrap_or("")) {
            _ if path == "products" => Some(Item::Product),
            _ if path == "currency" => Some(Item::Plain),
            Some(field) => OF_PAGE.contains(&field).then_some(Item::Plain),
            None if Attribute::parse(path).family == Family::Custom => None,
            None => sort_if_known(path).map(|sort| match sort {
                AttributeKind::Any => Item::Unknown,
                _ => Item::Plain,
            }),
        }
    }

    /// The items of the loops around it, from the innermost on.
    fn items(&self) -> impl Iterator<Item = &Item<'d>> {
        self.inside.iter().rev().filter_map(|one| match one {
            Inside::Each(item) => Some(item),
            Inside::If(_) => None,
        })
    }

    /// What blocks have in the field that a path begins with.
    fn field(&self, path: &str) -> Option<&Vec<Node<'d>>> {
        let heads = path.match_indices('.').filter_map(|(dot, _)| path.get(..dot));
        [path].into_iter().chain(heads).find_map(|head| self.fields.get(head))
    }

    /// The nearest path that leads to something.
    fn near(&self, path: &str, patience: &mut u32) -> Option<String> {
        let mut names: Vec<&str> = Vec::new();
        for item in self.items() {
            match item {
                Item::Product => names.extend(LISTED),
                Item::Of(members) => names.extend(members),
                Item::Plain | Item::Unknown => {}
            }
        }
        names.extend(self.fields.keys());
        names.extend(["products", "currency"]);
        let of_page: Vec<String> = OF_PAGE.iter().map(|field| ["product.", field].concat()).collect();
        names.extend(of_page.iter().map(String::as_str));
        names.extend(ATTRIBUTES.iter().map(|known| known.path));
        nearest(path, &mut names.into_iter(), patience).or_else(|| near_attribute(path, patience))
    }
}

/// What the items of a field are, if it is a list; its members must be looked up by a path that ends there.
fn items_of<'d>(path: &str, values: &[Node<'d>]) -> Item<'d> {
    let mut names = BTreeSet::new();
    for item in values.iter().flat_map(|value| value.items()) {
        match item.kind() {
            Kind::Map => names.extend(item.members().map(|member| member.key)),
            Kind::Text | Kind::Number => {}
            _ => return Item::Unknown,
        }
    }
    let all_lists = values.iter().all(|value| value.kind() == Kind::List);
    if path.contains('.') || !all_lists { Item::Unknown } else { Item::Of(names) }
}
