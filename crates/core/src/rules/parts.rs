//! The smaller parts of the rules: blocks, templates, placements and the choice of products.

use super::build::document;
use super::condition::Condition;
use super::problem::Problem;
use super::read::Reader;
use super::table::Names;
use crate::json::{Kind, Member, Node};
use crate::schema::Gather;
use crate::schema::Value;
use crate::template::{Filling, Template as Content, TemplateError};

/// What is put into a placement.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Its id.
    pub id: String,
    /// A template of its own.
    pub html: Option<String>,
    /// The index of the shared template it uses.
    pub template: Option<usize>,
    /// What the template can name; always an object.
    pub fields: Value,
    /// `html`, understood.
    pub content: Option<Content>,
    /// `fields`, understood.
    pub filling: Filling,
    /// Whether it cannot be shown because something in it is wrong; a problem says what.
    pub off: bool,
    /// Where its id stands in the text.
    pub at: usize,
}

/// A template that blocks share.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its id.
    pub id: String,
    /// Its text.
    pub html: String,
    /// The text, understood; `None` when something in it is wrong: a problem says what.
    pub content: Option<Content>,
    /// Where its text stands in the document.
    pub at: usize,
}

/// A place in the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Its id.
    pub id: String,
    /// Where it is in pages that have no slot for it.
    pub selector: Option<String>,
    /// The index of the block shown when nothing wins.
    pub default: Option<usize>,
    /// Where its id stands in the text, or the experience that first names it.
    pub at: usize,
}

/// How products are picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// By the shopper's affinities.
    Affinity,
    /// What many look at now.
    Trending,
    /// What the shopper looked at last.
    Recent,
    /// Like the product at hand.
    Similar,
    /// Bought together with what is in the cart.
    Together,
    /// What comes next in sessions like this one.
    Next,
    /// The better one of its kind.
    Upsell,
    /// What is about to run out at home.
    Replenish,
    /// The ids given.
    Pinned,
}

/// The names of the strategies.
pub const STRATEGIES: [(&str, Strategy); 9] = [
    ("affinity", Strategy::Affinity),
    ("trending", Strategy::Trending),
    ("recent", Strategy::Recent),
    ("similar", Strategy::Similar),
    ("together", Strategy::Together),
    ("next", Strategy::Next),
    ("upsell", Strategy::Upsell),
    ("replenish", Strategy::Replenish),
    ("pinned", Strategy::Pinned),
];

/// Products that are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exclude {
    /// What is in the cart.
    Cart,
    /// What was bought.
    Bought,
    /// What was looked at.
    Viewed,
    /// The product of the page.
    Page,
}

const EXCLUDES: [(&str, Exclude); 5] = [
    ("cart", Exclude::Cart),
    ("bought", Exclude::Bought),
    ("viewed", Exclude::Viewed),
    ("page", Exclude::Page),
    ("current", Exclude::Page),
];

/// What no two neighbours should share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Diverse {
    /// The category.
    Category,
    /// The brand.
    Brand,
}

/// The choice of products of an experience.
#[derive(Debug, Clone, PartialEq)]
pub struct Products {
    /// How they are picked.
    pub strategy: Strategy,
    /// How many.
    pub limit: u32,
    /// The ids of `pinned`.
    pub ids: Vec<String>,
    /// Only products that fulfil this.
    pub only: Option<Condition>,
    /// Which are left out.
    pub exclude: Vec<Exclude>,
    /// What no two neighbours should share.
    pub diverse: Option<Diverse>,
    /// What fills up what is missing, in this order.
    pub fallback: Vec<Strategy>,
    /// What the shop wants more, less or in a certain position.
    pub adjust: Vec<Adjust>,
    /// Where it stands in the text.
    pub at: usize,
}

/// A wish of the shop about some products.
#[derive(Debug, Clone, PartialEq)]
pub struct Adjust {
    /// Which products.
    pub only: Condition,
    /// What is to happen to them.
    pub act: Act,
    /// Where it stands in the text.
    pub at: usize,
}

/// What the shop wishes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Act {
    /// Earlier: with 2, the product after a full row draws level with the first.
    Boost(f64),
    /// Only when nothing else is left.
    Bury,
    /// The best of them in this position, counted from 1.
    Pin(u32),
}

/// The most products that one placement may ask for.
const MAX_PRODUCTS: u32 = 100;

/// The template that every shop has, unless it makes its own of that name: a title and a row of products.
const ROW: (&str, &str) = (
    "product-row",
    "<h2>{{title}}</h2><ul>{{#each products}}<li><a {{#if url}}href=\"{{url}}\" {{/if}}data-tailorbird-product=\"{{id}}\">{{#if image}}<img src=\"{{image}}\" alt=\"\">{{/if}}{{name}}{{#if price}} {{price}} {{currency}}{{/if}}</a></li>{{/each}}</ul>",
);

/// The text of a template, understood.
pub(super) fn content(reader: &mut Reader, node: Node) -> Option<Content> {
    let content = Content::html(reader.text(node)?);
    if let Err(error) = content {
        misunderstood(reader, node, error);
    }
    content.ok()
}

/// Notes what is wrong with a template. Without escapes in its text, exactly where.
fn misunderstood(reader: &mut Reader, node: Node, error: TemplateError) {
    let plain = node.as_str().is_some_and(|text| text.len() + 2 == node.end - node.at);
    let (at, end) = if plain { (node.at + 1 + error.at, node.at + 1 + error.end) } else { (node.at, node.end) };
    reader.note(Problem::error(error.code, reader.text, at, end, error.expected));
}

