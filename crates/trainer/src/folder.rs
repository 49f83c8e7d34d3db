//! A model as a folder on disk: written whole or not at all, and opened again.

use std::collections::BTreeMap;
use std::path::Path;

use tailorbird_core::recommend::{Model, ModelError};

use crate::TrainError;

/// Writes the files of a model below `folder`. The manifest comes last and replaces the old one at once, so that a
/// reader finds a whole model at any moment; the files of the model before it stay for pages that are still open.
///
/// # Errors
/// The folder cannot be written.
pub fn save(files: &BTreeMap<String, Vec<u8>>, folder: &Path) -> Result<(), TrainError> {
    let manifest = "manifest.json";
    for (path, content) in files.iter().filter(|(path, _)| *path != manifest) {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(path, content)?;
    }
    if let Some(content) = files.get(manifest) {
        let draft = folder.join("manifest.json.new");
        std::fs::write(&draft, content)?;
        std::fs::rename(draft, folder.join(manifest))?;
    }
    Ok(())
}

/// Opens the model in `folder` and reads all of its files.
///
/// # Errors
/// A file is missing or damaged.
pub fn open(folder: &Path) -> Result<Model, TrainError> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| TrainError::NoFile { path: path.display().to_string(), error })
    };
    let damaged = |path: &Path, error: ModelError| TrainError::Model { path: path.display().to_string(), error };
    let path = folder.join("manifest.json");
    let manifest = String::from_utf8(read(&path)?).map_err(|_| damaged(&path, ModelError::NotAManifest))?;
    let mut model = Model::open(&manifest).map_err(|error| damaged(&path, error))?;
    for file in model.files() {
        let path = folder.join(&file);
        model.add(&file, &read(&path)?).map_err(|error| damaged(&path, error))?;
    }
    Ok(model)
}
