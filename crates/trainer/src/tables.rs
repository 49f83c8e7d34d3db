//! Counts that a database made with the queries in `sql/`: learning goes on from them as from its own.

use std::io::BufReader;
use std::path::Path;

use rustc_hash::FxHashMap;
use tailorbird_core::catalog::{Catalog, tidy_category};

use crate::TrainError;
use crate::counts::{Counted, REMEMBERED};
use crate::learn::Extras;
use crate::rhythm::{Rhythms, of_category, of_product};
use crate::sessions::Names;
use crate::sums::{Neighbour, strongest};
use crate::together::{is_dearer_choice, together_rows, upsell_rows};
use crate::trending::most_wanted;

/// What the tables held.
#[derive(Debug, Default)]
pub struct Counts {
    /// The items' ids.
    pub items: Names,
    /// What follows each item.
    pub rows: Vec<Counted>,
    /// How often each item was looked at.
    pub looks: Vec<u32>,
    /// What is bought together, instead and again, and what is in demand.
    pub extras: Extras,
}

/// Reads `next.csv` and `looks.csv` of a folder, and `together.csv`, `trending.csv`, `goods.csv` with `upsell.csv`, and
/// `rhythms.csv` where they are. Of categories and prices the catalogue knows better than events.
///
/// # Errors
/// A table is missing, lacks a column or has a cell that cannot be read.
pub fn read_counts(folder: &Path, catalog: &Catalog) -> Result<Counts, TrainError> {
    let mut counts = Counts::default();
    each_row(&folder.join("looks.csv"), ["item", "looks"], |[item, looks]| {
        let number = counts.items.number_of(item) as usize;
        counts.looks.resize(counts.items.len(), 0);
        counts.looks[number] = looks.parse().ok()?;
        Some(())
    })?;
    each_row(&folder.join("next.csv"), ["item", "other", "weight"], |[item, other, weight]| {
        let (item, other) = (counts.items.number_of(item), counts.items.number_of(other));
        counts.rows.resize_with(counts.items.len(), Counted::default);
        let weight = weight.parse::<f32>().ok().filter(|weight| *weight >= 0.0)?;
        let row = &mut counts.rows[item as usize];
        row.total += weight;
        row.neighbours.push((other, weight));
        Some(())
    })?;
    // Some products are bought without ever being looked at.
    let goods = goods(folder, &mut counts.items, catalog)?;
    counts.looks.resize(counts.items.len(), 0);
    counts.rows.resize_with(counts.items.len(), Counted::default);
    counts.rows.iter_mut().for_each(|row| strongest(&mut row.neighbours, REMEMBERED));
    if counts.rows.iter().all(|row| row.neighbours.is_empty()) {
        return Err(TrainError::Empty);
    }

    let together = folder.join("together.csv");
    if together.exists() {
        let (mut pairs, mut orders) = (FxHashMap::default(), vec![0.0; counts.items.len()]);
        let columns = ["item", "other", "orders", "item_orders", "other_orders"];
        each_row(&together, columns, |[item, other, both, of_item, of_other]| {
            let (item, other) = (counts.items.find(item), counts.items.find(other));
            if let Some((item, other)) = item.zip(other) {
                pairs.insert((item, other), both.parse().ok()?);
                orders[item as usize] = of_item.parse().ok()?;
                orders[other as usize] = of_other.parse().ok()?;
            }
            Some(())
        })?;
        counts.extras.together = together_rows(pairs, &orders);
    }
    let trending = folder.join("trending.csv");
    if trending.exists() {
        let mut demand = vec![0.0; counts.items.len()];
        each_row(&trending, ["item", "demand"], |[item, wanted]| {
            let wanted: f64 = wanted.parse().ok()?;
            counts.items.find(item).into_iter().for_each(|item| demand[item as usize] = wanted);
            Some(())
        })?;
        counts.extras.trending = most_wanted(demand);
    }
    counts.extras.upsell = upsell(folder, &counts.items, &goods)?;
    counts.extras.rhythms = rhythms(folder, &counts.items)?;
    Ok(counts)
}

/// Category and price of each item.
#[derive(Default)]
struct Goods {
    categories: Vec<Option<Box<str>>>,
    prices: Vec<Option<f64>>,
}

