//! How far into an address a template has come: what a value may be there.

use super::escape::{Kind, SCHEMES};

/// The part of an address that comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// Nothing stands there yet.
    Start,
    /// What may turn out to be a scheme.
    Scheme(String),
    /// A value began the address; it was looked at by itself, so no scheme may grow out of what follows.
    Value,
    /// The path.
    Path,
    /// Parameters or fragment.
    Parameters,
}

/// Why the author's own part of an address will not do.
pub(super) const BAD_ADDRESS: &str = "an address that begins with `https:`, `http:`, `mailto:`, `tel:`, or a path";

impl Address {
    /// Goes on over a letter of the template's own.
    pub(super) fn literal(&mut self, letter: char) -> Result<(), &'static str> {
        match (&mut *self, letter) {
            (Address::Parameters, _) => {}
            (_, '?' | '#') => *self = Address::Parameters,
            (Address::Path, _) => {}
            (_, '/' | '\\') => *self = Address::Path,
            (Address::Start, letter) if letter.is_whitespace() => {}
            (Address::Scheme(scheme), ':') => {
                if !SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
                    return Err(BAD_ADDRESS);
                }
                *self = Address::Path;
            }
            (Address::Value, '&') => *self = Address::Parameters,
            // An entity could hide a colon, and browsers drop line breaks within a scheme.
            (_, ':' | '&') => return Err(BAD_ADDRESS),
            (_, letter) if letter.is_control() => return Err(BAD_ADDRESS),
            (Address::Start, letter) => *self = Address::Scheme(letter.to_string()),
            (Address::Scheme(scheme), letter) => scheme.push(letter),
            (Address::Value, _) => {}
        }
        Ok(())
    }

    /// Goes on over a value, and tells what it is here.
    pub(super) fn value(&mut self) -> Kind {
        match self {
            Address::Start => {
                *self = Address::Value;
                Kind::Address
            }
            Address::Scheme(_) => {
                // `java{{x}}` is no scheme, whatever x is: the colon is encoded.
                *self = Address::Value;
                Kind::AddressPath
            }
            Address::Value | Address::Path => Kind::AddressPath,
            Address::Parameters => Kind::AddressParameter,
        }
    }

    /// What holds after two branches.
    pub(super) fn join(self, other: Address) -> Address {
        if self == other { self } else { Address::Value }
    }
}
