//! Records between librdkafka's shape and ours.

use std::sync::Arc;

use bytes::Bytes;
use rdkafka::{
    Message,
    message::{BorrowedMessage, Header, Headers as _, OwnedHeaders},
    producer::BaseRecord,
    util::IntoOpaque,
};

use crate::runtime::{Headers, Origin, Record, log::Produce};

/// Copies a message out of librdkafka's memory; `topic` is its interned name.
pub(super) fn owned(message: &BorrowedMessage<'_>, topic: Arc<str>) -> Record {
    let mut headers = Headers::new();
    for header in message.headers().iter().flat_map(|h| h.iter()) {
        headers.push(header.key.to_owned(), header.value.map(Bytes::copy_from_slice).unwrap_or_default());
    }
    Record {
        origin: Origin { topic, partition: message.partition(), offset: message.offset() },
        key: message.key().map(Bytes::copy_from_slice),
        value: message.payload().map(Bytes::copy_from_slice),
        headers,
        timestamp_ms: message.timestamp().to_millis().unwrap_or(0),
    }
}

pub(super) fn outgoing<'a, D: IntoOpaque>(record: &Produce<'a>, opaque: D) -> BaseRecord<'a, [u8], [u8], D> {
    let mut out = BaseRecord::with_opaque_to(record.topic, opaque);
    out.partition = record.partition;
    out.key = record.key;
    out.payload = record.value;
    if !record.headers.is_empty() {
        let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
        for (key, value) in record.headers.iter() {
            headers = headers.insert(Header { key, value: Some(value.as_ref()) });
        }
        out.headers = Some(headers);
    }
    out
}
