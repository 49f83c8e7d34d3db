//! The manifest of a model: how many files there are, and the few numbers that reading them takes.

use super::ModelError;
use super::odds::Odds;
use crate::json::{Node, parse};
use crate::schema::Gather;

/// The version of the format that this reader knows.
pub const VERSION: u32 = 1;
/// How many items of a session are read at most, counted from its end.
pub const LONGEST_MEMORY: usize = 10;
const MOST_FILES: f64 = 1_000_000.0;

/// What `manifest.json` says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Manifest {
    pub(crate) id: u64,
    pub(crate) folder: String,
    pub(crate) shards: u32,
    pub(crate) pages: u32,
    /// How much the session's last item, the one before it and so on have to say.
    pub(crate) memory: Vec<f32>,
    /// How likely those items themselves come again, in the same measure.
    pub(crate) again: Vec<f32>,
    pub(crate) intent: Option<Odds>,
    pub(crate) churn: Option<Odds>,
}

impl Manifest {
    pub(crate) fn read(text: &str) -> Result<Manifest, ModelError> {
        let root = parse(text).map_err(|_| ModelError::NotAManifest)?;
        match root.get("version").and_then(Node::as_f64) {
            None => return Err(ModelError::NotAManifest),
            Some(version) if version != f64::from(VERSION) => return Err(ModelError::UnknownVersion),
            Some(_) => {}
        }
        let folder = root.get("id").and_then(Node::as_str).ok_or(ModelError::NotAManifest)?;
        let id = Some(folder).filter(|id| id.len() == 16 && !id.starts_with('+'));
        let id = id.and_then(|id| u64::from_str_radix(id, 16).ok()).ok_or(ModelError::NotAManifest)?;
        let count = |name| match root.get(name).and_then(Node::as_f64) {
            Some(number) if (0.0..=MOST_FILES).contains(&number) => Ok(number as u32),
            _ => Err(ModelError::NotAManifest),
        };
        let weights = |name| {
            let listed = root.get(name).into_iter().flat_map(Node::items);
            listed.take(LONGEST_MEMORY).map(|weight| weight.as_f64().unwrap_or(0.0) as f32).gather()
        };
        Ok(Manifest {
            id,
            folder: folder.to_owned(),
            shards: count("shards")?,
            pages: count("pages")?,
            memory: weights("memory"),
            again: weights("again"),
            intent: root.get("intent").and_then(Odds::read),
            churn: root.get("churn").and_then(Odds::read),
        })
    }
}