fn goods(folder: &Path, items: &mut Names, catalog: &Catalog) -> Result<Goods, TrainError> {
    let table = folder.join("goods.csv");
    let mut goods = Goods::default();
    if table.exists() {
        each_row(&table, ["item", "category", "price"], |[item, category, price]| {
            let item = items.number_of(item) as usize;
            goods.categories.resize(items.len(), None);
            goods.prices.resize(items.len(), None);
            let category = tidy_category(category);
            goods.categories[item] = (!category.is_empty()).then(|| category.into());
            let price = if price.is_empty() { None } else { Some(price.parse::<f64>().ok()?) };
            goods.prices[item] = price.filter(|price| *price > 0.0);
            Some(())
        })?;
    }
    goods.categories.resize(items.len(), None);
    goods.prices.resize(items.len(), None);
    for (item, product) in catalog.products().filter_map(|product| Some((items.find(product.id())?, product))) {
        if let Some(category) = product.category() {
            goods.categories[item as usize] = Some(category.into());
        }
        goods.prices[item as usize] = product.price().or(goods.prices[item as usize]);
    }
    Ok(goods)
}

/// The dearer choices among what was bought instead, by category and price.
fn upsell(folder: &Path, items: &Names, goods: &Goods) -> Result<Vec<Vec<Neighbour>>, TrainError> {
    let table = folder.join("upsell.csv");
    if !table.exists() {
        return Ok(Vec::new());
    }
    let (mut pairs, mut lookers) = (FxHashMap::default(), vec![0.0; items.len()]);
    each_row(&table, ["item", "other", "chosen", "lookers"], |[item, other, chosen, of_item]| {
        if let Some((item, other)) = items.find(item).zip(items.find(other)) {
            lookers[item as usize] = of_item.parse().ok()?;
            let chosen: f32 = chosen.parse().ok()?;
            if is_dearer_choice(&goods.categories, &goods.prices, item, other) {
                pairs.insert((item, other), chosen);
            }
        }
        Some(())
    })?;
    Ok(upsell_rows(pairs, &lookers))
}

fn rhythms(folder: &Path, items: &Names) -> Result<Rhythms, TrainError> {
    let mut rhythms = Rhythms { products: vec![None; items.len()], ..Rhythms::default() };
    let table = folder.join("rhythms.csv");
    if !table.exists() {
        return Ok(rhythms);
    }
    each_row(&table, ["kind", "name", "intervals", "days", "spread"], |[kind, name, intervals, days, spread]| {
        let (intervals, days, spread) = (intervals.parse().ok()?, days.parse().ok()?, spread.parse().ok()?);
        match (kind, items.find(name)) {
            ("product", Some(item)) => rhythms.products[item as usize] = of_product(intervals, days, spread),
            ("product", None) => {}
            ("category", _) => {
                rhythms.categories.extend(of_category(intervals, days, spread).map(|rhythm| (name.to_owned(), rhythm)));
            }
            _ => return None,
        }
        Some(())
    })?;
    Ok(rhythms)
}

fn each_row<const N: usize>(
    path: &Path,
    columns: [&'static str; N],
    mut each: impl FnMut([&str; N]) -> Option<()>,
) -> Result<(), TrainError> {
    let table = path.file_name().unwrap_or_default().to_string_lossy();
    let bad = |reason: String| TrainError::Counts { table: table.clone().into_owned(), reason };
    let at_line = |line: Option<u64>, what: String| bad(format!("line {}: {what}", line.unwrap_or(1)));
    let file = std::fs::File::open(path)
        .map_err(|error| bad(format!("{error}, export the views of crates/trainer/sql as CSV with a header")))?;
    let mut reader = csv::Reader::from_reader(BufReader::with_capacity(1 << 20, file));
    let unread = |error: csv::Error| at_line(error.position().map(csv::Position::line), error.to_string());
    let names = reader.headers().map_err(unread)?.clone();
    let mut places = [0; N];
    for (place, column) in places.iter_mut().zip(columns) {
        let found = names.iter().position(|name| name == column);
        *place = found.ok_or_else(|| at_line(None, format!("no column `{column}`, select all columns of the view")))?;
    }
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).map_err(unread)? {
        let cells = places.map(|place| row.get(place).unwrap_or(""));
        let line = row.position().map(csv::Position::line);
        let wrong = || at_line(line, format!("expected {}, found `{}`", columns.join(", "), cells.join(",")));
        each(cells).ok_or_else(wrong)?;
    }
    Ok(())
}
