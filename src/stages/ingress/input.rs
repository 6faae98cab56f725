//! What lies on the raw topic: webhooks, and the sender's questions. Must not read items; that happens when it is handled.

use bytes::Bytes;

use super::probe::Question;
use crate::{
    runtime::{Headers, Record},
    wire::webhook::{Envelope, NotAnEnvelope},
};

/// A decoded raw record.
#[derive(Debug)]
pub enum Input {
    Webhook(Webhook),
    Probe(Question),
}

/// Why a raw record is neither. The codes are dead-letter causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotInput {
    #[error("the record has no value and asks nothing")]
    NoValue,
    #[error("the probe does not say which partition asks")]
    BadProbe,
    #[error(transparent)]
    NotAnEnvelope(#[from] NotAnEnvelope),
}

impl NotInput {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoValue => "no_value",
            Self::BadProbe => "bad_probe",
            Self::NotAnEnvelope(cause) => cause.code(),
        }
    }
}

/// A body that is an envelope of Meta's.
#[derive(Debug)]
pub struct Webhook {
    body: Bytes,
    /// When the receiver took it, unix milliseconds.
    pub received_ms: i64,
    pub headers: Headers,
}

impl Webhook {
    /// # Errors
    /// [`NotAnEnvelope`].
    pub fn new(body: Bytes, received_ms: i64, headers: Headers) -> Result<Self, NotAnEnvelope> {
        Envelope::read(&body)?;
        Ok(Self { body, received_ms, headers })
    }

    #[must_use]
    pub fn envelope(&self) -> Envelope<'_> {
        Envelope::read(&self.body).expect("it was an envelope when this was made")
    }
}

impl Input {
    /// # Errors
    /// [`NotInput`].
    pub fn read(record: &Record) -> Result<Self, NotInput> {
        let Some(body) = &record.value else {
            return Question::read(record).ok_or(NotInput::NoValue)?.map(Self::Probe);
        };
        // bridges may send no header: the broker's time is the next best
        let received_ms = record.headers.get_i64("received-at").unwrap_or(record.timestamp_ms);
        Ok(Self::Webhook(Webhook::new(body.clone(), received_ms, record.headers.clone())?))
    }
}
