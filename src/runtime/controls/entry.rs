//! How a record of the control topic looks: plain keys, JSON values. Keys decide what is in force, values only tell who said
//! it, when and why; both are read as untrusted input.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::runtime::{ports::rfc3339, record::Outgoing, topics::CONTROL};

const PAUSE: &str = "pause";
const TRIP: &str = "trip";
const CANCEL: &str = "cancel";

/// What a key speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// `pause/all`, `pause/<kind>/<name>`: the subject is what follows.
    Pause(String),
    /// `trip/<stage>`
    Trip(String),
    /// `cancel/<id>`
    Cancel(String),
}

/// The subject of everything.
#[must_use]
pub const fn all() -> &'static str {
    "all"
}

/// The subject of one stage.
#[must_use]
pub fn stage(name: &str) -> String {
    format!("stage/{name}")
}

impl Key {
    /// `None` for a key of a later release.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (what, name) = text.split_once('/').filter(|(_, name)| !name.is_empty())?;
        let name = name.to_owned();
        match what {
            PAUSE => Some(Self::Pause(name)),
            TRIP => Some(Self::Trip(name)),
            CANCEL => Some(Self::Cancel(name)),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pause(subject) => write!(f, "{PAUSE}/{subject}"),
            Self::Trip(stage) => write!(f, "{TRIP}/{stage}"),
            Self::Cancel(id) => write!(f, "{CANCEL}/{id}"),
        }
    }
}

/// Who said it, when and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Word {
    pub by: String,
    /// RFC 3339 with milliseconds, UTC.
    pub at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Word {
    #[must_use]
    pub fn new(by: impl Into<String>, at_ms: i64, reason: Option<String>) -> Self {
        Self { by: by.into(), at: rfc3339(at_ms), reason }
    }

    /// What cannot be read was said by nobody known; it holds all the same.
    #[must_use]
    pub fn read(value: &[u8]) -> Self {
        serde_json::from_slice(value).unwrap_or_default()
    }

    /// Unix ms; `None` where it does not say.
    #[must_use]
    pub fn at_ms(&self) -> Option<i64> {
        chrono::DateTime::parse_from_rfc3339(&self.at).ok().map(|at| at.timestamp_millis())
    }

    /// The record that says it.
    #[must_use]
    pub fn record(&self, key: &Key) -> Outgoing {
        let json = serde_json::to_vec(self).expect("strings are JSON");
        Outgoing::new(CONTROL, key.to_string(), json)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |text: &str| if text.is_empty() { "somebody" } else { text }.to_owned();
        write!(f, "by {}", known(&self.by))?;
        if !self.at.is_empty() {
            write!(f, " since {}", self.at)?;
        }
        self.reason.as_ref().map_or(Ok(()), |reason| write!(f, ": {reason}"))
    }
}

/// The record by which a stage's trip wire stops all its workers.
#[must_use]
pub fn trip_record(stage: &str, word: &Word) -> Outgoing {
    word.record(&Key::Trip(stage.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_as_it_was_written() {
        for text in ["pause/all", "pause/stage/sender", "pause/label/k=a/b", "cancel/c-1", "trip/router-json"] {
            assert_eq!(Key::parse(text).map(|key| key.to_string()).as_deref(), Some(text));
        }
        for text in ["", "pause", "pause/", "something/else", "cancel/"] {
            assert_eq!(Key::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_word_is_read_back_and_an_unreadable_one_is_still_a_word() {
        let word = Word::new("kim@host", 1_780_000_000_123, None);
        let record = word.record(&Key::Pause("all".to_owned()));
        let value = record.value.expect("a value");
        assert_eq!(std::str::from_utf8(&value), Ok(r#"{"by":"kim@host","at":"2026-05-28T20:26:40.123Z"}"#));
        assert_eq!((Word::read(&value), word.at_ms()), (word.clone(), Some(1_780_000_000_123)));
        assert_eq!(Word::read(b"?").to_string(), "by somebody");
    }
}
