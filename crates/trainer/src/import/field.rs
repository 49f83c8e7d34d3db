//! What the columns and elements of feeds are called, and how their text becomes a product.

use tailorbird_core::catalog::tidy_category;
use tailorbird_core::schema::{Millis, Value};

use super::Draft;
use crate::events::millis;

/// Which column is which field, as the user says: `name=Title` and the like.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    columns: Vec<(String, String)>,
}

/// The fields that a column can be mapped to; `attributes.<name>` besides.
pub(crate) const FIELDS: [&str; 12] = [
    "id",
    "name",
    "category",
    "brand",
    "price",
    "listPrice",
    "salePrice",
    "image",
    "url",
    "available",
    "tags",
    "group",
];

impl Mapping {
    /// Adds `FIELD=COLUMN`.
    ///
    /// # Errors
    /// It is not of that form, or there is no such field.
    pub fn add(&mut self, pair: &str) -> Result<(), String> {
        let Some((field, column)) = pair.split_once('=') else {
            return Err(format!("`{pair}` maps nothing, write FIELD=COLUMN"));
        };
        if !FIELDS.contains(&field) && field.strip_prefix("attributes.").is_none_or(str::is_empty) {
            let fields = FIELDS.join(", ");
            return Err(format!("no field `{field}`, there are {fields} and attributes.NAME"));
        }
        self.columns.push((column.trim().to_owned(), field.to_owned()));
        Ok(())
    }

    /// The field of a column: as mapped, else by its name.
    pub(crate) fn field_of(&self, column: &str) -> Option<String> {
        let column = column.trim();
        let mapped: Vec<&(String, String)> = self.columns.iter().filter(|(name, _)| name == column).collect();
        if let Some((_, field)) = mapped.first() {
            return Some(field.clone());
        }
        let field = known(column)?;
        // A field that is mapped from elsewhere is not taken from a column that happens to be called like it.
        (!self.columns.iter().any(|(_, taken)| *taken == field)).then_some(field)
    }

    /// The mapped columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(column, _)| column.as_str())
    }
}

/// The field that feeds usually mean by a name.
pub(crate) fn known(name: &str) -> Option<String> {
    let plain: String =
        name.trim().chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    let field = match plain.as_str() {
        "id" | "sku" | "productid" | "itemid" => "id",
        "name" | "title" | "producttitle" | "productname" => "name",
        "category" | "producttype" | "categorypath" => "category",
        "googleproductcategory" => "googleCategory",
        "brand" | "vendor" | "manufacturer" => "brand",
        "price" => "price",
        "listprice" | "compareatprice" => "listPrice",
        "saleprice" => "salePrice",
        "salepriceeffectivedate" => "saleDates",
        "image" | "imagelink" | "imageurl" | "imagesrc" => "image",
        "url" | "link" | "producturl" => "url",
        "available" | "availability" | "instock" => "available",
        "tags" => "tags",
        "customlabel0" | "customlabel1" | "customlabel2" | "customlabel3" | "customlabel4" => "tag",
        "group" | "itemgroupid" | "groupid" => "group",
        "color" | "colour" => "attributes.color",
        "size" | "material" | "pattern" | "gender" | "gtin" | "mpn" | "condition" | "popularity" => {
            return Some(format!("attributes.{plain}"));
        }
        "agegroup" => "attributes.ageGroup",
        "replenishdays" => "attributes.replenishDays",
        _ => return name.trim().strip_prefix("attributes.").map(|own| format!("attributes.{own}")),
    };
    Some(field.to_owned())
}

/// A product as fields arrive, in any order.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    draft: Draft,
    google_category: Option<String>,
    sale: Option<f64>,
    sale_dates: Option<String>,
    problem: Option<String>,
}

impl Fields {
    /// Takes the text of a field. Empty text is no value.
    pub(crate) fn set(&mut self, field: &str, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let product = &mut self.draft.product;
        match field {
            "id" => text.clone_into(&mut product.id),
            "name" => text.clone_into(&mut product.name),
            "category" => product.category = product.category.take().or_else(|| Some(tidy_category(text).into_owned())),
            "googleCategory" => self.google_category = Some(text.to_owned()),
            "brand" => product.brand = Some(text.to_owned()),
            "price" | "listPrice" | "salePrice" => {
                let amount = self.money(text);
                match field {
                    "price" => self.draft.product.price = amount,
                    "listPrice" => self.draft.product.list_price = amount,
                    _ => self.sale = amount,
                }
            }
            "saleDates" => self.sale_dates = Some(text.to_owned()),
            "image" => product.image = product.image.take().or_else(|| Some(text.to_owned())),
            "url" => product.url = Some(text.to_owned()),
            "available" => match available(text) {
                Some(available) => product.available = available,
                None => self.problem(format!("`{text}` tells no availability, write in_stock or out_of_stock")),
            },
            "tags" => product.tags.extend(text.split([',', '|']).map(|tag| tag.trim().to_owned())),
            "tag" => product.tags.push(text.to_owned()),
            "group" => product.group = Some(text.to_owned()),
            other => {
                let Some(name) = other.strip_prefix("attributes.") else { return };
                if product.attributes.is_null() {
                    product.attributes = Value::map();
                }
                let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
                let counts = matches!(name, "popularity" | "replenishDays");
                product.attributes.set(name, number.filter(|_| counts).map_or(text.into(), Value::Number));
            }
        }
    }

    fn problem(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }

    fn money(&mut self, text: &str) -> Option<f64> {
        match money(text) {
            Some((amount, currency)) => {
                if currency.is_some() {
                    self.draft.currency = currency;
                }
                Some(amount)
            }
            None => {
                self.problem(format!("`{text}` is no price, write it like 19.90 or 19.90 EUR"));
                None
            }
        }
    }

