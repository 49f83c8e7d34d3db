//! Names that nobody knows: attributes that do not exist, fields products do not have, categories, brands, tags
//! and products that the catalogue does not have.

use super::known::{event_meant_by, near_attribute, sort_if_known, words_of};
use super::stock::{Stock, What};
use super::{Finding, warning};
use crate::catalog::tidy_category;
use crate::json::{Kind, Member, Node};
use crate::rules::problem::{PATIENCE, nearest};
use crate::rules::{Rules, is_operator};
use crate::schema::{ATTRIBUTES, AttributeKind};

/// What a condition is about.
#[derive(Clone, Copy, PartialEq)]
enum About {
    Visitor,
    Event,
    Product,
}

/// The fields of products that conditions may ask for.
const PRODUCT_FIELDS: [&str; 13] = [
    "id",
    "name",
    "category",
    "categories",
    "brand",
    "price",
    "listPrice",
    "image",
    "url",
    "available",
    "tags",
    "group",
    "attributes",
];

/// A warning for each name that nobody knows.
pub(super) fn found(text: &str, rules: &Rules, root: Node, stock: Option<&Stock>) -> Vec<Finding> {
    let mut walk = Walk { text, rules, stock, patience: 10 * PATIENCE, found: Vec::new() };
    let weights = root.get("settings").and_then(|settings| settings.get("weights"));
    for weight in weights.into_iter().flat_map(Node::members) {
        walk.event(weight.key, (weight.at, weight.end));
    }
    for audience in root.get("audiences").into_iter().flat_map(Node::members) {
        walk.condition(audience.value, About::Visitor);
    }
    for experience in root.get("experiences").into_iter().flat_map(Node::items) {
        let before = walk.found.len();
        if let Some(when) = experience.get("when") {
            walk.condition(when, About::Visitor);
        }
        if let Some(products) = experience.get("products") {
            walk.products(products);
        }
        let id = experience.get("id").and_then(Node::as_str);
        for finding in walk.found.iter_mut().skip(before) {
            finding.problem.experience = id.map(str::to_owned);
        }
    }
    walk.found
}

struct Walk<'t> {
    text: &'t str,
    rules: &'t Rules,
    stock: Option<&'t Stock>,
    patience: u32,
    found: Vec<Finding>,
}

impl<'t> Walk<'t> {
    fn warn(&mut self, code: &'static str, place: (usize, usize), expected: &'static str, nearest: Option<String>) {
        let mut finding = warning(code, self.text, place, expected);
        finding.problem.nearest = nearest;
        self.found.push(finding);
    }

    fn condition(&mut self, node: Node, about: About) {
        for member in node.members() {
            match member.key {
                "$and" | "$or" | "$nor" => member.value.items().for_each(|part| self.condition(part, about)),
                "$not" => self.condition(member.value, about),
                "$did" => self.did(member.value),
                key if key.starts_with('$') => {}
                _ => self.attribute(member, about),
            }
        }
    }

    fn did(&mut self, node: Node) {
        self.happening(node);
        for name in ["sequence", "without"] {
            let Some(steps) = node.get(name) else { continue };
            steps.items().chain([steps]).for_each(|step| self.happening(step));
        }
    }

    /// An event: its name, or an object with it and what has to hold for its properties.
    fn happening(&mut self, node: Node) {
        let name = node.get("event").unwrap_or(node);
        if let Some(event) = name.as_str() {
            self.event(event, (name.at, name.end));
        }
        if let Some(only) = node.get("where") {
            self.condition(only, About::Event);
        }
    }

    /// An event's name. A shop may have events of its own, but hardly one that is almost one of those that all know.
    fn event(&mut self, name: &str, place: (usize, usize)) {
        if let Some(near) = event_meant_by(name) {
            self.warn("unknown-event", place, "an event that exists", Some(near.to_owned()));
        }
    }

    fn products(&mut self, node: Node) {
        if let Some(only) = node.get("where") {
            self.condition(only, About::Product);
        }
        for adjust in node.get("adjust").into_iter().flat_map(Node::items) {
            if let Some(only) = adjust.get("where") {
                self.condition(only, About::Product);
            }
        }
        for id in node.get("ids").into_iter().flat_map(Node::items) {
            self.name(What::Product, id);
        }
    }

