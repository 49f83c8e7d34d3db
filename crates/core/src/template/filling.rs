//! A block's fields: values of which some texts hold placeholders.

use super::{Lookup, Template, TemplateError};
use crate::schema::Gather;
use crate::schema::Value;
use crate::text::position;

/// Fields, read once.
#[derive(Debug, Clone, PartialEq)]
pub enum Filling {
    /// As it is.
    Plain(Value),
    /// A text with placeholders.
    Text(Template),
    /// A list in which some text has placeholders.
    List(Vec<Filling>),
    /// An object in which some text has placeholders.
    Map(Vec<(String, Filling)>),
}

impl Default for Filling {
    fn default() -> Filling {
        Filling::Plain(Value::map())
    }
}

impl Filling {
    /// Reads a block's fields.
    ///
    /// # Errors
    /// The first text that is no template language, by the name of its field.
    pub fn read(fields: &Value) -> Result<Filling, (String, TemplateError)> {
        read("", fields)
    }

    /// The fields with every value in its place.
    pub fn fill(&self, lookup: &dyn Lookup) -> Value {
        match self {
            Filling::Plain(value) => value.clone(),
            Filling::Text(template) => Value::Text(template.render(lookup)),
            Filling::List(items) => Value::List(items.iter().map(|item| item.fill(lookup)).gather()),
            Filling::Map(members) => {
                Value::Map(members.iter().map(|(name, member)| (name.clone(), member.fill(lookup))).gather())
            }
        }
    }
}

fn read(name: &str, value: &Value) -> Result<Filling, (String, TemplateError)> {
    Ok(match value {
        Value::Text(text) if position(text, "{{").is_some() => {
            Filling::Text(Template::field(name, text).map_err(|error| (name.to_owned(), error))?)
        }
        Value::List(items) => {
            let items = items.iter().map(|item| read(name, item)).collect::<Result<Vec<_>, _>>()?;
            if items.iter().all(|item| matches!(item, Filling::Plain(_))) {
                return Ok(Filling::Plain(value.clone()));
            }
            Filling::List(items)
        }
        Value::Map(members) => {
            let read = members.iter().map(|(name, value)| Ok((name.clone(), read(name, value)?)));
            let members = read.collect::<Result<Vec<_>, _>>()?;
            if members.iter().all(|(_, member)| matches!(member, Filling::Plain(_))) {
                return Ok(Filling::Plain(value.clone()));
            }
            Filling::Map(members)
        }
        plain => Filling::Plain(plain.clone()),
    })
}
