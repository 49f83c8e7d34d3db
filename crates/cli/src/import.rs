//! `tailorbird import`: product feeds become the catalogue.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Stdin};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use tailorbird_trainer::import::{Catalogue, Form, Mapping, Options as Reading, Sharded, ShopifyId, Whole, import};

use crate::failure::Failure;

/// What `import` can be told.
#[derive(Args)]
pub(crate) struct Options {
    /// The feed: Google Merchant XML or TSV, Shopify's products JSON, or CSV; `-` is standard input.
    #[arg(value_name = "FEED")]
    feed: PathBuf,
    /// Where to write the catalogue.
    #[arg(long, short, default_value = "catalog.json", value_name = "FILE")]
    out: PathBuf,
    /// Which column of a table is which field: `--map id=SKU --map name=Title`.
    #[arg(long, value_name = "FIELD=COLUMN")]
    map: Vec<String>,
    /// The currency of the prices, by default that of the first price that names one.
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// What product addresses begin with, where the feed has only paths.
    #[arg(long, default_value = "", value_name = "URL")]
    base_url: String,
    /// Which of Shopify's ids events name.
    #[arg(long, value_enum, default_value_t = Id::Variant)]
    shopify_id: Id,
    /// Write the products in small parts beside the catalogue: for shops with very many of them.
    #[arg(long)]
    parts: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Id {
    Variant,
    Sku,
    Product,
}

/// Reads the feed and writes the catalogue.
pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let mut mapping = Mapping::default();
    for pair in &options.map {
        mapping.add(pair).map_err(Failure::Usage)?;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let reading = Reading {
        mapping,
        currency: options.currency.clone(),
        base_url: options.base_url.clone(),
        shopify_id: match options.shopify_id {
            Id::Variant => ShopifyId::Variant,
            Id::Sku => ShopifyId::Sku,
            Id::Product => ShopifyId::Product,
        },
        now,
    };
    let mut catalogue: Box<dyn Catalogue> = if options.parts {
        Box::new(Sharded::new(&options.out))
    } else {
        let file = File::create(&options.out).map_err(|error| at(&options.out, error))?;
        Box::new(Whole::new(BufWriter::with_capacity(1 << 16, file)))
    };
    let mut feed = opened(&options.feed)?;
    let form = Form::of(feed.fill_buf().map_err(|error| at(&options.feed, error))?);
    let shown = options.feed.display();
    let imported = import(feed, form, &reading, catalogue.as_mut(), |row| {
        eprintln!("tailorbird: `{shown}` line {}: {}", row.line, row.reason);
    })
    .map_err(|error| at(&options.feed, error))?;
    let bad = if imported.bad > 0 { format!(", {} rows passed over", imported.bad) } else { String::new() };
    eprintln!("{} products to `{}`{bad}", imported.products, options.out.display());
    if imported.products == 0 {
        return Err(at(&options.feed, "no product could be read"));
    }
    Ok(())
}

fn opened(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::<Stdin>::with_capacity(1 << 16, std::io::stdin())));
    }
    let file = File::open(path).map_err(|error| at(path, error))?;
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}

fn at(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::Input(format!("`{}`: {error}", path.display()))
}
