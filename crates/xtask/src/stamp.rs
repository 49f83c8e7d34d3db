//! Remembering what a step was made from, so that it is skipped while nothing changed.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::house::House;

/// What a step depends on: contents of files and folders, and words such as tool flags.
pub(crate) struct Stamp {
    file: PathBuf,
    hash: DefaultHasher,
}

impl Stamp {
    pub(crate) fn new(house: &House, name: &str) -> Stamp {
        Stamp { file: house.scratch("stamps").join(name), hash: DefaultHasher::new() }
    }

    /// Takes in a file, or every file below a folder. What is missing counts as missing.
    pub(crate) fn with(mut self, path: &Path) -> Stamp {
        self.take(path);
        self
    }

    pub(crate) fn with_words(mut self, words: impl Hash) -> Stamp {
        words.hash(&mut self.hash);
        self
    }

    fn take(&mut self, path: &Path) {
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name == "node_modules") {
                return;
            }
            for entry in sorted_entries(path) {
                self.take(&entry);
            }
        } else {
            path.to_string_lossy().hash(&mut self.hash);
            fs::read(path).ok().hash(&mut self.hash);
        }
    }

    /// Does the work unless the inputs are those of last time and every product is still there.
    pub(crate) fn unless_fresh(
        self,
        products: &[PathBuf],
        work: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<crate::step::Outcome, Failure> {
        let now = format!("{:016x}", self.hash.finish());
        let fresh = fs::read_to_string(&self.file).is_ok_and(|before| before == now);
        if fresh && products.iter().all(|product| product.exists()) {
            return Ok(crate::step::Outcome::UpToDate);
        }
        work()?;
        write(&self.file, now.as_bytes())?;
        Ok(crate::step::Outcome::Done)
    }
}

/// What lies in a folder, in an order that does not depend on the file system.
pub(crate) fn sorted_entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

/// Writes a file and the folders above it.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(Failure::of_file(folder))?;
    }
    fs::write(file, bytes).map_err(Failure::of_file(file))
}
