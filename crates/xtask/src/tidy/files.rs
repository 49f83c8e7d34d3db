//! The files that belong to the project, as git sees them.

use std::fs;
use std::process::Command;

use crate::failure::Failure;
use crate::house::House;
use crate::process;

/// A text file of the project; `path` is relative to the workspace and written with slashes.
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// Every text file that is committed or would be by `git add`.
pub(super) fn of_house(house: &House) -> Result<Vec<File>, Failure> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(&house.root);
    let list = process::read(&mut git)?;
    let files = list.lines().filter_map(|path| {
        // What is not UTF-8 is a picture; what cannot be read was deleted and not committed yet.
        let text = fs::read_to_string(house.path(path)).ok()?;
        Some(File { path: path.to_owned(), text })
    });
    Ok(files.collect())
}
