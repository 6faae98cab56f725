//! The sender's question, written to every raw partition: is anything older still under way here? The answer goes to the
//! partition that asked. Must not answer from anything but this partition's own lanes.

use bytes::Bytes;

use super::NotInput;
use crate::{
    runtime::{Context, Headers, Outgoing, Record},
    wire::{
        headers::{OUTSTANDING, PROBE, RAW_PARTITION, REPLY_PARTITION},
        topics::SEND_RECEIPTS,
    },
};

/// A record without value whose header `probe` names the question.
#[derive(Debug)]
pub struct Question {
    id: Bytes,
    reply_partition: i32,
}

impl Question {
    /// `None` when the record asks nothing.
    ///
    /// # Errors
    /// When it does not say where the answer belongs.
    pub(super) fn read(record: &Record) -> Option<Result<Self, NotInput>> {
        let id = record.headers.get(PROBE)?.clone();
        let partition = record.headers.get_i64(REPLY_PARTITION).and_then(|number| i32::try_from(number).ok());
        let question = partition.filter(|number| *number >= 0).map(|reply_partition| Self { id, reply_partition });
        Some(question.ok_or(NotInput::BadProbe))
    }
}

/// The publishing rule puts it behind everything that older records of this partition produced.
pub(super) fn answer(question: &Question, cx: &Context) -> Outgoing {
    let headers = Headers::new()
        .with(PROBE, question.id.clone())
        .with(RAW_PARTITION, cx.origin().partition.to_string())
        .with(OUTSTANDING, cx.outstanding_before().to_string());
    Outgoing {
        topic: SEND_RECEIPTS.into(),
        key: Some(Bytes::from_static(PROBE.as_bytes())),
        value: None,
        headers,
        partition: Some(question.reply_partition),
    }
}
