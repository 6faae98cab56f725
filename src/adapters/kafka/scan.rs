//! Reads a topic from one end to the other and stops: what was written when it was opened, committed records only. Belongs
//! to no group; for the command line. Blocks.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
};

use super::{client::Settings, errors, records};
use crate::runtime::Record;

const QUERY: Duration = Duration::from_secs(10);
const NEWS: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(50);

/// Why a topic was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error("there is no topic {0}: create it with `topics apply`")]
    NoTopic(String),
    #[error("the topic {topic} cannot be read: {reason}")]
    Unreadable { topic: String, reason: String },
    #[error("the topic {topic} could not be read to its end within {} s: a transaction on it stays open, or the broker is away", waited.as_secs())]
    Stuck { topic: String, waited: Duration },
}

/// A topic on its way to its end.
pub struct Scan {
    consumer: BaseConsumer,
    topic: Arc<str>,
    /// What is left of each partition: from the next offset to the end.
    left: BTreeMap<i32, i64>,
    /// The longest that nothing may come.
    patience: Duration,
    moved: Instant,
}

impl Scan {
    /// All of `topic` (physical name).
    ///
    /// # Errors
    /// The topic is not there, or the cluster does not answer.
    pub fn whole(settings: &Settings, topic: &str) -> Result<Self, ScanError> {
        Self::open(settings, topic, |_| Some(0..i64::MAX))
    }

    /// Of each partition the offsets of a span, as far as they are there.
    ///
    /// # Errors
    /// As [`whole`](Self::whole).
    pub fn spans(settings: &Settings, topic: &str, spans: &BTreeMap<i32, Range<i64>>) -> Result<Self, ScanError> {
        Self::open(settings, topic, |partition| spans.get(&partition).cloned())
    }

    fn open(settings: &Settings, topic: &str, span: impl Fn(i32) -> Option<Range<i64>>) -> Result<Self, ScanError> {
        let unreadable =
            |error: KafkaError| ScanError::Unreadable { topic: topic.to_owned(), reason: errors::creation(&error) };
        let consumer: BaseConsumer = settings.follower("omnichannel-whatsapp-scan").create().map_err(unreadable)?;
        // a committed reader's watermark stops at the first open transaction, behind which committed records may lie
        let surveyor: BaseConsumer = settings.surveyor().create().map_err(unreadable)?;
        let (mut from, mut left) = (TopicPartitionList::new(), BTreeMap::new());
        // asked for by the consumer itself, which otherwise begins to look for the topic a second after it is assigned
        for partition in partitions(&consumer, topic)? {
            let Some(span) = span(partition) else { continue };
            let (low, high) = surveyor.fetch_watermarks(topic, partition, QUERY).map_err(unreadable)?;
            let (start, end) = (span.start.max(low), span.end.min(high));
            if start < end {
                from.add_partition_offset(topic, partition, Offset::Offset(start)).map_err(unreadable)?;
                left.insert(partition, end);
            }
        }
        consumer.assign(&from).map_err(unreadable)?;
        // what a dead writer left open ends with its timeout
        let patience = settings.transaction_timeout * 2 + QUERY;
        Ok(Self { consumer, topic: topic.into(), left, patience, moved: Instant::now() })
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    /// The client is dead, or nothing comes for too long.
    pub fn next_record(&mut self) -> Result<Option<Record>, ScanError> {
        while !self.left.is_empty() {
            match self.consumer.poll(POLL) {
                Some(Ok(message)) => {
                    self.moved = Instant::now();
                    let (partition, offset) = (message.partition(), message.offset());
                    let Some(end) = self.left.get(&partition).copied() else { continue };
                    if offset + 1 >= end {
                        self.left.remove(&partition);
                    }
                    if offset < end {
                        return Ok(Some(records::owned(&message, self.topic.clone())));
                    }
                }
                Some(Err(error)) => {
                    if let Some(error) = errors::consumption(&error) {
                        let (topic, reason) = (self.topic.to_string(), error.to_string());
                        return Err(ScanError::Unreadable { topic, reason });
                    }
                }
                None => self.rest()?,
            }
        }
        Ok(None)
    }

    /// Nothing came: markers at a partition's end are no records, but they move the position.
    fn rest(&mut self) -> Result<(), ScanError> {
        let Ok(positions) = self.consumer.position() else { return Ok(()) };
        let before = self.left.len();
        self.left.retain(|partition, end| {
            let at = positions.find_partition(&self.topic, *partition).map(|element| element.offset());
            !matches!(at, Some(Offset::Offset(offset)) if offset >= *end)
        });
        if self.left.len() < before {
            self.moved = Instant::now();
        }
        match self.moved.elapsed() > self.patience {
            true => Err(ScanError::Stuck { topic: self.topic.to_string(), waited: self.patience }),
            false => Ok(()),
        }
    }
}

/// A topic that was just made is not known to every broker yet.
fn partitions(consumer: &BaseConsumer, topic: &str) -> Result<Vec<i32>, ScanError> {
    let began = Instant::now();
    loop {
        match known_partitions(consumer, topic)? {
            Some(partitions) => return Ok(partitions),
            None if began.elapsed() < NEWS => std::thread::park_timeout(POLL),
            None => return Err(ScanError::NoTopic(topic.to_owned())),
        }
    }
}

fn known_partitions(consumer: &BaseConsumer, topic: &str) -> Result<Option<Vec<i32>>, ScanError> {
    let unreadable = |reason: String| ScanError::Unreadable { topic: topic.to_owned(), reason };
    let metadata = consumer.fetch_metadata(Some(topic), QUERY).map_err(|e| unreadable(e.to_string()))?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    match found.map(|found| (found.error().map(RDKafkaErrorCode::from), found.partitions())) {
        Some((None, partitions)) if !partitions.is_empty() => Ok(Some(partitions.iter().map(|p| p.id()).collect())),
        Some((None | Some(RDKafkaErrorCode::UnknownTopicOrPartition), _)) | None => Ok(None),
        Some((Some(code), _)) => Err(unreadable(code.to_string())),
    }
}
