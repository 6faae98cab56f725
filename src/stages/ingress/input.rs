//! What lies on the raw topic: webhooks, and the sender's questions. Must not read items; that happens when it is handled.

use bytes::Bytes;

use super::probe::Question;
use crate::{
    runtime::{Fault, Headers, Record},
    wire::webhook::{Envelope, NotAnEnvelope},
};

/// A decoded raw record.
#[derive(Debug)]
pub enum Input {
    Webhook(Webhook),
    Probe(Question),
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

pub(super) fn read(record: &Record) -> Result<Input, Fault> {
    match (&record.value, Question::read(record)) {
        (None, Some(question)) => Ok(Input::Probe(question?)),
        (None, None) => Err(Fault::poison("no_value")),
        (Some(body), _) => {
            // bridges may send no header: the broker's time is the next best
            let received_ms = record.headers.get_i64("received-at").unwrap_or(record.timestamp_ms);
            Webhook::new(body.clone(), received_ms, record.headers.clone())
                .map(Input::Webhook)
                .map_err(|cause| Fault::poison(cause.code()).because(cause))
        }
    }
}
