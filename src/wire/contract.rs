//! Which record lies on which topic: the one table that the registry's subjects, the docs and the tests read.

use super::{
    avro::{AvroRecord, RECORDS, RecordSchema},
    records::{
        AccountEvent, AdminAlert, HistoryMessage, InboundMessage, MediaPrepared, MediaRequest, MediaStored,
        MessageStatus, OutboundMessage, SendCommand, SentMessage, StatusEvent, TemplateState,
    },
    topics,
};

/// Logical topic, record name. The open families `omnichannel.inbound.<queue>` and `omnichannel.outbound.<carrier>` are
/// there with their default queue only; see [`topics_for`].
pub const TOPICS: &[(&str, &str)] = &[
    (topics::INBOUND_MESSAGES, InboundMessage::NAME),
    (topics::INBOUND_DEFAULT, InboundMessage::NAME),
    (topics::STATUS_EVENTS, StatusEvent::NAME),
    (topics::SEND_RECEIPTS, StatusEvent::NAME),
    (topics::ACCOUNT_EVENTS, AccountEvent::NAME),
    (topics::SEND_COMMANDS, SendCommand::NAME),
    (topics::OUTBOUND_MESSAGES, OutboundMessage::NAME),
    (topics::MEDIA_REQUESTS, MediaRequest::NAME),
    (topics::MEDIA_STORED, MediaStored::NAME),
    (topics::MEDIA_PREPARED, MediaPrepared::NAME),
    (topics::SENT_MESSAGES, SentMessage::NAME),
    (topics::HISTORY, HistoryMessage::NAME),
    (topics::MESSAGE_STATUS, MessageStatus::NAME),
    (topics::TEMPLATES, TemplateState::NAME),
    (topics::ADMIN_ALERTS, AdminAlert::NAME),
];

/// `omnichannel.inbound.<queue>`.
#[must_use]
pub fn inbound_queue(queue: &str) -> String {
    format!("omnichannel.inbound.{queue}")
}

/// `omnichannel.outbound.<carrier>`.
#[must_use]
pub fn outbound_carrier(carrier: &str) -> String {
    format!("omnichannel.outbound.{carrier}")
}

/// [`TOPICS`] with the configured queues and carriers.
#[must_use]
pub fn topics_for<'a>(
    queues: impl IntoIterator<Item = &'a str>,
    carriers: impl IntoIterator<Item = &'a str>,
) -> Vec<(String, &'static str)> {
    let mut all: Vec<_> = TOPICS.iter().map(|(topic, record)| ((*topic).to_owned(), *record)).collect();
    all.extend(queues.into_iter().map(|queue| (inbound_queue(queue), InboundMessage::NAME)));
    all.extend(carriers.into_iter().map(|carrier| (outbound_carrier(carrier), SendCommand::NAME)));
    all.sort();
    all.dedup();
    all
}

/// The schema of a record by its name.
#[must_use]
pub fn schema_named(record: &str) -> Option<&'static RecordSchema> {
    RECORDS.iter().find(|(name, _)| *name == record).map(|(_, schema)| schema())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_has_a_topic_and_every_topic_a_record() {
        for (topic, record) in TOPICS {
            assert!(schema_named(record).is_some(), "{topic} names {record}, which is no record");
        }
        for (record, _) in RECORDS {
            assert!(TOPICS.iter().any(|(_, named)| named == record), "{record} is on no topic");
        }
    }

    #[test]
    fn configured_queues_and_carriers_join_the_table_once() {
        let all = topics_for(["default", "sales"], ["sms"]);
        assert_eq!(all.len(), TOPICS.len() + 2);
        assert!(all.contains(&("omnichannel.inbound.sales".to_owned(), "InboundMessage")));
        assert!(all.contains(&("omnichannel.outbound.sms".to_owned(), "SendCommand")));
    }
}
