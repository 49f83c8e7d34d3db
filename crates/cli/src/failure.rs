//! How a subcommand ends badly: the sentence for the user and the exit status that goes with it.

use std::fmt;
use std::process::ExitCode;

/// Why a subcommand could not do its work. The text says what happened, then what to do.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The input or the surroundings are bad: exit status 1.
    Input(String),
    /// The input is bad, and what is wrong with it was printed already: exit status 1.
    Told,
    /// The program was called in a wrong way: exit status 2.
    Usage(String),
}

impl Failure {
    /// The exit status that scripts see.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Input(_) | Failure::Told => ExitCode::from(1),
            Failure::Usage(_) => ExitCode::from(2),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Failure::Input(text) | Failure::Usage(text) => formatter.write_str(text),
            Failure::Told => formatter.write_str("the input is bad"),
        }
    }
}
