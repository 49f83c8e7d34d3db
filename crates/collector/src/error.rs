//! What can keep the collector from starting or a store from being read: said so that the reader knows what to do.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the collector cannot do what it was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum CollectorError {
    /// The folder to write to cannot be made or written.
    DataFolder {
        /// What it was given as.
        option: &'static str,
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another collector, or another drain, uses the folder.
    DataFolderInUse {
        /// What it was given as.
        option: &'static str,
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds a file of the name that a drain would write to, and nothing tells that a drain wrote it.
    ForeignFile {
        /// The folder.
        folder: PathBuf,
        /// The file's name.
        file: String,
    },
    /// There is no database in the data folder.
    NoDatabase {
        /// The folder.
        folder: PathBuf,
    },
    /// The database was made by a newer program.
    NewerDatabase {
        /// The database's version.
        found: i64,
        /// The newest version that is known here.
        known: i64,
    },
    /// The database cannot be read or written.
    Database(rusqlite::Error),
    /// The address cannot be listened on.
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A folder of files to serve does not exist.
    NoFolder {
        /// What it was given as.
        option: &'static str,
        /// The folder.
        folder: PathBuf,
    },
    /// An option's value cannot be understood.
    Option {
        /// The option.
        option: &'static str,
        /// What was given.
        value: String,
        /// What is expected.
        expected: String,
    },
    /// The system gave no randomness.
    NoRandomness,
    /// The system gave no threads.
    Threads(io::Error),
    /// Output could not be written.
    Output(io::Error),
}

impl std::fmt::Display for CollectorError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            CollectorError::DataFolder { option, folder, source } => write!(
                formatter,
                "cannot write to the data folder `{}` ({source}); make it writable for this user or give another with {option}",
                folder.display()
            ),
            CollectorError::DataFolderInUse { option, folder } => write!(
                formatter,
                "another {} uses the data folder `{}`; stop it or give another with {option}",
                if *option == "--to" { "drain" } else { "collector" },
                folder.display()
            ),
            CollectorError::ForeignFile { folder, file } => write!(
                formatter,
                "`{}` holds `{file}`, and no position.json there says that a drain wrote it; give an empty folder with --to, or \
                 move the file away",
                folder.display()
            ),
            CollectorError::NoDatabase { folder } => write!(
                formatter,
                "there is no collector database in `{}`; give the folder that `tailorbird serve --data` used",
                folder.display()
            ),
            CollectorError::NewerDatabase { found, known } => write!(
                formatter,
                "the database has version `{found}` and this program knows up to `{known}`; use a newer tailorbird"
            ),
            CollectorError::Database(error) => {
                write!(formatter, "the database cannot be used ({error}); check the disk and the data folder")
            }
            CollectorError::Listen { address, source } if source.kind() == io::ErrorKind::AddrInUse => write!(
                formatter,
                "port {} of `{}` is in use; stop the other program or give another address with --listen",
                address.port(),
                address.ip()
            ),
            CollectorError::Listen { address, source } => {
                write!(formatter, "cannot listen on `{address}` ({source}); give another address with --listen")
            }
            CollectorError::NoFolder { option, folder } => {
                write!(
                    formatter,
                    "the folder `{}` does not exist; give an existing one with {option}",
                    folder.display()
                )
            }
            CollectorError::Option { option, value, expected } => {
                write!(formatter, "{option} `{value}` cannot be understood; expected {expected}")
            }
            CollectorError::NoRandomness => {
                formatter.write_str("the system gives no random numbers; check that /dev/urandom can be read")
            }
            CollectorError::Threads(error) => write!(formatter, "cannot start threads ({error}); free some memory"),
            CollectorError::Output(error) => write!(formatter, "cannot write the output ({error})"),
        }
    }
}

impl std::error::Error for CollectorError {}

impl From<rusqlite::Error> for CollectorError {
    fn from(error: rusqlite::Error) -> CollectorError {
        CollectorError::Database(error)
    }
}
