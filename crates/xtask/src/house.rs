//! Where things are: the workspace, its target folder, the package.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The folders that commands work in.
#[derive(Debug, Clone)]
pub(crate) struct House {
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever the contributor keeps it.
    pub(crate) target: PathBuf,
}

impl House {
    pub(crate) fn find() -> Result<House, Failure> {
        // Cargo sets it for `cargo run`; the compiled-in value serves a binary started by hand.
        let own = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = own.ancestors().nth(2).map(Path::to_path_buf).ok_or_else(|| {
            Failure::missing("the workspace of `xtask` was not found", "run `cargo xtask` inside the repository")
        })?;
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => std::path::absolute(&folder).map_err(Failure::of_file(Path::new(&folder)))?,
            None => root.join("target"),
        };
        Ok(House { root, target })
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// What xtask makes for itself: stamps, intermediate wasm, logs.
    pub(crate) fn scratch(&self, relative: &str) -> PathBuf {
        self.target.join("xtask").join(relative)
    }

    /// A path as a reader of the terminal wants it: relative to the workspace where possible.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}
