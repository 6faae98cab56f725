//! Reads topics as an outside consumer does: no group, from a given end, committed records only. For `send`, the demo and
//! tests; no stage uses it.

use std::{sync::Arc, time::Duration};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};

use super::{client::Settings, records};
use crate::runtime::Record;

/// Where a tail begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    Beginning,
    /// What comes after the call.
    Now,
}

/// A reader of some topics.
#[derive(Clone)]
pub struct Tail {
    consumer: Arc<BaseConsumer>,
}

impl Tail {
    /// Opens all partitions of `topics` (physical names). Blocks for one metadata request.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub fn open(settings: &Settings, topics: &[String], from: From) -> Result<Self, KafkaError> {
        let consumer: BaseConsumer = settings.follower("omnichannel-whatsapp-tail").create()?;
        let mut list = TopicPartitionList::new();
        for topic in topics {
            let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(10))?;
            for partition in metadata.topics().iter().flat_map(|t| t.partitions()) {
                let offset = match from {
                    From::Beginning => Offset::Beginning,
                    // «end» is resolved when the fetch begins, which may be later than the first record
                    From::Now => {
                        let (_, high) = consumer.fetch_watermarks(topic, partition.id(), Duration::from_secs(10))?;
                        Offset::Offset(high)
                    }
                };
                list.add_partition_offset(topic, partition.id(), offset)?;
            }
        }
        consumer.assign(&list)?;
        Ok(Self { consumer: Arc::new(consumer) })
    }

    /// [`next`](Self::next) for callers that may not block.
    ///
    /// # Errors
    /// When the client is dead.
    pub async fn next_async(&self, wait: Duration) -> Result<Option<Record>, KafkaError> {
        let tail = self.clone();
        // a poll that panics is a poll that brought nothing
        tokio::task::spawn_blocking(move || tail.next(wait)).await.unwrap_or(Ok(None))
    }

    /// The next record, within `wait`.
    ///
    /// # Errors
    /// When the client is dead.
    pub fn next(&self, wait: Duration) -> Result<Option<Record>, KafkaError> {
        match self.consumer.poll(wait) {
            None => Ok(None),
            Some(Ok(message)) => Ok(Some(records::owned(&message, Arc::from(message.topic())))),
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => Err(error),
            Some(Err(_)) => Ok(None),
        }
    }
}
