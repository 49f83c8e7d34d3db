//! How far into an address a template has come: what a value may be there.

use super::escape::{Kind, SCHEMES};

/// The part of an address that comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// Nothing stands there yet.
    Start,
    /// Nothing stands there yet, and a picture may be written out in its place: `data:image/png;…`.
    Picture,
    /// What may turn out to be a scheme; whether of a picture that is written out.
    Scheme(String, bool),
    /// What kind of picture is written out.
    Kind(String),
    /// A value began the address; it was looked at by itself, so no scheme may grow out of what follows.
    Value,
    /// The path.
    Path,
    /// Parameters or fragment.
    Parameters,
}

/// Pictures that may be written out in an address. None of them can hold a script or load anything.
const PICTURES: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

/// Why the author's own part of an address will not do.
pub(super) const BAD_ADDRESS: &str = "an address that begins with `https:`, `http:`, `mailto:`, `tel:`, or a path";

impl Address {
    /// Goes on over a letter of the template's own.
    pub(super) fn literal(&mut self, letter: char) -> Result<(), &'static str> {
        match (&mut *self, letter) {
            (Address::Parameters, _) => {}
            (Address::Kind(kind), ';') if PICTURES.contains(&kind.as_str()) => *self = Address::Path,
            (Address::Kind(kind), 'a'..='z' | '/') => kind.push(letter),
            (Address::Kind(_), _) => return Err(BAD_ADDRESS),
            (_, '?' | '#') => *self = Address::Parameters,
            (Address::Path, _) => {}
            (_, '/' | '\\') => *self = Address::Path,
            (Address::Start | Address::Picture, letter) if letter.is_whitespace() => {}
            (Address::Scheme(scheme, true), ':') if scheme == "data" => *self = Address::Kind(String::new()),
            (Address::Scheme(scheme, _), ':') => {
                if !SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
                    return Err(BAD_ADDRESS);
                }
                *self = Address::Path;
            }
            (Address::Value, '&') => *self = Address::Parameters,
            // An entity could hide a colon, and browsers drop line breaks within a scheme.
            (_, ':' | '&') => return Err(BAD_ADDRESS),
            (_, letter) if letter.is_control() => return Err(BAD_ADDRESS),
            (Address::Start, letter) => *self = Address::Scheme(letter.to_string(), false),
            (Address::Picture, letter) => *self = Address::Scheme(letter.to_string(), true),
            (Address::Scheme(scheme, _), letter) => scheme.push(letter),
            (Address::Value, _) => {}
        }
        Ok(())
    }

    /// Goes on over a value, and tells what it is here; nothing where there is no room for one.
    pub(super) fn value(&mut self) -> Option<Kind> {
        Some(match self {
            Address::Start | Address::Picture => {
                *self = Address::Value;
                Kind::Address
            }
            Address::Kind(_) => return None,
            Address::Scheme(..) => {
                // `java{{x}}` is no scheme, whatever x is: the colon is encoded.
                *self = Address::Value;
                Kind::AddressPath
            }
            Address::Value | Address::Path => Kind::AddressPath,
            Address::Parameters => Kind::AddressParameter,
        })
    }

    /// What holds after two branches.
    pub(super) fn join(self, other: Address) -> Address {
        match (&self, &other) {
            _ if self == other => self,
            // Half a picture in one of them: no kind that would do can grow out of it.
            (Address::Kind(_), _) | (_, Address::Kind(_)) => Address::Kind("/".to_owned()),
            _ => Address::Value,
        }
    }
}