    /// An attribute, or a field of an event or product, and what stands next to it.
    fn attribute(&mut self, member: Member, about: About) {
        let place = (member.at, member.end);
        let path = member.key;
        self.forgotten_dollar(member.value);
        if let Some(what) = meant_by(path, about) {
            self.operand(member.value, &mut |walk, node| walk.name(what, node));
        }
        if about == About::Product {
            let field = path.split('.').next().unwrap_or("");
            if !PRODUCT_FIELDS.contains(&field) {
                let near = nearest(field, &mut PRODUCT_FIELDS.into_iter(), &mut self.patience);
                self.warn("unknown-field", place, "a field of products; other ones are under `attributes`", near);
            }
        }
        if about != About::Visitor {
            return;
        }
        if let Some(words) = words_of(path) {
            self.operand(member.value, &mut |walk, node| walk.word(words, node));
        }
        let mut near = || near_attribute(path, &mut self.patience);
        match sort_if_known(path) {
            None => {
                let near = near();
                self.warn("unknown-attribute", place, "an attribute that exists", near);
            }
            // The shop's own attributes may have any name, but hardly one that is almost one of ours.
            Some(AttributeKind::Any) if !ATTRIBUTES.iter().any(|known| known.path == path) => {
                if !path.starts_with("traits.")
                    && path.contains('.')
                    && let Some(near) = near().filter(|name| name.contains('.'))
                {
                    self.warn("unknown-attribute", place, "an attribute that exists", Some(near));
                }
            }
            Some(_) => {}
        }
        if let Some(event) = path.strip_prefix("count.").or_else(|| path.strip_prefix("days.")) {
            self.event(event, place);
        }
        if let Some(id) = path.strip_prefix("seen.")
            && self.rules.experience(id).is_none()
        {
            let rules = self.rules;
            let mut ids = rules.experiences().iter().map(|experience| experience.id.as_str());
            let near = nearest(id, &mut ids, &mut self.patience);
            self.warn("unknown-experience", place, "the id of an experience", near);
        }
        let tastes =
            [("affinity.category.", What::Category), ("affinity.brand.", What::Brand), ("affinity.tag.", What::Tag)];
        for (prefix, what) in tastes {
            if let Some(name) = path.strip_prefix(prefix) {
                self.look_up(what, name, place);
            }
        }
    }

    /// An object to equal whose names are operators but for their dollar signs.
    fn forgotten_dollar(&mut self, node: Node) {
        if let Some(first) = node.members().next()
            && node.members().all(|member| is_operator(&["$", member.key].concat()))
        {
            let right = ["$", first.key].concat();
            self.warn("missing-dollar", (first.at, first.end), "operators to begin with `$`", Some(right));
        }
    }

    /// Calls `each` with what may be a name in what stands next to an attribute.
    fn operand(&mut self, node: Node, each: &mut dyn FnMut(&mut Self, Node)) {
        match node.kind() {
            Kind::Text => each(self, node),
            Kind::List => node.items().for_each(|item| self.operand(item, each)),
            Kind::Map => {
                for member in node.members() {
                    let names = ["$eq", "$ne", "$in", "$nin", "$all", "$not", "$elemMatch"];
                    if names.contains(&member.key) {
                        self.operand(member.value, each);
                    }
                }
            }
            Kind::Null | Kind::Bool | Kind::Number => {}
        }
    }

    /// One of the few values that an attribute can have.
    fn word(&mut self, (words, expected, open): (&[&str], &'static str, bool), node: Node) {
        let Some(word) = node.as_str().filter(|word| !words.contains(word)) else { return };
        let near = nearest(word, &mut words.iter().copied(), &mut self.patience);
        if near.is_some() || !open {
            self.warn("unknown-value", (node.at, node.end), expected, near);
        }
    }

    fn name(&mut self, what: What, node: Node) {
        if let Some(name) = node.as_str() {
            self.look_up(what, name, (node.at, node.end));
        }
    }

    fn look_up(&mut self, what: What, name: &str, place: (usize, usize)) {
        let Some(stock) = self.stock else { return };
        let known = stock.names(what);
        let tidy = if what == What::Category { tidy_category(name) } else { name.into() };
        if known.find(&tidy).is_some() {
            return;
        }
        let near = nearest(name, &mut known.iter(), &mut self.patience);
        let (code, expected) = match what {
            What::Category => ("unknown-category", "a category of the catalogue"),
            What::Brand => ("unknown-brand", "a brand of the catalogue"),
            What::Tag => ("unknown-tag", "a tag of the catalogue"),
            What::Product => ("unknown-product", "the id of a product in the catalogue"),
        };
        self.warn(code, place, expected, near);
    }
}

/// What the values of an attribute or field name.
fn meant_by(path: &str, about: About) -> Option<What> {
    Some(match (about, path) {
        (About::Visitor, "top.category" | "page.category" | "cart.categories" | "orders.categories") => What::Category,
        (About::Visitor, "top.brand") => What::Brand,
        (About::Visitor, "page.product" | "cart.products" | "orders.products") => What::Product,
        (About::Event | About::Product, "category" | "categories") => What::Category,
        (About::Event | About::Product, "brand") => What::Brand,
        (About::Event, "product_id") | (About::Product, "id") => What::Product,
        (About::Product, "tags") => What::Tag,
        _ => return None,
    })
}
