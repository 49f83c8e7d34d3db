//! What subcommands print: all of it, or as much as somebody reads.

use std::io::{ErrorKind, Write};

use crate::failure::Failure;

/// Prints a text.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    is_read(std::io::stdout().lock().write_all(text.as_bytes())).map(drop)
}

/// Whether somebody still reads what is printed: `| head` may have read enough.
pub(crate) fn is_read(written: std::io::Result<()>) -> Result<bool, Failure> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true).map_err(|error| Failure::Input(format!("standard output: {error}"))),
    }
}
