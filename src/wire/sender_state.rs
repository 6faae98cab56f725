//! What the sender remembers, as bytes: compact JSON with a version. Holds no decision; those are `domain::ledger` and
//! `domain::doubt`.
//!
//! A release must read what the one after it writes, so that a rollback finds its commands again. Fields may be added, for
//! readers ignore what they do not know; `v` grows only when an older reader must rather stop than misread.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::records::WhatsAppError;
use crate::{
    domain::{
        doubt::Asked,
        ledger::{Attempt, Entry, Phase},
        status::ACCEPTED,
    },
    runtime::Fault,
};

pub(super) const VERSION: u8 = 1;

/// An entry of the sender's tables.
pub trait StateEntry: Sized {
    fn to_bytes(&self) -> Bytes;

    /// # Errors
    /// [`Unreadable`]: written by a newer release, or not by this program.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable>;
}

/// To go on would be to guess whether a command was sent.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("a state entry of the sender is not what this release writes")]
    Json(#[from] serde_json::Error),
    #[error("a state entry of the sender has version {0}, this release reads {VERSION}")]
    Version(u8),
    #[error("a ledger entry has the phase {0:?} without what belongs to it")]
    Phase(String),
}

impl From<Unreadable> for Fault {
    /// The stage stops: every other treatment would send twice or not at all.
    fn from(error: Unreadable) -> Self {
        Fault::fatal("state_unreadable").because(error)
    }
}

/// The ledger's entry of a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Ledger {
    /// Open or clear.
    Pending(Entry),
    Settled(Entry, Box<Outcome>),
}

/// What was published when the command was settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub status: String,
    /// Unix ms.
    pub at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<WhatsAppError>,
}

impl Outcome {
    #[must_use]
    pub fn accepted(at: i64, message_id: Option<String>) -> Self {
        Self { status: ACCEPTED.to_owned(), at, message_id, error: None }
    }

    #[must_use]
    pub fn without_message(status: &str, at: i64, error: Option<WhatsAppError>) -> Self {
        Self { status: status.to_owned(), at, message_id: None, error }
    }
}

impl Ledger {
    #[must_use]
    pub fn entry(&self) -> &Entry {
        match self {
            Self::Pending(entry) | Self::Settled(entry, _) => entry,
        }
    }

    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Pending(_) => None,
            Self::Settled(_, outcome) => Some(outcome),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct LedgerJson {
    v: u8,
    phase: String,
    attempt: u32,
    /// Left out while there is none, and then read as none: so it is in every entry from before there were any.
    #[serde(default, skip_serializing_if = "is_zero")]
    doubts: u32,
    at: i64,
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl StateEntry for Ledger {
    fn to_bytes(&self) -> Bytes {
        let entry = self.entry();
        json(&LedgerJson {
            v: VERSION,
            phase: entry.phase.name().to_owned(),
            attempt: entry.attempt.number,
            doubts: entry.attempt.doubts,
            at: entry.at_ms,
            hash: entry.content_hash.clone(),
            outcome: self.outcome().cloned(),
        })
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        let stored: LedgerJson = parse(bytes)?;
        let phase = Phase::parse(&stored.phase).ok_or_else(|| Unreadable::Phase(stored.phase.clone()))?;
        let attempt = Attempt { number: stored.attempt, doubts: stored.doubts };
        let entry = Entry { phase, attempt, at_ms: stored.at, content_hash: stored.hash };
        match (phase, stored.outcome) {
            (Phase::Open | Phase::Clear, _) => Ok(Self::Pending(entry)),
            (Phase::Settled, Some(outcome)) => Ok(Self::Settled(entry, Box::new(outcome))),
            (Phase::Settled, None) => Err(Unreadable::Phase(stored.phase)),
        }
    }
}

/// Meta's first sign of a command that is not settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    v: u8,
    /// Unix ms, by Meta's clock.
    pub at: i64,
    pub message_id: Option<String>,
}

impl Receipt {
    #[must_use]
    pub fn new(at: i64, message_id: Option<String>) -> Self {
        Self { v: VERSION, at, message_id }
    }
}

/// The last question asked about a doubtful command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub asked: Asked,
    /// The lane to wake when every partition has answered.
    pub lane: String,
}

#[derive(Serialize, Deserialize)]
struct QuestionJson {
    v: u8,
    id: String,
    at: i64,
    partitions: BTreeSet<i32>,
    round: u32,
    lane: String,
}

impl StateEntry for Question {
    fn to_bytes(&self) -> Bytes {
        let Asked { id, at_ms, partitions, round } = self.asked.clone();
        json(&QuestionJson { v: VERSION, id, at: at_ms, partitions, round, lane: self.lane.clone() })
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        let QuestionJson { id, at, partitions, round, lane, .. } = parse(bytes)?;
        Ok(Self { asked: Asked { id, at_ms: at, partitions, round }, lane })
    }
}

/// The answers to one question, by partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replies {
    v: u8,
    /// Unix ms of the last one.
    pub at: i64,
    pub outstanding: BTreeMap<i32, u64>,
}