    /// The product, or what is wrong with it.
    pub(crate) fn finish(mut self, now: Millis) -> Result<Draft, String> {
        if let Some(problem) = self.problem {
            return Err(match self.draft.product.id.as_str() {
                "" => problem,
                id => format!("`{id}`: {problem}"),
            });
        }
        let product = &mut self.draft.product;
        let on_sale = self.sale_dates.as_deref().and_then(|dates| within(dates, now)).unwrap_or(true);
        if let Some(sale) = self.sale.filter(|sale| on_sale && product.price.is_none_or(|price| *sale < price)) {
            product.list_price = product.price;
            product.price = Some(sale);
        }
        // Google's own taxonomy is a fallback, and its numbers mean nothing to shoppers.
        let worded = self.google_category.filter(|category| category.parse::<u32>().is_err());
        product.category = product.category.take().or_else(|| worded.map(|path| tidy_category(&path).into_owned()));
        product.tags.retain(|tag| !tag.is_empty());
        let mut tags = std::mem::take(&mut product.tags);
        tags.dedup();
        product.tags = tags;
        Ok(self.draft)
    }

    /// A product that can be bought unless the feed says otherwise.
    pub(crate) fn new() -> Fields {
        let mut fields = Fields::default();
        fields.draft.product.available = true;
        fields
    }
}

fn available(text: &str) -> Option<bool> {
    let plain: String =
        text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    match plain.as_str() {
        "instock"
        | "true"
        | "yes"
        | "1"
        | "available"
        | "preorder"
        | "backorder"
        | "limitedavailability"
        | "onlineonly" => Some(true),
        "outofstock" | "false" | "no" | "0" | "soldout" | "discontinued" | "unavailable" => Some(false),
        // Schema.org's words stand behind an address: https://schema.org/InStock.
        other if other.ends_with("orginstock") => Some(true),
        other if other.ends_with("orgoutofstock") => Some(false),
        other => other.parse::<f64>().ok().map(|stock| stock > 0.0),
    }
}

/// An amount and its currency: `19.90`, `19,90 €`, `EUR 1.299,00`, `$1,299.00`.
fn money(text: &str) -> Option<(f64, Option<String>)> {
    let sign = |found: char, code: &str| text.contains(found).then(|| code.to_owned());
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    let code = (letters.len() == 3).then(|| letters.to_ascii_uppercase());
    let currency = code.or_else(|| sign('€', "EUR")).or_else(|| sign('£', "GBP")).or_else(|| sign('$', "USD"));
    if !letters.is_empty() && letters.len() != 3 {
        return None;
    }
    let number: String =
        text.chars().filter(|letter| letter.is_ascii_digit() || matches!(letter, '.' | ',' | '-')).collect();
    let decimal = match (number.rfind('.'), number.rfind(',')) {
        // The mark that comes last is the decimal one.
        (Some(point), Some(comma)) => Some(point.max(comma)),
        // A lone mark before three digits groups thousands if it is a comma: 1,299.
        (None, Some(comma)) => (number.matches(',').count() == 1 && number.len() - comma != 4).then_some(comma),
        (Some(point), None) => (number.matches('.').count() == 1).then_some(point),
        (None, None) => None,
    };
    let mut plain = String::new();
    for (at, letter) in number.char_indices() {
        match letter {
            '.' | ',' if Some(at) == decimal => plain.push('.'),
            '.' | ',' => {}
            _ => plain.push(letter),
        }
    }
    let amount: f64 = plain.parse().ok()?;
    (amount.is_finite() && amount >= 0.0).then_some((amount, currency))
}

/// Whether a moment lies between the two of `2026-11-01T00:00Z/2026-11-30T23:59Z`.
fn within(dates: &str, now: Millis) -> Option<bool> {
    let (from, until) = dates.split_once('/')?;
    Some((millis(from)?..=millis(until)?).contains(&now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_as_people_write_them() {
        for (text, amount, currency) in [
            ("19.90", 19.9, None),
            ("19,90 €", 19.9, Some("EUR")),
            ("19.90 EUR", 19.9, Some("EUR")),
            ("EUR 1.299,00", 1299.0, Some("EUR")),
            ("$1,299.50", 1299.5, Some("USD")),
            ("1,299", 1299.0, None),
            ("1 299,00 eur", 1299.0, Some("EUR")),
            ("1.299", 1.299, None),
            ("0", 0.0, None),
        ] {
            assert_eq!(money(text), Some((amount, currency.map(str::to_owned))), "{text}");
        }
        for text in ["", "free", "-3", "on request", "--"] {
            assert_eq!(money(text), None, "{text}");
        }
    }

    #[test]
    fn a_sale_counts_while_it_lasts() {
        for (now, price, list) in [("2026-11-05", 8.0, Some(10.0)), ("2026-12-05", 10.0, None)] {
            let mut fields = Fields::new();
            fields.set("price", "10 EUR");
            fields.set("salePrice", "8 EUR");
            fields.set("saleDates", "2026-11-01T00:00+01:00/2026-11-30T23:59+01:00");
            let product = fields.finish(millis(now).unwrap()).unwrap().product;
            assert_eq!((product.price, product.list_price), (Some(price), list), "{now}");
        }
    }

    #[test]
    fn availability_has_many_words() {
        for (text, expected) in [
            ("in stock", Some(true)),
            ("in_stock", Some(true)),
            ("https://schema.org/OutOfStock", Some(false)),
            ("preorder", Some(true)),
            ("12", Some(true)),
            ("0", Some(false)),
            ("maybe", None),
        ] {
            assert_eq!(available(text), expected, "{text}");
        }
    }
}
