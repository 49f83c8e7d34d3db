//! `tailorbird import`: product feeds become the catalogue.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Stdin};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use tailorbird_trainer::TrainError;
use tailorbird_trainer::import::{
    BadRow, Catalogue, Form, Imported, Mapping, Options as Reading, Sharded, ShopifyId, Whole, import,
};

use crate::failure::Failure;
use crate::input::{at, unread};

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
    #[arg(long, value_name = "CODE", value_parser = currency)]
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
    let mut feed = opened(&options.feed)?;
    let form = Form::of(feed.fill_buf().map_err(|error| at(&options.feed, error))?);
    let shown = options.feed.display();
    let told = |row: BadRow| eprintln!("tailorbird: `{shown}` line {}: {}", row.line, row.reason);
    let imported = if options.parts {
        import(feed, form, &reading, &mut Sharded::new(&options.out), told).map_err(|error| at(&options.feed, error))?
    } else {
        whole(&options, |catalogue| import(feed, form, &reading, catalogue, told))?
    };
    let bad = if imported.bad > 0 { format!(", {} rows passed over", imported.bad) } else { String::new() };
    eprintln!("{} products to `{}`{bad}", imported.products, options.out.display());
    Ok(())
}

/// Writes one document beside the old one and puts it in its place only once it is whole: of a bad feed the shop keeps what it has.
fn whole(
    options: &Options,
    import: impl FnOnce(&mut dyn Catalogue) -> Result<Imported, TrainError>,
) -> Result<Imported, Failure> {
    let out = &options.out;
    // What is no file, such as a pipe, has no place beside it.
    let direct = out.exists() && !out.is_file();
    let mut written = out.clone().into_os_string();
    if !direct {
        written.push(".new");
    }
    let file = File::create(&written).map_err(|error| at(out, error))?;
    let outcome = import(&mut Whole::new(BufWriter::with_capacity(1 << 16, file)))
        .map_err(|error| at(&options.feed, error))
        .and_then(|imported| match direct {
            true => Ok(imported),
            false => std::fs::rename(&written, out).map(|()| imported).map_err(|error| at(out, error)),
        });
    if outcome.is_err() && !direct {
        // What went wrong is told already; a leftover is no second error.
        let _ = std::fs::remove_file(&written);
    }
    outcome
}

fn currency(text: &str) -> Result<String, String> {
    let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code
        .then(|| text.to_ascii_uppercase())
        .ok_or_else(|| "write the three letters of a currency, such as EUR".to_owned())
}

fn opened(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::<Stdin>::with_capacity(1 << 16, std::io::stdin())));
    }
    let file = File::open(path).map_err(|error| unread(path, &error))?;
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}
