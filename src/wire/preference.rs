//! What users said about marketing messages, as bytes: the values of `whatsapp.preferences`, which the sender keeps as they
//! are, and what Meta said in their name. Decides nothing; `domain::preference` does.
//!
//! Versioned JSON as in [`sender_state`](super::sender_state), and for the same reasons.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::sender_state::{StateEntry, Unreadable, VERSION, json, parse};
use crate::domain::preference::Word;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Marketing {
    Stop,
    Resume,
}

/// A user's last word; the record's key is the conversation key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    v: u8,
    marketing: Marketing,
    at: i64,
}

impl Preference {
    #[must_use]
    pub fn new(word: Word) -> Self {
        let marketing = if word.stopped { Marketing::Stop } else { Marketing::Resume };
        Self { v: VERSION, marketing, at: word.at_ms }
    }

    #[must_use]
    pub fn word(&self) -> Word {
        Word { stopped: self.marketing == Marketing::Stop, at_ms: self.at }
    }
}

/// Meta refused a marketing message because the user had stopped them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    v: u8,
    /// Unix ms.
    pub at: i64,
}

impl Refusal {
    #[must_use]
    pub fn new(at: i64) -> Self {
        Self { v: VERSION, at }
    }
}

impl StateEntry for Preference {
    fn to_bytes(&self) -> Bytes {
        json(self)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        parse(bytes)
    }
}

impl StateEntry for Refusal {
    fn to_bytes(&self) -> Bytes {
        json(self)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        parse(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These bytes are in somebody's topics.
    #[test]
    fn the_bytes_of_version_one_stay_readable() {
        for (bytes, stopped) in
            [(r#"{"v":1,"marketing":"stop","at":7}"#, true), (r#"{"v":1,"marketing":"resume","at":7}"#, false)]
        {
            let preference = Preference::from_bytes(bytes.as_bytes()).unwrap();
            assert_eq!((preference.word(), preference.to_bytes()), (Word { stopped, at_ms: 7 }, bytes.into()));
        }
        assert_eq!(Refusal::from_bytes(br#"{"v":1,"at":7}"#).unwrap(), Refusal::new(7));
        assert_eq!(Refusal::new(7).to_bytes(), &br#"{"v":1,"at":7}"#[..]);
    }

    #[test]
    fn a_word_that_is_not_known_is_not_guessed() {
        for bytes in [r#"{"v":1,"marketing":"less","at":7}"#, r#"{"v":2,"marketing":"stop","at":7}"#, "{}", "stop"] {
            assert!(Preference::from_bytes(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }
}
