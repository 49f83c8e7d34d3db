//! The model's reader inside wasm, called from JavaScript: what `cargo xtask bench model` times.

use tailorbird_core::recommend::Model;
use wasm_bindgen::prelude::wasm_bindgen;

/// A model and the sessions it is asked about.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Recommender {
    manifest: String,
    model: Option<Model>,
    sessions: Vec<Vec<String>>,
}

#[wasm_bindgen]
impl Recommender {
    /// `sessions`: one a line, items separated by tabs.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(manifest: &str, sessions: &str) -> Recommender {
        let sessions = sessions.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect();
        Recommender { manifest: manifest.to_owned(), model: Model::open(manifest).ok(), sessions }
    }

    /// How many sessions there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sessions.len()
    }

    /// Forgets all files.
    pub fn begin_anew(&mut self) {
        self.model = Model::open(&self.manifest).ok();
    }

    /// The files that are missing to speak about a session.
    #[must_use]
    pub fn wanted(&self, nth: usize) -> Vec<String> {
        self.model.as_ref().map(|model| model.wanted(&self.session(nth))).unwrap_or_default()
    }

    /// Takes a file.
    pub fn add(&mut self, file: &str, bytes: &[u8]) -> bool {
        self.model.as_mut().is_some_and(|model| model.add(file, bytes).is_ok())
    }

    /// Answers a session with its twenty next items so many times; how many items that were.
    #[must_use]
    pub fn answer(&self, nth: usize, times: usize) -> usize {
        let session = self.session(nth);
        let Some(model) = &self.model else { return 0 };
        (0..times).map(|_| model.next(&session, false, 20).len()).sum()
    }

    /// The answer itself, as `tailorbird recommend` writes it.
    #[must_use]
    pub fn items(&self, nth: usize) -> Vec<String> {
        let picks = self.model.as_ref().map(|model| model.next(&self.session(nth), false, 20)).unwrap_or_default();
        picks.iter().map(|pick| pick.id.to_owned()).collect()
    }

    fn session(&self, nth: usize) -> Vec<&str> {
        self.sessions.get(nth).into_iter().flatten().map(String::as_str).collect()
    }
}