pub(super) fn block(reader: &mut Reader, member: Member, names: &Names, templates: &[Template]) -> Block {
    let errors = reader.errors;
    let id = member.key.to_owned();
    let mut block = Block {
        id,
        html: None,
        template: None,
        fields: Value::map(),
        content: None,
        filling: Filling::default(),
        off: false,
        at: member.at,
    };
    for part in reader.members(member.value, &["html", "template", "fields"]) {
        match part.key {
            "html" => {
                block.html = part.value.as_str().map(str::to_owned);
                block.content = content(reader, part.value);
            }
            "template" => {
                if let Some(name) = reader.text(part.value) {
                    block.template = names.find(name).map(|number| number as usize);
                    if block.template.is_none() && name == ROW.0 {
                        block.content = Content::html(ROW.1).ok();
                        continue;
                    }
                    match block.template.map(|number| templates.get(number).is_some_and(|it| it.content.is_some())) {
                        None => {
                            reader.unknown("unknown-template", part.value, "the id of a template", &mut names.iter())
                        }
                        Some(false) => reader.error("broken-template", part.value, "a template without errors"),
                        Some(true) => {}
                    }
                }
            }
            "fields" if part.value.is_map() => {
                block.fields = part.value.to_value();
                match Filling::read(&block.fields) {
                    Ok(filling) => block.filling = filling,
                    Err((name, error)) => misunderstood(reader, part.value.get(&name).unwrap_or(part.value), error),
                }
            }
            "fields" => reader.error("wrong-type", part.value, "an object"),
            _ => {}
        }
    }
    if block.html.is_some() && block.template.is_some() {
        reader.note(reader.at_name("mixed-block", member, "either `html` or `template`, not both at once"));
    }
    block.off = reader.errors > errors;
    block
}

pub(super) fn placement(reader: &mut Reader, member: Member, blocks: &Names) -> Placement {
    let mut placement = Placement { id: member.key.to_owned(), selector: None, default: None, at: member.at };
    for part in reader.members(member.value, &["selector", "default"]) {
        match part.key {
            "selector" => placement.selector = reader.owned(part.value),
            "default" => placement.default = block_index(reader, part.value, blocks),
            _ => {}
        }
    }
    placement
}

/// The index of the block whose id stands at a node.
pub(super) fn block_index(reader: &mut Reader, node: Node, blocks: &Names) -> Option<usize> {
    let name = reader.text(node)?;
    let found = blocks.find(name).map(|number| number as usize);
    if found.is_none() {
        reader.unknown("unknown-block", node, "the id of a block", &mut blocks.iter());
    }
    found
}

#[inline(never)]
pub(super) fn products(reader: &mut Reader, node: Node) -> Option<Products> {
    let mut products = Products {
        strategy: Strategy::Affinity,
        limit: 4,
        ids: Vec::new(),
        only: None,
        exclude: Vec::new(),
        diverse: None,
        fallback: vec![Strategy::Affinity, Strategy::Trending],
        adjust: Vec::new(),
        at: node.at,
    };
    let known = ["strategy", "limit", "ids", "where", "exclude", "diverse", "fallback", "adjust"];
    for part in reader.members(node, &known) {
        let value = part.value;
        match part.key {
            "strategy" => products.strategy = strategy(reader, value).unwrap_or(Strategy::Affinity),
            "limit" => {
                products.limit = reader.whole(value, 1, MAX_PRODUCTS, "a whole number from 1 to 100").unwrap_or(1);
            }
            "ids" => products.ids = reader.list(value, Reader::owned),
            "where" => products.only = document(reader, value),
            "exclude" => {
                products.exclude = match value.kind() {
                    Kind::Text => exclude(reader, value).into_iter().gather(),
                    _ => reader.list(value, exclude),
                };
            }
            "diverse" => {
                let words = [("category", Diverse::Category), ("brand", Diverse::Brand)];
                products.diverse = reader.word("unknown-word", value, &words, "`category` or `brand`");
            }
            "fallback" => products.fallback = reader.list(value, strategy),
            "adjust" => products.adjust = reader.list(value, adjust),
            _ => {}
        }
    }
    if node.is_map() && node.get("strategy").is_none() {
        reader.error("missing-member", node, "a `strategy`");
    } else if products.strategy == Strategy::Pinned && node.get("ids").is_none() {
        reader.error("missing-member", node, "the `ids` to pin");
    }
    Some(products)
}

fn adjust(reader: &mut Reader, node: Node) -> Option<Adjust> {
    let mut only = None;
    let mut acts = Vec::new();
    for part in reader.members(node, &["where", "boost", "bury", "pin"]) {
        let value = part.value;
        match part.key {
            "where" => only = document(reader, value),
            "boost" => acts.push(reader.number(value, 0.01, 100.0, "a number from 0.01 to 100").map(Act::Boost)),
            "bury" if value.as_bool() == Some(true) => acts.push(Some(Act::Bury)),
            "bury" => reader.error("wrong-type", value, "true"),
            "pin" => acts.push(reader.whole(value, 1, MAX_PRODUCTS, "a position from 1 to 100").map(Act::Pin)),
            _ => {}
        }
    }
    if node.is_map() && (node.get("where").is_none() || acts.len() != 1) {
        reader.error("missing-member", node, "`where` and one of `boost`, `bury` and `pin`");
    }
    let act = acts.first().copied().flatten()?;
    Some(Adjust { only: only?, act, at: node.at })
}

fn strategy(reader: &mut Reader, node: Node) -> Option<Strategy> {
    reader.word("unknown-strategy", node, &STRATEGIES, "a strategy such as `affinity` or `trending`")
}

fn exclude(reader: &mut Reader, node: Node) -> Option<Exclude> {
    reader.word("unknown-word", node, &EXCLUDES, "`cart`, `bought`, `viewed` or `page`")
}
