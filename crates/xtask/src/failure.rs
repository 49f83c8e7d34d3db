//! Why a command stopped: what happened, in one sentence, and what to do about it.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

/// INVARIANT: every variant prints what a contributor can do next, not only what went wrong.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The words after `cargo xtask` mean nothing.
    Usage(&'static str),
    /// A tool or file that must be there is not; `advice` says how to get it.
    Missing { what: String, advice: String },
    /// A program ran and said no; its own output tells why.
    Refused { program: String, status: String },
    /// Something checked is not as it has to be.
    Wrong(String),
    /// Tests failed; they are listed above, and their count has to stay the last line.
    Tests,
    /// A file could not be read or written.
    File { path: String, why: std::io::Error },
}

impl Failure {
    pub(crate) fn missing(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Failure::Missing { what: what.into(), advice: advice.into() }
    }

    /// For `map_err` beside file operations.
    pub(crate) fn of_file(path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
        let path = path.display().to_string();
        move |why| Failure::File { path, why }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Usage(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(usage) => write!(f, "this is not a command\n\n{usage}"),
            Failure::Missing { what, advice } => write!(f, "{what}\n  what to do: {advice}"),
            Failure::Refused { program, status } => {
                write!(f, "`{program}` ended with {status}; its output above tells why")
            }
            Failure::Wrong(sentence) => write!(f, "{sentence}"),
            Failure::Tests => write!(f, "tests failed, see the list above"),
            Failure::File { path, why } => write!(f, "cannot use `{path}`: {why}"),
        }
    }
}
