//! Counts that a database made with the queries in `sql/`: learning goes on from them as from its own.

use std::io::BufReader;
use std::path::Path;

use rustc_hash::FxHashMap;

use crate::TrainError;
use crate::counts::{Counted, REMEMBERED};
use crate::learn::Extras;
use crate::sessions::Names;
use crate::sums::strongest;
use crate::together::together_rows;
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
    /// What is bought together and what is in demand.
    pub extras: Extras,
}

/// Reads `next.csv` and `looks.csv` of a folder, and `together.csv` and `trending.csv` where they are.
///
/// # Errors
/// A table is missing, lacks a column or has a cell that cannot be read.
pub fn read_counts(folder: &Path) -> Result<Counts, TrainError> {
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
    Ok(counts)
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
