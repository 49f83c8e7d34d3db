//! How a replay can fail.

use std::fmt;

/// Why a replay could not be done.
#[derive(Debug)]
pub enum ReplayError {
    /// Rules that cannot be used: which, and the first thing that is wrong with them.
    Rules(&'static str, String),
    /// A placement that was said to be on certain pages, and that no rules have.
    Place(String),
    /// Reading or writing failed.
    Io(std::io::Error),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            ReplayError::Rules(which, problem) => {
                write!(formatter, "{which} cannot be used: {problem}; `tailorbird check` tells all")
            }
            ReplayError::Place(placement) => {
                write!(formatter, "no placement `{placement}` in the rules, name one that they have")
            }
            ReplayError::Io(error) => write!(formatter, "{error}"),
        }
    }
}

impl std::error::Error for ReplayError {}

impl From<std::io::Error> for ReplayError {
    fn from(error: std::io::Error) -> ReplayError {
        ReplayError::Io(error)
    }
}