impl Replies {
    #[must_use]
    pub fn new(at: i64, outstanding: BTreeMap<i32, u64>) -> Self {
        Self { v: VERSION, at, outstanding }
    }
}

/// The waiting status a command's producer was last told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    v: u8,
    pub at: i64,
    pub status: String,
}

impl Notice {
    #[must_use]
    pub fn new(at: i64, status: impl Into<String>) -> Self {
        Self { v: VERSION, at, status: status.into() }
    }
}

macro_rules! plain_json {
    ($($entry:ty),+) => {$(
        impl StateEntry for $entry {
            fn to_bytes(&self) -> Bytes {
                json(self)
            }

            fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
                parse(bytes)
            }
        }
    )+};
}

plain_json!(Receipt, Replies, Notice);

pub(super) fn json(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).expect("strings, numbers and maps with scalar keys always become JSON").into()
}

#[derive(Deserialize)]
struct Versioned {
    v: u8,
}

pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    let Versioned { v } = serde_json::from_slice(bytes)?;
    if v > VERSION {
        return Err(Unreadable::Version(v));
    }
    Ok(serde_json::from_slice(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(phase: Phase) -> Entry {
        Entry { phase, attempt: Attempt { number: 2, doubts: 0 }, at_ms: 7, content_hash: "aa".into() }
    }

    fn doubted(phase: Phase) -> Entry {
        Entry { attempt: Attempt { number: 2, doubts: 1 }, ..entry(phase) }
    }

    fn outcome() -> Outcome {
        Outcome { status: "accepted".into(), at: 9, message_id: Some("wamid.x".into()), error: None }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for ledger in [
            Ledger::Pending(entry(Phase::Open)),
            Ledger::Pending(entry(Phase::Clear)),
            Ledger::Pending(doubted(Phase::Open)),
            Ledger::Settled(doubted(Phase::Settled), Box::new(outcome())),
            Ledger::Settled(entry(Phase::Settled), Box::new(outcome())),
        ] {
            assert_eq!(Ledger::from_bytes(&ledger.to_bytes()).unwrap(), ledger);
        }
        let asked = Asked { id: "c1/1/5".into(), at_ms: 5, partitions: [0, 3].into(), round: 1 };
        let question = Question { asked, lane: "1:2".into() };
        assert_eq!(Question::from_bytes(&question.to_bytes()).unwrap(), question);
        let replies = Replies::new(3, [(0, 0), (3, 17)].into());
        assert_eq!(Replies::from_bytes(&replies.to_bytes()).unwrap(), replies);
    }

    /// These bytes are in somebody's state topic.
    #[test]
    fn the_bytes_of_version_one_stay_readable() {
        let open = br#"{"v":1,"phase":"open","attempt":2,"at":7,"hash":"aa"}"#;
        assert_eq!(Ledger::from_bytes(open).unwrap(), Ledger::Pending(entry(Phase::Open)));
        assert_eq!(Ledger::Pending(entry(Phase::Open)).to_bytes(), &open[..]);
        let settled = br#"{"v":1,"phase":"settled","attempt":2,"at":7,"hash":"aa","outcome":{"status":"accepted","at":9,"message_id":"wamid.x"}}"#;
        assert_eq!(Ledger::from_bytes(settled).unwrap(), Ledger::Settled(entry(Phase::Settled), Box::new(outcome())));
    }

    /// A rollback must find its commands again.
    #[test]
    fn a_release_that_knows_no_doubts_reads_an_entry_that_has_some() {
        #[derive(Deserialize)]
        struct Before {
            v: u8,
            phase: String,
            attempt: u32,
            at: i64,
            hash: String,
            outcome: Option<Outcome>,
        }
        let bytes = Ledger::Pending(doubted(Phase::Open)).to_bytes();
        assert_eq!(bytes, &br#"{"v":1,"phase":"open","attempt":2,"doubts":1,"at":7,"hash":"aa"}"#[..]);
        let Before { v, phase, attempt, at, hash, outcome } = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((v, phase.as_str(), attempt, at, hash.as_str(), outcome), (1, "open", 2, 7, "aa", None));
    }

    #[test]
    fn a_field_of_a_later_release_is_ignored() {
        let later = br#"{"v":1,"phase":"open","attempt":2,"at":7,"hash":"aa","carriers":["twilio"]}"#;
        assert!(Ledger::from_bytes(later).is_ok());
    }

    #[test]
    fn what_cannot_be_read_for_sure_is_refused() {
        for bytes in [
            &b"{"[..],
            br#"{"v":2,"phase":"open","attempt":2,"at":7,"hash":"aa"}"#,
            br#"{"v":1,"phase":"half","attempt":2,"at":7,"hash":"aa"}"#,
            br#"{"v":1,"phase":"settled","attempt":2,"at":7,"hash":"aa"}"#,
        ] {
            assert!(Ledger::from_bytes(bytes).is_err());
        }
    }
}
