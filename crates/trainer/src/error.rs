//! What can go wrong while learning.

/// Why there is no model.
#[derive(Debug)]
pub enum TrainError {
    /// A file could not be read or written.
    Io(std::io::Error),
    /// A file of a model is not there.
    NoFile {
        /// Where it should be.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file of a model is of no use.
    Model {
        /// Which one.
        path: String,
        /// Why.
        error: tailorbird_core::recommend::ModelError,
    },
    /// A table lacks a column.
    NoColumn {
        /// The one that is missing.
        name: &'static str,
        /// Those that are there.
        found: String,
    },
    /// A product feed could not be read from some line on.
    Feed {
        /// Counted from 1.
        line: u64,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A product feed has no row that can be used.
    NoProducts {
        /// How many were passed over.
        bad: u64,
    },
    /// A table of counts could not be read.
    Counts {
        /// The file.
        table: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// There is nothing to learn from.
    Empty,
}

impl std::fmt::Display for TrainError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TrainError::Io(error) => write!(out, "{error}"),
            TrainError::NoFile { path, error } => write!(out, "`{path}`: {error}, give the folder that `train` wrote"),
            TrainError::Model { path, error } => write!(out, "`{path}`: {error}"),
            TrainError::NoColumn { name, found } => {
                write!(
                    out,
                    "line 1: no column `{name}` among `{found}`, name the columns session_id, item_id, timestamp"
                )
            }
            TrainError::Feed { line, reason } => write!(out, "line {line}: {reason}"),
            TrainError::NoProducts { bad } => write!(out, "no product could be read, {bad} rows were passed over"),
            TrainError::Counts { table, reason } => write!(out, "{table}: {reason}"),
            TrainError::Empty => write!(out, "no session with two items, collect more events before training"),
        }
    }
}

impl std::error::Error for TrainError {}

impl From<std::io::Error> for TrainError {
    fn from(error: std::io::Error) -> TrainError {
        TrainError::Io(error)
    }
}
