//! Typed reads that note a mistake and go on, so that all of them are told together. Decides nothing across keys.

use super::{
    keys::{self, Key},
    layers::{Found, Settings},
    mistake::Mistake,
};
use crate::domain::secret::Secret;

pub(super) struct Reader<'a> {
    settings: &'a Settings,
    pub mistakes: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    pub fn new(settings: &'a Settings, mistakes: Vec<Mistake>) -> Self {
        Self { settings, mistakes }
    }

    pub fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// A key with a default. After a mistake the value means nothing: the configuration is not returned.
    pub fn value<T: Default>(&mut self, path: &str, parse: impl Fn(&str) -> Result<T, String>) -> T {
        self.optional(path, parse).unwrap_or_default()
    }

    /// What is set, else the table's default, else nothing.
    pub fn optional<T>(&mut self, path: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let found = self.settings.get(path);
        let text = match found {
            Some(found) => found.values.first().map(String::as_str)?,
            None => key(path).default?,
        };
        match parse(text.trim()) {
            Ok(value) => Some(value),
            Err(fix) => {
                let named = found.map_or_else(|| path.to_owned(), |found| name(path, found));
                self.mistakes.push(Mistake::new(named, unfit(text), fix));
                None
            }
        }
    }

    /// A key that must be set, because of `why`.
    pub fn required<T: Default>(&mut self, path: &str, why: &str, parse: impl Fn(&str) -> Result<T, String>) -> T {
        if !self.is_set(path) {
            self.missing(path, why);
        }
        self.value(path, parse)
    }

    pub fn list<T>(&mut self, path: &str, parse: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let found = self.settings.get(path);
        let texts = match found {
            Some(found) => found.values.clone(),
            None => super::layers::split(key(path).default.unwrap_or_default()),
        };
        let mut values = Vec::with_capacity(texts.len());
        for text in texts {
            match parse(&text) {
                Ok(value) => values.push(value),
                Err(fix) => self.mistakes.push(Mistake::new(path, unfit(&text), fix)),
            }
        }
        values
    }

    /// Secrets are taken as they are, without the spaces around them.
    pub fn secrets(&mut self, path: &str) -> Vec<Secret> {
        let Some(found) = self.settings.get(path) else { return Vec::new() };
        if found.values.iter().any(|text| text.trim().is_empty()) {
            self.mistakes.push(Mistake::new(name(path, found), "is empty", "set it, or remove the key"));
        }
        found.values.iter().map(|text| Secret::new(text.trim())).collect()
    }

    pub fn secret(&mut self, path: &str) -> Option<Secret> {
        self.secrets(path).into_iter().next()
    }

    pub fn is_set(&self, path: &str) -> bool {
        self.settings.contains_key(path)
    }

    pub fn missing(&mut self, path: &str, why: &str) {
        self.mistakes.push(Mistake::new(path, format!("is missing: {why}"), how_to_set(path)));
    }

    pub fn mistake(&mut self, key: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) {
        self.mistakes.push(Mistake::new(key, problem, fix));
    }
}

/// A URL with a password in it, or a phone number, is not repeated.
fn unfit(text: &str) -> String {
    if text.contains('@') || text.starts_with('+') {
        "does not fit".to_owned()
    } else {
        format!("`{text}` does not fit")
    }
}

/// Paths are written in the code, and a test with everything needed reads all of them.
fn key(path: &str) -> &'static Key {
    keys::find(&keys::normal(path)).expect("the code reads only paths of the table")
}

fn name(path: &str, found: &Found) -> String {
    match &found.source {
        super::layers::Source::Variable(variable) => format!("{variable} ({path})"),
        super::layers::Source::Flag | super::layers::Source::File | super::layers::Source::Command => path.to_owned(),
    }
}

fn how_to_set(path: &str) -> String {
    let key = key(path);
    let file = if key.kind.is_secret() { format!("{path} or {path}_file") } else { path.to_owned() };
    match key.variables().first() {
        Some(variable) => format!("set {variable}, or {file} in the file"),
        None => format!("set {file} in the file"),
    }
}
